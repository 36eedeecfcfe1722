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
    summary: "kernel-metadata.json names another version or architecture than the kernel has, or cannot be read.",
    explanation: "Image builders read kernel-metadata.json to choose modules, roots and machines. \
        When it was left behind by an earlier kernel, or copied from another architecture, every \
        later choice is made for the wrong kernel.",
    fix: "Write kernel-metadata.json anew, or put the kernel in place that it describes.",
    tells: &[],
    sources: &["kernel/kernel-metadata.json as Kelpie writes it"],
    check,
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
    if differences.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![METADATA_MISMATCH.finding(
        format!(
            "kernel-metadata.json is of another kernel: the {}.",
            differences.join(", the ")
        ),
        "What was built for the kernel in the metadata does not fit the one that boots.",
        "Write kernel-metadata.json anew, or put the kernel in place that it describes.",
    )])
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
