//! KC303: the initramfs has no init.

use super::super::{Belief, Cause, Says, Tell};
use super::initramfs_exceeds_ram;
use crate::bundle::{Bundle, Unpacked};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::initramfs::Archive;
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::resolve;
use crate::userland;

/// The cause.
pub static NO_INIT_IN_INITRAMFS: Cause = Cause {
    code: Code(303),
    name: "no-init-in-initramfs",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs has no /init, or not the program that rdinit= names.",
    explanation: "After unpacking, the kernel looks for /init, or for what rdinit= names. Where that \
        leads nowhere it takes the initramfs for one that only brings files, and goes on to \
        mount root= itself. An archive with a directory above its files, such as \
        ./rootfs/init, has no /init either.",
    fix: "Put an executable /init into the archive, or name the program that is there with \
        rdinit=.",
    tells: &[
        Tell {
            text: "check access for rdinit=‹/init› failed: ‹-2›, ignoring",
            by: "Linux 6.17 and later",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹…›",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for root device ‹…›...",
            by: "Linux, with rootwait",
            says: Says::When(weigh),
        },
    ],
    sources: &["Linux init/main.c, kernel_init_freeable"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.initramfs()?.is_none() {
        return Ok(Vec::new());
    }
    bundle.kernel()?;
    let Unpacked::Tree(archive) = bundle.unpacked()? else {
        return Ok(Vec::new());
    };
    // What lies behind a damage is lost with it: that is another cause.
    let is_cut = archive.problems.iter().any(|problem| problem.fatal_to_rest);
    if is_cut || bundle.early_init()?.is_some() || initramfs_exceeds_ram::is_exceeded(bundle) {
        return Ok(Vec::new());
    }
    let rdinit = bundle.rdinit()?;
    let sequel = super::without_initramfs(bundle)?;
    let errno = match resolve(archive, rdinit.as_bytes())? {
        Ok(_) => return Ok(Vec::new()),
        Err(lost) => lost.errno.number(),
    };
    let says = match bundle.kernel()?.version() {
        Some(version) if version >= SAYS_SINCE => {
            format!(
                "The kernel says \"check access for rdinit={rdinit} failed: -{errno}, ignoring\""
            )
        }
        _ => "The kernel passes over the initramfs without a word".to_owned(),
    };
    Ok(vec![
        NO_INIT_IN_INITRAMFS
            .finding(
                format!("The initramfs has no {rdinit}."),
                format!("{says}; {}.", sequel.then),
                fix(bundle, archive, &rdinit)?,
            )
            .with_severity(sequel.severity),
    ])
}

/// The release that says a word about it.
const SAYS_SINCE: (u16, u16) = (6, 17);

fn fix(bundle: &Bundle, archive: &Archive, rdinit: &str) -> Result<String> {
    for path in ["/init", "/sbin/init"] {
        let machine = bundle.kernel_architecture()?;
        let program = userland::program(archive, path.as_bytes(), machine, &bundle.limits)?;
        if path != rdinit && program.trouble.is_none() {
            return Ok(format!(
                "Put rdinit={path} on the command line, or an executable {rdinit} into the archive."
            ));
        }
    }
    Ok(format!(
        "Put an executable {rdinit} into the top of the archive: `cd ROOT && find . | cpio -o -H newc`."
    ))
}

/// An initramfs was unpacked, and nothing of it was started.
fn weigh(clues: &Clues) -> Belief {
    if clues.has_initramfs && !clues.ran_initramfs && clues.unpacking_failed.is_none() {
        Belief::Certain
    } else {
        Belief::No
    }
}
