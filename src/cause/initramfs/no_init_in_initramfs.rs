//! KC303: the initramfs has no init.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::Sequel;
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::initramfs::Archive;
use crate::role::Role;
use crate::stage::Stage;
use crate::userland;

/// The cause.
pub static NO_INIT_IN_INITRAMFS: Cause = Cause {
    code: Code(303),
    name: "no-init-in-initramfs",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs has no /init, or lacks the program that rdinit= names.",
    explanation: "After unpacking, the kernel looks for /init, or for the program that rdinit= \
        names. If it does not exist, the kernel uses the initramfs only for its files, and mounts \
        root= itself. An archive with a directory above its files, such as ./rootfs/init, has no \
        /init either.",
    fix: "Put an executable /init into the archive, or name an existing program with rdinit=.",
    tells: &[
        Tell {
            text: "check access for rdinit=‹/init› failed: ‹-2›, ignoring",
            by: "Linux 6.17 and later",
            says: Says::When(is_told),
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
    check: Check::Boot,
};

/// The finding about an archive without the init that the kernel looks for. `errno` is what `access`
/// answers.
pub(crate) fn of(
    bundle: &Bundle,
    archive: &Archive,
    rdinit: &str,
    errno: i32,
    sequel: &Sequel,
) -> Result<Finding> {
    let says = match bundle.kernel()?.version() {
        Some(version) if version >= SAYS_SINCE => {
            format!(
                "The kernel says \"check access for rdinit={rdinit} failed: -{errno}, ignoring\""
            )
        }
        _ => "The kernel ignores the initramfs silently".to_owned(),
    };
    Ok(NO_INIT_IN_INITRAMFS
        .finding(
            format!("The initramfs has no {rdinit}."),
            format!("{says}; {}.", sequel.then),
            fix(bundle, archive, rdinit)?,
        )
        .with_severity(sequel.severity))
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

/// The kernel says so without any initramfs, too. A root in RAM is the initramfs, as it was meant.
fn is_told(clues: &Clues) -> Belief {
    let failure = clues.root_failure.as_ref();
    let is_in_ram = failure.is_some_and(|failure| {
        let name = failure.named.trim_start_matches("/dev/");
        name.strip_prefix("ram")
            .is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit()))
    });
    if is_in_ram && !clues.ran_initramfs {
        Belief::Certain
    } else {
        weigh(clues)
    }
}
