use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Start;

fn with(line: &str) -> Case {
    Case::new(vmlinux()).command_line(line)
}

#[test]
fn a_slip_of_the_pen_is_warned_of_with_what_was_meant() {
    let finding = with("console=ttyS0 rootfstyp=ext4").fires(210, Warn, Start);
    says(&finding.message, &["rootfstyp", "rootfstype"]);
    says(
        &finding.consequence,
        &["to init", "rootfstype were not given"],
    );
    says(&finding.fix, &["Write rootfstype"]);
    assert_eq!(finding.place.offset, Some(14));
}

#[test]
fn what_nothing_resembles_is_meant_for_init() {
    for line in [
        "root=/dev/vda rootfstype=ext4",
        "flavour=vanilla",
        "single",
        "-- rootfstyp=ext4",
    ] {
        with(line).is_quiet(210);
    }
}

#[test]
fn the_line_of_a_kernel_for_another_machine_is_blocked_by_that() {
    with("rootfstyp=ext4")
        .machine(Architecture::Aarch64)
        .is_blocked(210, 101);
}
