//! The x86 setup header, which tells a boot loader what to do with the image around it.
//!
//! Source: `Documentation/arch/x86/boot.rst`, "The Real-Mode Kernel Header", protocols 2.00 to
//! 2.15. A field counts only from the protocol on that brought it: before, code stands there.

use crate::bytes::{Endianness, Window};
use crate::error::Result;
use binrw::BinRead;

const SETUP_HEADER_AT: u64 = 0x1f1;
const MAGIC_AT: u64 = 0x202;
const MAGIC: &[u8] = b"HdrS";
const LOADFLAGS_AT: u64 = 0x211;
const SECTOR_BYTES: u64 = 512;
/// What 0 in `setup_sects` means.
const DEFAULT_SETUP_SECTS: u8 = 4;
const LOADED_HIGH: u8 = 1;
pub(super) const PARAGRAPH_BYTES: u64 = 16;
pub(super) const VERSION_AT: u64 = 0x206;
pub(super) const KERNEL_VERSION_AT: u64 = 0x20e;
pub(super) const PAYLOAD_LENGTH_AT: u64 = 0x24c;
/// Longest version string that is read.
pub(super) const VERSION_TEXT_BYTES: u64 = 512;

/// The setup header, little endian; offsets count from the beginning of the file.
#[derive(Debug, BinRead)]
pub(super) struct SetupHeader {
    /// 0x1f1: sectors of setup code behind the boot sector; 0 means 4.
    pub(super) setup_sects: u8,
    /// 0x1f2: deprecated.
    _root_flags: u16,
    /// 0x1f4: paragraphs of protected-mode code; the upper half from 2.04 on.
    pub(super) syssize: u32,
    /// 0x1f8: obsolete.
    _ram_size: u16,
    /// 0x1fa: video mode.
    _vid_mode: u16,
    /// 0x1fc: deprecated.
    _root_dev: u16,
    /// 0x1fe: 0xaa55.
    pub(super) boot_flag: u16,
    /// 0x200: a jump over the header, whose second byte tells where it ends.
    _jump: u16,
    /// 0x202: `HdrS`.
    _header: [u8; 4],
    /// 0x206: protocol, the major in the upper byte.
    pub(super) version: u16,
    /// 0x208: loader hook.
    _realmode_swtch: u32,
    /// 0x20c: obsolete.
    _start_sys_seg: u16,
    /// 0x20e: place of the version string, from 0x200 on; 0 is none.
    pub(super) kernel_version: u16,
    /// 0x210: written by the loader.
    _type_of_loader: u8,
    /// 0x211: bit 0 `LOADED_HIGH`.
    pub(super) loadflags: u8,
    /// 0x212: written by the loader.
    _setup_move_size: u16,
    /// 0x214: address that is jumped to in protected mode.
    pub(super) code32_start: u32,
    /// 0x218: written by the loader.
    _ramdisk_image: u32,
    /// 0x21c: written by the loader.
    _ramdisk_size: u32,
    /// 0x220: obsolete.
    _bootsect_kludge: u32,
    /// 0x224, 2.01: written by the loader.
    _heap_end_ptr: u16,
    /// 0x226, 2.02: written by the loader.
    _ext_loader_ver: u8,
    /// 0x227, 2.02: written by the loader.
    _ext_loader_type: u8,
    /// 0x228, 2.02: written by the loader.
    _cmd_line_ptr: u32,
    /// 0x22c, 2.03: highest address that an initramfs may take.
    pub(super) initrd_addr_max: u32,
    /// 0x230, 2.05: alignment of the load address.
    _kernel_alignment: u32,
    /// 0x234, 2.05: whether it runs elsewhere too.
    pub(super) relocatable_kernel: u8,
    /// 0x235, 2.10: least alignment, as a power of two.
    _min_alignment: u8,
    /// 0x236, 2.12: `XLF_*` flags.
    pub(super) xloadflags: u16,
    /// 0x238, 2.06: longest command line, its NUL not counted.
    pub(super) cmdline_size: u32,
    /// 0x23c, 2.07: written by the loader.
    _hardware_subarch: u32,
    /// 0x240, 2.07: written by the loader.
    _hardware_subarch_data: u64,
    /// 0x248, 2.08: place of the payload, from the protected-mode code on.
    pub(super) payload_offset: u32,
    /// 0x24c, 2.08: its length, the decoded size behind it counted.
    pub(super) payload_length: u32,
    /// 0x250, 2.09: written by the loader.
    _setup_data: u64,
    /// 0x258, 2.10: address that it was linked for.
    pub(super) pref_address: u64,
    /// 0x260, 2.10: memory it needs from its start on until it can look for itself.
    pub(super) init_size: u32,
    /// 0x264, 2.11: EFI handover entry.
    _handover_offset: u32,
    /// 0x268, 2.15: place of `kernel_info`.
    _kernel_info_offset: u32,
}

