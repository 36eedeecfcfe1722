//! The lz4 frame format: a descriptor, blocks that may lean on one another, checksums.
//!
//! Source: lz4's `doc/lz4_Frame_format.md`, version 1.6. The kernel does not read it, but other
//! tools write it, and U-Boot decodes it.

use super::fields::Fields;
use super::lz4::{Block, decode_blocks};
use super::stream::length;
use crate::error::{Error, Result};
use crate::limits::Sink;
use twox_hash::XxHash32;

/// What begins a frame.
pub(super) const MAGIC: u32 = 0x184d_2204;

const FLG_VERSION_MASK: u8 = 0xc0;
const FLG_VERSION: u8 = 0x40;
const FLG_BLOCKS_INDEPENDENT: u8 = 0x20;
const FLG_BLOCK_CHECKSUM: u8 = 0x10;
const FLG_CONTENT_SIZE: u8 = 0x08;
const FLG_CONTENT_CHECKSUM: u8 = 0x04;
const FLG_RESERVED: u8 = 0x02;
const FLG_DICTIONARY_ID: u8 = 0x01;
/// All of BD but the maximum block size.
const BD_RESERVED: u8 = 0x8f;
/// The block size's bit that marks a block as not compressed.
const STORED: u32 = 0x8000_0000;

/// Whether a descriptor follows the magic.
pub(super) fn recognise(mut fields: Fields<'_>) -> bool {
    match (fields.u8("lz4 FLG"), fields.u8("lz4 BD")) {
        (Ok(flg), Ok(bd)) => are_allowed(flg, bd),
        _ => false,
    }
}

fn are_allowed(flg: u8, bd: u8) -> bool {
    flg & (FLG_VERSION_MASK | FLG_RESERVED) == FLG_VERSION
        && bd & BD_RESERVED == 0
        && (4..=7).contains(&(bd >> 4))
}

/// What stands before the blocks.
struct Descriptor {
    flg: u8,
    block_bytes_max: usize,
    content_bytes: Option<u64>,
}

impl Descriptor {
    fn read(fields: &mut Fields<'_>) -> Result<Self> {
        Fields::mismatch("lz4 magic", 0, MAGIC, fields.u32_le("lz4 magic")?)?;
        let start = fields.offset();
        let flg = fields.u8("lz4 FLG")?;
        let bd = fields.u8("lz4 BD")?;
        if !are_allowed(flg, bd) {
            return Err(Error::corrupt(
                "lz4 FLG and BD",
                start,
                "version 01, no reserved bits, block size 4 to 7",
                format!("{flg:#04x} {bd:#04x}"),
            ));
        }
        let content_bytes = (flg & FLG_CONTENT_SIZE != 0)
            .then(|| fields.u64_le("lz4 Content Size"))
            .transpose()?;
        let dictionary_offset = fields.offset();
        if flg & FLG_DICTIONARY_ID != 0 {
            fields.u32_le("lz4 Dictionary ID")?;
            return Err(
                Error::unsupported("lz4 Dictionary ID", "a frame that needs a dictionary")
                    .at(dictionary_offset),
            );
        }
        let [_, checksum, ..] = XxHash32::oneshot(0, fields.since(start)).to_le_bytes();
        let offset = fields.offset();
        let stated = fields.u8("lz4 Header Checksum")?;
        Fields::mismatch("lz4 Header Checksum", offset, stated, checksum)?;
        // 4 is 64 KiB, and each step four times as much.
        let block_bytes_max = 1_usize.wrapping_shl(u32::from(bd >> 4).wrapping_mul(2)) << 8;
        Ok(Self {
            flg,
            block_bytes_max,
            content_bytes,
        })
    }

    /// The next block, or `None` at the zero that ends them.
    fn next_block<'a>(&self, fields: &mut Fields<'a>) -> Result<Option<Block<'a>>> {
        let offset = fields.offset();
        let size = fields.u32_le("lz4 Block Size")?;
        if size == 0 {
            return Ok(None);
        }
        let stored_bytes = u64::from(size & !STORED);
        if stored_bytes > length(self.block_bytes_max) {
            return Err(Error::corrupt(
                "lz4 Block Size",
                offset,
                format!("at most {}", self.block_bytes_max),
                stored_bytes.to_string(),
            ));
        }
        let bytes = fields.bytes("lz4 block", stored_bytes)?;
        if self.flg & FLG_BLOCK_CHECKSUM != 0 {
            fields.u32_le("lz4 Block Checksum")?;
        }
        Ok(Some(Block {
            offset,
            bytes,
            is_stored: size & STORED != 0,
            decoded_bytes_max: self.block_bytes_max,
        }))
    }

    fn verify(&self, block: &Block<'_>, fields: &Fields<'_>) -> Result<()> {
        if self.flg & FLG_BLOCK_CHECKSUM == 0 {
            return Ok(());
        }
        let offset = fields.offset().saturating_sub(4);
        let stated = Fields::new(fields.since(offset)).u32_le("lz4 Block Checksum")?;
        let found = XxHash32::oneshot(0, block.bytes);
        Fields::mismatch("lz4 Block Checksum", offset, stated, found)
    }
}

/// Decodes the first blocks of a frame, which give `bytes` or more; none is verified.
pub(super) fn decode_first_blocks(input: &[u8], bytes: u64, sink: &mut Sink) -> Result<u64> {
    let mut fields = Fields::new(input);
    let descriptor = Descriptor::read(&mut fields)?;
    let linked = descriptor.flg & FLG_BLOCKS_INDEPENDENT == 0;
    let bound_bytes = length(descriptor.block_bytes_max).saturating_add(bytes);
    decode_blocks(bound_bytes, sink, |decoded| {
        while length(decoded.as_bytes().len()) < bytes {
            match descriptor.next_block(&mut fields) {
                Ok(Some(block)) if decoded.append(&block, linked).is_ok() => {}
                // What came before is the head, as far as there is one.
                _ => break,
            }
        }
        Ok(())
    })?;
    Ok(fields.offset())
}

/// Decodes one frame.
pub(super) fn decode(input: &[u8], sink: &mut Sink) -> Result<u64> {
    let mut fields = Fields::new(input);
    let descriptor = Descriptor::read(&mut fields)?;
    let mut bound_bytes = 0_u64;
    let mut ahead = fields;
    while let Some(block) = descriptor.next_block(&mut ahead)? {
        bound_bytes = bound_bytes.saturating_add(length(block.decoded_bytes_max()));
    }
    if let Some(content_bytes) = descriptor.content_bytes {
        if content_bytes > sink.left_bytes() {
            return Err(sink.over_limit());
        }
        bound_bytes = bound_bytes.min(content_bytes);
    }
    let linked = descriptor.flg & FLG_BLOCKS_INDEPENDENT == 0;
    decode_blocks(bound_bytes, sink, |decoded| {
        while let Some(block) = descriptor.next_block(&mut fields)? {
            descriptor.verify(&block, &fields)?;
            decoded.append(&block, linked)?;
        }
        let content = decoded.as_bytes();
        if let Some(stated) = descriptor.content_bytes {
            Fields::mismatch("lz4 Content Size", 6, stated, length(content.len()))?;
        }
        if descriptor.flg & FLG_CONTENT_CHECKSUM != 0 {
            let offset = fields.offset();
            let stated = fields.u32_le("lz4 Content Checksum")?;
            let found = XxHash32::oneshot(0, content);
            Fields::mismatch("lz4 Content Checksum", offset, stated, found)?;
        }
        Ok(())
    })?;
    Ok(fields.offset())
}
