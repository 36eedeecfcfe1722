//! Peak memory of inputs that hold many names.

use super::cost;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::RootFs;
use kelpie_check::tree::resolve;
use std::path::{Path, PathBuf};

const NAMES: u64 = 6000;

/// A folder whose files have paths of 3.5 KiB; returns that of the directory that holds them.
fn deep_folder(root: &Path) -> PathBuf {
    let inside: PathBuf = (0..14).map(|_| "d".repeat(250)).collect();
    let deep = root.join(&inside);
    std::fs::create_dir_all(&deep).unwrap();
    for number in 0..NAMES {
        std::fs::write(deep.join(number.to_string()), "").unwrap();
    }
    inside
}

fn list(root: &Path, inside: &Path, limits: &Limits) -> kelpie_check::error::Result<usize> {
    let root = RootFs::open(root, limits)?;
    let tree = root.tree()?;
    let path = inside.to_str().unwrap().as_bytes();
    let found = resolve(tree, path)?.unwrap();
    Ok(tree.list(found.node)?.len())
}

#[test]
fn files_of_a_deep_folder_do_not_each_store_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let inside = deep_folder(folder.path());
    let cost = cost::of(|| {
        let listed = list(folder.path(), &inside, &Limits::default()).unwrap();
        assert_eq!(u64::try_from(listed).unwrap(), NAMES);
    });
    let per_name = cost.peak_bytes / NAMES;
    assert!(per_name < 1024, "{per_name} bytes for each name");
}

#[test]
fn names_of_a_folder_are_charged_to_the_memory_budget() {
    let folder = tempfile::tempdir().unwrap();
    let inside = deep_folder(folder.path());
    let limits = Limits {
        memory_bytes: 100 * NAMES,
        ..Limits::default()
    };
    let error = list(folder.path(), &inside, &limits).unwrap_err();
    assert_eq!(error.kind(), Kind::Limit, "{error}");
    assert_eq!(error.field(), "memory_bytes");
}
