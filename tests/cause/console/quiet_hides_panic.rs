use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Info;
use kelpie_check::stage::Stage::Console;

fn with(line: &str) -> Case {
    Case::new(vmlinux()).command_line(line)
}

#[test]
fn quiet_keeps_what_led_to_a_panic_from_the_console() {
    let finding = with("console=ttyS0 quiet").fires(204, Info, Console);
    says(
        &finding.consequence,
        &["the panic is visible", "explain it"],
    );
    says(&finding.fix, &["loglevel=7"]);
    assert_eq!(finding.place.offset, Some(14));
    with("loglevel=7 quiet").fires(204, Info, Console);
    with("quiet loglevel=3").fires(204, Info, Console);
}

#[test]
fn a_later_level_wins() {
    for line in [
        "console=ttyS0",
        "quiet loglevel=7",
        "quiet debug",
        "ignore_loglevel quiet",
        "quiet panic_print=0x20",
        "-- quiet",
    ] {
        with(line).is_quiet(204);
    }
}

#[test]
fn the_line_of_a_kernel_for_another_machine_is_blocked_by_that() {
    with("quiet")
        .machine(Architecture::Aarch64)
        .is_blocked(204, 101);
}
