//! The initramfs: archives as real tools make them, and as nobody should.

#[path = "../forge/bombs.rs"]
mod bombs;
#[path = "../forge/mod.rs"]
mod forge;
mod generator;
mod hostile;
mod made;
mod pieces;
mod real;
#[path = "../support/mod.rs"]
mod support;
mod xz;

use kelpie_check::initramfs::{Archive, Initramfs};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use kelpie_check::tree::{self, FileType, Tree};

/// The initramfs in these bytes, within the default limits.
fn initramfs(bytes: Vec<u8>) -> Initramfs {
    Initramfs::new(Source::from_bytes(bytes), Limits::default())
}

/// What the kernel says of it, if it says anything.
fn message(archive: &Archive) -> Option<&'static str> {
    archive
        .problems
        .iter()
        .find_map(|problem| problem.kernel_message)
}

/// The content of a file, links followed; `None` where there is none.
fn content(archive: &Archive, path: &str) -> Option<Vec<u8>> {
    let found = tree::resolve(archive, path.as_bytes()).unwrap().ok()?;
    assert_eq!(found.stat.file_type, FileType::Regular, "{path}");
    Some(tree::read_whole(archive, &found, "file_bytes", 1 << 30).unwrap())
}

/// Every path of the tree with what `ls` would show of it, in order.
fn paths(archive: &Archive) -> Vec<String> {
    let mut out = Vec::new();
    let mut ahead = vec![(String::new(), archive.root())];
    while let Some((path, node)) = ahead.pop() {
        for entry in archive.list(node).unwrap() {
            let path = format!("{path}/{}", String::from_utf8_lossy(&entry.name));
            if entry.file_type == Some(FileType::Directory) {
                ahead.push((path.clone(), entry.node));
            }
            out.push(path);
        }
    }
    out.sort();
    out
}
