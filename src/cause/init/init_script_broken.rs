//! KC606: init is a script that the kernel does not run, or a file of no format at all.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::script::LineFault;
use crate::userland::{InitFault, InitTrouble, NotExecutable, ScriptTrouble, Trouble};

/// The cause.
pub static INIT_SCRIPT_BROKEN: Cause = Cause {
    code: Code(606),
    name: "init-script-broken",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init is a script whose first line the kernel cannot use, or neither a script nor a \
        program.",
    explanation: "The kernel runs a script by its first line: #! in the first two bytes of the \
        file, the path of an interpreter, and at most one argument, within 256 bytes. A line that \
        ends with CR LF, as editors on Windows write it, names /bin/sh\\r, which does not exist. A \
        byte order mark or a blank before #! gives the file an unknown format. An interpreter may \
        be a script itself, but only five levels deep. A shell is more tolerant, so such a file \
        seems to work until it is init.",
    fix: "Begin the file with #! and the path of an interpreter that is on the root, with Unix line ends.",
    tells: &[
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -8)",
            by: "Linux, init/main.c, if the file has no known format",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, if the interpreter is missing",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -8).",
            by: "Linux since 4.0, init/main.c, with init=, if the file has no known format",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which prints nothing about such a script without \
                init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, after its other candidates",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -13)",
            by: "Linux, init/main.c, without init=, if the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -13).",
            by: "Linux since 4.0, init/main.c, with init=, if the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, if a parent of the interpreter is not a \
                directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, if a parent of the interpreter is not a \
                directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, if a parent of the interpreter is not a \
                directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -40)",
            by: "Linux, init/main.c, without init=, if scripts are nested six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -40).",
            by: "Linux since 4.0, init/main.c, with init=, if scripts are nested six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -8)",
            by: "the init that `initramfs build` makes, if the file has no known format",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, if the interpreter is missing",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -13)",
            by: "the init that `initramfs build` makes, if the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -40)",
            by: "the init that `initramfs build` makes, if scripts are nested six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Exec format error",
            by: "BusyBox's switch_root, in an initramfs, if the file has no known format",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, in an initramfs, if the interpreter is missing",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Permission denied",
            by: "BusyBox's switch_root, in an initramfs, if the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Symbolic link loop",
            by: "BusyBox's switch_root, in an initramfs and musl, if scripts are nested six deep",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux fs/binfmt_script.c, load_script",
        "Linux fs/exec.c, exec_binprm",
    ],
    check: Check::Boot,
};

/// The finding about a script that does not run; `then` is what happens.
pub(crate) fn of(trouble: &InitTrouble, then: &str) -> Option<Finding> {
    let (what, fix) = match &trouble.fault {
        InitFault::Program(fault @ Trouble::Script(script)) => (fault.to_string(), repair(script)),
        InitFault::Program(fault @ Trouble::NoFormat { path, first_bytes }) => {
            let path = escaped(path);
            if first_bytes.is_empty() {
                (
                    format!("{path} is empty"),
                    format!("Install {path} again: the file is empty."),
                )
            } else {
                (
                    fault.to_string(),
                    format!("Begin {path} with #!/bin/sh if it is a script, or install it again."),
                )
            }
        }
        InitFault::Option("BINFMT_SCRIPT") => (
            "it is a script, which this kernel does not run without CONFIG_BINFMT_SCRIPT"
                .to_owned(),
            "Use a kernel with CONFIG_BINFMT_SCRIPT=y, or a compiled program as init.".to_owned(),
        ),
        _ => return None,
    };
    Some(INIT_SCRIPT_BROKEN.finding(message(trouble, what), then, fix))
}

fn repair(trouble: &ScriptTrouble) -> String {
    match trouble {
        ScriptTrouble::Line { script, fault } => match fault {
            LineFault::NoInterpreter => format!(
                "Name an interpreter in the first line of {}, such as #!/bin/sh.",
                escaped(script)
            ),
            LineFault::TooLong => format!(
                "Shorten the first line of {} to less than 256 bytes.",
                escaped(script)
            ),
        },
        ScriptTrouble::NotAtStart { script, .. } => {
            format!("Begin {} with #! in its first two bytes.", escaped(script))
        }
        ScriptTrouble::InterpreterMissing {
            script,
            carriage_return: true,
            ..
        } => format!(
            "Give {} Unix line ends, for example with sed -i 's/\\r$//'.",
            escaped(script)
        ),
        ScriptTrouble::InterpreterMissing { interpreter, .. } => format!(
            "Install {} on the root, or name an interpreter that exists.",
            escaped(interpreter)
        ),
        ScriptTrouble::InterpreterNotExecutable {
            interpreter, why, ..
        } => match why {
            NotExecutable::NoExecuteBit { .. } => {
                format!("Run chmod 755 on {} of the root.", escaped(interpreter))
            }
            _ => format!("Put a program at {}.", escaped(interpreter)),
        },
        ScriptTrouble::TooDeep { script } => format!(
            "Name a compiled program as the interpreter of {}.",
            escaped(script)
        ),
    }
}

/// One file of no format may be a script without its first line.
fn weigh(clues: &Clues) -> Belief {
    match super::formatless(clues) {
        1 => Belief::Likely,
        _ => Belief::Possible,
    }
}
