//! KC704: a root of Alpine that does not say which.

use super::super::Cause;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::system::{alpine_release, os_release};

/// The cause.
pub static NO_ALPINE_RELEASE: Cause = Cause {
    code: Code(704),
    name: "no-alpine-release",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "The root is meant to be Alpine, and /etc/alpine-release is missing or no version.",
    explanation: "/etc/alpine-release is one line with the release, such as 3.22.1. Kelpie and \
        others choose the kernel that goes with a root by it. The package alpine-base brings it; \
        an image that was pared down may have lost it.",
    fix: "Write the release into /etc/alpine-release, or install alpine-base.",
    tells: &[],
    sources: &["Alpine aports, main/alpine-base/APKBUILD"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    let tree = root.tree()?;
    let release = alpine_release(tree)?;
    if release
        .as_ref()
        .is_some_and(|release| !release.is_malformed())
    {
        return Ok(Vec::new());
    }
    let by = if os_release(tree)?.is_some_and(|os| os.id() == Some("alpine")) {
        "os-release says that it is Alpine"
    } else if bundle
        .metadata()?
        .is_some_and(|metadata| metadata.alpine_version.is_some())
    {
        "the kernel is for Alpine by its metadata"
    } else {
        return Ok(Vec::new());
    };
    let message = match &release {
        None => format!("The root has no /etc/alpine-release, although {by}."),
        Some(release) => format!(
            "/etc/alpine-release of the root says \"{}\", which is no release, although {by}.",
            release.text
        ),
    };
    Ok(vec![NO_ALPINE_RELEASE.finding(
        message,
        "It boots, but nobody can tell whether the kernel goes with it.",
        "Write the release, such as 3.22.1, into /etc/alpine-release of the root.",
    )])
}
