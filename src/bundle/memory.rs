//! How much RAM a kernel needs on its target, from where RAM begins, and where the initramfs lies.
//!
//! Source: `Documentation/arch/x86/boot.rst` (`init_size`, `pref_address`),
//! `Documentation/arch/arm64/booting.rst` (`image_size`, `text_offset`), the loaders that the
//! files of `src/vmm/` name.

use super::Bundle;
use crate::error::{Kind, Result};
use crate::kernel::Header;
use crate::vmm::{Accepts, InitramfsPlace, Platform};

const PAGE_BYTES: u64 = 4096;
/// How far behind the beginning of RAM QEMU puts an initramfs at the most, the kernel apart.
const MIDDLE_BYTES: u64 = 128 * 1024 * 1024;

impl Bundle {
    /// RAM that has to be there for the kernel to start on the target, from where RAM begins.
    /// `None` where no header tells.
    pub fn memory_bytes(&self) -> Result<Option<u64>> {
        let platform = self.platform()?;
        let of = |header: &Header| end(header, platform);
        // A bzImage that is loaded as such needs room to unpack itself; one that the VMM unwraps,
        // or that is converted first, needs what is inside, which its header only estimates.
        let end = if self.unpacks_itself()? {
            self.kernel()?.optional(of)?
        } else {
            match self.kernel()?.image() {
                Ok((header, _)) => of(header),
                Err(error) if error.kind() == Kind::NotAsked => {
                    of(self.kernel()?.header()?).map_or(Err(error), |end| Ok(Some(end)))?
                }
                Err(error) => return Err(error),
            }
        };
        Ok(end.map(|end| {
            end.saturating_sub(platform.ram_base)
                .saturating_add(platform.reserved_bytes)
        }))
    }

    /// Where the VMM puts the initramfs: its first address, and the one behind its last byte. `None`
    /// where there is none, or the VMM's way is not known.
    pub fn initramfs_addresses(&self) -> Result<Option<(u64, u64)>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        let bytes = initramfs.file_bytes();
        let platform = self.platform()?;
        let ram_end = platform.ram_base.saturating_add(self.ram_bytes()?);
        let under = |below: u64| {
            let top = ram_end.saturating_sub(platform.reserved_bytes).min(below);
            let start = top.saturating_sub(bytes) & !(PAGE_BYTES - 1);
            (start, start.saturating_add(bytes))
        };
        Ok(match platform.initramfs {
            InitramfsPlace::Top { below } => Some(under(below)),
            InitramfsPlace::TopByHeader { below } => {
                let max = self.kernel()?.optional(|header| header.initrd_addr_max)?;
                let anywhere = self.kernel()?.optional(|header| header.above_4g)? == Some(true);
                let max = max.filter(|max| *max != 0 && !anywhere);
                Some(under(
                    max.map_or(below, |max| below.min(max.saturating_add(1))),
                ))
            }
            InitramfsPlace::Middle { from } => {
                let middle = (self.ram_bytes()? / 2).min(MIDDLE_BYTES);
                let start = self
                    .kernel_end()?
                    .map_or(0, |end| {
                        end.checked_next_multiple_of(PAGE_BYTES).unwrap_or(end)
                    })
                    .max(from.saturating_add(middle));
                Some((start, start.saturating_add(bytes)))
            }
            InitramfsPlace::Undocumented => None,
        })
    }

    /// The physical address behind the last byte that the kernel occupies while it starts. `None`
    /// where no header tells.
    pub fn kernel_end(&self) -> Result<Option<u64>> {
        let platform = self.platform()?;
        Ok(self.memory_bytes()?.map(|bytes| {
            bytes
                .saturating_add(platform.ram_base)
                .saturating_sub(platform.reserved_bytes)
        }))
    }

    fn unpacks_itself(&self) -> Result<bool> {
        let loaded_as_it_is = |form: &Accepts| form.inner.is_none();
        Ok(self.kernel()?.header()?.init_size_bytes.is_some()
            && self.accepted_form()?.is_some_and(loaded_as_it_is))
    }
}

/// The physical address behind the last byte that the kernel occupies while it starts.
fn end(header: &Header, platform: &Platform) -> Option<u64> {
    if let (Some(size), Some(address)) = (header.init_size_bytes, header.load_address) {
        return Some(address.saturating_add(size));
    }
    let segments = header.segments.iter().map(|segment| {
        segment
            .physical_address
            .saturating_add(segment.memory_bytes)
    });
    if let Some(end) = segments.max() {
        return Some(end);
    }
    let text_offset = header
        .load_address
        .filter(|_| platform.adds_text_offset)
        .unwrap_or(0);
    Some(
        platform
            .image_base
            .saturating_add(text_offset)
            .saturating_add(header.image_size_bytes?),
    )
}
