//! KC614: init is started, and lacks the files by which it brings up its first target.

use super::super::{Belief, Cause, Check, Says, Tell, capital};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::system::Missed;

/// The cause.
pub static FIRST_TARGET_UNREACHABLE: Cause = Cause {
    code: Code(614),
    name: "first-target-unreachable",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init starts, but the files of its first target are missing.",
    explanation: "A started init is not a started system. systemd loads default.target and every \
        unit that it requires; without them it falls back to a rescue shell, or freezes. busybox's \
        init runs the entries of /etc/inittab, runit the stages /etc/runit/1 and /etc/runit/2, and \
        s6-linux-init its run-image. If the files of such an init are missing, the kernel boots, \
        but no login appears.",
    fix: "Install the files of the init system on the root.",
    tells: &[
        Tell {
            text: "Failed to load default target",
            by: "systemd, before 239",
            says: Says::When(on_root),
        },
        Tell {
            text: "Falling back to rescue.target.",
            by: "systemd, if default.target is missing or masked",
            says: Says::When(on_root),
        },
        Tell {
            text: "Failed to load rescue.target",
            by: "systemd, if that is missing too",
            says: Says::When(on_root),
        },
        Tell {
            text: "Failed to isolate default target",
            by: "systemd, if a unit that it requires is missing or masked",
            says: Says::When(on_root),
        },
        Tell {
            text: "Failed to start default target",
            by: "systemd, if a unit that it requires is missing or masked",
            says: Says::When(on_root),
        },
        Tell {
            text: "systemd[1]: Freezing execution",
            by: "systemd, for every fatal error",
            says: Says::Aside,
        },
        Tell {
            text: "runit: fatal: unable to start child: ",
            by: "runit, if a stage cannot be executed",
            says: Says::It,
        },
    ],
    sources: &[
        "systemd 252 src/core/main.c, do_queue_default_job; src/core/transaction.c",
        "busybox 1.36 init/init.c, parse_inittab and init_exec",
        "runit 2.1 runit.c; s6-linux-init 1.1 s6-linux-init.c",
    ],
    check: Check::Boot,
};

/// The finding about what an init lacks for its first target.
pub(crate) fn of(missed: &Missed) -> Finding {
    FIRST_TARGET_UNREACHABLE.finding(
        format!("{}.", missed.what),
        capital(&format!("{}.", missed.then)),
        format!("{}.", missed.fix),
    )
}

/// systemd of the root, not of an initramfs.
fn on_root(clues: &Clues) -> Belief {
    Belief::Certain.only_if(!clues.is_in_initramfs())
}
