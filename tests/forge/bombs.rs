//! Compressed files of more zeros than anybody wants, in every codec.

use liblzma::stream::{Action, Check, Filters, LzmaOptions, Status, Stream};
use std::io::Write;

const MIB: usize = 1 << 20;
/// Streams one behind the other, each of [`PIECE_BYTES`].
const PIECES: usize = 9;
const PIECE_BYTES: usize = 16 * MIB;

/// The codec's name, and a file of 144 MiB of zeros in it.
pub fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = vec![0; PIECE_BYTES];
    let mut widest = Filters::new();
    widest.lzma2(&with_dictionary());
    let xz = Stream::new_stream_encoder(&widest, Check::Crc32).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bzip2.write_all(&zeros).unwrap();
    vec![
        ("gzip", super::forge::gzip(&zeros).repeat(PIECES)),
        ("bzip2", bzip2.finish().unwrap().repeat(PIECES)),
        ("xz", encoded(xz, &zeros, PIECES)),
        ("lzma", lzma(&zeros)),
        ("lz4", lz4()),
        ("lzo", lzo()),
        ("zstd", zstd()),
    ]
}

/// This many times `plain` as one stream.
fn encoded(mut encoder: Stream, plain: &[u8], times: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(MIB);
    for turn in 1..=times {
        let last = if turn == times {
            Action::Finish
        } else {
            Action::Run
        };
        let begin = encoder.total_in();
        loop {
            let at = usize::try_from(encoder.total_in() - begin).unwrap();
            if at == plain.len() && turn < times {
                break;
            }
            out.reserve(4096);
            let status = encoder.process_vec(&plain[at..], &mut out, last).unwrap();
            if matches!(status, Status::StreamEnd) {
                break;
            }
        }
    }
    out
}

/// A lone stream: nothing follows one of these.
fn lzma(zeros: &[u8]) -> Vec<u8> {
    encoded(
        Stream::new_lzma_encoder(&with_dictionary()).unwrap(),
        zeros,
        PIECES,
    )
}

/// The widest dictionary that the kernel's build asks for, so that the decoder needs one too.
fn with_dictionary() -> LzmaOptions {
    let mut options = LzmaOptions::new_preset(0).unwrap();
    options.dict_size(u32::try_from(128 * MIB).unwrap());
    options
}

/// The legacy frame: blocks of 8 MiB behind their lengths.
fn lz4() -> Vec<u8> {
    let block = lz4_flex::block::compress(&vec![0; 8 * MIB]);
    let mut file = vec![0x02, 0x21, 0x4c, 0x18];
    for _ in 0..2 * PIECES {
        file.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
        file.extend(&block);
    }
    file
}

/// lzop's framing, without checksums of the blocks.
fn lzo() -> Vec<u8> {
    let block = lzokay::compress::compress(&vec![0; 256 << 10]).unwrap();
    let mut header = Vec::new();
    // Versions of the format, the library and what is needed to extract; method and level; flags.
    for number in [0x1030_u16, 0x2080, 0x0940] {
        header.extend(number.to_be_bytes());
    }
    header.extend([1, 5]);
    // Flags, mode, both halves of the time; and no name.
    header.extend([0; 16]);
    header.push(0);
    let mut file = b"\x89LZO\0\r\n\x1a\n".to_vec();
    file.extend(&header);
    file.extend(adler32(&header).to_be_bytes());
    for _ in 0..4 * PIECE_BYTES * PIECES / MIB {
        file.extend((256_u32 << 10).to_be_bytes());
        file.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
        file.extend(&block);
    }
    file.extend([0; 4]);
    file
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    high << 16 | low
}

/// Nothing but run-length blocks: four bytes for 128 KiB.
fn zstd() -> Vec<u8> {
    let mut file = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let blocks = (PIECE_BYTES * PIECES) >> 17;
    for block in 1..=blocks {
        let header = (1_u32 << 20) | 2 | u32::from(block == blocks);
        file.extend(&header.to_le_bytes()[..3]);
        file.push(0);
    }
    file
}
