//! KC901: the kernel panics, and no other cause tells why.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static KERNEL_PANIC: Cause = Cause {
    code: Code(901),
    name: "kernel-panic",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel panicked for a reason without a cause of its own.",
    explanation: "After a panic, the kernel prints the reason in one line, \"Kernel panic - not \
        syncing: …\", and stops, or restarts if panic= is given. Most panics of a boot are about \
        the root or init and have their own causes; this one covers the others. It is known only \
        from a boot.",
    fix: "Read the lines before the panic, and search for its text. Boot with panic=0 and \
        without quiet to see all of them.",
    tells: &[Tell {
        text: "Kernel panic - not syncing: ‹…›",
        by: "Linux, kernel/panic.c, every version",
        says: Says::Perhaps,
    }],
    sources: &["Linux kernel/panic.c, panic"],
    check: Check::Running,
};
