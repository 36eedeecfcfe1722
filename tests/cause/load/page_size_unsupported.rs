use crate::forge::arm64::Arm64;
use crate::kernels::{arm64, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

/// Bits 1 and 2 of the flags: 1 is 4K, 2 is 16K, 3 is 64K.
fn pages(bits: u64) -> Vec<u8> {
    Arm64 {
        flags: 0b1000 | bits << 1,
        ..arm64()
    }
    .build()
}

#[test]
fn pages_of_64k_run_on_no_apple_cpu() {
    let finding = Case::new(pages(3)).on("vz").fires(107, Fatal, Load);
    says(&finding.message, &["64K pages", "Apple silicon"]);
    says(&finding.consequence, &["before its first message"]);
    says(&finding.fix, &["CONFIG_ARM64_4K_PAGES=y"]);
}

#[test]
fn pages_that_some_cpus_lack_are_a_warning() {
    says(
        &Case::new(pages(3)).fires(107, Warn, Load).message,
        &["Apple silicon"],
    );
    says(
        &Case::new(pages(2))
            .on("qemu-virt")
            .fires(107, Warn, Load)
            .message,
        &["16K pages", "A72"],
    );
}

#[test]
fn every_cpu_has_4k_pages_and_apples_have_16k() {
    Case::new(pages(1)).is_quiet(107);
    Case::new(pages(2)).on("vz").is_quiet(107);
}

#[test]
fn x86_kernels_have_one_page_size() {
    Case::new(vmlinux()).is_quiet(107);
}

#[test]
fn what_is_no_kernel_has_no_page_size() {
    Case::new(page()).is_blocked(107, 1);
}
