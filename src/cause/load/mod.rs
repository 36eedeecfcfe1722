//! KC1xx: whether the VMM takes this kernel.

pub(super) mod bad_load_address;
pub(super) mod big_endian;
pub(super) mod command_line_bytes;
pub(super) mod command_line_forced;
pub(super) mod command_line_too_long;
pub(super) mod container_not_accepted;
pub(super) mod does_not_fit_ram;
pub(super) mod initramfs_out_of_reach;
pub(super) mod magic_decoy;
pub(super) mod no_pvh_note;
pub(super) mod not_64_bit;
pub(super) mod old_boot_protocol;
pub(super) mod page_size_unsupported;
pub(super) mod uki_not_accepted;
pub(super) mod wrong_architecture;

use crate::bundle::Bundle;
use crate::error::Result;
use crate::printable::shell;
use crate::vmm::{FoundBy, Platform};

/// Whether a root hangs on the virtio devices that the VMM names on the command line.
fn needs_named_devices(bundle: &Bundle) -> Result<bool> {
    if matches!(bundle.root(), Ok(None)) {
        return Ok(false);
    }
    let machine = bundle.command_line_machine()?;
    Ok(match machine.platform.bus.found_by {
        FoundBy::CommandLine => true,
        FoundBy::AcpiOrCommandLine if !machine.has_acpi() => true,
        FoundBy::AcpiOrCommandLine => bundle.has_kernel() && !bundle.builds_in("ACPI")?,
        FoundBy::DeviceTree | FoundBy::Enumeration => false,
    })
}

/// The container that only KC115 speaks of.
const UKI: &str = "uki";

/// A container's or codec's title with its article: "an EFI zboot image", "a bzImage".
fn with_article(title: &str) -> String {
    // Read aloud letter by letter or not, these begin with a vowel.
    let vowel = ["a", "A", "E", "s390", "x86", "xz", "lz"]
        .iter()
        .any(|start| title.starts_with(start));
    format!("{} {title}", if vowel { "an" } else { "a" })
}

/// "a, b or c".
fn any_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The command that converts the kernel to what the platform takes, and what is left to do then.
fn extract_command(bundle: &Bundle, platform: &Platform) -> String {
    let to = platform.extract_to;
    let out = match to {
        "image" => "Image",
        other => other,
    };
    let then = platform
        .extract_then
        .map(|then| format!(", then {then}"))
        .unwrap_or_default();
    let kernel = shell::path(bundle.file_name.as_bytes());
    format!("kelpie-check extract {kernel} --to {to} -o {out}{then}")
}
