//! KC305: the modules in the initramfs are another kernel's.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MODULES_FOR_ANOTHER_KERNEL: Cause = Cause {
    code: Code(305),
    name: "modules-for-another-kernel",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs has kernel modules, but none for the release of this kernel.",
    explanation: "modprobe looks for modules in /lib/modules, in the directory with the name of \
        the running kernel's release. An initramfs for another release has no such directory, even \
        if only the build of the same version differs. A module of another release would be \
        refused for its version magic.",
    fix: "Build the initramfs for the release of the kernel that boots.",
    tells: &[
        Tell {
            text: "modprobe: FATAL: Module ‹…› not found in directory /lib/modules/‹release›",
            by: "kmod",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "modprobe: can't change directory to '‹release›': No such file or directory",
            by: "BusyBox",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: No such device",
            by: "BusyBox, if modprobe is called with -q",
            says: Says::When(silently),
        },
        Tell {
            text: "version magic '‹a›' should be '‹b›'",
            by: "Linux, if modules are loaded by path",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "disagrees about version of symbol ‹module_layout›",
            by: "Linux with MODVERSIONS, kernel/module/version.c",
            says: Says::When(in_initramfs),
        },
    ],
    sources: &["Linux kernel/module/main.c, check_modinfo", "modprobe(8)"],
    check: Check::Boot,
};

/// The finding about an initramfs for other releases. `needed` are the modules that the root needs.
pub(crate) fn of(
    bundle: &Bundle,
    releases: &[String],
    release: &str,
    needed: &[&str],
) -> Result<Finding> {
    let (severity, consequence) = if needed.is_empty() {
        (
            Severity::Warn,
            "The initramfs loads no modules; the drivers of the root are built in.".to_owned(),
        )
    } else {
        (
            Severity::Fatal,
            format!(
                "The initramfs cannot load {}, and never mounts the root.",
                super::listed(needed)
            ),
        )
    };
    let command = super::needed_module_missing::make(bundle, release)?;
    Ok(MODULES_FOR_ANOTHER_KERNEL
        .finding(
            format!(
                "The initramfs has modules for {}, but the kernel is {release}.",
                super::listed(releases)
            ),
            consequence,
            format!("Build the initramfs for this kernel: `{command}`."),
        )
        .with_severity(severity))
}

/// Modules that the root brings are another matter.
fn in_initramfs(clues: &Clues) -> Belief {
    if clues.has_reached(Stage::RootMount) {
        Belief::No
    } else {
        Belief::Likely
    }
}

/// A module is missing, and nothing says of which kernel's are there.
fn silently(clues: &Clues) -> Belief {
    Belief::Possible.only_if(clues.is_in_initramfs())
}
