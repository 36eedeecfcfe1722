//! KC612: the kernel lacks what nearly every userspace takes for granted.

use super::super::needed::{Needed, settings};
use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MISSING_KERNEL_FEATURE_FOR_INIT: Cause = Cause {
    code: Code(612),
    name: "missing-kernel-feature-for-init",
    stage: Stage::Init,
    role: Role::Kernel,
    severity: Severity::Warn,
    summary: "The kernel lacks FUTEX, EPOLL, POSIX_TIMERS, SHMEM, TMPFS, PROC_FS or SYSFS.",
    explanation: "A kernel configured from tinyconfig returns ENOSYS for system calls that \
        programs expect to work. Threads wait with futexes; event loops, systemd and the runtime \
        of Go use epoll, and Go's runtime exits with status 2 without it. Init systems mount \
        /proc, /sys and a tmpfs on /run first. Only a boot shows if a given init works without \
        them.",
    fix: "Build with CONFIG_FUTEX=y, CONFIG_EPOLL=y, CONFIG_POSIX_TIMERS=y, CONFIG_SHMEM=y, CONFIG_TMPFS=y, CONFIG_PROC_FS=y and CONFIG_SYSFS=y.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200",
            by: "Linux, kernel/exit.c, if init is written in Go",
            says: Says::Aside,
        },
        Tell {
            text: "runtime: epollcreate failed with",
            by: "the runtime of Go",
            says: Says::It,
        },
        Tell {
            text: "traps: systemd[1] general protection fault ‹…› in libc.so.6",
            by: "Linux: the C library gave up by its halting instruction, as where futex(2) is missing",
            says: Says::Mostly,
        },
        Tell {
            text: "The futex facility returned an unexpected error code.",
            by: "glibc, sysdeps/nptl/futex-internal.h",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux init/Kconfig, \"Configure standard kernel features\"",
        "Linux kernel/sys_ni.c",
    ],
    check: Check::Facts(check),
};

const CALLS: [&str; 4] = ["FUTEX", "EPOLL", "POSIX_TIMERS", "SHMEM"];
const FILE_SYSTEMS: [&str; 3] = ["TMPFS", "PROC_FS", "SYSFS"];

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.kernel()?;
    if !has_userspace(bundle)? {
        return Ok(Vec::new());
    }
    let calls = Needed::of(bundle, &CALLS);
    let file_systems = Needed::of(bundle, &FILE_SYSTEMS);
    let off = [calls.off.as_slice(), &file_systems.off].concat();
    if off.is_empty() {
        return match calls.unknown.or(file_systems.unknown) {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        };
    }
    let consequence = if calls.off.is_empty() {
        "The mounts that init makes at its start fail, and so do services that depend on them."
            .to_owned()
    } else {
        "Programs that need them fail at once: with an init in Go, the kernel panics with \
            \"Attempted to kill init! exitcode=0x00000200\"."
            .to_owned()
    };
    Ok(vec![MISSING_KERNEL_FEATURE_FOR_INIT.finding(
        format!("This kernel was built without {}.", off.join(", ")),
        consequence,
        format!("Build with {}.", settings(&off)),
    )])
}

/// Whether anything is to run. An error where nobody said.
fn has_userspace(bundle: &Bundle) -> Result<bool> {
    let root = bundle.root().map(|root| root.is_some());
    let initramfs = bundle.initramfs().map(|initramfs| initramfs.is_some());
    match (root, initramfs) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (root, initramfs) => Ok(root? || initramfs?),
    }
}
