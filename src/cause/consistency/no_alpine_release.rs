//! KC704: a root of Alpine that does not say which.

use super::super::{Cause, Check};
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
    summary: "The root should be Alpine, but /etc/alpine-release is missing or contains no \
        version.",
    explanation: "/etc/alpine-release contains one line with the release, such as 3.22.1. Kelpie \
        and other tools choose the matching kernel by it. The package alpine-base installs it; a \
        stripped image may have lost it.",
    fix: "Write the release into /etc/alpine-release, or install alpine-base.",
    tells: &[],
    sources: &["Alpine aports, main/alpine-base/APKBUILD"],
    check: Check::Facts(check),
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
        "os-release names Alpine"
    } else if bundle
        .metadata()?
        .is_some_and(|metadata| metadata.alpine_version.is_some())
    {
        "the metadata of the kernel name Alpine"
    } else {
        return Ok(Vec::new());
    };
    let message = match &release {
        None => format!("The root has no /etc/alpine-release, although {by}."),
        Some(release) => format!(
            "/etc/alpine-release of the root contains \"{}\", which is not a release, although \
                {by}.",
            release.text
        ),
    };
    Ok(vec![NO_ALPINE_RELEASE.finding(
        message,
        "It boots, but no tool can tell if the kernel matches the root.",
        "Write the release, such as 3.22.1, into /etc/alpine-release of the root.",
    )])
}
