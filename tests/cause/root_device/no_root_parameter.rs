use super::x86;
use crate::disks;
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

#[test]
fn the_kernel_does_not_guess() {
    for line in ["console=ttyS0", "root=", "root rootwait"] {
        let finding = x86(&[]).command_line(line).fires(403, Fatal, RootDevice);
        assert_eq!(finding.message, "The command line has no root=.");
        says(&finding.consequence, &["unknown-block(0,0)"]);
        assert_eq!(finding.fix, "Add root=/dev/vda.");
    }
    let finding = x86(&[])
        .command_line("console=ttyS0")
        .root(disks::mbr())
        .fires(403, Fatal, RootDevice);
    assert_eq!(finding.fix, "Add root=/dev/vda1.");
    x86(&[]).is_quiet(403);
}

#[test]
fn without_a_root_there_has_to_be_an_initramfs() {
    let finding = x86(&[])
        .command_line("console=ttyS0")
        .no_root()
        .fires(403, Fatal, RootDevice);
    says(&finding.message, &["no root is given"]);
}

#[test]
fn libkruns_own_share_needs_no_root_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let case = |line: &str| x86(&[]).root_folder(folder.path()).command_line(line);
    case("rootfstype=virtiofs").is_quiet(403);
    let finding = case("console=hvc0").fires(403, Fatal, RootDevice);
    assert_eq!(finding.fix, "Add root=/dev/root rootfstype=virtiofs.");
    case("rootfstype=virtiofs")
        .on("qemu-microvm")
        .fires(403, Fatal, RootDevice);
}

#[test]
fn who_mounts_is_blocked_by_the_damage() {
    Case::new(damaged())
        .initramfs(vec![0; 512])
        .command_line("console=ttyS0")
        .root(disks::ext4())
        .is_blocked(403, 3);
}

#[test]
fn firecracker_names_its_root_drive_itself() {
    // As Firecracker's getting-started has it.
    let started = || x86(&[]).command_line("console=ttyS0 reboot=k panic=1 pci=off");
    started().on("firecracker").is_quiet(403);
    started().on("firecracker").is_quiet(405);
    started().on("qemu-microvm").fires(403, Fatal, RootDevice);
}
