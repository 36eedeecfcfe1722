use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Initramfs;

const ZSTD: &[(&str, &str, &[&str])] = &[("virtio_blk", ".ko.zst", &[]), ("ext4", ".ko.zst", &[])];

#[test]
fn busybox_reads_no_zstd() {
    let finding = boot(MODULAR, alpine_with(ZSTD)).fires(307, Fatal, Initramfs);
    says(
        &finding.message,
        &["ext4 and virtio_blk", ".ko.zst", "BusyBox"],
    );
    says(&finding.consequence, &["Invalid ELF header magic"]);
}

#[test]
fn a_kernel_that_undoes_another_codec_does_not_help() {
    let config = format!("{MODULAR}\nCONFIG_MODULE_DECOMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y");
    boot(&config, alpine_with(ZSTD)).fires(307, Fatal, Initramfs);
}

#[test]
fn plain_modules_and_gzip_pass() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(307);
    let gzip = &[
        ("virtio_blk", ".ko.gz", &[][..]),
        ("ext4", ".ko.gz", &[][..]),
    ];
    boot(MODULAR, alpine_with(gzip)).is_quiet(307);
    boot(MONOLITHIC, alpine_with(ZSTD)).is_quiet(307);
}

#[test]
fn whether_busybox_leaves_it_to_the_kernel_is_not_guessed() {
    let config = format!("{MODULAR}\nCONFIG_MODULE_DECOMPRESS=y\nCONFIG_MODULE_COMPRESS_ZSTD=y");
    boot(&config, alpine_with(ZSTD)).is_blocked(307, None);
}

#[test]
fn kmod_leaves_to_the_kernel_what_that_decompresses() {
    const XZ: &[(&str, &str, &[&str])] = &[("virtio_blk", ".ko.xz", &[]), ("ext4", ".ko.xz", &[])];
    let with = |kmod: &[u8]| {
        let program = [&Program::default().build()[..], kmod].concat();
        let mut entries = [debian(), modules_of(RELEASE, XZ)].concat();
        entries.retain(|entry| entry.name != b"sbin/modprobe");
        entries.push(Entry::file("sbin/modprobe", &program));
        archive(&entries)
    };
    let new = with(b"kmod\0/sys/module/compression\0");
    let decompresses = format!("{MODULAR}\nCONFIG_MODULE_DECOMPRESS=y");
    let of_xz = format!("{decompresses}\nCONFIG_MODULE_COMPRESS_XZ=y");
    boot(&of_xz, new.clone()).is_quiet(307);
    boot(MODULAR, new.clone()).fires(307, Fatal, Initramfs);
    boot(&decompresses, new).fires(307, Fatal, Initramfs);
    // One that does not ask hands over an uncompressed file, or none.
    let finding = boot(&of_xz, with(b"kmod\0")).fires(307, Fatal, Initramfs);
    says(&finding.message, &[".ko.xz", "kmod"]);
}

#[test]
fn a_damaged_kernel_blocks_it() {
    boot_damaged(gzip(&alpine_with(ZSTD))).is_blocked(307, 3);
}
