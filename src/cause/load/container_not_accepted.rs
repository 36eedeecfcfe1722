//! KC102: the target does not take kernels in this form.

use super::super::{Cause, Tell};
use super::{UKI, extract_command};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

/// The cause.
pub static CONTAINER_NOT_ACCEPTED: Cause = Cause {
    code: Code(102),
    name: "container-not-accepted",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "The target does not unwrap the container or the codec that the kernel comes in.",
    explanation: "Distributions ship kernels for boot loaders and firmware: x86 bzImage, arm64 EFI \
        zboot, compressed by any of seven codecs. A VMM that starts kernels directly takes fewer \
        forms: libkrun, Firecracker and Virtualization.framework want a raw Image on arm64, \
        Firecracker an ELF on x86. Alpine's arm64 kernels have been EFI zboot since 2024, and \
        under a VMM that does not unwrap it the guest runs a firmware program without firmware.",
    fix: "Convert it once: kelpie-check extract KERNEL --to vmlinux (x86) or --to image (arm64, riscv64).",
    tells: &[
        Tell {
            text: "Kernel Loader: Invalid Elf magic number",
            by: "VMMs on the linux-loader crate, x86",
        },
        Tell {
            text: "Kernel Loader: Invalid image magic number",
            by: "VMMs on the linux-loader crate, arm64",
        },
        Tell {
            text: "The supplied kernel format is not supported.",
            by: "libkrun 1.19",
        },
    ],
    sources: &[
        "kelpie-check src/vmm/, a file a target with its own sources",
        "Linux drivers/firmware/efi/libstub/zboot-header.S",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let container = bundle.kernel.container()?;
    if container.name == UKI {
        return Ok(Vec::new());
    }
    let platform = bundle.platform()?;
    let target = bundle.target.title;
    let command = extract_command(bundle, platform);
    let payload = bundle.kernel.header()?.payload.as_ref();
    let codec = payload
        .and_then(|payload| payload.codec())
        .filter(|codec| codec.name != container.name)
        .map(|codec| format!(" with a {} payload", codec.name))
        .unwrap_or_default();
    match bundle.accepted_form()? {
        Some(form) => Ok(form
            .since
            .map(|since| {
                CONTAINER_NOT_ACCEPTED
                    .finding(
                        format!(
                            "It comes as {}{codec}, which {target} takes since {since}.",
                            container.title
                        ),
                        format!("Before that, {}.", platform.refusal),
                        format!("With older versions: {command}."),
                    )
                    .with_severity(Severity::Warn)
            })
            .into_iter()
            .collect()),
        None => {
            let forms: Vec<&str> = platform.accepts.iter().map(|form| form.form).collect();
            Ok(vec![CONTAINER_NOT_ACCEPTED.finding(
                format!(
                    "It comes as {}{codec}; on {} {target} takes {}.",
                    container.title,
                    platform.architecture,
                    forms.join(", ")
                ),
                format!("Given as it is, {}.", platform.refusal),
                format!("{command}."),
            )])
        }
    }
}
