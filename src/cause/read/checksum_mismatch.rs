//! KC004: the file is not the one that kernel-metadata.json describes.

use super::super::{Cause, Check};
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
    summary: "The SHA-256 in kernel-metadata.json differs from that of the file.",
    explanation: "kernel-metadata.json is written together with the kernel that it describes. If \
        the digests differ, one of the two was replaced without the other, or the kernel was \
        damaged in transit.",
    fix: "Fetch the kernel again, or write the metadata for this kernel.",
    tells: &[],
    sources: &[
        "FIPS 180-4",
        "kernel/kernel-metadata.json as Kelpie writes it",
    ],
    check: Check::Facts(check),
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
        "The kernel that boots is not the one that the metadata describe.",
        "Fetch the kernel that the metadata describe, or write the metadata again.",
    )])
}
