//! How an xz stream was made, as far as the kernel's decoder is particular about it.
//!
//! Source: "The .xz File Format" 1.2.1, sections 2.1.1 and 3.1; `lib/xz/xz_dec_stream.c` (no check
//! or CRC32, at most one filter before LZMA2), `lib/xz/xz_dec_bcj.c` and `lib/xz/Kconfig` (which
//! filters), `lib/xz/xz_dec_lzma2.c` (`XZ_DYNALLOC`: any dictionary up to 3 GiB that memory holds).

use crate::bytes::{Endianness, Window};

const MAGIC: &[u8] = b"\xfd7zXZ\0";
const STREAM_HEADER_BYTES: u64 = 12;
/// Bits of the stream flags' second byte.
const CHECK_MASK: u8 = 0x0f;
const LZMA2: u64 = 0x21;
/// The largest dictionary of which the kernel's decoder makes one: 3 GiB.
const DICTIONARY_PROPERTY_MAX: u8 = 39;

/// A filter in front of the dictionary coder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XzFilter {
    /// The number in the block header.
    pub id: u64,
    /// The name that `xz` gives it.
    pub name: &'static str,
    /// The option that lets the kernel undo it, where there is one: `XZ_DEC_X86`.
    pub option: Option<&'static str>,
    /// Whether it begins at an offset of its own, which the kernel never takes.
    pub has_offset: bool,
}

/// The settings of a stream, by its header and that of its first block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XzSettings {
    /// The check of the content: 0 none, 1 CRC32, 4 CRC64, 10 SHA-256.
    pub check: u8,
    /// The filters before LZMA2.
    pub filters: Vec<XzFilter>,
    /// The dictionary that decoding needs.
    pub dictionary_bytes: u64,
    /// Whether the chain ends in LZMA2, with a dictionary that the kernel takes.
    pub ends_in_lzma2: bool,
}

/// Filters by number, name and option.
const FILTERS: [(u64, &str, Option<&str>); 9] = [
    (0x03, "delta", None),
    (0x04, "x86", Some("XZ_DEC_X86")),
    (0x05, "powerpc", Some("XZ_DEC_POWERPC")),
    (0x06, "ia64", Some("XZ_DEC_IA64")),
    (0x07, "arm", Some("XZ_DEC_ARM")),
    (0x08, "armthumb", Some("XZ_DEC_ARMTHUMB")),
    (0x09, "sparc", Some("XZ_DEC_SPARC")),
    (0x0a, "arm64", Some("XZ_DEC_ARM64")),
    (0x0b, "riscv", Some("XZ_DEC_RISCV")),
];

impl XzSettings {
    /// What the headers take at the most: that of the stream, and a block's of 256 words.
    pub(super) const BYTES_MAX: usize = 12 + 256 * 4;

    /// Reads the headers at the beginning of a stream; `None` where they are not whole.
    pub(super) fn read(stream: &[u8]) -> Option<Self> {
        let window = Window::new(stream, 0);
        if !window.has(0, MAGIC) {
            return None;
        }
        let flags = window.u16("Stream Flags", 6, Endianness::Big).ok()?;
        let check = u8::try_from(flags & u16::from(CHECK_MASK)).ok()?;
        let size = u64::from(*window.get(STREAM_HEADER_BYTES, 1)?.first()?);
        if size == 0 {
            // An index: there is no block.
            return None;
        }
        let header = window.get(STREAM_HEADER_BYTES, size.saturating_mul(4))?;
        let mut rest = header.get(1..)?;
        let block_flags = byte(&mut rest)?;
        for size_flag in [0x40, 0x80] {
            if block_flags & size_flag != 0 {
                number(&mut rest)?;
            }
        }
        let mut settings = Self {
            check,
            filters: Vec::new(),
            dictionary_bytes: 0,
            ends_in_lzma2: false,
        };
        for _ in 0..=block_flags & 3 {
            let id = number(&mut rest)?;
            let properties_bytes = usize::try_from(number(&mut rest)?).ok()?;
            let (properties, behind) = rest.split_at_checked(properties_bytes)?;
            rest = behind;
            if id == LZMA2 {
                let property = *properties.first()?;
                settings.dictionary_bytes = dictionary_bytes(property);
                settings.ends_in_lzma2 = property <= DICTIONARY_PROPERTY_MAX;
            } else {
                let known = FILTERS.iter().find(|(known, ..)| *known == id);
                settings.filters.push(XzFilter {
                    id,
                    name: known.map_or("unknown", |(_, name, _)| *name),
                    option: known.and_then(|(.., option)| *option),
                    has_offset: !properties.is_empty(),
                });
            }
        }
        Some(settings)
    }

    /// The setting that no kernel takes, in words; `None` where a kernel with the right filters
    /// takes all of them.
    pub fn refused(&self) -> Option<String> {
        match self.check {
            0 | 1 => {}
            4 => return Some("a CRC64 (the kernel supports only CRC32)".to_owned()),
            10 => return Some("a SHA-256 (the kernel supports only CRC32)".to_owned()),
            other => return Some(format!("a check of kind {other}")),
        }
        if !self.ends_in_lzma2 {
            return Some("no LZMA2 with a dictionary of at most 3 GiB".to_owned());
        }
        if self.filters.len() > 1 {
            return Some("more than one filter before LZMA2".to_owned());
        }
        let filter = self.filters.first()?;
        if filter.option.is_none() {
            return Some(format!("the {} filter", filter.name));
        }
        filter
            .has_offset
            .then(|| format!("the {} filter with a start offset", filter.name))
    }
}

/// 2^12, 2^12 + 2^11, 2^13 and so on.
fn dictionary_bytes(property: u8) -> u64 {
    let exponent = u32::from(property / 2).saturating_add(11);
    let mantissa = 2_u64.saturating_add(u64::from(property % 2));
    mantissa.checked_shl(exponent).unwrap_or(u64::MAX)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

/// A number of seven bits a byte, the low ones first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = byte(rest)?;
        value |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
