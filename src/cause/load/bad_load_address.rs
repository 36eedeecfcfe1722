//! KC105: an ELF asks to be placed where the target has no memory for it.

use super::super::{Cause, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::stage::Stage;

/// The cause.
pub static BAD_LOAD_ADDRESS: Cause = Cause {
    code: Code(105),
    name: "bad-load-address",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "A segment's physical address or the entry lies outside what the target maps.",
    explanation: "An ELF kernel is copied to the physical addresses in its program headers and \
        entered at e_entry. Below 1 MiB lie the VMM's own tables; libkrun's first page tables \
        reach 1 GiB. A kernel linked elsewhere overwrites those, or faults at its first \
        instruction.",
    fix: "Link the kernel at the usual place (CONFIG_PHYSICAL_START=0x1000000).",
    tells: &[Tell {
        text: "Received KVM_EXIT_SHUTDOWN signal",
        by: "libkrun 1.19, after a triple fault",
    }],
    sources: &[
        "krun-arch 1.19.7 src/x86_64/layout.rs",
        "Linux arch/x86/Kconfig, PHYSICAL_START",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let (Some((lowest, highest)), Some(form)) = (platform.elf_addresses, bundle.accepted_form()?)
    else {
        return Ok(Vec::new());
    };
    // A bzImage that is loaded as such places itself.
    if form.container != "elf" && form.inner != Some("elf") {
        return Ok(Vec::new());
    }
    let (header, _) = bundle.kernel.image()?;
    let outside = header.segments.iter().find(|segment| {
        let end = segment
            .physical_address
            .saturating_add(segment.memory_bytes);
        segment.physical_address < lowest || end > highest
    });
    let fix = "Link the kernel at the usual place (CONFIG_PHYSICAL_START=0x1000000).";
    if let Some(segment) = outside {
        return Ok(vec![
            BAD_LOAD_ADDRESS
                .finding(
                    format!(
                        "A segment wants {:#x} bytes at physical {:#x}; {} maps {lowest:#x} to \
                         {highest:#x}.",
                        segment.memory_bytes, segment.physical_address, bundle.target.title
                    ),
                    "It overwrites the VMM's tables, or the guest ends in a triple fault.",
                    fix,
                )
                .at(Place {
                    offset: Some(segment.offset),
                    member: None,
                }),
        ]);
    }
    let Some(entry) = header.entry else {
        return Ok(Vec::new());
    };
    let inside = header.segments.iter().any(|segment| {
        let end = segment
            .physical_address
            .saturating_add(segment.memory_bytes);
        (segment.physical_address..end).contains(&entry)
    });
    if inside {
        return Ok(Vec::new());
    }
    Ok(vec![BAD_LOAD_ADDRESS.finding(
        format!("The entry {entry:#x} lies in no loaded segment."),
        "The guest runs into nothing and ends in a triple fault.",
        fix,
    )])
}
