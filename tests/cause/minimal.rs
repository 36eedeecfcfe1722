//! The project's own minimal kernels have to pass for the targets that they were made for.

use super::run::Case;
use kelpie_check::check::{CheckOutcome, Selection, Verdict};
use kelpie_check::finding::Severity;
use std::path::Path;

fn passes(file: &str, target: &'static str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("kernel")
        .join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: kernel/{file} is not built");
        return;
    };
    let report = Case::new(bytes).on(target).report(&Selection::default());
    let worse: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .collect();
    assert!(worse.is_empty(), "{file} on {target}: {worse:#?}");
    for check in &report.checks {
        assert!(
            matches!(
                check.outcome,
                CheckOutcome::Ran | CheckOutcome::NotGiven { .. }
            ),
            "{} on {target}: {:?}",
            check.code,
            check.outcome
        );
    }
    assert!(matches!(report.verdict(), Verdict::Unknown { .. }));
}

#[test]
fn the_minimal_x86_kernel_passes_for_libkrun_and_qemu() {
    passes("vmlinuz-x86_64", "libkrun");
    passes("vmlinuz-x86_64", "qemu-microvm");
}

#[test]
fn the_minimal_arm64_kernel_passes_for_libkrun_and_qemu() {
    passes("vmlinuz-aarch64", "libkrun");
    passes("vmlinuz-aarch64", "qemu-virt-mmio");
}
