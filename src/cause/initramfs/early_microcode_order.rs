//! KC309: data for early boot is where the kernel does not find it.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::initramfs::Segment;
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::resolve;

/// The cause.
pub static EARLY_MICROCODE_ORDER: Cause = Cause {
    code: Code(309),
    name: "early-microcode-order",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Warn,
    summary: "Microcode or ACPI tables for early boot are in a compressed segment, or after one.",
    explanation: "The kernel looks for microcode and ACPI tables before it can decompress \
        anything, in the plain cpio archives at the beginning of the initramfs. If they are \
        compressed, or follow compressed data, they are unpacked as files and have no effect. A \
        virtual machine does not need microcode: the host has loaded it.",
    fix: "Put the early archive first and leave it uncompressed.",
    tells: &[Tell {
        text: "microcode: Current revision: ‹…›",
        by: "Linux 6.6 and later, without `Updated early from`",
        says: Says::Aside,
    }],
    sources: &[
        "Linux Documentation/arch/x86/microcode.rst, \
        Documentation/admin-guide/acpi/initrd_table_override.rst",
        "Linux lib/earlycpio.c",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let archive = initramfs.archive()?;
    let late = |segment: &&Segment| segment.has_early_data && !segment.early;
    let Some(segment) = archive.segments.iter().find(late) else {
        return Ok(Vec::new());
    };
    let has_tables = resolve(archive, b"/kernel/firmware/acpi")?.is_ok();
    let (what, consequence, severity) = if has_tables {
        (
            "ACPI tables",
            "The kernel keeps the tables of the VMM.",
            Severity::Warn,
        )
    } else {
        (
            "microcode",
            "The kernel does not load it, but a virtual machine does not need it.",
            Severity::Info,
        )
    };
    let place = match segment.codec {
        Some(codec) => format!("in a segment that is compressed with {}", codec.name),
        None => "after a compressed segment".to_owned(),
    };
    Ok(vec![
        EARLY_MICROCODE_ORDER
            .finding(
                format!("The {what} for early boot are {place}."),
                consequence,
                "Put them first, uncompressed: `cat early.cpio initramfs.img > combined.img`.",
            )
            .with_severity(severity)
            .at(Place {
                offset: Some(segment.offset),
                member: None,
            }),
    ])
}
