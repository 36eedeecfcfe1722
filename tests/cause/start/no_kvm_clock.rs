use crate::kernels::{arm64, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Start;

#[test]
fn a_kernel_that_does_not_know_kvm_is_warned_of() {
    let finding = Case::new(vmlinux()).config("").fires(205, Warn, Start);
    says(&finding.message, &["KVM_GUEST"]);
    says(&finding.consequence, &["calibrates its clocks"]);
    says(&finding.fix, &["CONFIG_KVM_GUEST=y", "CONFIG_PARAVIRT=y"]);
}

#[test]
fn a_kvm_guest_passes() {
    Case::new(vmlinux())
        .config("CONFIG_KVM_GUEST=y")
        .is_quiet(205);
}

#[test]
fn arm64_has_its_own_timer() {
    Case::new(arm64().build()).config("").is_quiet(205);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged()).is_blocked(205, 3);
}

#[test]
fn what_nothing_tells_is_not_passed() {
    let case = Case::new(vmlinux()).fragment("CONFIG_PVH=y\n");
    says(&case.is_blocked(205, None), &["KVM_GUEST"]);
}
