//! KC611: init is started, and ends.

use super::super::{Belief, Cause, Says, Tell};
use crate::console::Clues;
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
    summary: "Init ended by itself, which a kernel does not survive.",
    explanation: "The first process has to live as long as the machine. When it exits, or a signal \
        ends it, the kernel panics: \"Attempted to kill init!\". The number behind exitcode= \
        is how it ended: the status is in the second byte, a signal in the lowest seven \
        bits. 0x00000000 is a script that came to its end, 0x00000100 an error that it met, \
        0x00007f00 a program or a library that was not found, 0x0000000b an access to memory \
        that is not its own. An initramfs whose init can't mount the root often ends so too. \
        Nothing of this can be read off the files: it is known only by booting.",
    fix: "Look at what init printed before the panic. Let a script end in exec of a program \
        that stays, or in poweroff -f; start the machine with init=/bin/sh to try its \
        commands by hand.",
    tells: &[Tell {
        text: "Attempted to kill init!",
        by: "Linux, kernel/exit.c, every version; since 3.1 with exitcode= behind it",
        says: Says::When(weigh),
    }],
    sources: &[
        "Linux kernel/exit.c, do_exit",
        "wait(2), of the status",
        "arighi/virtme-ng issue 217",
    ],
    check: None,
};

/// Any init may end so: what tells why comes first.
fn weigh(clues: &Clues) -> Belief {
    match clues.init_ended {
        Some(_) => Belief::Likely,
        None => Belief::No,
    }
}
