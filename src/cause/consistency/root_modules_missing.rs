//! KC703: the root has no modules for this kernel.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::State;
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::modules;

/// The cause.
pub static ROOT_MODULES_MISSING: Cause = Cause {
    code: Code(703),
    name: "root-modules-missing",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "The kernel has drivers as modules, and the root has no modules for its release.",
    explanation: "After the root is mounted, modules are loaded from its /lib/modules, from the \
        directory with the name of the kernel release. Without it, no driver that is a module can \
        be loaded: networks, further file systems, iptables. Modules that an initramfs loaded stay \
        loaded.",
    fix: "Install the modules of this kernel into the root.",
    tells: &[
        Tell {
            text: "modprobe: FATAL: Module ‹…› not found in directory /lib/modules/‹release›",
            by: "kmod",
            says: Says::Aside,
        },
        Tell {
            text: "modprobe: can't change directory to '‹release›': No such file or directory",
            by: "BusyBox",
            says: Says::Aside,
        },
    ],
    sources: &["modprobe(8)", "Linux Makefile, modules_install"],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    let release = bundle.kernel()?.release()?;
    if !bundle.builds_in("MODULES")? {
        return Ok(Vec::new());
    }
    let there = modules::releases(root.tree()?)?;
    if there.contains(&release) || !has_modular_drivers(bundle)? {
        return Ok(Vec::new());
    }
    let instead = if there.is_empty() {
        "no kernel modules at all".to_owned()
    } else {
        format!("only kernel modules for {}", there.join(", "))
    };
    Ok(vec![ROOT_MODULES_MISSING.finding(
        format!("The root has {instead}, but the kernel is {release}."),
        "Drivers that this kernel has as modules cannot be loaded after the initramfs.",
        format!("Install this kernel's modules into the root, as /lib/modules/{release}."),
    )])
}

/// Whether any driver is a module.
fn has_modular_drivers(bundle: &Bundle) -> Result<bool> {
    let options = &bundle.options()?.options;
    if options.iter().any(|judged| judged.state == State::Module) {
        return Ok(true);
    }
    if matches!(bundle.initramfs(), Ok(Some(_)))
        && bundle
            .archive_modules()?
            .is_some_and(|modules| !modules.modules.is_empty())
    {
        return Ok(true);
    }
    let mut unknown = options
        .iter()
        .filter(|judged| !judged.spec.modules.is_empty())
        .filter(|judged| matches!(judged.state, State::NotYes | State::Unknown));
    match unknown.next() {
        Some(judged) => Err(Error::unsupported(
            judged.spec.name,
            "no evidence shows whether it is a module or absent",
        )),
        None => Ok(false),
    }
}
