//! KC507: the blocks of the file system are larger than the pages of the kernel, or of another size
//! where they have to be of the same.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, version};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static BLOCK_EXCEEDS_PAGE: Cause = Cause {
    code: Code(507),
    name: "block-exceeds-page",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The blocks of the file system are larger than the kernel's pages, or smaller with \
        verity.",
    explanation: "Before Linux 6.19, ext4 cannot mount blocks that are larger than a page of \
        memory: 4 KiB on x86 and on most arm64 kernels. Images with blocks of 16 or 64 KiB come \
        from machines with such pages, or from mke2fs -b. Before Linux 6.3, the blocks of a file \
        system with the feature verity must have the size of a page.",
    fix: "Make the file system with `mke2fs -b 4096`.",
    tells: &[
        Tell {
            text: "bad block size ‹n›",
            by: "Linux fs/ext4/super.c, before 6.19",
            says: Says::It,
        },
        Tell {
            text: "Unsupported blocksize for fs-verity",
            by: "Linux fs/ext4/super.c, from 5.4 to 6.2",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_load_super; block/bdev.c, set_blocksize",
        "ext4(5) of e2fsprogs, -b",
    ],
    check: Check::Boot,
};

/// No kernel has smaller pages.
const SMALLEST_PAGE_BYTES: u64 = 4096;
/// From here on, larger blocks are taken where the kernel has large folios.
const LARGE_BLOCKS: (u16, u16) = (6, 19);
/// From here on, ext4 knows verity.
const VERITY: (u16, u16) = (5, 4);
/// From here on, with blocks that are smaller than a page.
const VERITY_OF_SMALL_BLOCKS: (u16, u16) = (6, 3);

/// Returns the finding if the blocks of the file system do not fit the pages of the kernel.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    let block = ext4.block_size_bytes();
    let has_verity = ext4.superblock().has("verity");
    if block <= SMALLEST_PAGE_BYTES && !has_verity {
        return Ok(Vec::new());
    }
    let page = page_bytes(mount)?;
    if block < page && has_verity {
        return too_small_for_verity(mount, block, page);
    }
    if block <= page {
        return Ok(Vec::new());
    }
    let (major, minor) = version(mount)?;
    if (major, minor) >= LARGE_BLOCKS {
        return Err(Error::unsupported(
            "block size",
            format!("whether Linux {major}.{minor} was built for blocks over a page"),
        ));
    }
    Ok(vec![BLOCK_EXCEEDS_PAGE.finding(
        format!("The file system has blocks of {block} bytes, but the kernel has pages of {page}."),
        mount.refused(&format!("bad block size {block}"))?,
        "Make the file system with `mke2fs -b 4096`.",
    )])
}

fn too_small_for_verity(mount: &Mount<'_>, block: u64, page: u64) -> Result<Vec<Finding>> {
    let own = version(mount)?;
    // One that does not know the feature mounts it read-only.
    if own < VERITY || own >= VERITY_OF_SMALL_BLOCKS {
        return Ok(Vec::new());
    }
    Ok(vec![BLOCK_EXCEEDS_PAGE.finding(
        format!(
            "The file system has verity and blocks of {block} bytes, but the kernel has pages of \
                {page}."
        ),
        mount.refused("Unsupported blocksize for fs-verity")?,
        format!("Make the file system with `mke2fs -b {page}`, or without verity."),
    )])
}

/// The size of the kernel's pages.
fn page_bytes(bundle: &Bundle) -> Result<u64> {
    let kernel = bundle.kernel()?;
    match kernel.architecture()? {
        Architecture::X86_64
        | Architecture::I386
        | Architecture::Riscv64
        | Architecture::Riscv32
        | Architecture::S390x => Ok(SMALLEST_PAGE_BYTES),
        Architecture::Aarch64 => {
            if let Some(bytes) = kernel.optional(|header| header.page_size_bytes)? {
                return Ok(bytes);
            }
            for (option, bytes) in [("ARM64_64K_PAGES", 65536), ("ARM64_16K_PAGES", 16384)] {
                if bundle.builds_in(option)? {
                    return Ok(bytes);
                }
            }
            Ok(SMALLEST_PAGE_BYTES)
        }
        other => Err(Error::unsupported(
            "page size",
            format!(
                "a kernel for {} can have pages of several sizes",
                other.name()
            ),
        )),
    }
}
