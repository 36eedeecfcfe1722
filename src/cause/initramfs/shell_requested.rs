//! KC312: the command line asks the init of the initramfs for a shell.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static SHELL_REQUESTED: Cause = Cause {
    code: Code(312),
    name: "shell-requested",
    stage: Stage::Initramfs,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The command line requests a shell of the initramfs, and the boot stops there.",
    explanation: "Parameters such as break= (initramfs-tools), rd.break (dracut) and single \
        (mkinitfs) make the init of the initramfs start a shell. The boot waits for input on the \
        console, and the init of the root does not start. After `exit` the boot continues.",
    fix: "Remove the parameter, or leave the shell with `exit`.",
    tells: &[
        Tell {
            text: "Spawning shell within the initramfs",
            by: "initramfs-tools, with break=",
            says: Says::It,
        },
        Tell {
            text: "Entering single mode. Type 'exit' to continue booting.",
            by: "Alpine's init, with single",
            says: Says::It,
        },
        Tell {
            text: "Break before ‹mount›",
            by: "dracut, with rd.break",
            says: Says::When(asked),
        },
    ],
    sources: &[
        "initramfs-tools 0.142 init and scripts/functions, maybe_break",
        "dracut 059 modules.d/99base/init.sh",
        "mkinitfs 3.13 initramfs-init.in, SINGLEMODE",
    ],
    check: Check::Boot,
};

/// The finding about a word that the init of this generator takes for such a request.
pub(crate) fn of(generator: &str, word: &str) -> Finding {
    SHELL_REQUESTED.finding(
        format!("{word} asks the initramfs by {generator} for a shell."),
        "The boot stops in that shell, which waits for input; the init of the root does not start.",
        format!("Remove {word}, or leave the shell with `exit`."),
    )
}

fn asked(clues: &Clues) -> Belief {
    Belief::Certain.only_if(clues.is_in_initramfs())
}
