//! KC004: the file is not the one that kernel-metadata.json describes.

use super::super::Cause;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static CHECKSUM_MISMATCH: Cause = Cause {
    code: Code(4),
    name: "checksum-mismatch",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The SHA-256 in kernel-metadata.json is not that of the file.",
    explanation: "kernel-metadata.json is written together with the kernel that it describes. When \
        the digests differ, one of the two was replaced without the other, or the kernel was \
        damaged on its way.",
    fix: "Fetch the kernel again, or write the metadata anew for the kernel that is meant.",
    tells: &[],
    sources: &[
        "FIPS 180-4",
        "kernel/kernel-metadata.json as Kelpie writes it",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(stated) = bundle
        .metadata()?
        .and_then(|metadata| metadata.sha256_of(&bundle.file_name))
    else {
        return Ok(Vec::new());
    };
    let found = bundle.kernel()?.sha256()?;
    if found.eq_ignore_ascii_case(stated.trim()) {
        return Ok(Vec::new());
    }
    Ok(vec![CHECKSUM_MISMATCH.finding(
        format!("The file's SHA-256 is {found}; kernel-metadata.json says {stated}."),
        "What boots is not the kernel that the metadata was written for.",
        "Fetch the kernel that the metadata describes, or write the metadata anew.",
    )])
}
