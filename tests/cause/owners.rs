//! Whose a fact is that could not be had: what blocks a cause is told by the one that it belongs to.

use crate::forge::cpio::archive;
use crate::forge::ext4::Ext4;
use crate::initramfs::{MONOLITHIC, alpine};
use crate::kernels::vmlinux;
use crate::run::Case;
use kelpie_check::check::{CheckOutcome, Report, Selection};
use kelpie_check::finding::Code;
use std::collections::BTreeSet;

/// The causes that are blocked, by whom and why.
pub fn blocked(report: &Report) -> impl Iterator<Item = (Code, Option<Code>, &str)> {
    let checks = report.checks.iter();
    checks.filter_map(|check| match &check.outcome {
        CheckOutcome::Blocked { by, why } => Some((check.code, *by, why.as_str())),
        _ => None,
    })
}

/// By whom causes are blocked: by somebody, all of them.
fn blockers(case: &Case) -> BTreeSet<u16> {
    let report = case.together(&Selection::default());
    blocked(&report)
        .map(|(code, by, why)| by.unwrap_or_else(|| panic!("{code} is nobody's: {why}")))
        .map(|Code(by)| by)
        .collect()
}

fn root() -> Ext4 {
    Ext4 {
        metadata_csum: true,
        ..Ext4::new()
    }
    .directory("/lib/modules/6.1.0-forged", 0o755)
    .file("/etc/alpine-release", 0o644, "3.20.0\n")
    .file("/sbin/init", 0o755, "#!/bin/sh\n")
}

fn boot(image: Vec<u8>) -> [Case; 2] {
    let case = || {
        Case::new(vmlinux())
            .config(MONOLITHIC)
            .ram_mib(512)
            .command_line("console=hvc0 root=/dev/vda rootfstype=ext4 rw")
            .root(image.clone())
    };
    [case().no_initramfs(), case().initramfs(archive(&alpine()))]
}

#[test]
fn a_root_that_is_cut_is_never_the_kernels() {
    let (image, layout) = root().build_with_layout();
    // Behind the superblock, and behind the descriptors of the groups.
    for kept in [layout.descriptors_at, layout.descriptors_at + 1024] {
        for case in boot(image[..kept].to_vec()) {
            let blockers = blockers(&case);
            assert!(blockers.contains(&11), "{kept}: {blockers:?}");
            assert!(
                blockers.is_subset(&BTreeSet::from([11, 12])),
                "{blockers:?}"
            );
        }
    }
}

#[test]
fn a_root_whose_inodes_are_garbage_is_never_the_kernels() {
    let (image, layout) = root().build_with_layout();
    let mut damaged = image;
    let table = layout.inode_table_at;
    damaged[table..table + 0x1000].fill(0xa5);
    for case in boot(damaged) {
        let blockers = blockers(&case);
        assert!(blockers.contains(&12), "{blockers:?}");
        assert!(
            blockers.is_subset(&BTreeSet::from([11, 12])),
            "{blockers:?}"
        );
    }
}
