//! KC611: init is started, and ends.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INIT_EXITS: Cause = Cause {
    code: Code(611),
    name: "init-exits",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init ended, and the kernel panics without it.",
    explanation: "The first process must run as long as the machine. If it exits, or a signal ends \
        it, the kernel panics: \"Attempted to kill init!\". The number after exitcode= shows how \
        it ended: the exit status is in the second byte, a signal in the lowest seven bits. \
        0x00000000 is a script that reached its end, 0x00000100 an error in it, 0x00007f00 a \
        program or a library that was not found, 0x0000000b an invalid memory access. An initramfs \
        whose init cannot mount the root often ends this way, too. Files do not show this: it is \
        known only from a boot.",
    fix: "Look at the output of init before the panic. End a script with exec of a program that \
        keeps running, or with poweroff -f. Start the machine with init=/bin/sh to try its \
        commands by hand.",
    tells: &[
        Tell {
            text: "Attempted to kill init!",
            by: "Linux, kernel/exit.c, every version; since 3.1 with exitcode= after it",
            says: Says::When(weigh),
        },
        Tell {
            text: "Attempted to kill ‹init!› exitcode=0x‹00000100›",
            by: "Linux, kernel/exit.c, with another line in between",
            says: Says::When(weigh),
        },
        Tell {
            text: "[1]: segfault at ‹0› ip",
            by: "Linux, arch/*/mm/fault.c: process 1, whose end is the kernel's",
            says: Says::When(crashes),
        },
        Tell {
            text: "Error: ‹No such file or directory› (os error ‹2›)",
            by: "an init in Rust, whose main returns it: Kata's agent",
            says: Says::When(returns),
        },
        Tell {
            text: "thread 'main' panicked at",
            by: "an init in Rust",
            says: Says::When(returns),
        },
        Tell {
            text: "panic: runtime error: ‹…›",
            by: "an init in Go",
            says: Says::When(returns),
        },
    ],
    sources: &[
        "Linux kernel/exit.c, do_exit",
        "wait(2), exit status",
        "arighi/virtme-ng issue 217",
    ],
    check: Check::Running,
};

/// Any init may end so: what tells why comes first.
fn weigh(clues: &Clues) -> Belief {
    match clues.init_ended {
        Some(_) => Belief::Likely,
        None => Belief::No,
    }
}

/// systemd catches the signal, and freezes.
fn crashes(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.end != Some(EndKind::Frozen))
}

/// Any program may say so: it was init where nothing follows.
fn returns(clues: &Clues) -> Belief {
    let has_init = clues.ran_initramfs || clues.has_reached(Stage::Init);
    Belief::Possible.only_if(has_init && !clues.has_reached(Stage::Userspace))
}
