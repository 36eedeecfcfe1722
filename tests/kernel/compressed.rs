use super::forge::elf::Elf;
use super::forge::{gzip, zstd};
use super::{container, kernel, opened};
use kelpie_check::error::Kind;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;

#[test]
fn a_compressed_vmlinux_is_named_by_its_codec_once() {
    for (name, bytes) in [
        ("gzip", gzip(&Elf::default().build())),
        ("zstd", zstd(&Elf::default().build())),
    ] {
        let kernel = kernel(bytes);
        assert_eq!(container(&kernel), name);
        assert_eq!(opened(&kernel), (vec![name, "elf"], vec![]));
        assert!(kernel.banner().is_ok());
    }
}

#[test]
fn what_follows_the_stream_is_not_its_own() {
    let stream = gzip(&Elf::default().build());
    let length = stream.len() as u64;
    // The last word of the file is no size then; it must not be believed.
    for junk in [&b"junk"[..], &[0xff; 4], &[0; 100]] {
        let kernel = kernel([&stream[..], junk].concat());
        assert_eq!(opened(&kernel), (vec!["gzip", "elf"], vec![]));
        assert_eq!(kernel.chain().unwrap().layers[0].header.end, Some(length));
    }
}

#[test]
fn streams_one_after_another_are_one() {
    let image = Elf::default().build();
    let (first, second) = image.split_at(100);
    let kernel = kernel([gzip(first), gzip(second)].concat());
    assert!(kernel.banner().is_ok());
}

#[test]
fn what_is_inside_and_no_kernel_is_named() {
    let mut tar = vec![0; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    for (content, what) in [
        (tar, "gzip of a tar archive"),
        (Vec::new(), "gzip of an empty file"),
        (b"<!DOCTYPE html>".to_vec(), "gzip of an HTML page"),
        (vec![0x99; 5000], "gzip of something else"),
    ] {
        let kernel = kernel(gzip(&content));
        let error = kernel.chain().unwrap().image().err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("file: expected a Linux kernel image, found {what}")
        );
    }
}

#[test]
fn a_cut_stream_has_no_image() {
    let whole = gzip(&Elf::default().build());
    for length in 3..whole.len() {
        let kernel = kernel(whole[..length].to_vec());
        if kernel.container().is_ok() {
            assert!(kernel.banner().is_err(), "{length} bytes");
        }
    }
}

#[test]
fn layers_and_sizes_are_bounded() {
    let mut bytes = Elf::default().build();
    for _ in 0..8 {
        bytes = gzip(&bytes);
    }
    let error = kernel(bytes).banner().unwrap_err().clone();
    assert_eq!(
        error.to_string(),
        "limit layers: expected at most 6, found more"
    );

    let limits = Limits {
        decoded_bytes: 100_000,
        ..Limits::default()
    };
    let bomb = gzip(&vec![0; 1_000_000]);
    let kernel = Kernel::new(Source::from_bytes(bomb), limits);
    assert_eq!(kernel.banner().unwrap_err().kind(), Kind::Limit);
}

#[test]
fn a_quick_look_does_not_decompress() {
    let kernel = kernel(gzip(&Elf::default().build())).quick();
    assert_eq!(container(&kernel), "gzip");
    assert_eq!(kernel.banner().unwrap_err().kind(), Kind::NotAsked);
}
