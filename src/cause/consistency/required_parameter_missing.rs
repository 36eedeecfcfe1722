//! KC706: the command line lacks what Kelpie's systems are started with.

use super::super::{Cause, Check};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm;

/// The cause.
pub static REQUIRED_PARAMETER_MISSING: Cause = Cause {
    code: Code(706),
    name: "required-parameter-missing",
    stage: Stage::Console,
    role: Role::Cmdline,
    severity: Severity::Warn,
    summary: "The command line of a Kelpie kernel on libkrun lacks console=, init= or rw.",
    explanation: "Kelpie starts its Alpine systems with a console, with init=/sbin/init and with a \
        read-write root. Without console=, the kernel chooses one. Without init=, it tries its own \
        list, which may end in a shell on the console. Without rw, the root is read-only until a \
        program remounts it. rootfstype=ext4 and panic= are useful, too. kelpie-check takes a \
        kernel for Kelpie's if kernel-metadata.json beside it names a release of Alpine.",
    fix: "Add the missing parameters to the command line: console=hvc0, init=/sbin/init, rw.",
    tells: &[],
    sources: &[
        "kernel/kernel-metadata.json as Kelpie writes it",
        "Linux Documentation/admin-guide/kernel-parameters.txt",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let is_libkrun = vmm::by_name("libkrun").is_some_and(|libkrun| bundle.target == libkrun);
    if !is_libkrun || bundle.is_command_line_assumed() {
        return Ok(Vec::new());
    }
    bundle.kernel()?;
    let line = bundle.command_line()?;
    let is_kelpies = bundle
        .metadata()?
        .is_some_and(|metadata| metadata.alpine_version.is_some());
    if !is_kelpies {
        return Ok(Vec::new());
    }
    let mut missing = Vec::new();
    let mut effects = Vec::new();
    if line.consoles().is_empty() {
        missing.push(format!("console={}", bundle.platform()?.default_console()));
        effects.push("the kernel chooses its console");
    }
    if line.init().is_none() {
        missing.push("init=/sbin/init".to_owned());
        effects.push("the first program of the kernel's list that exists becomes init");
    }
    if line.read_only() {
        missing.push("rw".to_owned());
        effects.push("the root is mounted read-only");
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![REQUIRED_PARAMETER_MISSING.finding(
        format!("The command line lacks {}.", missing.join(", ")),
        format!("If it boots, {}.", effects.join(", ")),
        format!("Add {} to the command line.", missing.join(" ")),
    )])
}
