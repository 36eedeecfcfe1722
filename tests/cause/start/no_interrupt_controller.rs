use crate::kernels::{arm64, page, vmlinux, zboot};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Start;

fn with(lines: &str) -> Case {
    Case::new(arm64().build()).config(lines)
}

#[test]
fn a_kernel_without_any_gic_has_no_interrupts() {
    let finding = with("CONFIG_ARM_PSCI_FW=y").fires(207, Fatal, Start);
    says(&finding.message, &["No GIC driver"]);
    says(&finding.consequence, &["first message"]);
    says(
        &finding.fix,
        &["CONFIG_ARM_GIC_V3=y", "CONFIG_ARM_PSCI_FW=y"],
    );
}

#[test]
fn a_kernel_without_psci_is_told_so() {
    let finding = with("CONFIG_ARM_GIC_V3=y").fires(207, Fatal, Start);
    says(&finding.message, &["PSCI"]);
}

#[test]
fn either_gic_will_do() {
    with("CONFIG_ARM_GIC_V3=y\nCONFIG_ARM_PSCI_FW=y").is_quiet(207);
    with("CONFIG_ARM_GIC=y\nCONFIG_ARM_PSCI_FW=y").is_quiet(207);
}

#[test]
fn x86_has_none() {
    Case::new(vmlinux()).is_quiet(207);
}

#[test]
fn the_options_of_a_cut_kernel_are_blocked_by_the_cut() {
    let mut kernel = zboot();
    kernel.payload.truncate(kernel.payload.len() - 20);
    Case::new(kernel.build()).is_blocked(207, 2);
    Case::new(page()).is_blocked(207, 1);
}

#[test]
fn what_nothing_tells_is_not_passed() {
    let case = Case::new(arm64().build()).fragment("CONFIG_ARM_GIC_V3=y\n");
    says(&case.is_blocked(207, None), &["ARM_PSCI_FW"]);
}
