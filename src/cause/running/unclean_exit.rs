//! KC910: the machine is gone before userspace was reached.

use super::super::{Cause, Check};
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
    summary: "The machine ended or restarted before it showed any output of userspace.",
    explanation: "A VMM that ends with status 0 proves nothing: a reset, a triple fault and a \
        panic that restarts all look the same. If the console shows neither a panic nor a restart, \
        something outside ended the machine, or the kernel was reset silently. It is known only \
        from a boot.",
    fix: "Boot with panic=0 so that a panic stays on the console, and without reboot=. Look at the \
        VMM's messages.",
    tells: &[],
    sources: &[
        "krun-vmm 1.19.7 src/linux/vstate.rs",
        "Linux kernel/panic.c, panic_timeout",
    ],
    check: Check::Running,
};
