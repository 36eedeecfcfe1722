//! KC910: the machine is gone before userspace was reached.

use super::super::Cause;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static UNCLEAN_EXIT: Cause = Cause {
    code: Code(910),
    name: "unclean-exit",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The machine was gone, or started anew, before anything of userspace was seen.",
    explanation: "A VMM that ends with status 0 proves nothing: a reset, a triple fault and a panic \
        that restarts all end so. Where the console said neither a panic nor that the system \
        restarts, something ended it from outside, or the kernel was reset without a word. \
        It is known only by booting.",
    fix: "Boot with panic=0 so that a panic stays on the console, and without reboot=; look at \
        what the VMM says.",
    tells: &[],
    sources: &[
        "krun-vmm 1.19.7 src/linux/vstate.rs",
        "Linux kernel/panic.c, panic_timeout",
    ],
    check: None,
};
