//! KC911: init is started, and nothing of userspace is seen.

use super::super::Cause;
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
    summary: "Init was started, or a shell in its place, and nothing shows that userspace was \
        reached.",
    explanation: "The kernel has done its part: it started init. Whether the system then lives, only \
        its own output can tell: a banner of OpenRC, systemd or BusyBox, a prompt, or a line \
        of your own. An init that prints to another console, that waits, or that was \
        replaced by a rescue shell shows none. It is known only by booting.",
    fix: "Let init print a line, and name it with --expect; see that the last console= is the \
        one that is read.",
    tells: &[],
    sources: &["Linux init/main.c, kernel_init"],
    check: None,
};
