//! KC605: the loader that init asks for is not on the root.

use super::super::{Belief, Cause, Says, Tell};
use super::{message, refusal};
use crate::bundle::{Bundle, InitFault};
use crate::bytes::escaped;
use crate::console::{Clues, InitFailure};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{Tree, resolve};
use crate::userland::Trouble;
use crate::userland::trouble::LoaderFault;

/// The cause.
pub static INIT_LOADER_MISSING: Cause = Cause {
    code: Code(605),
    name: "init-loader-missing",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The loader that init names in PT_INTERP is not on the root, or cannot be executed.",
    explanation: "A program that is linked dynamically names the loader that maps its libraries: \
        /lib/ld-musl-‹machine›.so.1 where it was built for musl, as on Alpine, and \
        /lib64/ld-linux-x86-64.so.2 or /lib/ld-linux-aarch64.so.1 where it was built for glibc, as \
        on Debian and Fedora. The kernel opens that file itself. Where it is not there, the answer \
        is -2, no such file, although the program is there: the usual sign of a program for glibc \
        on a root with musl, or the other way round.",
    fix: "Use a program that is linked statically or built for the root's C library, or install the loader.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init= and a program that is there",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which says nothing of such a program without init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, behind all that it tried before",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -5)",
            by: "Linux, init/main.c, without init=, where the loader breaks off",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -5).",
            by: "Linux since 4.0, init/main.c, with init=, where the loader breaks off",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -13)",
            by: "Linux, init/main.c, without init=, where the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -13).",
            by: "Linux since 4.0, init/main.c, with init=, where the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, where what leads to the loader is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, where what leads to the loader is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, where what leads to the loader is no directory",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -80)",
            by: "Linux, init/main.c, without init=, where the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -80).",
            by: "Linux since 4.0, init/main.c, with init=, where the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, of a program that is there",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -5)",
            by: "the init that `initramfs build` makes, where the loader breaks off",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -13)",
            by: "the init that `initramfs build` makes, where the loader is not executable",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -80)",
            by: "the init that `initramfs build` makes, where the loader is damaged",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, of an initramfs, of a program that is there",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': I/O error",
            by: "BusyBox's switch_root, of an initramfs and musl, where the loader breaks off",
            says: Says::Perhaps,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Permission denied",
            by: "BusyBox's switch_root, of an initramfs, where the loader is not executable",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux fs/binfmt_elf.c, load_elf_binary",
        "ELF gABI, PT_INTERP",
        "musl ldso/dynlink.c; glibc shlib-versions",
    ],
    check: Some(check),
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

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(trouble) = bundle.init_trouble()? else {
        return Ok(Vec::new());
    };
    let InitFault::Program(fault) = &trouble.fault else {
        return Ok(Vec::new());
    };
    let loader = match fault {
        Trouble::LoaderMissing { loader, .. } => loader,
        Trouble::LoaderUnusable {
            fault: LoaderFault::WrongMachine { .. },
            ..
        } => return Ok(Vec::new()),
        Trouble::LoaderUnusable {
            loader,
            fault: loader_fault,
            ..
        } => {
            let loader = escaped(loader);
            let fix = match loader_fault {
                LoaderFault::NotExecutable(_) => {
                    format!("Put the loader in the place of {loader}, with mode 755.")
                }
                _ => format!("Install {loader} anew."),
            };
            return Ok(vec![INIT_LOADER_MISSING.finding(
                message(trouble, fault),
                refusal(bundle, trouble)?,
                fix,
            )]);
        }
        _ => return Ok(Vec::new()),
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
    Ok(vec![INIT_LOADER_MISSING.finding(
        message(trouble, what),
        refusal(bundle, trouble)?,
        fix,
    )])
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
