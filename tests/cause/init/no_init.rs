use super::{Root, arm64_program, static_program, unreadable};
use crate::forge::cpio::{Entry, archive};
use crate::forge::ext4::Ext4;
use crate::initramfs::{self, MONOLITHIC, NEEDED, alpine_with};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Init;

#[test]
fn an_empty_root_has_no_init() {
    let finding = Root::new().alone().fires(601, Fatal, Init);
    says(&finding.message, &["no /sbin/init, /etc/init or /bin/init"]);
    assert_eq!(
        finding.consequence,
        "The kernel panics with \"No working init found\"."
    );
}

#[test]
fn a_shell_in_place_of_init_is_no_boot() {
    let finding = Root::new().shell().booted().fires(601, Fatal, Init);
    says(&finding.message, &["only /bin/sh"]);
    says(
        &finding.consequence,
        &["starts /bin/sh", "a shell on the console"],
    );
}

#[test]
fn the_init_that_is_asked_for_is_the_only_one() {
    let root = Root::new().program("/sbin/init", static_program()).shell();
    let finding = root.booted_with("init=/sbin/mine").fires(601, Fatal, Init);
    says(&finding.message, &["Init is /sbin/mine", "does not exist"]);
    says(
        &finding.consequence,
        &["\"Requested init /sbin/mine failed (error -2)\""],
    );
}

#[test]
fn an_initramfs_of_alpines_hands_over_to_one_program_alone() {
    let root = Root::new().shell();
    for (parameter, path) in [("init=/sbin/mine", "/sbin/mine"), ("quiet", "/sbin/init")] {
        let finding = root.by_alpine(parameter).fires(601, Fatal, Init);
        let said = format!("\"switch_root: can't execute '{path}': No such file or directory\"");
        says(&finding.consequence, &[&said, "Attempted to kill init!"]);
    }
    root.by_alpine("init=/bin/sh").is_quiet(601);
}

#[test]
fn any_of_the_list_is_an_init() {
    for path in ["/sbin/init", "/etc/init", "/bin/init"] {
        let root = Root::new().program(path, static_program());
        root.alone().is_quiet(601);
        root.booted().is_quiet(601);
    }
}

#[test]
fn a_later_program_of_the_list_stands_in_for_a_broken_one() {
    let root = Root::new()
        .file("/sbin/init", static_program(), 0o644)
        .program("/bin/init", static_program());
    for code in 601..=607 {
        root.booted().is_quiet(code);
    }
}

#[test]
fn a_broken_init_is_not_a_missing_one() {
    let root = Root::new().link("/sbin/init", "/nowhere").shell();
    root.booted().is_quiet(601);
}

#[test]
fn without_a_command_line_nothing_is_said() {
    let root = Root::new();
    let case = crate::run::Case::new(crate::kernels::vmlinux())
        .no_initramfs()
        .root_folder(root.0.path());
    assert_eq!(case.is_skipped(601), "command line");
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(601, 10);
}

#[test]
fn a_root_in_memory_is_empty_whatever_the_disk_has() {
    let root = Root::new().program("/sbin/init", static_program());
    for name in ["tmpfs", "ramfs"] {
        let line = format!("root=/dev/vda rootfstype={name}");
        let case = || root.with_line(&line);
        let finding = case().fires(601, Fatal, Init);
        says(&finding.message, &[name, "the root is empty"]);
        says(&finding.consequence, &["No working init found"]);
        for other in [401, 403, 405, 407, 501, 502, 609] {
            case().is_quiet(other);
        }
    }
    // What is waited for may never come.
    root.with_line("root=/dev/sda rootfstype=tmpfs rootwait")
        .is_quiet(601);
}

