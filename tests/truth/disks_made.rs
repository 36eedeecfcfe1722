//! Disks as mke2fs and mksquashfs make them, where those are installed.

use super::forge::ext4::{Content, Ext4};
use super::space::{Part, Value, What};
use super::support;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// What all have in common.
const PLAIN: &[&str] = &["-q", "-F", "-E", "root_owner=0:0,nodiscard", "-L", "made"];

/// What mke2fs is told, by the name of the value.
const WAYS: &[(&str, &[&str])] = &[
    ("mke2fs ext2", &["-t", "ext2"]),
    ("mke2fs ext3", &["-t", "ext3"]),
    ("mke2fs ext4", &["-t", "ext4"]),
    (
        "mke2fs ext4, blocks of 1 KiB",
        &["-t", "ext4", "-b", "1024"],
    ),
    (
        "mke2fs ext4, blocks of 2 KiB",
        &["-t", "ext4", "-b", "2048"],
    ),
    (
        "mke2fs ext4, blocks of 64 KiB",
        &["-t", "ext4", "-b", "65536"],
    ),
    (
        "mke2fs ext4, inodes of 128 bytes",
        &["-t", "ext4", "-I", "128"],
    ),
    ("mke2fs ext4, bigalloc", &["-t", "ext4", "-O", "bigalloc"]),
    (
        "mke2fs ext4, inline_data",
        &["-t", "ext4", "-O", "inline_data", "-I", "1024"],
    ),
    (
        "mke2fs ext4, no journal",
        &["-t", "ext4", "-O", "^has_journal"],
    ),
    (
        "mke2fs ext4, no extents",
        &["-t", "ext4", "-O", "^extent,^64bit"],
    ),
    (
        "mke2fs ext4, no checksums",
        &["-t", "ext4", "-O", "^metadata_csum"],
    ),
    (
        "mke2fs ext4, uninit_bg",
        &["-t", "ext4", "-O", "^metadata_csum,uninit_bg"],
    ),
    (
        "mke2fs ext4, meta_bg",
        &["-t", "ext4", "-O", "meta_bg,^resize_inode"],
    ),
    (
        "mke2fs ext4, sparse_super2",
        &["-t", "ext4", "-O", "sparse_super2"],
    ),
    ("mke2fs ext4, casefold", &["-t", "ext4", "-O", "casefold"]),
    ("mke2fs ext4, encrypt", &["-t", "ext4", "-O", "encrypt"]),
    ("mke2fs ext4, verity", &["-t", "ext4", "-O", "verity"]),
    ("mke2fs ext4, quota", &["-t", "ext4", "-O", "quota"]),
    (
        "mke2fs ext4, project",
        &["-t", "ext4", "-O", "project,quota"],
    ),
    ("mke2fs ext4, large_dir", &["-t", "ext4", "-O", "large_dir"]),
    ("mke2fs ext4, ea_inode", &["-t", "ext4", "-O", "ea_inode"]),
    ("mke2fs ext4, mmp", &["-t", "ext4", "-O", "mmp"]),
    (
        "mke2fs ext4, stable_inodes",
        &["-t", "ext4", "-O", "stable_inodes"],
    ),
    (
        "mke2fs ext4, fast_commit",
        &["-t", "ext4", "-O", "fast_commit"],
    ),
];

pub fn values() -> Vec<Value> {
    let mut values = Vec::new();
    if let Some(mke2fs) = mke2fs() {
        values.extend(WAYS.iter().map(|(name, arguments)| {
            let mke2fs = mke2fs.clone();
            let make = move |tree| Some(Part::Made(by_mke2fs(&mke2fs, arguments, &tree)));
            Value::new(*name, What::Disk(Arc::new(make)))
        }));
    }
    if let Some(mksquashfs) = support::program("mksquashfs", "mksquashfs") {
        let make = move |tree| Some(Part::Made(by_mksquashfs(&mksquashfs, &tree)));
        values.push(Value::new("mksquashfs", What::Disk(Arc::new(make))));
    }
    values
}

/// It is often where root alone looks.
fn mke2fs() -> Option<PathBuf> {
    let apart = Path::new("/usr/sbin/mke2fs");
    if apart.is_file() {
        return Some(apart.to_owned());
    }
    support::program("mke2fs", "mke2fs")
}

fn by_mke2fs(mke2fs: &Path, arguments: &[&str], tree: &Ext4) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let image = work.path().join("image");
    let folder = lay_out(tree, work.path());
    let mut command = Command::new(mke2fs);
    command.args(PLAIN).args(arguments).arg("-d").arg(&folder);
    command.arg(&image).arg("16M");
    finish(&mut command);
    std::fs::read(image).unwrap()
}

fn by_mksquashfs(mksquashfs: &Path, tree: &Ext4) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let image = work.path().join("image");
    let folder = lay_out(tree, work.path());
    let mut command = Command::new(mksquashfs);
    command.arg(&folder).arg(&image);
    command.args(["-noappend", "-quiet", "-no-progress", "-all-root"]);
    finish(&mut command);
    std::fs::read(image).unwrap()
}

fn finish(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The tree as a folder. Devices are left out: to make them takes root.
fn lay_out(tree: &Ext4, work: &Path) -> PathBuf {
    let folder = work.join("tree");
    for node in &tree.nodes {
        let path = folder.join(std::str::from_utf8(&node.path).unwrap());
        match &node.content {
            Content::Directory => std::fs::create_dir_all(&path).unwrap(),
            Content::File(bytes) => std::fs::write(&path, bytes).unwrap(),
            Content::Symlink(target) => {
                symlink(std::str::from_utf8(target).unwrap(), &path).unwrap();
                continue;
            }
            Content::Device(..) => continue,
        }
        let mode = u32::from(node.mode & 0o7777);
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
    folder
}
