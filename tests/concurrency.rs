//! Many checks of the same files at once, and files that change under a check.

#[path = "forge/mod.rs"]
mod forge;

use forge::{ext4::Ext4, good};
use kelpie_check::error::{Kind, Result};
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::tree::resolve;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// How many checks run at once.
const AT_ONCE: usize = 200;
/// Where the tree's one file has this content, or that.
const CONTENT_BYTES: usize = 300_000;

fn root(content: u8) -> Vec<u8> {
    let content = vec![content; CONTENT_BYTES];
    Ext4::new().file("/sbin/init", 0o755, content).build()
}

#[test]
fn two_hundred_checks_of_the_same_files_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let kernel = place("kernel", &good::bzimage(&[]));
    let rootfs = place("root", &root(1));
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
        command.arg("check").arg("--kernel").arg(&kernel);
        command.arg("--rootfs").arg(&rootfs);
        command.args(["--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = (0..AT_ONCE).map(|_| check()).collect();
    let alone = check().wait_with_output().unwrap();
    assert!(alone.stdout.starts_with(b"{"));
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), alone.status.code());
        assert!(output.stdout == alone.stdout);
        assert!(output.stderr == alone.stderr);
    }
}

/// Opens a root, has it changed, and reads on.
fn read_across(change: impl Fn(&Path)) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root");
    std::fs::write(&path, root(1)).unwrap();
    // As old as what is not being written.
    let old = SystemTime::now() - Duration::from_secs(60);
    File::options()
        .write(true)
        .open(&path)
        .and_then(|file| file.set_modified(old))
        .unwrap();
    let root = RootFs::open(&path, &Limits::default())?;
    let tree = root.tree()?;
    let found = resolve(tree, b"/sbin/init")?.unwrap();
    change(&path);
    tree.read(found.node, 0, found.stat.size_bytes)
}

#[test]
fn a_file_that_is_left_alone_is_read_to_its_end() {
    assert_eq!(read_across(|_| {}).unwrap(), [1; CONTENT_BYTES]);
}

#[test]
fn a_file_that_is_written_while_it_is_read_is_an_error() {
    let error = read_across(|path| std::fs::write(path, root(2)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), Kind::Io);
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
}

#[test]
fn a_file_that_grows_while_it_is_read_is_an_error() {
    let grow = |path: &Path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(&[0; 4096]).unwrap();
    };
    let error = read_across(grow).unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_cut_while_it_is_read_is_an_error() {
    let cut = |path: &Path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(20_000).unwrap();
    };
    let error = read_across(cut).unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
}

#[test]
fn a_file_in_whose_place_another_is_put_is_read_as_it_was() {
    let replace = |path: &Path| {
        let other = path.with_extension("other");
        std::fs::write(&other, root(2)).unwrap();
        std::fs::rename(other, path).unwrap();
    };
    assert_eq!(read_across(replace).unwrap(), [1; CONTENT_BYTES]);
}

#[test]
fn a_stream_of_a_file_that_is_cut_ends_in_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![5; 1 << 20]).unwrap();
    let source = Source::open(&path).unwrap();
    source.head().unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(1 << 19).unwrap();
    let error = source.read("tail", (1 << 20) - 100, 100).unwrap_err();
    assert_eq!(error.kind(), Kind::Io);
}
