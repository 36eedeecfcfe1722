//! The smallest kernels of which everything is known: a banner and a configuration.

use super::crc32;

const BANNER: &[u8] = b"\0Linux version 6.1.0-forged (a@b) (gcc (x) 12, ld 2) #1 SMP today\n\0";
const OPTIONS: &str = include_str!("../../kernel/minimal-x86_64.config");

/// One of them: for x86_64 or arm64, with drivers built in, as modules, or a configuration that is
/// not known; or none.
pub fn numbered(number: u8) -> Option<Vec<u8>> {
    let head = "# Automatically generated file; DO NOT EDIT.\n";
    let config = match number & 6 {
        0 => Some(format!("{head}{OPTIONS}")),
        2 => Some(format!("{head}{}", OPTIONS.replace("=y", "=m"))),
        4 => None,
        _ => return None,
    };
    let mut facts = BANNER.to_vec();
    if let Some(config) = config {
        facts.extend([b"IKCFG_ST", &gzip(config.as_bytes())[..], b"IKCFG_ED"].concat());
    }
    Some(match number & 1 {
        0 => elf(&facts),
        _ => arm64(&facts),
    })
}

/// One stored block.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a block of at most 64 KiB");
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    stream.extend(crc32(bytes).to_le_bytes());
    stream.extend(u32::from(length).to_le_bytes());
    stream
}

/// `PT_LOAD` at 16 MiB, and Xen's note that says where PVH enters.
fn elf(facts: &[u8]) -> Vec<u8> {
    let note = [4_u32, 4, 18].map(u32::to_le_bytes).concat();
    let note = [&note[..], b"Xen\0", &0x100_0000_u32.to_le_bytes()].concat();
    let (tables, start) = (64 + 2 * 56, 0x100_0000_u64);
    let length = facts.len() as u64;
    let header = |kind: u64, offset: u64, size: u64| {
        let flags = 5 << 32;
        [kind | flags, offset, start, start, size, size, 4]
            .map(u64::to_le_bytes)
            .concat()
    };
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    elf.extend([start, 64, 0].map(u64::to_le_bytes).concat());
    elf.extend(0_u32.to_le_bytes());
    elf.extend([64_u16, 56, 2, 64, 0, 0].map(u16::to_le_bytes).concat());
    elf.extend(header(1, tables, length));
    elf.extend(header(4, tables + length, note.len() as u64));
    elf.extend(facts);
    elf.extend(note);
    elf
}

/// An Image of 4 KiB pages, little-endian, that may be placed anywhere.
fn arm64(facts: &[u8]) -> Vec<u8> {
    let words = [0, 0, 0x20_0000, 0b1010, 0, 0, 0, 0x644d_5241_u64];
    [&words.map(u64::to_le_bytes).concat()[..], facts].concat()
}