impl SetupHeader {
    /// Reads the header of an image.
    pub(super) fn read(head: Window<'_>) -> Result<Self> {
        head.header("setup_header", SETUP_HEADER_AT, Endianness::Little)
    }

    /// A field that protocol `version` brought.
    pub(super) fn since<T>(&self, version: u16, field: T) -> Option<T> {
        (self.version >= version).then_some(field)
    }

    /// Bytes before the protected-mode code.
    pub(super) fn setup_bytes(&self) -> u64 {
        let sectors = match self.setup_sects {
            0 => DEFAULT_SETUP_SECTS,
            sectors => sectors,
        };
        u64::from(sectors)
            .saturating_add(1)
            .saturating_mul(SECTOR_BYTES)
    }

    /// Whether the protected-mode code goes to 1 MiB.
    pub(super) fn is_loaded_high(&self) -> bool {
        self.loadflags & LOADED_HIGH != 0
    }

    /// Length of the protected-mode code; unknown where only half of the field is usable and a
    /// kernel loaded high is larger than that can say.
    pub(super) fn protected_bytes(&self) -> Option<u64> {
        let paragraphs = if self.version >= 0x204 {
            self.syssize
        } else if self.is_loaded_high() {
            return None;
        } else {
            self.syssize & 0xffff
        };
        Some(u64::from(paragraphs).saturating_mul(PARAGRAPH_BYTES))
    }
}

/// Whether the bytes have a setup header: Linux's, or another program's.
pub(super) fn is_there(head: Window<'_>) -> bool {
    head.has(MAGIC_AT, MAGIC)
}

/// Whether the image is loaded at 1 MiB; `None` where the bytes end before they say.
pub(super) fn loaded_high(head: Window<'_>) -> Option<bool> {
    head.get(LOADFLAGS_AT, 1)
        .map(|flags| flags.first().is_some_and(|flags| flags & LOADED_HIGH != 0))
}

/// The version string of a setup header, where it names a place in `head`: also that of programs
/// that only wear such a header.
pub(super) fn version_bytes(head: Window<'_>) -> Option<&[u8]> {
    let at = head
        .u16("kernel_version", KERNEL_VERSION_AT, Endianness::Little)
        .ok()
        .filter(|at| *at != 0)?;
    let at = u64::from(at).checked_add(0x200)?;
    let length = head.len().checked_sub(at)?.min(VERSION_TEXT_BYTES);
    head.get(at, length)?.split(|byte| *byte == 0).next()
}

/// Whether the setup header has a payload, as every Linux since protocol 2.08 does.
pub(super) fn states_payload(head: Window<'_>) -> bool {
    let little = Endianness::Little;
    head.u16("version", VERSION_AT, little)
        .is_ok_and(|version| version >= 0x208)
        && head
            .u32("payload_length", PAYLOAD_LENGTH_AT, little)
            .is_ok_and(|length| length > 0)
}
