//! KC904: a CPU or a task hangs.

use super::super::{Belief, Cause, Says, Tell};
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
    explanation: "The kernel's watchdogs tell when a CPU does not get to its other work for twenty \
        seconds (soft lockup), when one does not answer the timer (hard lockup, RCU stall), \
        and when a task waits for two minutes (hung task), most often for a disk that does \
        not answer. On a host that is overloaded or that emulates the guest, the same lines \
        come without any defect. It is known only by booting.",
    fix: "Look at what the CPU or the task was doing, in the call trace; give the guest fewer \
        CPUs or a quieter host, and see that the disk's file answers.",
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
    check: None,
};

/// What hung for a while and went on is no end.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::Lockup) => Belief::Likely,
        _ => Belief::Possible,
    }
}
