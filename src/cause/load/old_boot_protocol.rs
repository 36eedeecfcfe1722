//! KC109: the x86 boot protocol is older than the target takes.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::printable::shell;
use crate::role::Role;
use crate::stage::Stage;

/// The offset of `version` in a bzImage.
const VERSION_OFFSET: u64 = 0x206;

/// The cause.
pub static OLD_BOOT_PROTOCOL: Cause = Cause {
    code: Code(109),
    name: "old-boot-protocol",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The bzImage's boot protocol lacks the fields that the target reads.",
    explanation: "The x86 boot header grew with time: 2.08 (Linux 2.6.26) states where the payload \
        is, 2.10 how much memory it needs, and 2.12 (3.8) whether there is a 64-bit entry. A VMM \
        that enters a bzImage in 64-bit mode needs 2.12.",
    fix: "Use a newer kernel, or its decompressed ELF: kelpie-check extract KERNEL --to vmlinux.",
    tells: &[
        Tell {
            text: "Kernel Loader: Invalid bzImage",
            by: "VMMs on the linux-loader crate, before 2.00 (0.13.2)",
            says: Says::It,
        },
        Tell {
            text: "linux kernel too old to load a ram disk",
            by: "QEMU, x86, before 2.00 and with an initramfs",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, the table of protocol versions",
        "linux-loader 0.13.2 src/loader/bzimage/mod.rs",
        "Firecracker pull request 6037",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let (Some(needed), Some(found)) = (
        platform.min_boot_protocol,
        bundle.kernel()?.header()?.boot_protocol,
    ) else {
        return Ok(Vec::new());
    };
    if found >= needed || bundle.accepted_form()?.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![
        OLD_BOOT_PROTOCOL
            .finding(
                format!(
                    "The boot protocol is {}.{:02}; {} needs {}.{:02}.",
                    found.0, found.1, bundle.target.title, needed.0, needed.1
                ),
                "The VMM refuses it, or enters it at the wrong address.",
                format!(
                    "Use a newer kernel, or convert it: kelpie-check extract {} --to vmlinux -o vmlinux.",
                    shell::path(bundle.file_name.as_bytes())
                ),
            )
            .at(Place {
                offset: Some(VERSION_OFFSET),
                member: None,
            }),
    ])
}
