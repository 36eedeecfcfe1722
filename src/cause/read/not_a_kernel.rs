//! KC001: the file is something else than a Linux kernel.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::{Error, Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NOT_A_KERNEL: Cause = Cause {
    code: Code(1),
    name: "not-a-kernel",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The file has no known container of a Linux kernel, or its content is not Linux.",
    explanation: "kelpie-check recognises a kernel by the header of its container and, after \
        decoding, by its banner (\"Linux version …\"). Other programs use the same headers: \
        memtest86+, iPXE and memdisk have the x86 boot header, Xen and U-Boot the arm64 one. Often \
        a download failed: the file is a Git LFS pointer, an HTML error page, or empty.",
    fix: "Fetch the kernel image again, or give the file to the subcommand that reads its kind.",
    tells: &[Tell {
        text: "Kernel Loader: Invalid Elf magic number",
        by: "VMMs on the linux-loader crate, x86 (0.13.2)",
        says: Says::Perhaps,
    }],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst",
        "Linux Documentation/arch/arm64/booting.rst",
        "Linux init/version.c",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let kernel = bundle.kernel()?;
    let foreign = match kernel.header().and_then(|_| kernel.chain()) {
        Err(error) if error.kind() == Kind::Unrecognised => Some(error),
        Err(error) => return Err(error),
        Ok(chain) => match &chain.end {
            Err(error) if error.kind() == Kind::Unrecognised => Some(error.clone()),
            Err(error) => return Err(error.clone()),
            Ok(_) => None,
        },
    };
    if let Some(error) = foreign {
        return Ok(vec![found(&error)]);
    }
    match kernel.banner() {
        Err(error) if error.kind() == Kind::Absent => Ok(vec![NOT_A_KERNEL.finding(
            "The image decodes, but contains no \"Linux version\" banner.",
            "If it starts, it is not a Linux kernel.",
            "Check the origin of the file; every Linux kernel contains its banner.",
        )]),
        Err(error) => Err(error),
        Ok(_) => Ok(Vec::new()),
    }
}

fn found(error: &Error) -> Finding {
    let layer = error
        .layer()
        .map(|layer| format!("The {layer}"))
        .unwrap_or_else(|| "The file".to_owned());
    NOT_A_KERNEL
        .finding(
            format!("{layer} is not a Linux kernel image: {}.", error.found()),
            "No VMM can start it as a kernel.",
            error.hint().unwrap_or(
                "Give the kernel image itself: vmlinuz, bzImage, Image, vmlinux or a UKI.",
            ),
        )
        .at(error)
}
