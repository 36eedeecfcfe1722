//! KC903: the machine has too little memory for what it does.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static OUT_OF_MEMORY: Cause = Cause {
    code: Code(903),
    name: "out-of-memory",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "Memory ran out while the machine booted.",
    explanation: "If no page can be freed, the kernel kills the process that uses most memory: \
        \"Out of memory: Killed process …\". If there is no process to kill, as with an initramfs \
        that fills the memory, it panics: \"System is deadlocked on memory\". An initramfs needs \
        its unpacked size in addition to its packed size. The memory that a boot needs is known \
        only from a boot.",
    fix: "Give the machine more RAM, or a smaller initramfs.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: System is deadlocked on memory",
            by: "Linux, mm/oom_kill.c, 5.2 and later",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: Out of memory",
            by: "Linux, mm/oom_kill.c: no killable processes, before 5.2; panic_on_oom",
            says: Says::It,
        },
        Tell {
            text: "Out of memory: Kill",
            by: "Linux, mm/oom_kill.c: Kill process before 4.20, Killed process since",
            says: Says::When(weigh),
        },
    ],
    sources: &["Linux mm/oom_kill.c, out_of_memory and oom_kill_process"],
    check: Check::Running,
};

/// One process that was killed is the end only where nothing else is.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::OutOfMemory) => Belief::Certain,
        _ => Belief::Possible,
    }
}
