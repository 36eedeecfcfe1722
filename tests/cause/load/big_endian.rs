use crate::forge::arm64::Arm64;
use crate::kernels::{arm64, page, riscv, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

fn big() -> Vec<u8> {
    Arm64 {
        flags: 0b1011,
        ..arm64()
    }
    .build()
}

#[test]
fn no_apple_cpu_runs_it() {
    let finding = Case::new(big()).on("vz").fires(110, Fatal, Load);
    says(&finding.message, &["big-endian"]);
    says(
        &finding.consequence,
        &["No CPU of Virtualization.framework", "prints nothing"],
    );
    says(&finding.fix, &["CONFIG_CPU_BIG_ENDIAN off"]);
}

#[test]
fn elsewhere_it_boots_and_starts_no_usual_init() {
    for target in ["libkrun", "firecracker", "cloud-hypervisor", "qemu-virt"] {
        let finding = Case::new(big()).on(target).fires(110, Warn, Load);
        says(
            &finding.consequence,
            &["Apple silicon", "little-endian init"],
        );
    }
}

#[test]
fn little_endian_kernels_pass() {
    Case::new(arm64().build()).is_quiet(110);
    Case::new(riscv()).is_quiet(110);
    Case::new(vmlinux()).is_quiet(110);
}

#[test]
fn what_is_no_kernel_has_no_byte_order() {
    Case::new(page()).is_blocked(110, 1);
}
