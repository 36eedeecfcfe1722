//! A file system as we read it, against what debugfs and dumpe2fs read.

use super::images::run;
use crate::support;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::{Checksum, Ext4};
use kelpie_check::source::Source;
use kelpie_check::tree::{FileType, NodeId, Stat, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use tempfile::TempDir;

/// A file as both sides can tell it.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub node: NodeId,
    pub stat: Stat,
    /// Content, target, or nothing.
    pub content: Vec<u8>,
}

pub type Files = BTreeMap<Vec<u8>, File>;

pub fn open(path: &Path) -> Ext4 {
    let source = Source::open(path).unwrap();
    Ext4::open(source, &Limits::default()).unwrap()
}

/// Everything in a tree, by path without its first slash. Each name is looked up again, too.
pub fn walk(ext4: &Ext4) -> Files {
    let mut files = Files::new();
    let mut ahead = vec![(Vec::new(), ext4.root())];
    while let Some((path, directory)) = ahead.pop() {
        for entry in ext4.list(directory).unwrap() {
            let stat = ext4.stat(entry.node).unwrap();
            assert_eq!(
                entry.file_type.unwrap_or(stat.file_type),
                stat.file_type,
                "{entry:?}"
            );
            let looked_up = ext4.lookup(directory, &entry.name).unwrap();
            assert_eq!(looked_up, Some(entry.node));
            let mut path: Vec<u8> = path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(&entry.name);
            let content = match stat.file_type {
                FileType::Regular => ext4.read(entry.node, 0, stat.size_bytes).unwrap(),
                FileType::Symlink => ext4.read_link(entry.node).unwrap(),
                _ => Vec::new(),
            };
            if stat.file_type == FileType::Directory {
                ahead.push((path.clone(), entry.node));
            }
            let node = entry.node;
            files.insert(
                path,
                File {
                    node,
                    stat,
                    content,
                },
            );
        }
    }
    files
}

/// What `debugfs rdump` makes of it.
fn dumped(root: &Path, path: &Path, into: &mut BTreeMap<Vec<u8>, (fs::Metadata, Vec<u8>)>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap();
        let content = if metadata.is_symlink() {
            fs::read_link(&path)
                .unwrap()
                .as_os_str()
                .as_bytes()
                .to_vec()
        } else if metadata.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        assert!(!metadata.file_type().is_socket());
        if metadata.is_dir() {
            dumped(root, &path, into);
        }
        into.insert(name.as_os_str().as_bytes().to_vec(), (metadata, content));
    }
}

/// Compares every file of an image with what debugfs reads from `reference`, which is the same
/// image or one that was repaired.
pub fn same_as_debugfs(what: &str, image: &Path, reference: &Path) -> Option<Ext4> {
    let program = support::program("debugfs", "tools")?;
    let ext4 = open(image);
    let files = walk(&ext4);
    let folder = TempDir::new().unwrap();
    let command = format!("rdump / {}", folder.path().display());
    let reference_name = reference.to_str().unwrap();
    run(&program, &["-R", &command, reference_name]).unwrap();
    let mut theirs = BTreeMap::new();
    dumped(folder.path(), folder.path(), &mut theirs);
    let is_plain = |file: &&File| {
        matches!(
            file.stat.file_type,
            FileType::Regular | FileType::Directory | FileType::Symlink
        )
    };
    let ours: BTreeSet<_> = files
        .iter()
        .filter(|(_, file)| is_plain(file))
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(ours, theirs.keys().cloned().collect(), "{what}: the names");
    for (name, (metadata, content)) in &theirs {
        let file = &files[name];
        let text = String::from_utf8_lossy(name);
        let mut content = content.as_slice();
        if ext4
            .inode_flags(file.node)
            .unwrap()
            .contains(&"inline_data")
        {
            // debugfs dumps all sixty bytes of i_block, whatever the size.
            let length = file.content.len().min(content.len());
            content = &content[..length];
        }
        assert!(file.content == content, "{what}: the content of {text}");
        let file_type = FileType::of_mode(metadata.mode());
        assert_eq!(Some(file.stat.file_type), file_type, "{what}: {text}");
        if file_type == Some(FileType::Regular) {
            // debugfs 1.47 dumps times of 32 bits.
            let modified = file.stat.modified & 0xffff_ffff;
            assert_eq!(modified, metadata.mtime(), "{what}: {text}");
        }
    }
    same_listings(what, &files, &program, reference_name);
    assert_eq!(ext4.problems(), [], "{what}");
    assert_eq!(ext4.bad_group_descriptors(), Ok(Vec::new()), "{what}");
    if let Checksum::Bad { stored, computed } = ext4.superblock_checksum() {
        panic!("{what}: the superblock says {stored:#x}, not {computed:#x}");
    }
    Some(ext4)
}

/// Inode numbers, modes, owners and sizes, directory by directory.
fn same_listings(what: &str, files: &Files, program: &Path, reference: &str) {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("script");
    let directories: Vec<&[u8]> = files
        .iter()
        .filter(|(_, file)| file.stat.file_type == FileType::Directory)
        .map(|(name, _)| name.as_slice())
        .chain([&b""[..]])
        .collect();
    let mut lines = Vec::new();
    for directory in &directories {
        lines.extend([&b"ls -p /"[..], directory, &b"\n"[..]].concat());
    }
    fs::write(&script, lines).unwrap();
    let text = run(program, &["-f", script.to_str().unwrap(), reference]).unwrap();
    let mut directory = String::new();
    let mut seen = 0;
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("debugfs: ls -p /") {
            directory = path.to_owned();
            continue;
        }
        let fields: Vec<&str> = line.split('/').collect();
        let [_, inode, mode, uid, gid, name, size, _] = fields[..] else {
            continue;
        };
        if name == "." || name == ".." || inode == "0" {
            continue;
        }
        let path = if directory.is_empty() {
            name.to_owned()
        } else {
            format!("{directory}/{name}")
        };
        let file = files
            .get(path.as_bytes())
            .unwrap_or_else(|| panic!("{what}: no {path}"));
        seen += 1;
        assert_eq!(file.node.0.to_string(), inode, "{what}: {path}");
        assert_eq!(file.stat.uid.to_string(), uid, "{what}: {path}");
        assert_eq!(file.stat.gid.to_string(), gid, "{what}: {path}");
        let mode = u32::from_str_radix(mode, 8).unwrap();
        assert_eq!(u32::from(file.stat.mode), mode & 0o7777, "{what}: {path}");
        assert_eq!(Some(file.stat.file_type), FileType::of_mode(mode));
        if file.stat.file_type == FileType::Regular {
            assert_eq!(file.stat.size_bytes.to_string(), size, "{what}: {path}");
        }
    }
    assert_eq!(seen, files.len(), "{what}: {text}");
}

/// The features as dumpe2fs names them.
pub fn same_features(what: &str, ext4: &Ext4, image: &Path) {
    let Some(program) = support::program("dumpe2fs", "tools") else {
        return;
    };
    let text = run(&program, &["-h", image.to_str().unwrap()]).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Filesystem features:"))
        .unwrap();
    // dumpe2fs lists them in an order of its own.
    let words = line.split_whitespace();
    let theirs: BTreeSet<&str> = words.filter(|word| *word != "(none)").collect();
    let ours = ext4.features();
    let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
    assert_eq!(ours, theirs, "{what}");
}
