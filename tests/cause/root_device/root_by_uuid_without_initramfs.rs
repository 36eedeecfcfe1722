use super::{of_version, x86};
use crate::disks;
use crate::forge::cpio::{Entry, archive};
use crate::initramfs::{MODULAR, NEEDED, alpine_with, boot, busybox};
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

#[test]
fn the_kernel_looks_into_no_file_system() {
    for (line, word) in [("root=UUID=c0ffee", "UUID"), ("root=LABEL=root", "label")] {
        let finding = x86(&[]).command_line(line).fires(404, Fatal, RootDevice);
        says(&finding.message, &[word, "no initramfs"]);
        says(&finding.consequence, &["unknown-block(0,0)"]);
        says(&finding.fix, &["root=/dev/vda", "--initramfs"]);
    }
    x86(&[])
        .command_line("root=PARTUUID=1234abcd-01")
        .is_quiet(404);
    x86(&[]).is_quiet(404);
}

#[test]
fn with_rootwait_it_hangs_on_the_version() {
    let with = |version: &str| {
        Case::new(of_version(version))
            .config("")
            .no_initramfs()
            .command_line("root=UUID=c0ffee rootwait")
            .root(disks::ext4())
            .fires(404, Fatal, RootDevice)
            .consequence
    };
    says(
        &with("6.1.0"),
        &["\"Waiting for root device UUID=c0ffee...\"", "forever"],
    );
    for version in ["6.5.0", "6.9.0"] {
        says(
            &with(version),
            &["\"Disabling rootwait; root= is invalid.\""],
        );
    }
}

#[test]
fn an_initramfs_looks_up_what_its_init_knows_and_nothing_else() {
    let alpine = |root: &str| {
        boot(MODULAR, alpine_with(NEEDED)).command_line(format!("root={root} rootfstype=ext4"))
    };
    let finding = alpine("PARTUUID=1234abcd-01").fires(404, Fatal, RootDevice);
    says(
        &finding.message,
        &["a partition by its UUID", "the initramfs by mkinitfs"],
    );
    says(&finding.consequence, &["Attempted to kill init!"]);
    alpine("PARTUUID=1234abcd-01").is_quiet(406);
    alpine("UUID=c0ffee").is_quiet(404);

    let init = [&busybox()[..], b"kelpie-check: root mounted\n"].concat();
    let ours = |root: &str| {
        boot(MODULAR, archive(&[Entry::file("init", &init)])).command_line(format!("root={root}"))
    };
    for root in ["UUID=c0ffee", "LABEL=root", "PARTLABEL=root"] {
        let finding = ours(root).fires(404, Fatal, RootDevice);
        says(&finding.fix, &["root=/dev/vda"]);
        ours(root).is_quiet(405);
        ours(root).is_quiet(406);
    }
    ours("/dev/vda").is_quiet(404);
}

#[test]
fn who_mounts_is_blocked_by_the_damage() {
    Case::new(damaged())
        .initramfs(vec![0; 512])
        .command_line("root=UUID=c0ffee")
        .root(disks::ext4())
        .is_blocked(404, 3);
}

#[test]
fn a_root_in_memory_is_looked_up_by_nobody() {
    x86(&[])
        .command_line("root=UUID=0f rootfstype=tmpfs")
        .is_quiet(404);
}
