//! KC616: the kernel is older than the C library supports.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static KERNEL_TOO_OLD: Cause = Cause {
    code: Code(616),
    name: "kernel-too-old",
    stage: Stage::Init,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel is older than the C library or the init of the root supports.",
    explanation: "glibc is built for a lowest kernel version (--enable-kernel) and ends every dynamic \
        program at once on an older one. systemd names such a version too, and newer programs \
        use system calls that an old kernel does not have. It is known only by booting.",
    fix: "Boot a newer kernel, or use an older release of the distribution. Under emulation of \
        Linux (gVisor, WSL 1, OpenVZ) the version is that of the emulator.",
    tells: &[
        Tell {
            text: "FATAL: kernel too old",
            by: "glibc, sysdeps/unix/sysv/linux/dl-sysdep.c",
            says: Says::It,
        },
        Tell {
            text: "FATAL: cannot determine kernel version",
            by: "glibc, sysdeps/unix/sysv/linux/dl-sysdep.c",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "glibc 2.36 sysdeps/unix/sysv/linux/dl-sysdep.c, _dl_non_dynamic_init and dl_main",
        "systemd 252 README, REQUIREMENTS",
    ],
    check: Check::Running,
};
