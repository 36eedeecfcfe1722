//! KC101: the kernel is for another machine.

use super::super::{Cause, Check, Says, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static WRONG_ARCHITECTURE: Cause = Cause {
    code: Code(101),
    name: "wrong-architecture",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel is not for the architecture of the virtual machine.",
    explanation: "A VMM on KVM or Apple's hypervisor runs only the host's own architecture. \
        libkrun does not check the kernel's: on arm64 it copies the file to memory and runs its \
        first bytes, and on x86 it ignores e_machine. An x86 kernel on an arm64 host results in a \
        machine that prints nothing.",
    fix: "Use a kernel for the virtual machine's architecture.",
    tells: &[Tell {
        text: "PE Kernel Loader: invalid Image magic number",
        by: "VMMs on the linux-loader crate, arm64 (0.13.2)",
        says: Says::Perhaps,
    }],
    sources: &[
        "Linux include/uapi/linux/elf-em.h",
        "Linux Documentation/arch/arm64/booting.rst",
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel",
        "linux-loader 0.13.2 src/loader/elf/mod.rs, validate_header",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let kernel = bundle.kernel()?.architecture()?;
    let machine = bundle.machine_architecture()?;
    let target = bundle.target;
    if kernel != machine && (kernel, machine) != (Architecture::I386, Architecture::X86_64) {
        return Ok(vec![WRONG_ARCHITECTURE.finding(
            format!("This is a kernel for {kernel}; the virtual machine is {machine}."),
            "The VMM refuses it, or the guest executes invalid instructions and prints nothing.",
            format!("Use a kernel that was built for {machine}."),
        )]);
    }
    if target.platform(machine).is_none() {
        let served: Vec<&str> = target
            .platforms
            .iter()
            .map(|platform| platform.architecture.name())
            .collect();
        return Ok(vec![WRONG_ARCHITECTURE.finding(
            format!(
                "This is a kernel for {kernel}, and {} does not run {machine}.",
                target.title
            ),
            "No machine of this target can start it.",
            format!(
                "Use a kernel for {}, or another --target.",
                served.join(" or ")
            ),
        )]);
    }
    Ok(Vec::new())
}
