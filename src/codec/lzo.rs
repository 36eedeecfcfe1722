//! lzop: a header with the file's name and times, and blocks of LZO1X with their checksums.
//!
//! Source: `lib/decompress_unlzo.c`, which reads a part of it; the format of lzop 1.04.

use super::Codec;
use super::fields::Fields;
use super::gzip::crc32;
use super::stream::{self, length};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;

const MAGIC: [u8; 9] = [0x89, b'L', b'Z', b'O', 0, 0x0d, 0x0a, 0x1a, 0x0a];
/// From this version on the header has the level, the version needed and 64-bit times.
const VERSION_WITH_LEVEL: u16 = 0x0940;
/// LZO1X-1, LZO1X-1(15) and LZO1X-999: one decoder for all.
const METHODS: std::ops::RangeInclusive<u8> = 1..=3;
/// lzop's MAX_BLOCK_SIZE; the kernel takes 256 KiB.
const BLOCK_BYTES_MAX: u32 = 64 * 1024 * 1024;

const F_ADLER32_D: u32 = 0x0001;
const F_ADLER32_C: u32 = 0x0002;
const F_H_EXTRA_FIELD: u32 = 0x0040;
const F_CRC32_D: u32 = 0x0100;
const F_CRC32_C: u32 = 0x0200;
const F_MULTIPART: u32 = 0x0400;
const F_H_FILTER: u32 = 0x0800;
const F_H_CRC32: u32 = 0x1000;

/// The codec.
pub static LZO: Codec = Codec {
    name: "lzo",
    kconfig: "LZO",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(&MAGIC)
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    stream::in_memory(input, |input| {
        let mut fields = Fields::new(input);
        let flags = read_header(&mut fields)?;
        while let Some(block) = Block::read(&mut fields, flags)? {
            block.decode(sink)?;
        }
        Ok(fields.offset())
    })
}

/// How much of a stream [`refusal`] looks at.
pub const HEAD_BYTES: usize = 21;

/// Why the kernel does not take a stream that begins so, and that is whole by its own account: with the
/// length of each block it skips one checksum, be there one, none or two, so that it decompresses what
/// lies beside the block and says "Compressed data violation". lzop writes one unless it is told
/// otherwise.
pub fn refusal(head: &[u8]) -> Option<Error> {
    let mut fields = Fields::new(head);
    fields.bytes("lzop magic", length(MAGIC.len())).ok()?;
    let has_level = fields.u16_be("lzop version").ok()? >= VERSION_WITH_LEVEL;
    // The library's version and the method; the version that is needed and the level.
    let skipped = if has_level { 2 + 2 + 1 + 1 } else { 2 + 1 };
    fields.bytes("lzop method", skipped).ok()?;
    let offset = fields.offset();
    let flags = fields.u32_be("lzop flags").ok()?;
    let checksums = flags & (F_ADLER32_D | F_ADLER32_C | F_CRC32_D | F_CRC32_C);
    (checksums.count_ones() != 1).then(|| {
        Error::corrupt(
            "lzop flags",
            offset,
            "one checksum of each block, which the kernel skips",
            checksums.count_ones().to_string(),
        )
    })
}

/// Reads the header, verifies its checksum, and gives its flags.
fn read_header(fields: &mut Fields<'_>) -> Result<u32> {
    let magic = fields.bytes("lzop magic", length(MAGIC.len()))?;
    if magic != MAGIC {
        return Err(Error::corrupt(
            "lzop magic",
            0,
            crate::error::hex(&MAGIC),
            crate::error::hex(magic),
        ));
    }
    let start = fields.offset();
    let version = fields.u16_be("lzop version")?;
    fields.u16_be("lzop library version")?;
    let has_level = version >= VERSION_WITH_LEVEL;
    if has_level {
        fields.u16_be("lzop version needed")?;
    }
    let method_offset = fields.offset();
    let method = fields.u8("lzop method")?;
    if !METHODS.contains(&method) {
        return Err(
            Error::unsupported("lzop method", format!("method {method}")).at(method_offset),
        );
    }
    if has_level {
        fields.u8("lzop level")?;
    }
    let flags_offset = fields.offset();
    let flags = fields.u32_be("lzop flags")?;
    if flags & F_MULTIPART != 0 {
        return Err(Error::unsupported("lzop flags", "a multipart archive").at(flags_offset));
    }
    if flags & F_H_FILTER != 0 {
        let offset = fields.offset();
        let filter = fields.u32_be("lzop filter")?;
        if filter != 0 {
            return Err(Error::unsupported("lzop filter", format!("filter {filter}")).at(offset));
        }
    }
    fields.u32_be("lzop mode")?;
    fields.u32_be("lzop mtime_low")?;
    if has_level {
        fields.u32_be("lzop mtime_high")?;
    }
    let name_bytes = fields.u8("lzop name length")?;
    fields.bytes("lzop name", name_bytes.into())?;
    verify_header(fields, "lzop header checksum", start, flags)?;
    if flags & F_H_EXTRA_FIELD != 0 {
        let start = fields.offset();
        let extra_bytes = fields.u32_be("lzop extra field length")?;
        fields.bytes("lzop extra field", extra_bytes.into())?;
        verify_header(fields, "lzop extra field checksum", start, flags)?;
    }
    Ok(flags)
}

