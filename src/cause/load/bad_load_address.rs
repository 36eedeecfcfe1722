//! KC105: the kernel is placed where the target has no memory for it, or not where it wants to be.

use super::super::{Cause, Check, Says, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::kernel::{Header, Segment};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Platform;

/// The offset of `text_offset` in an arm64 Image.
const TEXT_OFFSET_OFFSET: u64 = 8;

const FIX_ELF: &str = "Link the kernel at the usual address (CONFIG_PHYSICAL_START=0x1000000).";

/// The cause.
pub static BAD_LOAD_ADDRESS: Cause = Cause {
    code: Code(105),
    name: "bad-load-address",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A segment or the entry point is outside the memory that the target maps, or \
        text_offset is ignored.",
    explanation: "An ELF kernel is copied to the physical addresses in its program headers and \
        entered at e_entry. The VMM's own tables are below 1 MiB; the first page tables of libkrun \
        and Firecracker reach 1 GiB. A kernel at other addresses overwrites them, or faults at its \
        first instruction. An arm64 Image must be placed text_offset bytes after a 2 MiB boundary, \
        but libkrun ignores that; since Linux 5.8, text_offset is 0.",
    fix: "Link the kernel at the usual address (CONFIG_PHYSICAL_START=0x1000000), or use Linux 5.8 \
        or later on arm64.",
    tells: &[
        Tell {
            text: "Received KVM_EXIT_SHUTDOWN signal",
            by: "libkrun 1.19.7, after a triple fault",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel Loader: Invalid entry address",
            by: "Firecracker and Cloud Hypervisor, an entry below 1 MiB (linux-loader 0.13.2)",
            says: Says::It,
        },
    ],
    sources: &[
        "krun-arch 1.19.7 src/x86_64/layout.rs and regs.rs",
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel",
        "linux-loader 0.13.2 src/loader/elf/mod.rs",
        "Linux arch/x86/Kconfig, PHYSICAL_START",
        "Linux Documentation/arch/arm64/booting.rst, text_offset; commit cfa7ede20f13 (0 from 5.8 on)",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let Some(form) = bundle.accepted_form()? else {
        return Ok(Vec::new());
    };
    let is = |container| form.container == container || form.inner == Some(container);
    // A bzImage that is loaded as such places itself.
    if is("elf") || is("libkrunfw") {
        elf(bundle, platform)
    } else if is("arm64-image") {
        image(bundle, platform)
    } else {
        Ok(Vec::new())
    }
}

fn elf(bundle: &Bundle, platform: &Platform) -> Result<Vec<Finding>> {
    let Some((lowest, highest)) = platform.elf_addresses else {
        return Ok(Vec::new());
    };
    let (header, _) = bundle.kernel()?.image()?;
    let outside = header
        .segments
        .iter()
        .find(|segment| segment.physical_address < lowest || end(segment) > highest);
    if let Some(segment) = outside {
        let usable = match highest {
            u64::MAX => format!("has RAM from {lowest:#x}"),
            _ => format!("maps {lowest:#x} to {highest:#x} for a kernel"),
        };
        return Ok(vec![
            BAD_LOAD_ADDRESS
                .finding(
                    format!(
                        "A segment needs {:#x} bytes at physical {:#x}; {} {usable}.",
                        segment.memory_bytes, segment.physical_address, bundle.target.title
                    ),
                    "It overwrites the VMM's tables, or the guest ends in a triple fault.",
                    FIX_ELF,
                )
                .at(Place {
                    offset: Some(segment.offset),
                    member: member(bundle)?,
                }),
        ]);
    }
    Ok(entry_outside(header)
        .map(|entry| {
            BAD_LOAD_ADDRESS.finding(
                format!("The entry {entry:#x} is in no loaded segment."),
                "The guest executes empty memory and ends in a triple fault.",
                FIX_ELF,
            )
        })
        .into_iter()
        .collect())
}

/// The layer that offsets of the innermost header count in; `None` is the file.
fn member(bundle: &Bundle) -> Result<Option<String>> {
    let chain = bundle.kernel()?.chain()?;
    let codec = chain.layers.iter().rev().find_map(|layer| layer.codec);
    Ok(codec.map(|codec| format!("{} payload", codec.name)))
}

fn end(segment: &Segment) -> u64 {
    segment
        .physical_address
        .saturating_add(segment.memory_bytes)
}

fn entry_outside(header: &Header) -> Option<u64> {
    let inside = |entry: &u64| {
        header
            .segments
            .iter()
            .any(|segment| (segment.physical_address..end(segment)).contains(entry))
    };
    header.entry.filter(|entry| !inside(entry))
}

/// What an Image of before Linux 5.8 wants, and a VMM that copies it to a fixed place ignores.
/// Whether that kernel starts nevertheless depends on its version: a warning.
fn image(bundle: &Bundle, platform: &Platform) -> Result<Vec<Finding>> {
    if platform.adds_text_offset || platform.architecture != Architecture::Aarch64 {
        return Ok(Vec::new());
    }
    let (header, _) = bundle.kernel()?.image()?;
    let Some(text_offset) = header.load_address.filter(|offset| *offset != 0) else {
        return Ok(Vec::new());
    };
    Ok(vec![
        BAD_LOAD_ADDRESS
            .finding(
                format!(
                    "The Image must be placed {text_offset:#x} bytes after a 2 MiB boundary; {} \
                        places it at {:#x}.",
                    bundle.target.title, platform.image_base
                ),
                "A kernel that relies on it stops before its first message.",
                "Use Linux 5.8 or later, where text_offset is 0.",
            )
            .with_severity(Severity::Warn)
            .at(Place {
                offset: Some(TEXT_OFFSET_OFFSET),
                member: member(bundle)?,
            }),
    ])
}
