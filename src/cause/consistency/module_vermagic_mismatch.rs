//! KC705: a module was built for another kernel.

use super::super::{Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter, Supply};
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
    summary: "A kernel module's version magic is not that of the kernel.",
    explanation: "Every module carries the release of the kernel that it was built for and the \
        settings that change how kernel and module fit together: SMP, preemption, unloading, \
        versions of symbols. The kernel compares the whole text and refuses a module that \
        differs; with CONFIG_MODVERSIONS it leaves the release out and compares the \
        checksums of symbols instead.",
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
    check: Some(check),
};

/// Modules of the root by which all of it is judged; the first that is there.
const SAMPLES: [&str; 5] = ["virtio_net", "virtio_blk", "virtio_rng", "ext4", "overlay"];

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let release = bundle.kernel()?.release()?;
    if let Some(finding) = of_initramfs(bundle, &release)? {
        return Ok(vec![finding]);
    }
    Ok(of_root(bundle, &release)?.into_iter().collect())
}

/// The modules that the initramfs loads for the root.
fn of_initramfs(bundle: &Bundle, release: &str) -> Result<Option<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(None);
    };
    let Mounter::Initramfs(_) = bundle.mounter()? else {
        return Ok(None);
    };
    let Some(modules) = bundle.archive_modules()? else {
        return Ok(None);
    };
    let archive = initramfs.archive()?;
    for option in bundle.root_drivers()? {
        let Supply::Module { name } = bundle.supply(option)? else {
            continue;
        };
        for name in modules.closure(archive, name)?.order {
            let Some(module) = modules.get(&name) else {
                continue;
            };
            if let Some(differs) = difference(bundle, archive, module, release)? {
                return Ok(Some(MODULE_VERMAGIC_MISMATCH.finding(
                    format!("{name} in the initramfs, which the root needs, {}.", differs.message),
                    format!(
                        "The kernel says \"{name}: version magic '{}' should be …\" and refuses it, so that the root is never mounted.",
                        differs.vermagic
                    ),
                    format!("Make the initramfs from the modules that were built with {release}."),
                )));
            }
        }
    }
    Ok(None)
}

/// The modules on the root, by one of them.
fn of_root(bundle: &Bundle, release: &str) -> Result<Option<Finding>> {
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
            "The kernel refuses the modules of the root; the boot goes on without them.",
            format!("Install the modules that were built with {release} into the root."),
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
