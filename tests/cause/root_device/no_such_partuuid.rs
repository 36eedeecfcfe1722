use super::x86;
use crate::disks::{self, SIGNATURE};
use crate::forge::cpio::{Entry, archive};
use crate::initramfs::{alpine_with, busybox};
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

const TABLE: &str = "CONFIG_MSDOS_PARTITION=y";

fn case(options: &[&str], root: &str) -> Case {
    x86(options)
        .command_line(format!("root={root}"))
        .root(disks::mbr())
}

#[test]
fn the_table_has_no_such_partition() {
    for root in ["PARTUUID=1234abcd-02", "PARTUUID=c0ffee", "PARTLABEL=root"] {
        let finding = case(&[TABLE], root).fires(406, Fatal, RootDevice);
        says(&finding.message, &[root, "there is vda with vda1"]);
        says(&finding.consequence, &["unknown-block(0,0)"]);
        says(&finding.fix, &["as the table has it, or root=/dev/vda1"]);
    }
    case(&[TABLE], &format!("PARTUUID={SIGNATURE}-01")).is_quiet(406);
    case(&[TABLE], "/dev/vda7").is_quiet(406);
}

#[test]
fn with_rootwait_the_kernel_waits_for_ever() {
    let finding = case(&[TABLE], "PARTUUID=c0ffee rootwait").fires(406, Fatal, RootDevice);
    assert_eq!(
        finding.consequence,
        "The kernel says \"Waiting for root device PARTUUID=c0ffee...\" and waits for ever."
    );
}

#[test]
fn a_table_that_the_kernel_does_not_read_has_none() {
    let finding = case(&[], &format!("PARTUUID={SIGNATURE}-01")).fires(406, Fatal, RootDevice);
    says(&finding.message, &["an MBR", "does not read"]);
}

#[test]
fn a_bare_file_system_has_none() {
    let finding = x86(&[])
        .command_line("root=PARTUUID=c0ffee")
        .fires(406, Fatal, RootDevice);
    says(&finding.message, &["vda, without partitions"]);
    says(&finding.fix, &["root=/dev/vda"]);
}

#[test]
fn who_mounts_is_blocked_by_the_damage() {
    Case::new(damaged())
        .initramfs(vec![0; 512])
        .command_line("root=PARTUUID=c0ffee")
        .root(disks::ext4())
        .is_blocked(406, 3);
}

#[test]
fn an_initramfs_that_does_not_find_it_has_a_shell_or_none() {
    let with = |initramfs: Vec<u8>| {
        case(&[TABLE, "CONFIG_BLK_DEV_INITRD=y"], "/dev/vdb")
            .initramfs(initramfs)
            .fires(405, Fatal, RootDevice)
            .consequence
    };
    // Neither knows PARTUUID=.
    let alpine = with(alpine_with(&[]));
    says(
        &alpine,
        &["(mkinitfs) does not find it and starts a shell, or ends, and the kernel panics"],
    );
    let mut tiny = busybox();
    tiny.extend(b"No root filesystem (root=) specified\0");
    tiny.extend(b"Timeout while waiting for devices for / (and possibly /usr)\0");
    tiny.extend([0x5a; 64]);
    let tiny = with(archive(&[Entry::file("init", &tiny)]));
    says(
        &tiny,
        &["(tiny-initramfs) does not find it and ends, and the kernel panics"],
    );
}

#[test]
fn a_root_in_memory_needs_no_partition() {
    case(&[TABLE], "PARTUUID=c0ffee rootfstype=tmpfs").is_quiet(406);
}
