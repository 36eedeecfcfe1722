use crate::initramfs::{MODULAR, NEEDED, RELEASE, alpine_with, boot};
use crate::kernels::{damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Userspace;
use std::fs;

fn root(releases: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("sbin")).unwrap();
    for release in releases {
        fs::create_dir_all(root.path().join("lib/modules").join(release)).unwrap();
    }
    root
}

fn case(root: &tempfile::TempDir, config: &str) -> Case {
    Case::new(vmlinux()).config(config).root_folder(root.path())
}

#[test]
fn a_root_without_the_modules_of_the_kernel_is_warned_of() {
    let finding = case(&root(&[]), MODULAR).fires(703, Warn, Userspace);
    says(&finding.message, &["no kernel modules", RELEASE]);
    says(&finding.fix, &["/lib/modules/6.1.0-forged"]);
}

#[test]
fn modules_of_another_kernel_are_told() {
    let finding = case(&root(&["5.10.0"]), MODULAR).fires(703, Warn, Userspace);
    says(&finding.message, &["only kernel modules for 5.10.0"]);
}

#[test]
fn a_root_with_them_and_a_kernel_without_modules_pass() {
    case(&root(&[RELEASE]), MODULAR).is_quiet(703);
    case(&root(&[]), "CONFIG_VIRTIO_BLK=y").is_quiet(703);
    case(&root(&[]), "CONFIG_MODULES=y\nCONFIG_VIRTIO_BLK=y").is_quiet(703);
    boot(MODULAR, alpine_with(NEEDED)).no_root().is_quiet(703);
}

#[test]
fn a_damaged_kernel_and_one_that_does_not_tell_block_it() {
    let root = root(&[]);
    Case::new(damaged())
        .root_folder(root.path())
        .is_blocked(703, 3);
    let case = Case::new(vmlinux()).root_folder(root.path());
    case.fragment("CONFIG_MODULES=y\n").is_blocked(703, None);
}

#[test]
fn modules_in_the_initramfs_tell_that_the_kernel_has_some() {
    let root = root(&[]);
    let config = "CONFIG_MODULES=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_VIRTIO_BLK=y";
    case(&root, config)
        .initramfs(alpine_with(NEEDED))
        .fires(703, Warn, Userspace);
    case(&root, config)
        .initramfs(alpine_with(&[]))
        .is_quiet(703);
}

#[test]
fn only_what_can_be_a_module_has_to_be_known() {
    let root = root(&[]);
    let why = Case::new(vmlinux())
        .root_folder(root.path())
        .fragment("CONFIG_MODULES=y\n")
        .is_blocked(703, None);
    says(&why, &["HW_RANDOM: no evidence shows"]);
}
