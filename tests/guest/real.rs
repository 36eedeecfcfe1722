//! Alpine's own kernels and roots: built, recognised, predicted and booted by the command.

use super::machine::{console, virtual_machine};
use super::support::{corpus_file, mmio_target};
use kelpie_check::architecture::Architecture;
use std::path::Path;
use std::process::{Command, Output};

const ALPINE: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

fn kelpie_check(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.args(arguments);
    for (option, path) in paths {
        command.arg(option).arg(path);
    }
    command.output().unwrap()
}

#[test]
fn alpine_boots_with_an_archive_that_was_built_for_it() {
    for architecture in ALPINE {
        let target = mmio_target(architecture.name());
        let file = |name: &str| corpus_file(&format!("alpine/{architecture}/{name}"));
        let (Some(kernel), Some(root)) = (file("vmlinuz-virt"), file("rootfs.ext4")) else {
            return;
        };
        let Some(other) = file("initramfs-virt") else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("initramfs");
        let again = folder.path().join("again");
        for (from, to) in [(&root, &archive), (&other, &again)] {
            let built = kelpie_check(
                &["initramfs", "build", "--root", "ext4", "--target", target],
                &[("--modules", from), ("--kernel", &kernel), ("-o", to)],
            );
            let said = String::from_utf8(built.stdout).unwrap();
            assert!(
                built.status.success(),
                "{}",
                String::from_utf8_lossy(&built.stderr)
            );
            assert!(said.contains("virtio_blk"), "{said}");
            assert!(said.ends_with("ext4\n"), "{said}");
        }
        let bytes = std::fs::read(&archive).unwrap();
        assert!(bytes.len() <= 2_000_000, "{} bytes", bytes.len());
        assert!(
            bytes == std::fs::read(again).unwrap(),
            "{architecture}: two sources, two archives"
        );

        let read = kelpie_check(&["initramfs", archive.to_str().unwrap()], &[]);
        let said = String::from_utf8(read.stdout).unwrap();
        assert!(said.contains("kelpie-check's own"), "{said}");
        let checked = kelpie_check(
            &["check", "--target", target],
            &[
                ("--kernel", &kernel),
                ("--initramfs", &archive),
                ("--rootfs", &root),
            ],
        );
        let said = String::from_utf8(checked.stdout).unwrap();
        assert!(said.contains("verdict: boots"), "{said}");

        boots(architecture, folder.path(), &kernel, &archive, &root);
    }
}

fn boots(architecture: Architecture, folder: &Path, kernel: &Path, archive: &Path, root: &Path) {
    let Some((mut machine, usual)) = virtual_machine(architecture, 512) else {
        return;
    };
    let started = folder.join("kernel");
    if architecture == Architecture::Aarch64 {
        let image = kelpie_check(
            &["extract", "--to", "image", kernel.to_str().unwrap()],
            &[("-o", &started)],
        );
        assert!(image.status.success());
    } else {
        std::fs::copy(kernel, &started).unwrap();
    }
    machine
        .arg("-kernel")
        .arg(started)
        .arg("-initrd")
        .arg(archive);
    let line = format!("{usual} root=/dev/vda rw init=/sbin/init");
    machine.arg("-append").arg(line).arg("-drive");
    let disk = format!(
        "id=r,file={},format=raw,if=none,snapshot=on",
        root.display()
    );
    machine
        .arg(disk)
        .args(["-device", "virtio-blk-device,drive=r"]);
    // The root's own init: what it says shows that the root is the root.
    let log = console(&mut machine, Some("OpenRC"));
    for line in [
        "kelpie-check: root mounted",
        "kelpie-check: starting /sbin/init",
        "OpenRC",
    ] {
        assert!(
            log.contains(line),
            "{architecture}: no \"{line}\" in:\n{log}"
        );
    }
    assert!(!log.contains("kelpie-check: cannot"), "{log}");
}
