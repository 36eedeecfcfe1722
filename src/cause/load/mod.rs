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
