//! KC911: init is started, and nothing of userspace is seen.

use super::super::{Cause, Check};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static USERSPACE_MARKER_MISSING: Cause = Cause {
    code: Code(911),
    name: "userspace-marker-missing",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init or a shell was started, but no output shows that userspace was reached.",
    explanation: "The kernel did its part: it started init. Only the system's own output shows if \
        it works: a banner of OpenRC, systemd or BusyBox, a prompt, or a line of your own. An init \
        that prints to another console, that waits, or that was replaced by a rescue shell shows \
        no such output. It is known only from a boot.",
    fix: "Make init print a line, and name it with --expect. Check that the last console= is the \
        one that you read.",
    tells: &[],
    sources: &["Linux init/main.c, kernel_init"],
    check: Check::Running,
};
