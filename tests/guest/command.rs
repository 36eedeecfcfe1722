//! The command, on the kernels of this repository: what it says, and what it refuses.

use super::support::repository;
use std::path::Path;
use std::process::{Command, Output};

fn build(modules: &Path, kernel: &Path, more: &[&str], output: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["initramfs", "build", "--target", "qemu-microvm"])
        .arg("--modules")
        .arg(modules)
        .arg("--kernel")
        .arg(kernel)
        .args(more)
        .arg("-o")
        .arg(output)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn a_kernel_with_all_drivers_gets_the_init_alone() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("initramfs");
    let kernel = repository("kernel/vmlinuz-x86_64");
    let built = build(folder.path(), &kernel, &[], &archive);
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert!(said(&built).contains("modules: none, because the kernel has all drivers built in"));
    assert!(std::fs::metadata(&archive).unwrap().len() < 4096);
    let read = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .arg("initramfs")
        .arg(&archive)
        .output()
        .unwrap();
    assert_eq!(read.status.code(), Some(0));
    assert!(
        said(&read).contains("made by      kelpie-check"),
        "{}",
        said(&read)
    );
}

#[test]
fn what_holds_no_modules_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("initramfs");
    let kernel = repository("kernel/vmlinuz-x86_64");
    let text = folder.path().join("text");
    std::fs::write(&text, "neither a root nor an archive\n").unwrap();
    let cases: [(&Path, &Path, &[&str], &str); 4] = [
        (&text, &kernel, &[], "expected"),
        (&folder.path().join("nowhere"), &kernel, &[], "cannot read"),
        (folder.path(), &text, &[], "expected a Linux kernel image"),
        // That kernel has no such file system, and the folder no module.
        (
            folder.path(),
            &kernel,
            &["--root", "btrfs"],
            "CONFIG_BTRFS_FS",
        ),
    ];
    for (modules, kernel, more, says) in cases {
        let refused = build(modules, kernel, more, &archive);
        assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
        assert!(said(&refused).contains(says), "{}", said(&refused));
        assert!(!archive.exists());
    }
}

#[test]
fn wrong_usage_is_told_apart_from_archives() {
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
        command.arg("initramfs").args(arguments).output().unwrap()
    };
    assert_eq!(command(&["build"]).status.code(), Some(2));
    assert_eq!(command(&[]).status.code(), Some(2));
    // A file of that name is still had.
    assert_eq!(command(&["./build"]).status.code(), Some(3));
}
