use crate::forge::cpio::{Entry, archive};
use crate::initramfs::{MODULAR, NEEDED, RELEASE, alpine, alpine_with, boot, module, modules_of};
use crate::kernels::{damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::{Initramfs, Userspace};
use std::fs;

/// The initramfs with an ext4 of that version magic.
fn with_ext4(vermagic: &str) -> Vec<u8> {
    let path = format!("lib/modules/{RELEASE}/kernel/ext4.ko");
    let other = Entry::file(&path, &module("ext4", vermagic));
    archive(&[alpine(), modules_of(RELEASE, NEEDED), vec![other]].concat())
}

#[test]
fn a_module_of_another_build_is_refused() {
    let finding =
        boot(MODULAR, with_ext4("6.1.0-other SMP mod_unload ")).fires(705, Fatal, Initramfs);
    says(&finding.message, &["ext4", "6.1.0-other", RELEASE]);
    says(
        &finding.consequence,
        &["version magic '6.1.0-other SMP mod_unload' should be"],
    );
}

#[test]
fn a_module_with_another_setting_is_refused() {
    let finding = boot(MODULAR, with_ext4("6.1.0-forged mod_unload ")).fires(705, Fatal, Initramfs);
    says(&finding.message, &["without SMP", "with CONFIG_SMP"]);
}

#[test]
fn with_versions_of_symbols_the_release_is_not_compared() {
    let config = format!("{MODULAR}\nCONFIG_MODVERSIONS=y");
    let versioned = |release: &str| format!("{release} SMP mod_unload modversions ");
    let entries: Vec<Entry> = NEEDED
        .iter()
        .map(|(name, ..)| {
            let path = format!("lib/modules/{RELEASE}/kernel/{name}.ko");
            Entry::file(&path, &module(name, &versioned("6.1.0-other")))
        })
        .collect();
    let initramfs = archive(&[alpine(), modules_of(RELEASE, NEEDED), entries].concat());
    boot(&config, initramfs).no_root().is_quiet(705);
}

#[test]
fn the_modules_of_the_root_are_judged_by_one() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("lib/modules").join(RELEASE);
    fs::create_dir_all(directory.join("kernel")).unwrap();
    fs::write(directory.join("modules.dep"), "kernel/virtio_net.ko:\n").unwrap();
    let file = directory.join("kernel/virtio_net.ko");
    let case = || {
        Case::new(vmlinux())
            .config(MODULAR)
            .no_initramfs()
            .root_folder(root.path())
    };
    fs::write(&file, module("virtio_net", "5.4.0 SMP mod_unload ")).unwrap();
    let finding = case().fires(705, Warn, Userspace);
    says(&finding.message, &["virtio_net on the root", "5.4.0"]);
    fs::write(&file, module("virtio_net", "6.1.0-forged SMP mod_unload ")).unwrap();
    case().is_quiet(705);
}

#[test]
fn modules_of_this_build_pass() {
    boot(MODULAR, alpine_with(NEEDED)).no_root().is_quiet(705);
}

#[test]
fn a_damaged_kernel_blocks_it() {
    Case::new(damaged())
        .no_root()
        .initramfs(alpine_with(NEEDED))
        .is_blocked(705, 3);
}

#[test]
fn versions_of_symbols_in_the_module_alone_are_no_excuse() {
    let initramfs = with_ext4("6.1.0-other SMP mod_unload modversions ");
    let finding = boot(MODULAR, initramfs).fires(705, Fatal, Initramfs);
    says(&finding.message, &["was built for 6.1.0-other"]);
}
