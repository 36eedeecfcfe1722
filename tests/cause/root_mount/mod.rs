//! KC010 to KC013 and KC5xx: whether the root is mounted.

mod bad_root_flags;
mod block_exceeds_page;
mod corrupt_superblock;
mod disk_format_mismatch;
mod ext4_feature_config;
mod ext4_feature_read_only;
mod ext4_feature_too_new;
mod filesystem_not_clean;
mod journal_device_missing;
mod journal_feature_too_new;
mod journal_needs_write;
mod not_a_root_filesystem;
mod partitioned_image;
mod root_codec_not_built_in;
mod root_filesystem_not_built_in;
mod root_type_mismatch;
mod truncated_root_filesystem;

use crate::forge::arm64::Arm64;
use crate::forge::ext4::Ext4;
use crate::forge::put;
use crate::kernels::vmlinux;
use crate::run::Case;

const LINE: &str = "console=ttyS0 root=/dev/vda rw";

/// Linux 6.1 that mounts this root itself, read-write.
fn boot(image: Vec<u8>) -> Case {
    with_line(image, LINE)
}

fn with_line(image: Vec<u8>, line: &str) -> Case {
    configured(image, line, "CONFIG_EXT4_FS=y")
}

fn configured(image: Vec<u8>, line: &str, config: &str) -> Case {
    Case::new(vmlinux())
        .config(config)
        .command_line(line)
        .no_initramfs()
        .root(image)
}

/// A kernel of another release.
fn linux(release: &str) -> Vec<u8> {
    let banner = format!("\0Linux version {release} (a@b) (gcc (x) 12, ld 2) #1 SMP today\n\0");
    Arm64 {
        body: [&[0; 0x100], banner.as_bytes(), &[0; 0x100]].concat(),
        ..Arm64::default()
    }
    .build()
}

/// That release mounts the root itself, read-write.
fn boot_on(release: &str, image: Vec<u8>, line: &str) -> Case {
    Case::new(linux(release))
        .config("CONFIG_EXT4_FS=y")
        .command_line(line)
        .no_initramfs()
        .root(image)
}

fn ext4() -> Ext4 {
    Ext4::new().file("/sbin/init", 0o755, "x")
}

/// ext4 with fields that can't be.
fn broken() -> Vec<u8> {
    Ext4 {
        s_inodes_per_group: Some(0),
        ..ext4()
    }
    .build()
}

/// What has these bytes there, and nothing else.
fn at(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x20000];
    put(&mut image, offset, bytes);
    image
}
