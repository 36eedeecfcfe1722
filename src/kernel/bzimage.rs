//! The x86 boot image: real-mode setup code, protected-mode code, and in it the compressed kernel.
//!
//! Source: `Documentation/arch/x86/boot.rst`; `arch/x86/boot/tools/build.c` for what the file
//! holds. The PE header is the EFI stub's, and is absent where that was not built.

use super::container::Container;
use super::header::{Header, Payload};
use super::setup_header::{
    self, KERNEL_VERSION_AT, PARAGRAPH_BYTES, PAYLOAD_LENGTH_AT, SetupHeader, VERSION_AT,
    VERSION_TEXT_BYTES,
};
use super::stream::{LENGTH_WORD_BYTES, first_bytes, length_word};
use super::{Architecture, pe};
use crate::bytes::Endianness;
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;

const SYSSIZE_AT: u64 = 0x1f4;
const BOOT_FLAG_AT: u64 = 0x1fe;
const PAYLOAD_OFFSET_AT: u64 = 0x248;
const BOOT_FLAG: u16 = 0xaa55;
const XLF_KERNEL_64: u16 = 1;
const XLF_CAN_BE_LOADED_ABOVE_4G: u16 = 1 << 1;
const XLF_EFI_HANDOVER_32: u16 = 1 << 2;
const XLF_EFI_HANDOVER_64: u16 = 1 << 3;
/// Longest command line before protocol 2.06.
const OLD_CMDLINE_BYTES: u64 = 255;
const ELF: &[u8] = b"\x7fELF";

/// The image that is loaded at 1 MiB.
pub(super) static BZIMAGE: Container = Container {
    name: "bzimage",
    title: "bzImage",
    recognise: |head| {
        setup_header::is_there(head) && setup_header::loaded_high(head) != Some(false)
    },
    parse,
};

/// The old image that is loaded at 64 KiB, and holds no more than 512 KiB.
pub(super) static ZIMAGE_X86: Container = Container {
    name: "zimage-x86",
    title: "x86 zImage",
    recognise: |head| {
        setup_header::is_there(head) && setup_header::loaded_high(head) == Some(false)
    },
    parse,
};

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let setup = SetupHeader::read(head)?;
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
        initrd_addr_max: setup.since(0x203, u64::from(setup.initrd_addr_max)),
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
            format!("{stated}, as setup_header.xloadflags states"),
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
            format!(
                "an address in the {} bytes of setup code",
                setup.setup_bytes()
            ),
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
            "the offset of a payload",
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
