//! The x86 boot image: real-mode setup code, protected-mode code, and in it the compressed kernel.
//!
//! Source: `Documentation/arch/x86/boot.rst`, "The Real-Mode Kernel Header", protocols 2.00 to
//! 2.15; `arch/x86/boot/tools/build.c` for what the file holds. A field counts only from the
//! protocol on that brought it: before, code stands there. The PE header is the EFI stub's, and
//! is absent where that was not built.

use super::container::Container;
use super::header::{Header, Payload};
use super::zboot::{first_bytes, length_word};
use super::{Architecture, pe};
use crate::bytes::{Endianness, Window};
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

const SETUP_HEADER_AT: u64 = 0x1f1;
const SYSSIZE_AT: u64 = 0x1f4;
const BOOT_FLAG_AT: u64 = 0x1fe;
const MAGIC_AT: u64 = 0x202;
const MAGIC: &[u8] = b"HdrS";
const VERSION_AT: u64 = 0x206;
const KERNEL_VERSION_AT: u64 = 0x20e;
const LOADFLAGS_AT: u64 = 0x211;
const PAYLOAD_OFFSET_AT: u64 = 0x248;
const PAYLOAD_LENGTH_AT: u64 = 0x24c;
const SECTOR_BYTES: u64 = 512;
const PARAGRAPH_BYTES: u64 = 16;
/// What 0 in `setup_sects` means.
const DEFAULT_SETUP_SECTS: u8 = 4;
const BOOT_FLAG: u16 = 0xaa55;
const LOADED_HIGH: u8 = 1;
const XLF_KERNEL_64: u16 = 1;
const XLF_CAN_BE_LOADED_ABOVE_4G: u16 = 1 << 1;
const XLF_EFI_HANDOVER_32: u16 = 1 << 2;
const XLF_EFI_HANDOVER_64: u16 = 1 << 3;
/// Longest version string that is read.
const VERSION_TEXT_BYTES: u64 = 512;
/// Longest command line before protocol 2.06.
const OLD_CMDLINE_BYTES: u64 = 255;
const LENGTH_WORD_BYTES: u64 = 4;
const ELF: &[u8] = b"\x7fELF";

/// The image that is loaded at 1 MiB.
pub(super) static BZIMAGE: Container = Container {
    name: "bzimage",
    title: "bzImage",
    recognise: |head| has_setup_header(head) && loaded_high(head) != Some(false),
    parse,
};

/// The old image that is loaded at 64 KiB, and holds no more than 512 KiB.
pub(super) static ZIMAGE_X86: Container = Container {
    name: "zimage-x86",
    title: "x86 zImage",
    recognise: |head| has_setup_header(head) && loaded_high(head) == Some(false),
    parse,
};

/// The setup header, little endian; offsets count from the beginning of the file.
#[derive(Debug, BinRead)]
struct SetupHeader {
    /// 0x1f1: sectors of setup code behind the boot sector; 0 means 4.
    setup_sects: u8,
    /// 0x1f2: deprecated.
    _root_flags: u16,
    /// 0x1f4: paragraphs of protected-mode code; the upper half from 2.04 on.
    syssize: u32,
    /// 0x1f8: obsolete.
    _ram_size: u16,
    /// 0x1fa: video mode.
    _vid_mode: u16,
    /// 0x1fc: deprecated.
    _root_dev: u16,
    /// 0x1fe: 0xaa55.
    boot_flag: u16,
    /// 0x200: a jump over the header, whose second byte tells where it ends.
    _jump: u16,
    /// 0x202: `HdrS`.
    _header: [u8; 4],
    /// 0x206: protocol, the major in the upper byte.
    version: u16,
    /// 0x208: loader hook.
    _realmode_swtch: u32,
    /// 0x20c: obsolete.
    _start_sys_seg: u16,
    /// 0x20e: place of the version string, from 0x200 on; 0 is none.
    kernel_version: u16,
    /// 0x210: written by the loader.
    _type_of_loader: u8,
    /// 0x211: bit 0 `LOADED_HIGH`.
    loadflags: u8,
    /// 0x212: written by the loader.
    _setup_move_size: u16,
    /// 0x214: address that is jumped to in protected mode.
    code32_start: u32,
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
    _initrd_addr_max: u32,
    /// 0x230, 2.05: alignment of the load address.
    _kernel_alignment: u32,
    /// 0x234, 2.05: whether it runs elsewhere too.
    relocatable_kernel: u8,
    /// 0x235, 2.10: least alignment, as a power of two.
    _min_alignment: u8,
    /// 0x236, 2.12: `XLF_*` flags.
    xloadflags: u16,
    /// 0x238, 2.06: longest command line, its NUL not counted.
    cmdline_size: u32,
    /// 0x23c, 2.07: written by the loader.
    _hardware_subarch: u32,
    /// 0x240, 2.07: written by the loader.
    _hardware_subarch_data: u64,
    /// 0x248, 2.08: place of the payload, from the protected-mode code on.
    payload_offset: u32,
    /// 0x24c, 2.08: its length, the decoded size behind it counted.
    payload_length: u32,
    /// 0x250, 2.09: written by the loader.
    _setup_data: u64,
    /// 0x258, 2.10: address that it was linked for.
    pref_address: u64,
    /// 0x260, 2.10: memory it needs from its start on until it can look for itself.
    init_size: u32,
    /// 0x264, 2.11: EFI handover entry.
    _handover_offset: u32,
    /// 0x268, 2.15: place of `kernel_info`.
    _kernel_info_offset: u32,
}

