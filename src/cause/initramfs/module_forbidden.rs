//! KC313: the root needs a module that a policy keeps from being loaded.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MODULE_FORBIDDEN: Cause = Cause {
    code: Code(313),
    name: "module-forbidden",
    stage: Stage::Initramfs,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The command line or modprobe.d forbids a module that the root needs.",
    explanation: "The initramfs has the module, but a rule forbids it. The kernel refuses all \
        modules after nomodule or sysctl.kernel.modules_disabled=1, those that module_blacklist= \
        names, and those without a signature under module.sig_enforce=1. modprobe and udev load no \
        driver that modprobe.blacklist= or a `blacklist` line in modprobe.d names, and run the \
        command of an `install` line instead of loading the driver.",
    fix: "Remove the parameter or the line, or use a kernel with the driver built in.",
    tells: &[
        Tell {
            text: "Module ‹virtio_blk› is blacklisted",
            by: "Linux, with module_blacklist=",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "Loading of unsigned module is rejected",
            by: "Linux, with module.sig_enforce=1",
            says: Says::When(in_initramfs),
        },
    ],
    sources: &[
        "Linux kernel/module/main.c, may_init_module and blacklisted",
        "Linux kernel/module/signing.c, module_sig_check",
        "kmod 34 libkmod/libkmod-config.c; modprobe.d(5)",
    ],
    check: Check::Boot,
};

/// The finding about a module that is forbidden by `by`, and that is `name` or needed by it.
pub(crate) fn of(generator: &str, name: &str, module: &str, by: &str) -> Finding {
    let needing = if module == name {
        String::new()
    } else {
        format!(", which {name} needs")
    };
    MODULE_FORBIDDEN.finding(
        format!("{by} forbids the module {module}{needing}."),
        format!("The initramfs by {generator} cannot load it, and never mounts the root."),
        "Remove it, or use a kernel with the driver built in.",
    )
}

fn in_initramfs(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs())
}
