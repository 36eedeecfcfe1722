//! KC606: init is a script that the kernel does not run, or a file of no format at all.

use super::super::{Belief, Cause, Says, Tell};
use super::{message, refusal};
use crate::bundle::{Bundle, InitFault};
use crate::bytes::escaped;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::script::LineFault;
use crate::userland::{NotExecutable, ScriptTrouble, Trouble};

/// The cause.
pub static INIT_SCRIPT_BROKEN: Cause = Cause {
    code: Code(606),
    name: "init-script-broken",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init is a script whose first line the kernel cannot follow, or neither a script nor a program.",
    explanation: "The kernel runs a script by its first line: #! in the first two bytes of the \
        file, the path of an interpreter, at most one argument, all within 256 bytes. A line that \
        ends with CR LF, as editors on Windows write it, names /bin/sh\\r, which is not there. A \
        byte order mark or a blank before #! makes the file one of no format. An interpreter may \
        be a script itself, but only five deep. A shell that starts such a file is more forgiving, \
        so that it seems to work until it is init.",
    fix: "Begin the file with #! and the path of an interpreter that is on the root, with Unix line ends.",
    tells: &[
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -8)",
            by: "Linux, init/main.c, where the file is of no format",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, where the interpreter is not there",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -8).",
            by: "Linux since 4.0, init/main.c, with init=, where the file is of no format",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which says nothing of such a script without init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, behind all that it tried before",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -13)",
            by: "Linux, init/main.c, without init=, where the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -13).",
            by: "Linux since 4.0, init/main.c, with init=, where the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, where what leads to the interpreter is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, where what leads to the interpreter is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, where what leads to the interpreter is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -40)",
            by: "Linux, init/main.c, without init=, where scripts interpret scripts, six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -40).",
            by: "Linux since 4.0, init/main.c, with init=, where scripts interpret scripts, six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -8)",
            by: "the init that `initramfs build` makes, where the file is of no format",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, where the interpreter is not there",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -13)",
            by: "the init that `initramfs build` makes, where the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -40)",
            by: "the init that `initramfs build` makes, where scripts interpret scripts, six deep",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Exec format error",
            by: "BusyBox's switch_root, of an initramfs, where the file is of no format",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, of an initramfs, where the interpreter is not there",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Permission denied",
            by: "BusyBox's switch_root, of an initramfs, where the interpreter is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Symbolic link loop",
            by: "BusyBox's switch_root, of an initramfs and musl, where scripts interpret scripts, six deep",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux fs/binfmt_script.c, load_script",
        "Linux fs/exec.c, exec_binprm",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(trouble) = bundle.init_trouble()? else {
        // An option that is not known was taken to be there.
        if let Some(program) = bundle.init()?.and_then(|chain| chain.program()) {
            bundle.runs_script(program)?;
        }
        return Ok(Vec::new());
    };
    let (what, fix) = match &trouble.fault {
        InitFault::Program(fault @ Trouble::Script(script)) => (fault.to_string(), repair(script)),
        InitFault::Program(fault @ Trouble::NoFormat { path, first_bytes }) => {
            let path = escaped(path);
            if first_bytes.is_empty() {
                (
                    format!("{path} is empty"),
                    format!("Install {path} anew: nothing of it was written."),
                )
            } else {
                (
                    fault.to_string(),
                    format!("Begin {path} with #!/bin/sh if it is a script, or install it anew."),
                )
            }
        }
        InitFault::Option("BINFMT_SCRIPT") => (
            "it is a script, which this kernel does not run without CONFIG_BINFMT_SCRIPT"
                .to_owned(),
            "Use a kernel with CONFIG_BINFMT_SCRIPT=y, or a compiled program as init.".to_owned(),
        ),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![INIT_SCRIPT_BROKEN.finding(
        message(trouble, what),
        refusal(bundle, trouble)?,
        fix,
    )])
}

fn repair(trouble: &ScriptTrouble) -> String {
    match trouble {
        ScriptTrouble::Line { script, fault } => match fault {
            LineFault::NoInterpreter => format!(
                "Name an interpreter in the first line of {}, as in #!/bin/sh.",
                escaped(script)
            ),
            LineFault::TooLong => format!(
                "Shorten the first line of {} to less than 256 bytes.",
                escaped(script)
            ),
        },
        ScriptTrouble::NotAtStart { script, .. } => {
            format!(
                "Let {} begin with #! in its first two bytes.",
                escaped(script)
            )
        }
        ScriptTrouble::InterpreterMissing {
            script,
            carriage_return: true,
            ..
        } => format!(
            "Give {} Unix line ends, as sed -i 's/\\r$//' does.",
            escaped(script)
        ),
        ScriptTrouble::InterpreterMissing { interpreter, .. } => format!(
            "Install {} on the root, or name an interpreter that is there.",
            escaped(interpreter)
        ),
        ScriptTrouble::InterpreterNotExecutable {
            interpreter, why, ..
        } => match why {
            NotExecutable::NoExecuteBit { .. } => {
                format!("Run chmod 755 on {} of the root.", escaped(interpreter))
            }
            _ => format!("Put a program in the place of {}.", escaped(interpreter)),
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
