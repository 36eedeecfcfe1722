//! KC607: init is started, and cannot be loaded whole.

use super::super::{Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{InitFault, InitTrouble, Loader, Trouble};

/// The cause.
pub static INIT_LIBRARY_MISSING: Cause = Cause {
    code: Code(607),
    name: "init-library-missing",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A library that init needs, directly or indirectly, is missing, too old or \
        incomplete.",
    explanation: "The kernel starts init together with its loader. The loader then looks for each \
        library by its own rules: the directories that the file names, those of its configuration \
        or cache, and its built-in ones. If a library is missing, it prints an error and exits \
        with 127. It is the first process, so the kernel panics at once. A library that is older \
        than the program lacks a version of its symbols (GLIBC_2.38); the loader then exits with \
        1. A truncated file crashes at the same point.",
    fix: "Install the package that contains the library, for the architecture of the program.",
    tells: &[
        Tell {
            text: "error while loading shared libraries: ‹name›: cannot open shared object file: No such file or directory",
            by: "glibc's loader",
            says: Says::It,
        },
        Tell {
            text: "Error loading shared library ‹name›: No such file or directory (needed by ‹path›)",
            by: "musl's loader",
            says: Says::It,
        },
        Tell {
            text: "version `‹name›' not found (required by ‹path›)",
            by: "glibc's loader, of a library that is older than what needs it",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00",
            by: "Linux, kernel/exit.c",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000007",
            by: "Linux, kernel/exit.c, of a program whose end is not in its file (SIGBUS)",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
            by: "Linux, kernel/exit.c, of a program whose entry is no code (SIGSEGV)",
            says: Says::Perhaps,
        },
        Tell {
            text: "can't load library '‹libc.so.0›'",
            by: "uClibc, ldso/ldso/ldso.c",
            says: Says::It,
        },
    ],
    sources: &[
        "glibc elf/dl-load.c; ld.so(8)",
        "musl ldso/dynlink.c",
        "Linux kernel/exit.c, do_exit",
    ],
    check: Check::Boot,
};

const PANIC: &str = "\"Attempted to kill init! exitcode=0x00007f00\"";

/// The finding about a program that starts and that its loader does not load whole.
pub(crate) fn of(trouble: &InitTrouble) -> Option<Finding> {
    let InitFault::Program(fault) = &trouble.fault else {
        return None;
    };
    let (consequence, fix) = match fault {
        Trouble::LibraryMissing {
            name, needed_by, ..
        } => (
            format!(
                "The loader prints {}, and the kernel panics with {PANIC}.",
                said(trouble, name, needed_by)
            ),
            format!(
                "Install {} on the root, for the architecture of {}.",
                escaped(name),
                escaped(needed_by)
            ),
        ),
        Trouble::VersionMissing {
            version,
            library,
            needed_by,
        } => (
            format!(
                "The loader prints \"{}: {}: version `{}' not found (required by {})\", and the \
                    kernel panics with \"Attempted to kill init! exitcode=0x00000100\".",
                escaped(&trouble.program.path),
                escaped(library),
                escaped(version),
                escaped(needed_by)
            ),
            format!(
                "Install a newer {}, or a build of {} for this version.",
                escaped(library),
                escaped(needed_by)
            ),
        ),
        Trouble::LibraryUnusable { path, .. } => (
            format!("The loader refuses it and exits, and the kernel panics with {PANIC}."),
            format!("Install {} again.", escaped(path)),
        ),
        Trouble::Damaged { path, .. } => (
            "It crashes in the damaged part, and the kernel panics with \"Attempted to kill \
                init!\"."
                .to_owned(),
            format!("Install {} again.", escaped(path)),
        ),
        _ => return None,
    };
    Some(INIT_LIBRARY_MISSING.finding(message(trouble, fault), consequence, fix))
}

/// The loader's own line.
fn said(trouble: &InitTrouble, name: &[u8], needed_by: &[u8]) -> String {
    let (name, needed_by) = (escaped(name), escaped(needed_by));
    match trouble.program.loader {
        Some(Loader::Musl { .. }) => format!(
            "\"Error loading shared library {name}: No such file or directory (needed by {needed_by})\""
        ),
        _ => format!(
            "\"error while loading shared libraries: {name}: cannot open shared object file: No \
             such file or directory\""
        ),
    }
}
