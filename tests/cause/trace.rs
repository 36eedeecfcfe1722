//! The trace of a boot: its steps in the kernel's order, with evidence.

use super::ladder::{LINE, WHOLE, boot, with_kernel};
use super::run::Case;
use kelpie_check::check::Selection;
use kelpie_check::finding::Code;
use kelpie_check::predict::{Step, StepOutcome, Unknown};
use kelpie_check::stage::Stage;

fn steps(case: &Case) -> Vec<Step> {
    let report = case.together(&Selection::default());
    report.boots[0].trace.steps.clone()
}

#[test]
fn a_boot_that_passes_has_a_step_for_each_function() {
    let steps = steps(&boot(LINE));
    assert!(steps.is_sorted_by_key(|step| step.stage));
    for stage in Stage::ALL {
        assert!(steps.iter().any(|step| step.stage == stage), "{stage}");
    }
    let stopped = steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Stopped);
    assert_eq!(stopped, None);
}

#[test]
fn a_step_names_the_options_that_decide_it() {
    let config = WHOLE.replace("CONFIG_VIRTIO_BLK=y", "CONFIG_VIRTIO_BLK=m");
    let steps = steps(&with_kernel(&config, LINE));
    let stop = steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Stopped)
        .unwrap();
    assert_eq!(stop.code, Some(Code(401)));
    assert_eq!(stop.evidence, ["CONFIG_VIRTIO_BLK=m (by file)"]);
    assert!(stop.follows.contains("virtblk_probe"), "{}", stop.follows);
}

#[test]
fn the_boot_is_followed_past_a_stop() {
    let config = WHOLE.replace("CONFIG_VIRTIO_BLK=y", "CONFIG_VIRTIO_BLK=m");
    let line = LINE.replace("rootfstype=ext4", "rootfstype=xfs");
    let steps = steps(&with_kernel(&config, &line));
    let stops: Vec<Option<Code>> = steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Stopped)
        .map(|step| step.code)
        .collect();
    assert_eq!(stops, [Some(Code(401)), Some(Code(502))]);
}

#[test]
fn what_is_not_modelled_is_a_step_of_its_own() {
    let steps = steps(&boot(&format!("{LINE} initcall_blacklist=virtio_blk_init")));
    let open = steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Unknown(Unknown::Model))
        .unwrap();
    assert_eq!(open.stage, Stage::Start);
    assert!(
        open.decision.contains("initcall_blacklist"),
        "{}",
        open.decision
    );
}
