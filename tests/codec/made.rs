//! Streams that the tests make themselves, with the encoders that are there in Rust.

use super::fixtures::PLAIN;
use super::{by_name, decode};
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use liblzma::stream::{Action, Check, Filters, LzmaOptions, Status, Stream};
use std::io::Write;

/// What a bomb decodes to.
const BOMB_BYTES: u64 = 1 << 30;

fn zeros_into(mut writer: impl Write) {
    let block = vec![0; 1 << 20];
    for _ in 0..BOMB_BYTES / (1 << 20) {
        writer.write_all(&block).unwrap();
    }
    writer.flush().unwrap();
}

/// A gigabyte of zeros in every codec and framing.
pub fn bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut bombs = vec![
        ("lz4 legacy", "lz4", lz4_legacy_bomb()),
        ("lz4 frame", "lz4", lz4_frame_bomb()),
        ("lzop", "lzo", lzop_bomb()),
        ("zstd of runs", "zstd", zstd_bomb()),
        ("zstd of blocks", "zstd", zstd_bomb_without_size()),
    ];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zeros_into(&mut gzip);
    bombs.push(("gzip", "gzip", gzip.finish().unwrap()));
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bzip2.write_all(&vec![0; 64 << 20]).unwrap();
    bombs.push(("bzip2", "bzip2", bzip2.finish().unwrap()));
    let zeros = vec![0; 64 << 20];
    let mut lzma2 = Filters::new();
    lzma2.lzma2(&LzmaOptions::new_preset(0).unwrap());
    let xz = Stream::new_stream_encoder(&lzma2, Check::Crc32).unwrap();
    bombs.push(("xz", "xz", encoded(xz, &zeros)));
    let lzma = Stream::new_lzma_encoder(&LzmaOptions::new_preset(0).unwrap()).unwrap();
    bombs.push(("lzma", "lzma", encoded(lzma, &zeros)));
    bombs
}

fn encoded(mut encoder: Stream, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(plain.len() / 2 + 4096);
    loop {
        let at = encoder.total_in() as usize;
        let status = encoder
            .process_vec(&plain[at..], &mut out, Action::Finish)
            .unwrap();
        if matches!(status, Status::StreamEnd) {
            return out;
        }
        out.reserve(4096);
    }
}

/// A run of `length` zeros as one lz4 block: a literal, and a match of everything else.
fn lz4_run(length: usize) -> Vec<u8> {
    lz4_flex::block::compress(&vec![0; length])
}

fn lz4_legacy(blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0x02, 0x21, 0x4c, 0x18];
    for block in blocks {
        out.extend((block.len() as u32).to_le_bytes());
        out.extend(block);
    }
    out
}

fn lz4_legacy_bomb() -> Vec<u8> {
    lz4_legacy(&vec![lz4_run(8 << 20); (BOMB_BYTES >> 23) as usize])
}

/// Magic, FLG, BD for independent blocks of 4 MiB, and the header's checksum.
pub fn lz4_frame_header(content_bytes: Option<u64>) -> Vec<u8> {
    let mut descriptor = vec![0x60, 0x70];
    if let Some(size) = content_bytes {
        descriptor[0] |= 0x08;
        descriptor.extend(size.to_le_bytes());
    }
    let checksum = twox_hash::XxHash32::oneshot(0, &descriptor);
    descriptor.push((checksum >> 8) as u8);
    [&[0x04, 0x22, 0x4d, 0x18], &descriptor[..]].concat()
}

fn lz4_frame_bomb() -> Vec<u8> {
    let mut out = lz4_frame_header(None);
    let block = lz4_run(4 << 20);
    for _ in 0..BOMB_BYTES >> 22 {
        out.extend((block.len() as u32).to_le_bytes());
        out.extend(&block);
    }
    out.extend([0; 4]);
    out
}

