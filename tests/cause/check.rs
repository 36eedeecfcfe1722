//! The verdict: the first stage at which a boot ends for certain, and what would have to be known to say
//! that it does not end before. Whoever is named for what could not be decided tells why.

use super::forge::ext4::Ext4;
use super::kernels::bzimage;
use super::ladder::{LINE, boot, together};
use super::owners::blocked;
use super::run::{Case, says};
use kelpie_check::cause::CAUSES;
use kelpie_check::check::{Report, Selection, Verdict};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::role::Role;
use kelpie_check::stage::Stage;
use std::collections::BTreeSet;

/// A root without an init, of these words.
fn without_init(root: &str) -> Case {
    let image = Ext4::new().directory("/dev", 0o755).build();
    boot(&LINE.replace("/dev/vda", root)).root(image)
}

fn fails(verdict: Verdict) -> (Stage, Code, Vec<String>) {
    match verdict {
        Verdict::Fails {
            stage,
            code,
            missing,
        } => (stage, code, missing),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_missing_where_all_before_the_end_is_known() {
    let (stage, code, missing) = fails(together(&without_init("/dev/vda")).verdict());
    assert_eq!((stage, code), (Stage::Init, Code(601)));
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_is_not_known_before_the_end_is_named_beside_it() {
    // Whose number that is depends on the order in which drivers get theirs.
    let (stage, code, missing) = fails(together(&without_init("0x801")).verdict());
    assert_eq!((stage, code), (Stage::Init, Code(601)));
    says(&missing.join("; "), &["0x801"]);
    // With an init it is not known whether it boots, for the same reason.
    let Verdict::Unknown { missing: open } =
        together(&boot(&LINE.replace("/dev/vda", "0x801"))).verdict()
    else {
        panic!("it is known")
    };
    assert_eq!(open, missing);
}

#[test]
fn what_is_not_known_behind_the_end_is_not_named() {
    let case = boot(&LINE.replace("console=hvc0", "console=ttyAMA0")).root(Vec::new());
    let (stage, _, missing) = fails(together(&case).verdict());
    assert_eq!(stage, Stage::Console);
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_nobody_asked_for_may_end_it_before() {
    let selection = Selection {
        select: vec![Code(601)],
        ..Selection::default()
    };
    let (stage, code, missing) = fails(without_init("/dev/vda").together(&selection).verdict());
    assert_eq!((stage, code), (Stage::Init, Code(601)));
    says(&missing.join("; "), &["--select"]);
}

#[test]
fn a_cause_whose_weight_was_set_decides_by_that() {
    let selection = Selection {
        severities: vec![(Code(601), Severity::Warn)],
        ..Selection::default()
    };
    let report = without_init("/dev/vda").together(&selection);
    let told = report.findings.iter().find(|told| told.code == Code(601));
    let told = told.unwrap();
    assert_eq!(told.severity, Severity::Warn);
    assert_eq!(report.artifacts[told.artifact].role, Role::Rootfs);
    assert!(!matches!(report.verdict(), Verdict::Fails { .. }));
}

#[test]
fn what_only_hurts_is_not_waited_for() {
    for cause in CAUSES.into_iter().filter(|cause| cause.is_predicted()) {
        let selection = Selection {
            ignore: vec![cause.code],
            ..Selection::default()
        };
        let expected = if cause.severity == Severity::Fatal {
            let missing = vec!["--ignore names it".to_owned()];
            Verdict::Unknown { missing }
        } else {
            Verdict::Boots
        };
        let verdict = boot(LINE).together(&selection).verdict();
        assert_eq!(verdict, expected, "{}", cause.code);
    }
}

/// By whom the causes of a report are blocked.
fn blockers(report: &Report) -> Vec<Option<Code>> {
    let blockers: BTreeSet<_> = blocked(report).map(|(_, by, _)| by).collect();
    blockers.into_iter().collect()
}

#[test]
fn what_is_blocked_names_the_cause_that_tells_why() {
    let kernel = Case::new(bzimage().build()).limit("decoded_bytes", 100);
    let report = kernel.report(&Selection::default());
    assert_eq!(blockers(&report), [Some(Code(5))]);
    // That cause speaks of every artefact.
    let root = boot(LINE).limit("directory_entries", 1);
    assert_eq!(blockers(&together(&root)), [Some(Code(5))]);
}