impl SetupHeader {
    /// A field that protocol `version` brought.
    fn since<T>(&self, version: u16, field: T) -> Option<T> {
        (self.version >= version).then_some(field)
    }

    fn setup_bytes(&self) -> u64 {
        let sectors = match self.setup_sects {
            0 => DEFAULT_SETUP_SECTS,
            sectors => sectors,
        };
        u64::from(sectors)
            .saturating_add(1)
            .saturating_mul(SECTOR_BYTES)
    }

    fn is_loaded_high(&self) -> bool {
        self.loadflags & LOADED_HIGH != 0
    }

    /// Length of the protected-mode code; unknown where only half of the field is usable and a
    /// kernel loaded high is larger than that can say.
    fn protected_bytes(&self) -> Option<u64> {
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

fn has_setup_header(head: Window<'_>) -> bool {
    head.has(MAGIC_AT, MAGIC)
}

fn loaded_high(head: Window<'_>) -> Option<bool> {
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

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let setup: SetupHeader = head.header("setup_header", SETUP_HEADER_AT, Endianness::Little)?;
    let xloadflags = setup.since(0x20c, setup.xloadflags);
    let [minor, major] = setup.version.to_le_bytes();
    let mut header = Header {
        architecture: xloadflags.map(|flags| match flags & XLF_KERNEL_64 {
            0 => Architecture::I386,
            _ => Architecture::X86_64,
        }),
        endianness: Some(Endianness::Little),
        boot_protocol: Some((major, minor)),
        relocatable: setup.since(0x205, setup.relocatable_kernel != 0),
        load_address: Some(load_address(&setup)),
        entry: Some(u64::from(setup.code32_start)).filter(|entry| *entry != 0),
        init_size_bytes: setup.since(0x20a, u64::from(setup.init_size)),
        cmdline_max_bytes: Some(
            setup
                .since(0x206, u64::from(setup.cmdline_size))
                .unwrap_or(OLD_CMDLINE_BYTES),
        ),
        kernel_64: xloadflags.map(|flags| flags & XLF_KERNEL_64 != 0),
        above_4g: xloadflags.map(|flags| flags & XLF_CAN_BE_LOADED_ABOVE_4G != 0),
        efi_handover: xloadflags
            .map(|flags| flags & (XLF_EFI_HANDOVER_32 | XLF_EFI_HANDOVER_64) != 0),
        ..Header::default()
    };
    if setup.boot_flag != BOOT_FLAG {
        header.problems.push(Error::invalid(
            "setup_header.boot_flag",
            BOOT_FLAG_AT,
            format!("{BOOT_FLAG:#06x}"),
            format!("{:#06x}", setup.boot_flag),
        ));
    }
    if major != 2 {
        header.problems.push(Error::invalid(
            "setup_header.version",
            VERSION_AT,
            "protocol 2.00 to 2.15",
            format!("{major}.{minor:02}"),
        ));
    }
    version_text(&setup, source, &mut header);
    let end = protected_end(&setup, source.len(), &mut header);
    header.payload = Some(payload(&setup, source, end, &mut header));
    let stated_architecture = header.architecture;
    let pe = pe::describe(&mut header, head, source.len(), limits);
    if let (Some(pe), Some(stated)) = (&pe, stated_architecture)
        && pe.architecture() != Some(stated)
    {
        header.problems.push(Error::invalid(
            "coff_header.Machine",
            pe.offset.saturating_add(4),
            format!("{stated}, as setup_header.xloadflags says"),
            format!("{:#06x}", pe.machine),
        ));
    }
    header.bits = header.architecture.map(Architecture::bits);
    header.end = end.map(|end| end.max(pe.map_or(0, |pe| pe.end())));
    header.problems.sort_by_key(Error::offset);
    Ok(header)
}

fn load_address(setup: &SetupHeader) -> u64 {
    match setup.since(0x20a, setup.pref_address) {
        Some(address) if address != 0 => address,
        _ if setup.is_loaded_high() => 0x10_0000,
        _ => 0x1_0000,
    }
}

fn version_text(setup: &SetupHeader, source: &Source, header: &mut Header) {
    if setup.kernel_version == 0 {
        return;
    }
    let at = u64::from(setup.kernel_version).saturating_add(0x200);
    let there = setup.setup_bytes().min(source.len()).saturating_sub(at);
    if at >= setup.setup_bytes() {
        header.problems.push(Error::invalid(
            "setup_header.kernel_version",
            KERNEL_VERSION_AT,
            format!("a place in the {} bytes of setup code", setup.setup_bytes()),
            format!("{at:#x}"),
        ));
        return;
    }
    let length = there.min(VERSION_TEXT_BYTES);
    if let Ok(bytes) = source.read("version string", at, length) {
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let is_text = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if text.is_empty() || !text.iter().all(is_text) {
            header.problems.push(Error::invalid(
                "version string",
                at,
                "the kernel's release in ASCII",
                crate::error::hex(text.get(..16).unwrap_or(text)),
            ));
        } else {
            header.version_text = Some(String::from_utf8_lossy(text).into_owned());
        }
    }
}

/// Where the protected-mode code ends, and a problem where the file ends before.
fn protected_end(setup: &SetupHeader, file_bytes: u64, header: &mut Header) -> Option<u64> {
    let begin = setup.setup_bytes();
    let length = setup.protected_bytes()?;
    let end = begin.saturating_add(length);
    if length == 0 {
        header.problems.push(Error::invalid(
            "setup_header.syssize",
            SYSSIZE_AT,
            "the length of the protected-mode code",
            "0",
        ));
        return None;
    }
    // Before the checksum of protocol 2.08 the last paragraph was counted whole and not filled.
    let unfilled = if setup.version < 0x208 {
        PARAGRAPH_BYTES.saturating_sub(1)
    } else {
        0
    };
    if file_bytes < end.saturating_sub(unfilled) {
        header.problems.push(Error::truncated(
            "protected-mode code",
            begin,
            length,
            file_bytes.saturating_sub(begin),
        ));
    }
    Some(end)
}

fn payload(
    setup: &SetupHeader,
    source: &Source,
    protected_end: Option<u64>,
    header: &mut Header,
) -> Payload {
    let begin = setup.setup_bytes();
    let hidden = Payload::Hidden {
        offset: begin,
        length: protected_end
            .unwrap_or(u64::MAX)
            .min(source.len())
            .saturating_sub(begin),
        end: None,
    };
    let Some(stated) = setup.since(
        0x208,
        (
            u64::from(setup.payload_offset),
            u64::from(setup.payload_length),
        ),
    ) else {
        return hidden;
    };
    let (relative, length) = stated;
    if relative == 0 || length <= LENGTH_WORD_BYTES {
        header.problems.push(Error::invalid(
            "setup_header.payload_length",
            PAYLOAD_OFFSET_AT,
            "the place of a payload",
            format!("{length} bytes at {relative:#x}"),
        ));
        return hidden;
    }
    let offset = begin.saturating_add(relative);
    let end = offset.saturating_add(length);
    if let Some(protected_end) = protected_end.filter(|protected_end| end > *protected_end) {
        header.problems.push(Error::invalid(
            "setup_header.payload_length",
            PAYLOAD_LENGTH_AT,
            format!("an end within the protected-mode code, {protected_end:#x}"),
            format!("{end:#x}"),
        ));
    } else if end > source.len() {
        header.problems.push(Error::truncated(
            "payload",
            offset,
            length,
            source.len().saturating_sub(offset),
        ));
    }
    let first = first_bytes(source, offset, length);
    if first.starts_with(ELF) {
        return Payload::Stored { offset, length };
    }
    let codec = codec::recognise(&first);
    let ends_with_its_size = codec.is_some_and(|codec| codec.name == "gzip");
    Payload::Compressed {
        offset,
        // gzip's format ends with the decoded size; to all others the build appends it.
        length: if ends_with_its_size {
            length
        } else {
            length.saturating_sub(LENGTH_WORD_BYTES)
        },
        codec,
        stated_decoded_bytes: length_word(source, end.saturating_sub(LENGTH_WORD_BYTES)),
    }
}
