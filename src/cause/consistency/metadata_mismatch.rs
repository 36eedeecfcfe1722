//! KC702: kernel-metadata.json describes another kernel.

use super::super::{Cause, Check};
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
    summary: "kernel-metadata.json does not describe this version, architecture or initramfs, or \
        it is unreadable.",
    explanation: "Image builders read kernel-metadata.json to choose modules, roots and machines. \
        If it belongs to an earlier kernel, or was copied from another architecture, every \
        later choice is wrong. A missing or different initramfs only matters to programs that read \
        the file.",
    fix: "Write kernel-metadata.json again, or use the kernel that it describes.",
    tells: &[],
    sources: &["kernel/kernel-metadata.json as Kelpie writes it"],
    check: Check::Facts(check),
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
                "kernel-metadata.json describes another kernel: the {}.",
                differences.join(", the ")
            ),
            "Modules and roots that were chosen by the metadata do not match this kernel.",
            "Write kernel-metadata.json again, or use the kernel that it describes.",
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
        format!("there is no {stated} beside the kernel")
    } else {
        return None;
    };
    Some(
        METADATA_MISMATCH
            .finding(
                format!("kernel-metadata.json names another initramfs: {difference}."),
                "A program that boots by the metadata boots another initramfs, or none.",
                "Use the initramfs that kernel-metadata.json names, or write the file again.",
            )
            .with_severity(Severity::Warn),
    )
}

/// Nothing was compared; the kernel may be fine.
fn unreadable(error: &Error) -> Finding {
    METADATA_MISMATCH
        .finding(
            format!("kernel-metadata.json is not valid: {}.", error.found()),
            "Programs that choose a kernel by it fail, and kelpie-check compared nothing in it.",
            "Write kernel-metadata.json again.",
        )
        .with_severity(Severity::Warn)
}
