//! What a report states of its parts, and where its findings point.

use super::forge::ext4::Ext4;
use super::initramfs::{self, MODULAR, NEEDED, alpine_with};
use super::kernels::{bzimage, page, vmlinux};
use super::run::Case;
use kelpie_check::check::{self, Facts, Selection};
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
