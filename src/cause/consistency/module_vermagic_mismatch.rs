//! KC705: a module was built for another kernel.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{Tree, resolve};
use crate::userland::modules::{self, Module, modinfo};

/// The cause.
pub static MODULE_VERMAGIC_MISMATCH: Cause = Cause {
    code: Code(705),
    name: "module-vermagic-mismatch",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A kernel module's version magic differs from that of the kernel.",
    explanation: "Every module contains the release of the kernel that it was built for, and the \
        settings that change its interface: SMP, preemption, unloading, symbol versions. The \
        kernel compares the whole text and refuses a module that differs. With CONFIG_MODVERSIONS, \
        it ignores the release and compares checksums of symbols instead.",
    fix: "Use modules and a kernel of the same build.",
    tells: &[
        Tell {
            text: "‹name›: version magic '‹a›' should be '‹b›'",
            by: "Linux",
            says: Says::Perhaps,
        },
        Tell {
            text: "modprobe: ERROR: could not insert '‹name›': Exec format error",
            by: "kmod",
            says: Says::Perhaps,
        },
    ],
    sources: &["Linux include/linux/vermagic.h; kernel/module/version.c, same_magic"],
    check: Check::Boot,
};

/// Modules of the root by which all of it is judged; the first that is there.
const SAMPLES: [&str; 5] = ["virtio_net", "virtio_blk", "virtio_rng", "ext4", "overlay"];

/// The finding about a module that the initramfs loads for the root.
pub(crate) fn of_initramfs(
    bundle: &Bundle,
    archive: &dyn Tree,
    module: &Module,
    release: &str,
) -> Result<Option<Finding>> {
    let name = &module.name;
    let differs = difference(bundle, archive, module, release)?;
    Ok(differs.map(|differs| {
        MODULE_VERMAGIC_MISMATCH.finding(
        format!("{name} in the initramfs, which the root needs, {}.", differs.message),
        format!(
            "The kernel refuses it with \"{name}: version magic '{}' should be …\", and the root \
                is not mounted.",
            differs.vermagic
        ),
        format!("Build the initramfs from the modules of {release}."),
    )
    }))
}

/// The modules on the root, by one of them.
pub(crate) fn of_root(bundle: &Bundle, release: &str) -> Result<Option<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(None);
    };
    let tree = root.tree()?;
    let Some(modules) = modules::modules(tree, release, &bundle.limits)? else {
        return Ok(None);
    };
    let sample = SAMPLES.iter().find_map(|name| modules.get(name));
    let Some(module) = sample.or_else(|| modules.modules.values().next()) else {
        return Ok(None);
    };
    // What modules.dep lists may not be installed.
    if resolve(tree, &module.path)?.is_err() {
        return Ok(None);
    }
    let Some(differs) = difference(bundle, tree, module, release)? else {
        return Ok(None);
    };
    let mut finding = MODULE_VERMAGIC_MISMATCH
        .finding(
            format!("{} on the root {}.", module.name, differs.message),
            "The kernel refuses the modules of the root; the boot continues without them.",
            format!("Install the modules of {release} into the root."),
        )
        .with_severity(Severity::Warn)
        .about(Role::Rootfs);
    finding.stage = Stage::Userspace;
    Ok(Some(finding))
}

/// How a module differs from the kernel.
struct Difference {
    vermagic: String,
    message: String,
}

fn difference(
    bundle: &Bundle,
    tree: &dyn Tree,
    module: &Module,
    release: &str,
) -> Result<Option<Difference>> {
    if resolve(tree, &module.path)?.is_err() {
        return Ok(None);
    }
    let info = modinfo(tree, &module.path, &bundle.limits)?;
    let Some(vermagic) = info.vermagic.as_deref() else {
        return Ok(None);
    };
    let differs = |message: String| {
        Some(Difference {
            vermagic: vermagic.trim().to_owned(),
            message,
        })
    };
    let mut words = vermagic.split_ascii_whitespace();
    let built_for = words.next().unwrap_or_default();
    let flags: Vec<&str> = words.collect();
    if built_for != release {
        let by_symbols = flags.contains(&"modversions") && bundle.builds_in("MODVERSIONS")?;
        if !by_symbols {
            return Ok(differs(format!(
                "was built for {built_for}, and the kernel is {release}"
            )));
        }
    }
    for (flag, option) in [
        ("SMP", "SMP"),
        ("mod_unload", "MODULE_UNLOAD"),
        ("modversions", "MODVERSIONS"),
        ("preempt_rt", "PREEMPT_RT"),
    ] {
        // What the evidence does not show is left out: the release has been compared.
        let Ok(is_set) = bundle.builds_in(option) else {
            continue;
        };
        if flags.contains(&flag) != is_set {
            let (module, kernel) = if is_set {
                ("without", "with")
            } else {
                ("with", "without")
            };
            return Ok(differs(format!(
                "was built {module} {flag} ({}), and the kernel {kernel} CONFIG_{option}",
                vermagic.trim()
            )));
        }
    }
    Ok(None)
}
