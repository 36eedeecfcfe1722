use crate::forge::{BANNER, elf::Elf};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Userspace;
use std::fs;
use tempfile::TempDir;

fn root(release: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/alpine-release"), release).unwrap();
    folder
}

/// A kernel of that release.
fn kernel(release: &str) -> Vec<u8> {
    let mut elf = Elf::default();
    let banner = BANNER.replace("6.1.0-forged", release);
    elf.loads[0].content = [&[0; 0x40], banner.as_bytes(), &[0; 0x40]].concat();
    elf.build()
}

fn metadata(alpine: &str) -> String {
    format!(r#"{{"kernel_file":"vmlinuz","alpine_version":"{alpine}"}}"#)
}

#[test]
fn metadata_of_another_release_is_told() {
    let root = root("3.22.1\n");
    let finding = Case::new(vmlinux())
        .root_folder(root.path())
        .metadata(&metadata("3.19"))
        .fires(701, Warn, Userspace);
    says(&finding.message, &["Alpine 3.22.1", "from Alpine 3.19"]);
}

#[test]
fn the_table_tells_what_goes_with_what() {
    for (release, version, fires) in [
        ("3.19.1", "6.6.32", false),
        ("3.19.1", "6.1.90", false),
        ("3.19.1", "5.15.160", true),
        ("3.18.6", "6.6.32", true),
        ("3.18.6", "6.1.90", false),
        // A kernel of one's own that nobody tried is nobody's business.
        ("3.22.0", "6.1.90", false),
        ("3.22.0", "6.12.31-0-virt", false),
        ("3.22.0", "6.18.2-0-virt", true),
        ("3.99.0", "6.18.2-0-virt", false),
    ] {
        let root = root(release);
        let case = Case::new(kernel(version)).root_folder(root.path());
        if fires {
            let finding = case.fires(701, Warn, Userspace);
            says(&finding.message, &[release, version]);
        } else {
            case.is_quiet(701);
        }
    }
}

#[test]
fn what_may_work_is_not_said_to_be_known() {
    let root = root("3.19.1");
    let case = Case::new(kernel("5.15.160")).root_folder(root.path());
    says(&case.fires(701, Warn, Userspace).consequence, &["may work"]);
    let root = self::root("3.18.1");
    let case = Case::new(kernel("6.6.1")).root_folder(root.path());
    says(
        &case.fires(701, Warn, Userspace).consequence,
        &["known not"],
    );
}

#[test]
fn the_same_release_is_quiet() {
    let root = root("3.18.6");
    Case::new(vmlinux())
        .root_folder(root.path())
        .metadata(&metadata("v3.18.2"))
        .is_quiet(701);
}

#[test]
fn a_root_that_is_not_alpine_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    Case::new(vmlinux())
        .root_folder(folder.path())
        .metadata(&metadata("3.19"))
        .is_quiet(701);
}

#[test]
fn metadata_that_cannot_be_read_blocks() {
    let root = root("3.22.1");
    Case::new(vmlinux())
        .root_folder(root.path())
        .metadata("[1")
        .is_blocked(701, 702);
}
