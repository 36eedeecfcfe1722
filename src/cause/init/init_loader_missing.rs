//! KC605: the loader that init asks for is not on the root.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::message;
use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::console::{Clues, InitFailure};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{Tree, resolve};
use crate::userland::trouble::LoaderFault;
use crate::userland::{InitFault, InitTrouble, Trouble};

/// The cause.
pub static INIT_LOADER_MISSING: Cause = Cause {
    code: Code(605),
    name: "init-loader-missing",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The loader that init names in PT_INTERP is missing on the root, or cannot be \
        executed.",
    explanation: "A dynamically linked program names the loader that maps its libraries: \
        /lib/ld-musl-‹machine›.so.1 for musl, as on Alpine, and /lib64/ld-linux-x86-64.so.2 or \
        /lib/ld-linux-aarch64.so.1 for glibc, as on Debian and Fedora. The kernel opens that file \
        itself. If it is missing, the error is -2, no such file, although the program exists: the \
        usual sign of a glibc program on a musl root, or the reverse.",
    fix: "Use a statically linked program or a build for the root's C library, or install the \
        loader.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init= and a program that exists",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which prints nothing about such a program without \
                init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, after its other candidates",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -5)",
            by: "Linux, init/main.c, without init=, if the loader is truncated",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -5).",
            by: "Linux since 4.0, init/main.c, with init=, if the loader is truncated",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -13)",
            by: "Linux, init/main.c, without init=, if the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -13).",
            by: "Linux since 4.0, init/main.c, with init=, if the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, if a parent of the loader is not a directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, if a parent of the loader is not a \
                directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, if a parent of the loader is not a \
                directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -80)",
            by: "Linux, init/main.c, without init=, if the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -80).",
            by: "Linux since 4.0, init/main.c, with init=, if the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, of a program that exists",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -5)",
            by: "the init that `initramfs build` makes, if the loader is truncated",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -13)",
            by: "the init that `initramfs build` makes, if the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -80)",
            by: "the init that `initramfs build` makes, if the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, in an initramfs, of a program that exists",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': I/O error",
            by: "BusyBox's switch_root, in an initramfs and musl, if the loader is truncated",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Permission denied",
            by: "BusyBox's switch_root, in an initramfs, if the loader is not executable",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux fs/binfmt_elf.c, load_elf_binary",
        "ELF gABI, PT_INTERP",
        "musl ldso/dynlink.c; glibc shlib-versions",
    ],
    check: Check::Boot,
};

/// Where each C library has its loader.
const LOADERS: [(&str, &[&str]); 2] = [
    (
        "musl",
        &[
            "/lib/ld-musl-x86_64.so.1",
            "/lib/ld-musl-aarch64.so.1",
            "/lib/ld-musl-riscv64.so.1",
            "/lib/ld-musl-armhf.so.1",
            "/lib/ld-musl-i386.so.1",
            "/lib/ld-musl-s390x.so.1",
            "/lib/ld-musl-powerpc64le.so.1",
            "/lib/ld-musl-loongarch64.so.1",
        ],
    ),
    (
        "glibc",
        &[
            "/lib64/ld-linux-x86-64.so.2",
            "/lib/ld-linux-aarch64.so.1",
            "/lib/ld-linux-riscv64-lp64d.so.1",
            "/lib/ld-linux-armhf.so.3",
            "/lib/ld-linux.so.2",
            "/lib/ld64.so.1",
            "/lib64/ld64.so.2",
            "/lib64/ld-linux-loongarch-lp64d.so.1",
        ],
    ),
];

/// The finding about a program without its loader; `then` is what happens.
pub(crate) fn of(bundle: &Bundle, trouble: &InitTrouble, then: &str) -> Result<Option<Finding>> {
    let InitFault::Program(fault) = &trouble.fault else {
        return Ok(None);
    };
    let loader = match fault {
        Trouble::LoaderMissing { loader, .. } => loader,
        Trouble::LoaderUnusable {
            fault: LoaderFault::WrongMachine { .. },
            ..
        } => return Ok(None),
        Trouble::LoaderUnusable {
            loader,
            fault: loader_fault,
            ..
        } => {
            let loader = escaped(loader);
            let fix = match loader_fault {
                LoaderFault::NotExecutable(_) => {
                    format!("Install the loader as {loader}, with mode 755.")
                }
                _ => format!("Install {loader} again."),
            };
            let message = message(trouble, fault);
            return Ok(Some(INIT_LOADER_MISSING.finding(message, then, fix)));
        }
        _ => return Ok(None),
    };
    let wanted = library_of(loader);
    let there = match bundle.root()? {
        Some(root) => there(root.tree()?)?,
        None => None,
    };
    let mut what = fault.to_string();
    if let Some(wanted) = wanted {
        what.push_str(&format!("; it is the loader of {wanted}"));
        if let Some((library, path)) = there.filter(|(library, _)| *library != wanted) {
            what.push_str(&format!(", and the root has that of {library}, {path}"));
        }
    }
    let fix = match (wanted, there) {
        (Some("glibc"), Some(("musl", _))) => {
            "Use a build of it for musl or a static one, or install gcompat on the root.".to_owned()
        }
        (Some(wanted), Some((library, _))) if wanted != library => {
            format!("Use a build of it for {library} or a static one, or install {wanted} too.")
        }
        (Some(wanted), _) => format!("Install {wanted} on the root, or use a static build of it."),
        (None, _) => format!(
            "Install {} on the root, or use a static build of it.",
            escaped(loader)
        ),
    };
    let message = message(trouble, what);
    Ok(Some(INIT_LOADER_MISSING.finding(message, then, fix)))
}

/// The C library whose loader goes by that path.
fn library_of(loader: &[u8]) -> Option<&'static str> {
    let name = loader.rsplit(|byte| *byte == b'/').next()?;
    if name.starts_with(b"ld-musl-") {
        return Some("musl");
    }
    let glibc: [&[u8]; 3] = [b"ld-linux", b"ld64.so", b"ld.so"];
    glibc
        .iter()
        .any(|start| name.starts_with(start))
        .then_some("glibc")
}

/// The first loader that the root has.
fn there(tree: &dyn Tree) -> Result<Option<(&'static str, &'static str)>> {
    for (library, paths) in LOADERS {
        for path in paths {
            if resolve(tree, path.as_bytes())?.is_ok() {
                return Ok(Some((library, path)));
            }
        }
    }
    Ok(None)
}

/// The log can't tell a program that is not there from one whose interpreter is not.
fn weigh(clues: &Clues) -> Belief {
    let is_missing = |failure: &InitFailure| failure.error == Some(-2);
    if clues.init_failures.is_empty() || clues.init_failures.iter().any(is_missing) {
        Belief::Likely
    } else {
        Belief::Possible
    }
}
