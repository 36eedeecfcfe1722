//! What a report states of its parts, and where its findings point.

use super::forge::ext4::Ext4;
use super::initramfs::{self, MODULAR, NEEDED, RELEASE, alpine_with};
use super::kernels::{bzimage, page, vmlinux};
use super::run::Case;
use kelpie_check::check::{self, Facts, Report, Selection};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::role::Role;

#[test]
fn nothing_is_recognised_and_nothing_whole_where_nothing_is_known() {
    for role in Role::ALL {
        let facts = Facts::none(role);
        let is_line = role == Role::Cmdline;
        assert_eq!(facts.role(), role);
        assert_eq!(facts.are_recognised(), is_line, "{role}");
        assert_eq!(facts.are_whole(), is_line, "{role}");
        assert_eq!(facts.kernel().is_some(), role == Role::Kernel, "{role}");
    }
}

#[test]
fn what_was_read_is_recognised_and_whole() {
    let root = Ext4::new().file("/sbin/init", 0o755, "x").build();
    let case = initramfs::boot(MODULAR, alpine_with(NEEDED)).root(root);
    let report = case.together(&Selection::default());
    assert_eq!(report.artifacts.len(), 4);
    for artifact in &report.artifacts {
        assert!(artifact.facts.are_recognised(), "{}", artifact.role);
        assert!(artifact.facts.are_whole(), "{}", artifact.role);
        assert_eq!(artifact.facts.role(), artifact.role);
    }
    let kernel = report.artifacts[0].facts.kernel().unwrap();
    assert_eq!(kernel.container, Some("elf"));
    let quick = Case::new(bzimage().build()).quick();
    let report = quick.report(&Selection::default());
    assert!(report.artifacts[0].facts.are_recognised());
    assert!(!report.artifacts[0].facts.are_whole());
    let unread = Case::new(page()).report(&Selection::default());
    assert!(!unread.artifacts[0].facts.are_recognised());
}

#[test]
fn findings_and_checks_point_at_the_part_that_they_are_about() {
    let root = Ext4::new().directory("/dev", 0o755).build();
    let case = initramfs::boot(MODULAR, alpine_with(&[])).root(root);
    let report = case.together(&Selection::default());
    let mut roles: Vec<Role> = Vec::new();
    for finding in &report.findings {
        assert_eq!(report.artifacts[finding.artifact].role, finding.role);
        roles.push(finding.role);
    }
    roles.sort_unstable();
    roles.dedup();
    assert_eq!(roles, [Role::Kernel, Role::Initramfs, Role::Rootfs]);
    let of = |code| {
        let check = report.checks.iter().find(|check| check.code == code);
        report.artifacts[check.unwrap().artifact].role
    };
    assert_eq!(of(Code(205)), Role::Kernel);
    assert_eq!(of(Code(306)), Role::Initramfs);
    assert_eq!(of(Code(601)), Role::Rootfs);
    assert_eq!(of(Code(203)), Role::Cmdline);
}

#[test]
fn the_findings_alone_are_those_of_the_report() {
    let case = Case::new(vmlinux()).config("");
    let alone = case.with_bundle(|bundle| check::findings(bundle, &Selection::default()));
    let report = case.report(&Selection::default());
    assert!(!alone.is_empty());
    assert_eq!(alone, report.findings);
    assert!(report.has(Severity::Warn));
    assert!(
        !Case::new(vmlinux())
            .report(&Selection {
                select: vec![Code(101)],
                ..Selection::default()
            })
            .has(Severity::Info)
    );
}

/// The facts of one part of a report.
fn facts(report: &Report, role: Role) -> &Facts {
    let part = report.artifacts.iter().find(|part| part.role == role);
    &part.unwrap().facts
}

fn bytes(file: &[u8]) -> Option<u64> {
    u64::try_from(file.len()).ok()
}

#[test]
fn each_part_states_its_length_and_what_it_is() {
    let root = Ext4::new().file("/sbin/init", 0o755, "x").build();
    let archive = alpine_with(&[("virtio_blk", ".ko", &[])]);
    let report = initramfs::boot(MODULAR, archive.clone())
        .root(root.clone())
        .together(&Selection::default());
    let kernel = facts(&report, Role::Kernel).kernel().unwrap();
    assert_eq!(kernel.file_bytes, bytes(&vmlinux()));
    assert_eq!(kernel.architecture, Some("x86_64"));
    assert_eq!(kernel.release.as_deref(), Some(RELEASE));
    assert_eq!(kernel.option("VIRTIO_BLK"), Some("m"));
    assert_eq!(kernel.option("VIRTIO_MMIO"), Some("y"));
    assert_eq!(kernel.option("NO_SUCH"), None);
    let Facts::Initramfs(stated) = facts(&report, Role::Initramfs) else {
        panic!("no initramfs");
    };
    assert_eq!(stated.file_bytes, bytes(&archive));
    assert_eq!(stated.modules[0].compression, "none");
    assert_eq!(stated.modules[0].vermagic, Some(initramfs::vermagic()));
    let Facts::Rootfs(stated) = facts(&report, Role::Rootfs) else {
        panic!("no root");
    };
    assert_eq!(stated.file_bytes, bytes(&root));
    assert_eq!(stated.disk_bytes, bytes(&root));
    assert_eq!(stated.title.as_deref(), Some("ext4 file system"));
    assert_eq!(stated.problems, Vec::<String>::new());
}

#[test]
fn a_line_states_its_text_its_length_and_what_is_wrong_with_it() {
    let line = "root=/dev/vda loglevel=x";
    let report = Case::new(vmlinux())
        .command_line(line)
        .together(&Selection::default());
    let Facts::Cmdline(stated) = facts(&report, Role::Cmdline) else {
        panic!("no line");
    };
    assert_eq!(stated.text, line);
    assert!(!stated.assumed);
    assert_eq!(stated.limit_bytes, Some(2048));
    assert_eq!(stated.remarks.len(), 1);
    let unread = Case::new(page())
        .command_line(line)
        .together(&Selection::default());
    let Facts::Cmdline(stated) = facts(&unread, Role::Cmdline) else {
        panic!("no line");
    };
    assert_eq!((stated.bytes, stated.limit_bytes), (24, None));
}

#[test]
fn an_init_that_cannot_be_looked_for_tells_why() {
    let report = Case::new(page())
        .command_line("root=/dev/vda")
        .no_initramfs()
        .root(Ext4::new().file("/sbin/init", 0o755, "x").build())
        .together(&Selection::default());
    let Facts::Rootfs(stated) = facts(&report, Role::Rootfs) else {
        panic!("no root");
    };
    let why = stated.init.unknown.as_deref().unwrap_or_default();
    assert!(why.contains("expected a Linux kernel image"), "{why}");
}

#[test]
fn modules_that_are_compressed_are_told_so() {
    let report = initramfs::boot(MODULAR, alpine_with(&[("ext4", ".ko.gz", &[])]))
        .together(&Selection::default());
    let Facts::Initramfs(stated) = facts(&report, Role::Initramfs) else {
        panic!("no initramfs");
    };
    assert_eq!(stated.modules[0].compression, "gz");
}
