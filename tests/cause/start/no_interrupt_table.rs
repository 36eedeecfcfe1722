use crate::kernels::{arm64, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Start;

fn with(lines: &str) -> Case {
    Case::new(vmlinux()).config(lines)
}

#[test]
fn libkrun_has_no_acpi_so_that_mpparse_is_needed() {
    let finding = with("CONFIG_ACPI=y").fires(206, Fatal, Start);
    assert_eq!(
        finding.message,
        "X86_MPPARSE is not built into this kernel, and libkrun has no ACPI."
    );
    says(
        &finding.consequence,
        &[
            "APIC: ACPI MADT or MP tables are not detected",
            "interrupts",
        ],
    );
    assert_eq!(finding.fix, "Build with CONFIG_X86_MPPARSE=y.");
    with("CONFIG_X86_MPPARSE=y").is_quiet(206);
}

#[test]
fn where_there_are_both_tables_one_is_enough() {
    for target in ["firecracker", "cloud-hypervisor"] {
        with("CONFIG_ACPI=y").on(target).is_quiet(206);
        with("CONFIG_X86_MPPARSE=y").on(target).is_quiet(206);
        let finding = with("").on(target).fires(206, Fatal, Start);
        says(&finding.message, &["Neither ACPI nor X86_MPPARSE"]);
        says(&finding.fix, &["CONFIG_ACPI=y or CONFIG_X86_MPPARSE=y"]);
    }
}

#[test]
fn qemus_microvm_has_acpi_if_the_user_wants_it() {
    let microvm = |lines: &str| with(lines).on("qemu-microvm");
    microvm("CONFIG_X86_MPPARSE=y").is_quiet(206);
    let finding = microvm("CONFIG_ACPI=y").fires(206, Fatal, Start);
    says(&finding.message, &["X86_MPPARSE is not built", "no ACPI"]);
    says(&finding.fix, &["--acpi on"]);
    microvm("CONFIG_ACPI=y").acpi(true).is_quiet(206);
    let finding = microvm("CONFIG_X86_MPPARSE=y")
        .acpi(true)
        .fires(206, Fatal, Start);
    says(&finding.message, &["ACPI is not built", "no MP table"]);
    says(&finding.fix, &["-M microvm,acpi=off,rtc=on"]);
}

#[test]
fn a_pc_has_an_interrupt_controller_without_tables() {
    with("").on("qemu-q35").is_quiet(206);
}

#[test]
fn arm64_has_a_device_tree() {
    Case::new(arm64().build()).config("").is_quiet(206);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged()).is_blocked(206, 3);
}

#[test]
fn what_nothing_tells_is_not_passed() {
    let case = Case::new(vmlinux()).fragment("CONFIG_PVH=y\n");
    says(&case.is_blocked(206, None), &["X86_MPPARSE"]);
    // One table that is read is enough to know.
    Case::new(vmlinux())
        .fragment("CONFIG_ACPI=y\n")
        .on("firecracker")
        .is_quiet(206);
}
