//! KC904: a CPU or a task hangs.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static LOCKUP: Cause = Cause {
    code: Code(904),
    name: "lockup",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A CPU or a task of the guest hangs.",
    explanation: "The kernel's watchdogs report a CPU that runs one piece of work for twenty \
        seconds (soft lockup), a CPU that does not answer the timer (hard lockup, RCU stall), and \
        a task that waits for two minutes (hung task), usually for a disk that does not answer. On \
        an overloaded host, or one that emulates the guest, these lines also appear without a \
        defect. It is known only from a boot.",
    fix: "Look at the call trace for the work of the CPU or the task. Give the guest fewer CPUs or \
        a less busy host, and check that the disk's file is readable.",
    tells: &[
        Tell {
            text: "BUG: soft lockup - CPU",
            by: "Linux, kernel/watchdog.c; since 4.18 with watchdog: before it",
            says: Says::When(weigh),
        },
        Tell {
            text: "detected stalls on CPUs/tasks",
            by: "Linux, kernel/rcu/tree_stall.h",
            says: Says::When(weigh),
        },
        Tell {
            text: "self-detected stall on CPU",
            by: "Linux, kernel/rcu/tree_stall.h",
            says: Says::When(weigh),
        },
        Tell {
            text: "blocked for more than ‹120› seconds.",
            by: "Linux, kernel/hung_task.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Watchdog detected hard LOCKUP on cpu",
            by: "Linux, kernel/watchdog.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: softlockup: hung tasks",
            by: "Linux, with softlockup_panic",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: hung_task: blocked tasks",
            by: "Linux, with hung_task_panic",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: Hard LOCKUP",
            by: "Linux, with hardlockup_panic",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: RCU Stall",
            by: "Linux, with panic_on_rcu_stall",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux Documentation/admin-guide/lockup-watchdogs.rst",
        "Linux Documentation/RCU/stallwarn.rst",
        "Linux kernel/hung_task.c, check_hung_task",
    ],
    check: Check::Running,
};

/// What hung for a while and went on is no end.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::Lockup) => Belief::Likely,
        _ => Belief::Possible,
    }
}
