//! KC1xx: whether the VMM takes this kernel.

pub(super) mod bad_load_address;
pub(super) mod big_endian;
pub(super) mod command_line_forced;
pub(super) mod container_not_accepted;
pub(super) mod does_not_fit_ram;
pub(super) mod magic_decoy;
pub(super) mod no_pvh_note;
pub(super) mod not_64_bit;
pub(super) mod old_boot_protocol;
pub(super) mod page_size_unsupported;
pub(super) mod uki_not_accepted;
pub(super) mod wrong_architecture;

use crate::bundle::Bundle;
use crate::vmm::Platform;

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
    format!(
        "kelpie-check extract {} --to {to} -o {out}{then}",
        bundle.file_name
    )
}
