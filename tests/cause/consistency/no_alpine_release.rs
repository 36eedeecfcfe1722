use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Userspace;
use std::fs;
use tempfile::TempDir;

fn root(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("etc").join(name), text).unwrap();
    }
    folder
}

#[test]
fn alpine_without_its_release_is_told() {
    let root = root(&[("os-release", "ID=alpine\n")]);
    let finding = Case::without_kernel()
        .root_folder(root.path())
        .fires(704, Warn, Userspace);
    says(&finding.message, &["no /etc/alpine-release", "os-release"]);
}

#[test]
fn a_release_that_is_none_is_shown() {
    let root = root(&[("os-release", "ID=alpine\n"), ("alpine-release", "edge\n")]);
    let finding = Case::without_kernel()
        .root_folder(root.path())
        .fires(704, Warn, Userspace);
    says(&finding.message, &["\"edge\""]);
}

#[test]
fn metadata_of_alpine_expects_a_root_of_alpine() {
    let root = root(&[]);
    Case::new(vmlinux())
        .root_folder(root.path())
        .metadata(r#"{"kernel_file":"vmlinuz","alpine_version":"3.22"}"#)
        .fires(704, Warn, Userspace);
}

#[test]
fn a_good_release_and_another_system_are_quiet() {
    let alpine = root(&[
        ("os-release", "ID=alpine\n"),
        ("alpine-release", "3.22.1\n"),
    ]);
    Case::without_kernel()
        .root_folder(alpine.path())
        .is_quiet(704);
    let debian = root(&[("os-release", "ID=debian\n")]);
    Case::without_kernel()
        .root_folder(debian.path())
        .is_quiet(704);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    Case::without_kernel()
        .root(vec![0x5a; 8192])
        .is_blocked(704, 10);
}