fn verify_header(
    fields: &mut Fields<'_>,
    field: &'static str,
    start: u64,
    flags: u32,
) -> Result<()> {
    let covered = fields.since(start);
    let offset = fields.offset();
    let stated = fields.u32_be(field)?;
    let found = if flags & F_H_CRC32 != 0 {
        crc32(covered)
    } else {
        adler32(covered)
    };
    Fields::mismatch(field, offset, stated, found)
}

/// One block as it stands in the file.
struct Block<'a> {
    offset: u64,
    decoded_bytes: u32,
    stored: &'a [u8],
    /// Of the decoded bytes.
    adler32: Option<u32>,
    crc32: Option<u32>,
    /// Of the compressed bytes; there are none for a block that is stored plain.
    compressed_adler32: Option<u32>,
    compressed_crc32: Option<u32>,
}

impl<'a> Block<'a> {
    /// The next block, or `None` at the zero that ends them.
    fn read(fields: &mut Fields<'a>, flags: u32) -> Result<Option<Self>> {
        let offset = fields.offset();
        let decoded_bytes = fields.u32_be("lzop block dst_len")?;
        if decoded_bytes == 0 {
            return Ok(None);
        }
        if decoded_bytes > BLOCK_BYTES_MAX {
            return Err(Error::corrupt(
                "lzop block dst_len",
                offset,
                format!("at most {BLOCK_BYTES_MAX}"),
                decoded_bytes.to_string(),
            ));
        }
        let stored_offset = fields.offset();
        let stored_bytes = fields.u32_be("lzop block src_len")?;
        if stored_bytes == 0 || stored_bytes > decoded_bytes {
            return Err(Error::corrupt(
                "lzop block src_len",
                stored_offset,
                format!("1 to {decoded_bytes}"),
                stored_bytes.to_string(),
            ));
        }
        let mut checksum = |flag: u32, present: bool| {
            (present && flags & flag != 0)
                .then(|| fields.u32_be("lzop block checksum"))
                .transpose()
        };
        let compressed = stored_bytes < decoded_bytes;
        let adler32 = checksum(F_ADLER32_D, true)?;
        let crc32 = checksum(F_CRC32_D, true)?;
        let compressed_adler32 = checksum(F_ADLER32_C, compressed)?;
        let compressed_crc32 = checksum(F_CRC32_C, compressed)?;
        Ok(Some(Self {
            offset,
            decoded_bytes,
            stored: fields.bytes("lzop block", stored_bytes.into())?,
            adler32,
            crc32,
            compressed_adler32,
            compressed_crc32,
        }))
    }

    fn decode(&self, sink: &mut Sink) -> Result<()> {
        self.verify(self.stored, self.compressed_adler32, self.compressed_crc32)?;
        if length(self.stored.len()) == u64::from(self.decoded_bytes) {
            sink.push(self.stored)?;
            return self.verify(self.stored, self.adler32, self.crc32);
        }
        sink.fill_area(self.decoded_bytes.into(), |area| {
            let decoded = lzokay::decompress::decompress(self.stored, area)
                .map_err(|error| self.corrupt(format!("{error:?}")))?;
            if decoded != area.len() {
                return Err(self.corrupt(format!("{decoded} bytes")));
            }
            self.verify(area, self.adler32, self.crc32)?;
            Ok((decoded, ()))
        })
    }

    fn corrupt(&self, found: String) -> Error {
        Error::corrupt(
            "lzop block",
            self.offset,
            format!("LZO1X for {} bytes", self.decoded_bytes),
            found,
        )
    }

    fn verify(&self, bytes: &[u8], adler: Option<u32>, crc: Option<u32>) -> Result<()> {
        if let Some(stated) = adler {
            Fields::mismatch("lzop block adler32", self.offset, stated, adler32(bytes))?;
        }
        if let Some(stated) = crc {
            Fields::mismatch("lzop block crc32", self.offset, stated, crc32(bytes))?;
        }
        Ok(())
    }
}

/// Adler-32 (RFC 1950), whole lanes at a time, so that the compiler can use vectors.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    const LANES: u32 = 32;
    /// The most whole lanes after which the sums still fit 32 bits (RFC 1950: 5552 bytes).
    const BATCH: usize = 5536;
    let (mut low, mut high) = (1_u32, 0_u32);
    for batch in bytes.chunks(BATCH) {
        let (lanes, rest) = batch.as_chunks::<32>();
        for lane in lanes {
            let (mut sum, mut weighted) = (0_u32, 0_u32);
            for (byte, weight) in lane.iter().zip((1..=LANES).rev()) {
                sum = sum.wrapping_add(u32::from(*byte));
                weighted = weighted.wrapping_add(u32::from(*byte).wrapping_mul(weight));
            }
            high = high
                .wrapping_add(low.wrapping_mul(LANES))
                .wrapping_add(weighted);
            low = low.wrapping_add(sum);
        }
        for byte in rest {
            low = low.wrapping_add(u32::from(*byte));
            high = high.wrapping_add(low);
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adler32_is_that_of_its_definition() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        let bytes = vec![0xff; 20_000];
        let (mut low, mut high) = (1_u64, 0_u64);
        for byte in &bytes {
            low = (low + u64::from(*byte)) % 65521;
            high = (high + low) % 65521;
        }
        assert_eq!(u64::from(adler32(&bytes)), (high << 16) | low);
    }
}
