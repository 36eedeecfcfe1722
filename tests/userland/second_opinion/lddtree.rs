//! lddtree, which walks as we do without running anything: in a copied root of which something is
//! missing, and in real ones.

use super::super::support::{corpus_file, program as tool, skip};
use super::copied::copied;
use super::readelf::same_as_readelf;
use super::{Found, elf_files, of, ours, output, text};
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::{Folder, RootFs};
use kelpie_check::tree::{Tree, resolve};
use kelpie_check::userland::Loader;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A command that ends after two minutes at the latest.
fn bounded(program: &OsStr) -> Command {
    let mut command = Command::new("timeout");
    command.arg("120").arg(program);
    command
}

/// lddtree, by the Python that its modules are installed for; `None` where it does not run.
fn lddtree() -> Option<Command> {
    let lddtree = tool("lddtree", "tools")?;
    let python = Path::new("/usr/bin/python3");
    let command = || {
        if python.is_file() {
            let mut command = bounded(python.as_os_str());
            command.arg(&lddtree);
            command
        } else {
            bounded(lddtree.as_os_str())
        }
    };
    let probe = command().arg("--version").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip(
            "tools",
            "lddtree does not run: it needs the Python module elftools",
        );
        return None;
    }
    Some(command())
}

/// Compares what is found for programs of a tree with what lddtree finds below `root`, where the
/// same files lie. How many were compared.
fn same_as_lddtree(
    what: &str,
    tree: &dyn Tree,
    root: &Path,
    programs: &[PathBuf],
) -> Option<usize> {
    let mut command = lddtree()?;
    let listed = output(
        command
            .arg("-R")
            .arg(root)
            .arg("--skip-missing")
            .args(programs),
    );
    let root = root.to_str().unwrap();
    let without_links = |path: &str| {
        let inside = path.strip_prefix(root)?;
        let found = resolve(tree, inside.as_bytes()).unwrap().ok()?;
        Some(text(&found.path))
    };
    let mut theirs: BTreeMap<String, Found> = BTreeMap::new();
    let mut at = None;
    for line in listed.lines() {
        if let Some((path, _)) = line.split_once(" (interpreter => ") {
            at = Some(path.strip_prefix(root).unwrap().to_owned());
            theirs.insert(at.clone().unwrap(), Found::new());
        } else if let (Some(at), Some((name, path))) = (&at, line.trim().split_once(" => ")) {
            let found = theirs.get_mut(at).unwrap();
            found.insert(name.to_owned(), without_links(path));
        }
    }
    let mut compared = 0;
    for path in programs {
        let program = of(tree, path);
        if program.loader.is_none() || program.loader == Some(Loader::Other) {
            continue;
        }
        let loader = text(&program.steps.last().unwrap().found.path);
        let mut theirs = theirs.remove(path.to_str().unwrap()).unwrap_or_default();
        theirs.retain(|_, path| path.as_ref() != Some(&loader));
        assert_eq!(ours(&program), theirs, "{what}: {}", path.display());
        compared += usize::from(!program.libraries.is_empty());
    }
    Some(compared)
}

#[test]
fn a_root_with_missing_libraries_is_walked_as_lddtree_walks_it() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    let programs = copied(&root);
    if programs.is_empty() {
        return skip("machine", "no program of this machine has glibc's loader");
    }
    let tree = Folder::open(&root, &Limits::default()).unwrap();
    let Some(compared) = same_as_lddtree("folder", &tree, &root, &programs) else {
        return;
    };
    assert!(compared >= programs.len() / 2, "{compared}");
    let missing = |program: &PathBuf| ours(&of(&tree, program)).values().any(Option::is_none);
    assert!(programs.iter().any(missing), "nothing is missing");
    // The same in a file system.
    let Some(mke2fs) = tool("mke2fs", "tools") else {
        return;
    };
    let image = folder.path().join("image");
    let made = Command::new(mke2fs)
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .args([&root, &image])
        .arg("64M")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let rootfs = RootFs::open(&image, &Limits::default()).unwrap();
    let in_image = same_as_lddtree("image", rootfs.tree().unwrap(), &root, &programs);
    assert_eq!(in_image, Some(compared));
}

#[test]
fn alpine_roots_are_walked_as_readelf_and_lddtree_walk_them() {
    for architecture in ["x86_64", "aarch64"] {
        let Some(image) = corpus_file(&format!("alpine/{architecture}/rootfs.ext4")) else {
            return;
        };
        let Some(debugfs) = tool("debugfs", "tools") else {
            return;
        };
        let folder = TempDir::new().unwrap();
        let root = folder.path().to_str().unwrap();
        output(
            Command::new(debugfs)
                .args(["-R", &format!("rdump / {root}")])
                .arg(&image),
        );
        let folders = ["bin", "sbin", "usr/bin", "usr/sbin", "usr/lib", "lib"];
        let programs: Vec<PathBuf> = folders
            .iter()
            .flat_map(|of| elf_files(&folder.path().join(of)))
            .map(|path| Path::new("/").join(path.strip_prefix(root).unwrap()))
            .collect();
        // Other limits: the tree is asked hundreds of times.
        let limits = Limits {
            reads: 10_000_000,
            read_bytes: 1 << 32,
            ..Limits::default()
        };
        let rootfs = RootFs::open(&image, &limits).unwrap();
        let tree = rootfs.tree().unwrap();
        let Some(compared) = same_as_readelf(tree, folder.path(), &programs) else {
            return;
        };
        assert!(compared > 20, "{architecture}: {compared}");
        let Some(compared) = same_as_lddtree(architecture, tree, folder.path(), &programs) else {
            return;
        };
        assert!(compared > 20, "{architecture}: {compared}");
    }
}
