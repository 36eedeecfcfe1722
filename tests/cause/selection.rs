use super::kernels::{bzimage, vmlinux};
use super::run::Case;
use kelpie_check::check::{CheckOutcome, Selection};
use kelpie_check::finding::Code;

fn skipped(selection: &Selection) -> Vec<(Code, String)> {
    let report = Case::new(vmlinux()).config("").report(selection);
    report
        .checks
        .into_iter()
        .filter_map(|check| match check.outcome {
            CheckOutcome::Skipped { why } => Some((check.code, why)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_selected_cause_is_the_only_one_that_runs() {
    let selection = Selection {
        select: vec![Code(205)],
        ignore: Vec::new(),
        ..Selection::default()
    };
    let report = Case::new(vmlinux()).config("").report(&selection);
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code(205)]);
    let skipped = skipped(&selection);
    assert_eq!(skipped.len(), report.checks.len() - 1);
    assert!(
        skipped
            .iter()
            .all(|(code, why)| *code != Code(205) && why.contains("--select"))
    );
}

#[test]
fn an_ignored_cause_is_skipped_and_the_others_run() {
    let selection = Selection {
        select: Vec::new(),
        ignore: vec![Code(205)],
        ..Selection::default()
    };
    let report = Case::new(vmlinux()).config("").report(&selection);
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code(202), Code(206)]);
    assert_eq!(
        skipped(&selection),
        [(Code(205), "--ignore names it".to_owned())]
    );
}

#[test]
fn ignoring_wins_over_selecting() {
    let selection = Selection {
        select: vec![Code(205)],
        ignore: vec![Code(205)],
        ..Selection::default()
    };
    let skipped = skipped(&selection);
    let why = skipped.iter().find(|(code, _)| *code == Code(205));
    assert_eq!(why.unwrap().1, "--ignore names it");
}

#[test]
fn quick_skips_exactly_what_needs_decoding() {
    let report = Case::new(bzimage().build())
        .quick()
        .report(&Selection::default());
    for check in &report.checks {
        if let CheckOutcome::Skipped { why } = &check.outcome {
            assert_eq!(why, "--quick reads only headers", "{}", check.code);
        } else if !matches!(check.outcome, CheckOutcome::NotGiven { .. }) {
            assert_eq!(check.outcome, CheckOutcome::Ran, "{}", check.code);
        }
    }
    let ran: Vec<u16> = report
        .checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Ran)
        .map(|check| check.code.0)
        .collect();
    // The container and its header tell these: machine, form of another target, 64 bits, …
    assert_eq!(ran, [4, 101, 106, 107, 108, 109, 110, 115, 207, 702]);
}
