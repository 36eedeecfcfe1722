//! KC305: the modules in the initramfs are another kernel's.

use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter, Supply};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::modules;

/// The cause.
pub static MODULES_FOR_ANOTHER_KERNEL: Cause = Cause {
    code: Code(305),
    name: "modules-for-another-kernel",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs has kernel modules, and none for the release of this kernel.",
    explanation: "modprobe looks for modules in /lib/modules, in the directory that is called like the \
        release of the kernel that runs. An initramfs that was made for another release, if \
        only for another build of the same version, has nothing there; and a module of \
        another release would be refused for its version magic.",
    fix: "Make the initramfs for the release of the kernel that is booted.",
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
            by: "BusyBox, where modprobe was asked to be silent",
            says: Says::When(silently),
        },
        Tell {
            text: "version magic '‹a›' should be '‹b›'",
            by: "Linux, where modules are loaded by path",
            says: Says::When(in_initramfs),
        },
    ],
    sources: &["Linux kernel/module/main.c, check_modinfo", "modprobe(8)"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let release = bundle.kernel()?.release()?;
    if bundle.early_init()?.is_none() {
        return Ok(Vec::new());
    }
    let releases = modules::releases(initramfs.archive()?)?;
    if releases.is_empty() || releases.contains(&release) {
        return Ok(Vec::new());
    }
    let mut needed = Vec::new();
    let mut unknown = None;
    if let Mounter::Initramfs(_) = bundle.mounter()? {
        for option in bundle.root_drivers()? {
            match bundle.supply(option) {
                Ok(Supply::NotInInitramfs { name }) => needed.push(name.to_owned()),
                Ok(_) => {}
                Err(error) => unknown = Some(error),
            }
        }
    }
    if let Some(error) = unknown.filter(|_| needed.is_empty()) {
        return Err(error);
    }
    let (severity, consequence) = if needed.is_empty() {
        (
            Severity::Warn,
            "No module of the initramfs is loaded; what the root needs is built in.".to_owned(),
        )
    } else {
        (
            Severity::Fatal,
            format!(
                "The initramfs cannot load {}, and never mounts the root.",
                super::listed(&needed)
            ),
        )
    };
    let command = super::needed_module_missing::make(bundle, &release)?;
    Ok(vec![
        MODULES_FOR_ANOTHER_KERNEL
            .finding(
                format!(
                    "The initramfs has modules for {}, and the kernel is {release}.",
                    super::listed(&releases)
                ),
                consequence,
                format!("Make the initramfs for this kernel: `{command}`."),
            )
            .with_severity(severity),
    ])
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
