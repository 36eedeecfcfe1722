use crate::kernels::{arm64, bzimage, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

#[test]
fn an_arm64_kernel_on_an_x86_machine_names_both() {
    let finding = Case::new(arm64().build())
        .machine(Architecture::X86_64)
        .fires(101, Fatal, Load);
    says(
        &finding.message,
        &["a kernel for aarch64", "the virtual machine is x86_64"],
    );
    says(&finding.consequence, &["prints nothing"]);
    says(&finding.fix, &["built for x86_64"]);
}

#[test]
fn a_machine_that_the_target_has_not_offers_those_it_has() {
    let finding = Case::new(vmlinux()).on("vz").fires(101, Fatal, Load);
    says(
        &finding.message,
        &["x86_64", "Virtualization.framework does not run x86_64"],
    );
    says(&finding.fix, &["a kernel for aarch64", "--target"]);
}

#[test]
fn a_kernel_of_the_machines_architecture_passes() {
    Case::new(arm64().build())
        .machine(Architecture::Aarch64)
        .is_quiet(101);
    Case::new(bzimage().build()).is_quiet(101);
}

#[test]
fn what_is_no_kernel_has_no_architecture() {
    Case::new(page()).is_blocked(101, 1);
}

#[test]
fn what_depends_on_the_platform_is_blocked_by_the_wrong_machine() {
    let case = Case::new(arm64().build()).machine(Architecture::X86_64);
    for code in [
        102, 103, 104, 105, 106, 107, 108, 109, 110, 202, 205, 206, 207,
    ] {
        case.is_blocked(code, 101);
    }
}
