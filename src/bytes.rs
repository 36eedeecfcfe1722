//! A slice that knows its absolute offset, read by checked, named reads.

use crate::error::{Error, Result};
use crate::printable::steers;
use binrw::BinRead;
use std::io::Cursor;

/// The byte order of a field or of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endianness {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endianness {
    /// `little` or `big`, as the machine formats spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }

    fn binrw(self) -> binrw::Endian {
        match self {
            Self::Little => binrw::Endian::Little,
            Self::Big => binrw::Endian::Big,
        }
    }
}

/// Bytes of an artefact, with the offset at which they begin there.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    bytes: &'a [u8],
    base: u64,
}

impl<'a> Window<'a> {
    /// The window over `bytes`, which begin at `base` of their artefact.
    pub fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, base }
    }

    /// The bytes themselves.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The absolute offset of the first byte.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The `length` bytes at `offset` of this window, if all of them are there.
    pub fn get(&self, offset: u64, length: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = usize::try_from(offset.checked_add(length)?).ok()?;
        self.bytes.get(start..end)
    }

    /// Whether `magic` stands at `offset`.
    pub fn has(&self, offset: u64, magic: &[u8]) -> bool {
        u64::try_from(magic.len())
            .ok()
            .and_then(|length| self.get(offset, length))
            == Some(magic)
    }

    /// The bytes of `field`; an error that names it where they run out.
    pub fn bytes(&self, field: &'static str, offset: u64, length: u64) -> Result<&'a [u8]> {
        self.get(offset, length).ok_or_else(|| {
            Error::truncated(
                field,
                self.base.saturating_add(offset),
                length,
                self.len().saturating_sub(offset).min(length),
            )
        })
    }

    /// The window over `length` bytes at `offset`.
    pub fn window(&self, field: &'static str, offset: u64, length: u64) -> Result<Window<'a>> {
        Ok(Window {
            bytes: self.bytes(field, offset, length)?,
            base: self.base.saturating_add(offset),
        })
    }

    /// One number of `field` at `offset`.
    pub fn u16(&self, field: &'static str, offset: u64, order: Endianness) -> Result<u16> {
        let bytes = self.array(field, offset)?;
        Ok(match order {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        })
    }

    /// One number of `field` at `offset`.
    pub fn u32(&self, field: &'static str, offset: u64, order: Endianness) -> Result<u32> {
        let bytes = self.array(field, offset)?;
        Ok(match order {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        })
    }

    /// One number of `field` at `offset`.
    pub fn u64(&self, field: &'static str, offset: u64, order: Endianness) -> Result<u64> {
        let bytes = self.array(field, offset)?;
        Ok(match order {
            Endianness::Little => u64::from_le_bytes(bytes),
            Endianness::Big => u64::from_be_bytes(bytes),
        })
    }

    fn array<const N: usize>(&self, field: &'static str, offset: u64) -> Result<[u8; N]> {
        let length = u64::try_from(N).unwrap_or(u64::MAX);
        let bytes = self.bytes(field, offset, length)?;
        bytes
            .try_into()
            .map_err(|_| Error::truncated(field, offset, length, 0))
    }

    /// A declared header at `offset`, whole; `field` names it in the error.
    pub fn header<T>(&self, field: &'static str, offset: u64, order: Endianness) -> Result<T>
    where
        T: for<'b> BinRead<Args<'b> = ()>,
    {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let at = self.base.saturating_add(offset);
        T::read_options(&mut Cursor::new(rest), order.binrw(), ()).map_err(|error| {
            if error.is_eof() {
                Error::truncated(
                    field,
                    at,
                    header_bytes::<T>(order),
                    u64::try_from(rest.len()).unwrap_or(u64::MAX),
                )
            } else {
                Error::invalid(field, at, "a header as documented", error.to_string())
            }
        })
    }
}

/// Bytes of a file as text, losing none: what is not UTF-8, characters that [`steers`] names and the
/// backslash itself become escapes (`\xff`, `\\`).
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                hidden if steers(hidden) => text.extend(hidden.escape_default()),
                other => text.push(other),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The length of a declared header in a file, without the padding that it has in memory: measured
/// by reading one from zeros, as a header is only asked for its length when it is cut off.
fn header_bytes<T>(order: Endianness) -> u64
where
    T: for<'b> BinRead<Args<'b> = ()>,
{
    let in_memory = size_of::<T>();
    let mut zeros = Cursor::new(vec![0; in_memory]);
    match T::read_options(&mut zeros, order.binrw(), ()) {
        Ok(_) => zeros.position(),
        Err(_) => u64::try_from(in_memory).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_absolute_and_checked() {
        let window = Window::new(&[1, 2, 3, 4], 0x100);
        assert_eq!(window.u16("a", 1, Endianness::Little).unwrap(), 0x0302);
        assert_eq!(window.u16("a", 1, Endianness::Big).unwrap(), 0x0203);
        let error = window.u32("field", 2, Endianness::Little).unwrap_err();
        assert_eq!(
            error.to_string(),
            "field at 0x102: expected 4 bytes, found 2 bytes"
        );
    }

    #[test]
    fn text_of_a_file_loses_no_byte() {
        assert_eq!(escaped(b"a\xffb\\\t"), r"a\xffb\\\t");
        assert_eq!(escaped("größer".as_bytes()), "größer");
    }

    #[test]
    fn a_cut_off_header_tells_its_length_in_the_file() {
        #[derive(BinRead)]
        struct Header {
            _byte: u8,
            _word: u32,
        }
        let window = Window::new(&[0; 3], 0x10);
        let error = window
            .header::<Header>("header", 1, Endianness::Little)
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "header at 0x11: expected 5 bytes, found 2 bytes"
        );
    }

    #[test]
    fn offsets_that_overflow_are_only_out_of_reach() {
        let window = Window::new(&[0; 8], u64::MAX);
        assert_eq!(window.get(u64::MAX, 1), None);
        assert_eq!(window.get(1, u64::MAX), None);
        assert!(window.u64("f", u64::MAX, Endianness::Big).is_err());
    }
}