#[test]
fn an_initramfs_that_mounts_the_root_says_so_in_its_own_words() {
    let boot = |initramfs: Vec<u8>, root: Ext4| {
        initramfs::boot(MONOLITHIC, initramfs).root(root.directory("/dev", 0o755).build())
    };
    let alpine = || alpine_with(NEEDED);
    let says_so = |consequence: &str, why: &str| {
        let line = format!("\"switch_root: can't execute '/sbin/init': {why}\"");
        says(consequence, &["Alpine's initramfs prints", &line]);
    };
    let missing = boot(alpine(), Ext4::new()).fires(601, Fatal, Init);
    says_so(&missing.consequence, "No such file or directory");
    let root = Ext4::new().file("/sbin/init", 0o644, static_program());
    let mode = boot(alpine(), root).fires(602, Fatal, Init);
    says_so(&mode.consequence, "Permission denied");
    let root = || Ext4::new().file("/sbin/init", 0o755, arm64_program());
    let other = boot(alpine(), root()).fires(604, Fatal, Init);
    says_so(&other.consequence, "Exec format error");
    let debian = archive(
        &[
            alpine_free(),
            vec![
                Entry::directory("conf"),
                Entry::directory("scripts"),
                Entry::file("conf/initramfs.conf", b""),
                Entry::file("scripts/functions", b""),
            ],
        ]
        .concat(),
    );
    for (root, code) in [(Ext4::new(), 601), (root(), 604)] {
        let finding = boot(debian.clone(), root).fires(code, Fatal, Init);
        says(
            &finding.consequence,
            &["The initramfs of initramfs-tools mounts the root and cannot start init"],
        );
    }
}

#[test]
fn initramfs_tools_starts_another_init_where_the_named_one_is_missing() {
    let with = |archive: Vec<u8>, root: Ext4| {
        initramfs::boot(initramfs::MODULAR, archive)
            .root(root.build())
            .command_line("root=/dev/vda rootfstype=ext4 init=/nothing")
    };
    let debian = || initramfs::debian_with(&[]);
    let living = || Ext4::new().file("/etc/init", 0o755, static_program());
    let finding = with(debian(), living()).fires(601, Warn, Init);
    says(&finding.message, &["no /nothing"]);
    says(&finding.consequence, &["starts /etc/init instead"]);
    // mkinitfs has no other.
    with(alpine_with(NEEDED), living()).fires(601, Fatal, Init);
    with(debian(), Ext4::new()).fires(601, Fatal, Init);
    let shell = Ext4::new().file("/bin/sh", 0o755, static_program());
    with(debian(), shell).fires(601, Fatal, Init);
    let other = Ext4::new().file("/sbin/init", 0o755, arm64_program());
    with(debian(), other).fires(604, Fatal, Init);
}

/// An init that runs, of no maker that is known.
fn alpine_free() -> Vec<Entry> {
    vec![
        Entry::directory("bin"),
        Entry::file("init", b"#!/bin/sh\n"),
        Entry::file("bin/sh", &initramfs::busybox()),
    ]
}

/// A root with two inits, the folder of the first of which is a deleted inode.
fn with_deleted_folder() -> Vec<u8> {
    let root = Ext4::new()
        .directory("/dev", 0o755)
        .file("/sbin/init", 0o755, static_program())
        .file("/bin/init", 0o755, static_program());
    let (mut image, layout) = root.build_with_layout();
    let at = layout.of("/sbin").inode_at;
    image[at..at + 128].fill(0);
    image
}

#[test]
fn a_deleted_inode_on_the_way_to_init_ends_the_way_there() {
    let booted = |words: &str| {
        Case::new(vmlinux())
            .no_initramfs()
            .root(with_deleted_folder())
            .command_line(format!("console=hvc0 root=/dev/vda rw {words}"))
            .config(MONOLITHIC)
    };
    let finding = booted("init=/sbin/init").fires(601, Fatal, Init);
    says(&finding.message, &["deleted inode"]);
    says(&finding.consequence, &["failed (error -117)"]);
    // Without init= the kernel goes on to the next.
    booted("").is_quiet(601);
}
