//! KC115: a unified kernel image where the kernel alone is wanted.

use super::super::{Cause, Check};
use super::{UKI, extract_command};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static UKI_NOT_ACCEPTED: Cause = Cause {
    code: Code(115),
    name: "uki-not-accepted",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The file is a unified kernel image, and the target starts kernels without firmware.",
    explanation: "A UKI is an EFI program that contains a kernel, an initramfs and a command line \
        in PE sections. Firmware starts it. A VMM that loads kernels directly runs the code of \
        systemd-stub instead of the kernel.",
    fix: "Extract its parts: kelpie-check extract UKI --to vmlinux or image, --to initrd, --to \
        cmdline.",
    tells: &[],
    sources: &["UAPI Group Specifications, Unified Kernel Image (UKI)"],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let kernel = bundle.kernel()?;
    if kernel.container()?.name != UKI {
        return Ok(Vec::new());
    }
    let platform = bundle.platform()?;
    let others: Vec<String> = [("initrd", ".initrd"), ("cmdline", ".cmdline")]
        .into_iter()
        .filter(|(_, section)| {
            kernel
                .header()
                .is_ok_and(|header| header.sections.iter().any(|found| found.name == *section))
        })
        .map(|(part, _)| format!(", and --to {part}"))
        .collect();
    Ok(vec![UKI_NOT_ACCEPTED.finding(
        "The file is a unified kernel image: an EFI program that contains a kernel.",
        format!(
            "{} loads kernels without firmware and does not look inside.",
            bundle.target.title
        ),
        format!(
            "Extract its parts: {}{}.",
            extract_command(bundle, platform),
            others.concat()
        ),
    )])
}
