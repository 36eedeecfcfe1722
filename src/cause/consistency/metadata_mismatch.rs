//! KC702: kernel-metadata.json describes another kernel.

use super::super::Cause;
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static METADATA_MISMATCH: Cause = Cause {
    code: Code(702),
    name: "metadata-mismatch",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "kernel-metadata.json names another version, architecture or initramfs than there is, or cannot be read.",
    explanation: "Image builders read kernel-metadata.json to choose modules, roots and machines. \
        When it was left behind by an earlier kernel, or copied from another architecture, every \
        later choice is made for the wrong kernel. An initramfs of another name, or one that is \
        not there, stops nobody who names it themselves, and everybody who believes the file.",
    fix: "Write kernel-metadata.json anew, or put the kernel in place that it describes.",
    tells: &[],
    sources: &["kernel/kernel-metadata.json as Kelpie writes it"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let metadata = match bundle.metadata() {
        Ok(Some(metadata)) => metadata,
        Ok(None) => return Ok(Vec::new()),
        Err(error) if error.kind() == Kind::Invalid => return Ok(vec![unreadable(&error)]),
        Err(error) => return Err(error),
    };
    let mut differences: Vec<String> = Vec::new();
    if let Some(stated) = &metadata.architecture {
        let kernel = bundle.kernel()?.architecture()?;
        if Architecture::by_name(stated) != Some(kernel) {
            differences.push(format!("architecture is {kernel}, not {stated}"));
        }
    }
    if let Some(stated) = &metadata.kernel_version {
        let release = bundle.kernel()?.release()?;
        if release != *stated {
            differences.push(format!("release is {release}, not {stated}"));
        }
    }
    let mut findings = Vec::new();
    if !differences.is_empty() {
        findings.push(METADATA_MISMATCH.finding(
            format!(
                "kernel-metadata.json is of another kernel: the {}.",
                differences.join(", the ")
            ),
            "What was built for the kernel in the metadata does not fit the one that boots.",
            "Write kernel-metadata.json anew, or put the kernel in place that it describes.",
        ));
    }
    if let Some(stated) = &metadata.initrd_file {
        findings.extend(another_initramfs(bundle, stated));
    }
    Ok(findings)
}

/// The initramfs that is named, against the one that is given, or else against what lies there.
fn another_initramfs(bundle: &Bundle, stated: &str) -> Option<Finding> {
    let given = bundle.initramfs_name.as_str();
    let difference = if given == stated {
        return None;
    } else if !given.is_empty() {
        format!("the initramfs is {given}, not {stated}")
    } else if bundle.lies_beside(stated) == Some(false) {
        format!("no {stated} lies beside the kernel")
    } else {
        return None;
    };
    Some(
        METADATA_MISMATCH
            .finding(
                format!("kernel-metadata.json names another initramfs: {difference}."),
                "Who boots by the metadata boots something else, or nothing.",
                "Put the initramfs in place that kernel-metadata.json names, or write it anew.",
            )
            .with_severity(Severity::Warn),
    )
}

/// Nothing was compared; the kernel may be fine.
fn unreadable(error: &Error) -> Finding {
    METADATA_MISMATCH
        .finding(
            format!(
                "kernel-metadata.json is not what it should be: {}.",
                error.found()
            ),
            "Whoever reads it to choose a kernel fails, and nothing in it was compared.",
            "Write kernel-metadata.json anew.",
        )
        .with_severity(Severity::Warn)
}
