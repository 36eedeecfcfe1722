//! KC615: systemd crashed or gave up, and froze.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static SYSTEMD_FROZEN: Cause = Cause {
    code: Code(615),
    name: "systemd-frozen",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "systemd, as init, crashed or could not go on, and froze.",
    explanation: "As process 1, systemd does not exit: after a crash (SEGV, ABRT, an assertion) or an \
        error that it cannot work around it says \"Freezing execution.\" and does nothing more. \
        The machine hangs without a panic. A crash points to a damaged binary or library, to a \
        bug, to memory or CPU errors, or to a kernel that lacks what it was built for. It is \
        known only by booting.",
    fix: "Read the lines before \"Freezing\": they name the signal or the error. Boot with \
        systemd.log_level=debug systemd.log_target=console, try init=/bin/sh to check the files, \
        and systemd.crash_reboot=1 to restart instead.",
    tells: &[
        Tell {
            text: "Freezing execution",
            by: "systemd 215 and later, src/core/main.c, freeze_or_exit_or_reboot",
            says: Says::When(weigh),
        },
        Tell {
            text: "freezing execution",
            by: "systemd 2xx, in lower case",
            says: Says::When(weigh),
        },
        Tell {
            text: "Caught <‹SEGV›>, ‹dumped core as pid 1›",
            by: "systemd, src/core/crash-handler.c, crash",
            says: Says::When(crashed),
        },
        Tell {
            text: "Assertion '‹…›' failed at ‹src/core›, function ‹…›(). Aborting.",
            by: "systemd, src/basic/log.c",
            says: Says::When(crashed),
        },
    ],
    sources: &[
        "systemd 252 src/core/main.c, freeze_or_exit_or_reboot and crash",
        "systemd/systemd issue 7698",
    ],
    check: Check::Running,
};

/// Systemd also freezes for reasons that have causes of their own.
fn weigh(clues: &Clues) -> Belief {
    Belief::Possible.only_if(clues.end == Some(EndKind::Frozen))
}

/// A crash is its own reason.
fn crashed(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.end == Some(EndKind::Frozen))
}
