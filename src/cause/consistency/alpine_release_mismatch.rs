//! KC701: the kernel and the root come from different releases of Alpine.

use super::super::{Cause, Check};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::system::alpine_release;

/// The cause.
pub static ALPINE_RELEASE_MISMATCH: Cause = Cause {
    code: Code(701),
    name: "alpine-release-mismatch",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "The root and the kernel are from different releases of Alpine.",
    explanation: "Take kernel and base image from the same release of Alpine: the modules that apk \
        installs on the root belong to the kernel of its own release, and Alpine tests the \
        services of a release only with that kernel. A mismatch boots anyway. Modules that are \
        loaded later are missing, and so are features that a newer userspace needs from the \
        kernel.\n\nWithout kernel-metadata.json, kelpie-check compares the kernel's version with \
        the linux-virt package of the release.",
    fix: "Take the kernel and the root from the same release of Alpine.",
    tells: &[],
    sources: &[
        "/etc/alpine-release of alpine-base; kernel-metadata.json as Kelpie writes it",
        "Alpine aports, main/linux-lts/APKBUILD of each stable branch",
    ],
    check: Check::Facts(check),
};

/// How a kernel goes with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Fits,
    MayWork,
    Mismatch,
}

/// One release of Alpine.
struct Release {
    version: (u32, u32),
    /// The kernel series of its linux-virt.
    kernel: (u16, u16),
    /// Other series that were tried with it.
    others: &'static [((u16, u16), Fit)],
}

const fn release(minor: u32, kernel: (u16, u16)) -> Release {
    Release {
        version: (3, minor),
        kernel,
        others: &[],
    }
}

static RELEASES: [Release; 7] = [
    release(17, (5, 15)),
    Release {
        others: &[((6, 6), Fit::Mismatch)],
        ..release(18, (6, 1))
    },
    Release {
        others: &[((6, 1), Fit::Fits), ((5, 15), Fit::MayWork)],
        ..release(19, (6, 6))
    },
    release(20, (6, 6)),
    release(21, (6, 12)),
    release(22, (6, 12)),
    release(23, (6, 18)),
];

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    let kernel = bundle.kernel()?;
    let Some(text) = alpine_release(root.tree()?)? else {
        return Ok(Vec::new());
    };
    // A text that is no version is another cause's.
    let Some(version) = text.version else {
        return Ok(Vec::new());
    };
    let stated = bundle
        .metadata()?
        .and_then(|metadata| metadata.alpine_version.as_deref());
    let (major, minor) = version;
    if let Some(stated) = stated
        && let Some(from) = parse(stated)
        && from != version
    {
        return Ok(vec![ALPINE_RELEASE_MISMATCH.finding(
            format!(
                "The root is Alpine {}, and according to kernel-metadata.json the kernel comes \
                    from Alpine {stated}.",
                text.text
            ),
            "It may boot, but modules and services of the root are made for another kernel.",
            format!("Take both from Alpine {major}.{minor}, or both from Alpine {stated}."),
        )]);
    }
    let Some(row) = RELEASES.iter().find(|row| row.version == version) else {
        return Ok(Vec::new());
    };
    let release = kernel.release()?;
    let Some(series) = kernel.version() else {
        return Ok(Vec::new());
    };
    let is_alpines = stated.is_some() || is_of_alpine(&release);
    let fit = fit(row, series, is_alpines);
    if fit == Fit::Fits {
        return Ok(Vec::new());
    }
    let (own_major, own_minor) = row.kernel;
    let consequence = match fit {
        Fit::Mismatch => {
            "These releases are known not to match: it may boot, but modules and services of the \
                root are made for another kernel."
        }
        _ => "It may work, but Alpine does not test this kernel with this release.",
    };
    Ok(vec![ALPINE_RELEASE_MISMATCH.finding(
        format!(
            "The root is Alpine {}, whose kernel is Linux {own_major}.{own_minor}, but this kernel \
                is Linux {release}.",
            text.text
        ),
        consequence,
        format!("Use linux-virt of Alpine {major}.{minor}, or a root of the kernel's own release."),
    )])
}

/// What the table says; of a kernel that somebody built themselves only what was really tried.
fn fit(row: &Release, series: (u16, u16), is_alpines: bool) -> Fit {
    if series == row.kernel {
        return Fit::Fits;
    }
    let tried = row.others.iter().find(|(other, _)| *other == series);
    match tried {
        Some((_, fit)) => *fit,
        None if is_alpines => Fit::MayWork,
        None => Fit::Fits,
    }
}

/// Major and minor of `3.22`, `v3.22` or `3.22.1`; `None` of `edge`.
fn parse(stated: &str) -> Option<(u32, u32)> {
    let mut numbers = stated.trim().trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Alpine's flavours, with the number of the package before them. Others count from 1.
fn is_of_alpine(release: &str) -> bool {
    release.ends_with("-virt") || release.ends_with("-0-lts")
}
