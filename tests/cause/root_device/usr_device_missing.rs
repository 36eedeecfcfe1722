use crate::forge::cpio::archive;
use crate::forge::ext4::Ext4;
use crate::forge::program::Program;
use crate::initramfs::{
    MODULAR, NEEDED, RELEASE, alpine, boot, boot_damaged, debian_with, helper, modules_of,
};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

fn root(fstab: &str) -> Vec<u8> {
    let root = Ext4::new().directory("/dev", 0o755);
    let root = root.file("/sbin/init", 0o755, Program::default().build());
    root.file("/etc/fstab", 0o644, fstab).build()
}

fn debian(fstab: &str) -> Case {
    boot(MODULAR, debian_with(&[])).root(root(fstab))
}

#[test]
fn initramfs_tools_waits_for_a_usr_that_is_missing() {
    for device in ["LABEL=gone", "/dev/sdb1", "PARTUUID=1"] {
        let finding = debian(&format!("{device} /usr ext4 ro 0 0\n")).fires(408, Fatal, RootDevice);
        says(&finding.message, &["/usr", device]);
        says(&finding.consequence, &["initramfs-tools"]);
    }
}

#[test]
fn a_usr_that_is_there_and_other_mounts_are_quiet() {
    debian("LABEL=forged /usr ext4 ro 0 0\n").is_quiet(408);
    debian("LABEL=gone /home ext4 ro 0 0\n").is_quiet(408);
    let entries = [
        alpine(),
        modules_of(RELEASE, NEEDED),
        vec![helper("sbin/nlplug-findfs")],
    ];
    let alpine = boot(MODULAR, archive(&entries.concat()));
    alpine
        .root(root("LABEL=gone /usr ext4 ro 0 0\n"))
        .is_quiet(408);
}

#[test]
fn a_damaged_kernel_blocks_it() {
    boot_damaged(debian_with(&[])).is_blocked(408, 3);
}