/// An lzop stream without checksums; a block that does not shrink is stored.
fn lzop(blocks: &[(Vec<u8>, usize)]) -> Vec<u8> {
    let mut out = b"\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\x01\x05".to_vec();
    out.extend(0_u32.to_be_bytes());
    out.extend([0; 4 + 4 + 4 + 1]);
    let header = &out[9..];
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in header {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    out.extend(((high << 16) | low).to_be_bytes());
    for (block, decoded) in blocks {
        out.extend((*decoded as u32).to_be_bytes());
        out.extend((block.len() as u32).to_be_bytes());
        out.extend(block);
    }
    out.extend([0; 4]);
    out
}

fn lzop_bomb() -> Vec<u8> {
    let size = 256 << 10;
    let block = lzokay::compress::compress(&vec![0; size]).unwrap();
    lzop(&vec![(block, size); (BOMB_BYTES >> 18) as usize])
}

/// Nothing but run-length blocks: four bytes for 128 KiB.
fn zstd_bomb() -> Vec<u8> {
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let blocks = BOMB_BYTES >> 17;
    for block in 1..=blocks {
        let header = (1_u32 << 20) | 2 | u32::from(block == blocks);
        out.extend(&header.to_le_bytes()[..3]);
        out.push(0);
    }
    out
}

fn zstd_bomb_without_size() -> Vec<u8> {
    let mut encoder = zstd_safe::CCtx::create();
    encoder
        .set_parameter(zstd_safe::CParameter::ContentSizeFlag(false))
        .unwrap();
    let mut out = Vec::with_capacity(1 << 20);
    encoder.compress2(&mut out, &vec![0; 64 << 20]).unwrap();
    out
}

/// A stream header and a block header whose dictionary is that of the property byte.
pub fn xz_header_with_dictionary(property: u8) -> Vec<u8> {
    let mut out = b"\xfd7zXZ\0\0\x01".to_vec();
    out.extend(crc32(&[0, 1]).to_le_bytes());
    let block = [0x02, 0x00, 0x21, 0x01, property, 0, 0, 0];
    out.extend(block);
    out.extend(crc32(&block).to_le_bytes());
    out.extend([0; 64]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn riscv_branches_are_restored_in_xz() {
    let mut filters = Filters::new();
    filters.riscv();
    filters.lzma2(&LzmaOptions::new_preset(6).unwrap());
    let stream = Stream::new_stream_encoder(&filters, Check::Crc64).unwrap();
    let bytes = encoded(stream, PLAIN);
    let (plain, _) = decode(by_name("xz"), &bytes, &Limits::default()).unwrap();
    assert!(plain == PLAIN);
}

#[test]
fn xz_of_the_kernels_own_settings_fits_the_codec_memory() {
    // scripts/xz_wrap.sh: --x86 --lzma2=dict=128MiB since 6.12, 32 MiB before.
    let mut options = LzmaOptions::new_preset(0).unwrap();
    options.dict_size(128 << 20);
    let mut filters = Filters::new();
    filters.x86();
    filters.lzma2(&options);
    let stream = Stream::new_stream_encoder(&filters, Check::Crc32).unwrap();
    let bytes = encoded(stream, PLAIN);
    let (plain, _) = decode(by_name("xz"), &bytes, &Limits::default()).unwrap();
    assert!(plain == PLAIN);
}

#[test]
fn lz4_legacy_frames_behind_one_another_are_one_stream() {
    let text = PLAIN.repeat(3000);
    let blocks: Vec<Vec<u8>> = text
        .chunks(8 << 20)
        .map(lz4_flex::block::compress)
        .collect();
    let frame = lz4_legacy(&blocks);
    let input = [&frame[..], &frame].concat();
    let (plain, taken) = decode(by_name("lz4"), &input, &Limits::default()).unwrap();
    assert!(plain == [&text[..], &text].concat());
    assert_eq!(taken, input.len() as u64);
    // Zeros behind it are padding.
    let padded = [&input[..], &[0; 8]].concat();
    let (_, taken) = decode(by_name("lz4"), &padded, &Limits::default()).unwrap();
    assert_eq!(taken, input.len() as u64);
}

#[test]
fn a_size_behind_an_lz4_legacy_frame_is_taken_for_a_block() {
    let input = [
        &lz4_legacy(&[lz4_run(100)])[..],
        &50_000_000_u32.to_le_bytes(),
    ]
    .concat();
    let error = decode(by_name("lz4"), &input, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(error.field(), "lz4 block size");
    assert_eq!(error.offset(), Some(input.len() as u64 - 4));
}

#[test]
fn lz4_frames_of_every_shape_decode() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    let text = PLAIN.repeat(200);
    for mode in [BlockMode::Independent, BlockMode::Linked] {
        for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max4MB] {
            for checked in [false, true] {
                let info = FrameInfo::new()
                    .block_mode(mode)
                    .block_size(size)
                    .block_checksums(checked)
                    .content_checksum(checked)
                    .content_size(checked.then_some(text.len() as u64));
                let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                encoder.write_all(&text).unwrap();
                let bytes = encoder.finish().unwrap();
                let (plain, taken) = decode(by_name("lz4"), &bytes, &Limits::default())
                    .unwrap_or_else(|error| panic!("{mode:?} {size:?} {checked}: {error}"));
                assert!(plain == text, "{mode:?} {size:?} {checked}");
                assert_eq!(taken, bytes.len() as u64);
            }
        }
    }
}

#[test]
fn lz4_frames_that_need_a_dictionary_are_unsupported() {
    let mut frame = lz4_frame_header(None);
    frame[4] |= 1;
    let error = decode(by_name("lz4"), &frame, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated, "{error}");
    frame.extend([0; 8]);
    let error = decode(by_name("lz4"), &frame, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported, "{error}");
}

#[test]
fn lzop_blocks_that_do_not_shrink_are_stored() {
    let block = lzokay::compress::compress(PLAIN).unwrap();
    let input = lzop(&[
        (block, PLAIN.len()),
        (b"as it is".to_vec(), 8),
        (b"\x12\x00\x11\x00\x00".to_vec(), 5),
    ]);
    let (plain, taken) = decode(by_name("lzo"), &input, &Limits::default()).unwrap();
    assert!(plain == [PLAIN, b"as it is\x12\x00\x11\x00\x00"].concat());
    assert_eq!(taken, input.len() as u64);
}

#[test]
fn lzop_blocks_of_another_size_than_stated_are_corrupt() {
    let block = lzokay::compress::compress(PLAIN).unwrap();
    for size in [PLAIN.len() - 1, PLAIN.len() + 1] {
        let input = lzop(&[(block.clone(), size)]);
        let error = decode(by_name("lzo"), &input, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt, "{error}");
        assert_eq!(error.field(), "lzop block");
    }
}

#[test]
fn zstd_frames_behind_skippable_ones_decode() {
    let mut out = Vec::with_capacity(8192);
    zstd_safe::compress(&mut out, PLAIN, 19).unwrap();
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    let input = [skippable, skippable, &out[..]].concat();
    let (plain, taken) = decode(by_name("zstd"), &input, &Limits::default()).unwrap();
    assert!(plain == PLAIN);
    assert_eq!(taken, input.len() as u64);
}

#[test]
fn random_bytes_are_of_no_codec() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = vec![0; 1 << 20];
    for byte in &mut bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 32) as u8;
    }
    for at in 0..bytes.len() - 32 {
        let codec = kelpie_check::codec::recognise(&bytes[at..at + 32]);
        assert!(codec.is_none(), "{codec:?} at {at}");
    }
}
