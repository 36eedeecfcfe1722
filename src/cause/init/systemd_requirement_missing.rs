//! KC613: init is systemd, and the kernel lacks an option that systemd requires.

use super::super::needed::settings;
use super::super::{Belief, Cause, Check, Says, Tell, listed};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static SYSTEMD_REQUIREMENT_MISSING: Cause = Cause {
    code: Code(613),
    name: "systemd-requirement-missing",
    stage: Stage::Init,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The init of the root is systemd, and the kernel lacks an option that systemd requires.",
    explanation: "systemd mounts /proc, /sys, /dev, /run and the control groups first. Then it \
        opens an epoll, a signalfd, timerfds, an inotify and the sockets by which services report \
        to it. If one of them is missing, it prints an error and freezes: the machine keeps \
        running, but no service starts. A kernel configured from tinyconfig lacks most of these \
        options.",
    fix: "Build the kernel with the options that systemd's README lists as required, or use another init.",
    tells: &[
        Tell {
            text: "systemd[1]: Failed to mount ‹tmpfs› at ‹/sys/fs/cgroup›: ‹No such file or directory›",
            by: "systemd, if the kernel lacks a file system that it mounts",
            says: Says::When(on_root),
        },
        Tell {
            text: "Failed to mount API filesystems",
            by: "systemd, if the kernel lacks a file system that it mounts",
            says: Says::When(on_root),
        },
        Tell {
            text: "systemd[1]: Failed to allocate manager object: Function not implemented",
            by: "systemd, if the kernel lacks a system call that it needs",
            says: Says::It,
        },
        Tell {
            text: "systemd[1]: Failed to allocate notification socket: Address family not supported by protocol",
            by: "systemd, if the kernel lacks CONFIG_UNIX",
            says: Says::It,
        },
        Tell {
            text: "systemd[1]: Freezing execution",
            by: "systemd, for every fatal error",
            says: Says::Aside,
        },
        Tell {
            text: "Failed to allocate manager object: Function not implemented",
            by: "systemd, in a journal",
            says: Says::It,
        },
        Tell {
            text: "Failed to allocate notification socket: Address family not supported by protocol",
            by: "systemd, in a journal",
            says: Says::It,
        },
    ],
    sources: &[
        "systemd 252 README, REQUIREMENTS",
        "systemd 252 src/shared/mount-setup.c, mount_table; src/core/manager.c, manager_new",
    ],
    check: Check::Boot,
};

/// Without each of these systemd 252 freezes.
const REQUIRED: [&str; 10] = [
    "CGROUPS",
    "DEVTMPFS",
    "EPOLL",
    "INOTIFY_USER",
    "PROC_FS",
    "SIGNALFD",
    "SYSFS",
    "TIMERFD",
    "TMPFS",
    "UNIX",
];

/// The finding about what this kernel lacks of it. An error if that is not known.
pub(crate) fn of(bundle: &Bundle) -> Result<Option<Finding>> {
    let mut off = Vec::new();
    let mut unknown = None;
    for option in REQUIRED {
        let why = match bundle.driver(option)? {
            Driver::BuiltIn => continue,
            Driver::Absent => {
                off.push(option);
                continue;
            }
            // systemd loads unix.ko from the root, where that has it.
            Driver::Module | Driver::NotBuiltIn => "it is a module, or does not exist".to_owned(),
            Driver::Unknown(why) => why.to_owned(),
        };
        unknown.get_or_insert(Error::unsupported(option, why));
    }
    // systemd 252 starts without it, although its README requires it.
    if !matches!(bundle.driver("FHANDLE")?, Driver::BuiltIn) {
        let why = "what systemd does without it".to_owned();
        unknown.get_or_insert(Error::unsupported("FHANDLE", why));
    }
    if off.is_empty() {
        return unknown.map_or(Ok(None), Err);
    }
    Ok(Some(SYSTEMD_REQUIREMENT_MISSING.finding(
        format!(
            "The init of the root is systemd, and this kernel was built without {}.",
            listed(&off)
        ),
        "systemd prints an error and freezes.",
        format!("Build with {}, or use another init.", settings(&off)),
    )))
}

/// systemd of the root, not of an initramfs.
fn on_root(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.is_in_initramfs())
}
