use crate::kernels::{damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

const LINE: &str = "console=hvc0 root=/dev/vda ro";

fn squashfs(compression: u16) -> Vec<u8> {
    let mut image = vec![0; 8192];
    image[..4].copy_from_slice(b"hsqs");
    image[0x14..0x16].copy_from_slice(&compression.to_le_bytes());
    image
}

fn erofs(incompat: u32, algorithms: u16) -> Vec<u8> {
    let mut image = vec![0; 8192];
    image[0x400..0x404].copy_from_slice(&[0xe2, 0xe1, 0xf5, 0xe0]);
    image[0x450..0x454].copy_from_slice(&incompat.to_le_bytes());
    image[0x454..0x456].copy_from_slice(&algorithms.to_le_bytes());
    image
}

fn booted(image: Vec<u8>, config: &str) -> Case {
    on(vmlinux(), image).config(config)
}

fn on(kernel: Vec<u8>, image: Vec<u8>) -> Case {
    Case::new(kernel)
        .no_initramfs()
        .root(image)
        .command_line(LINE)
}

#[test]
fn each_codec_of_squashfs_has_an_option() {
    for (number, codec, option) in [
        (1, "gzip", "SQUASHFS_ZLIB"),
        (3, "lzo", "SQUASHFS_LZO"),
        (4, "xz", "SQUASHFS_XZ"),
        (5, "lz4", "SQUASHFS_LZ4"),
        (6, "zstd", "SQUASHFS_ZSTD"),
    ] {
        let with = |value: &str| format!("CONFIG_SQUASHFS=y\nCONFIG_{option}={value}\n");
        let finding = booted(squashfs(number), &with("n")).fires(513, Fatal, RootMount);
        assert_eq!(
            finding.message,
            format!("The root needs {codec}, but this kernel was built without {option}.")
        );
        says(&finding.consequence, &["panics", "unknown-block(254,0)"]);
        booted(squashfs(number), &with("y")).is_quiet(513);
    }
}

#[test]
fn no_kernel_reads_lzma_or_a_number_without_a_codec() {
    for number in [0, 2, 7] {
        let finding = booted(squashfs(number), "CONFIG_SQUASHFS=y").fires(513, Fatal, RootMount);
        says(&finding.message, &["no Linux reads"]);
    }
}

#[test]
fn the_algorithms_of_erofs_are_listed_or_are_lz4() {
    const ZIP: &str = "CONFIG_EROFS_FS=y\nCONFIG_EROFS_FS_ZIP=y\n";
    let plain = "CONFIG_EROFS_FS=y\n";
    booted(erofs(0, 0), plain).is_quiet(513);
    booted(erofs(2, 0), plain).is_quiet(513);
    let lz4 = booted(erofs(0, 65535), plain).fires(513, Fatal, RootMount);
    says(&lz4.message, &["lz4", "EROFS_FS_ZIP"]);
    booted(erofs(0, 65535), ZIP).is_quiet(513);
    booted(erofs(2, 1), ZIP).is_quiet(513);
    for (bit, option) in [
        (2, "EROFS_FS_ZIP_LZMA"),
        (4, "EROFS_FS_ZIP_DEFLATE"),
        (8, "EROFS_FS_ZIP_ZSTD"),
    ] {
        let finding = booted(erofs(2, bit), ZIP).fires(513, Fatal, RootMount);
        says(&finding.message, &[option]);
        booted(erofs(2, bit), &format!("{ZIP}CONFIG_{option}=y")).is_quiet(513);
    }
    let finding = booted(erofs(2, 0x10), ZIP).fires(513, Fatal, RootMount);
    says(&finding.message, &["no Linux reads"]);
}

#[test]
fn without_the_driver_its_codecs_are_beside_the_point() {
    booted(squashfs(4), "CONFIG_SQUASHFS=n").is_quiet(513);
    booted(vec![0x5a; 8192], "CONFIG_SQUASHFS=y").is_quiet(513);
}

#[test]
fn a_kernel_that_cannot_be_decoded_blocks() {
    on(damaged(), squashfs(4)).is_blocked(513, 3);
}
