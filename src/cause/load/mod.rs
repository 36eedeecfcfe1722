//! KC1xx: whether the VMM takes this kernel.

pub(super) mod bad_load_address;
pub(super) mod big_endian;
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
use crate::error::Result;
use crate::vmm::Accepts;

/// The container that only KC115 speaks of.
const UKI: &str = "uki";

/// The form in which the platform takes this kernel, by its container and codec.
fn accepted(bundle: &Bundle) -> Result<Option<&'static Accepts>> {
    let container = bundle.kernel.container()?.name;
    let codec = bundle
        .kernel
        .header()?
        .payload
        .as_ref()
        .and_then(|payload| payload.codec());
    for form in bundle.platform()?.accepts {
        let codec_fits = form
            .codecs
            .is_none_or(|codecs| codec.is_some_and(|codec| codecs.contains(&codec.name)));
        if form.container != container || !codec_fits {
            continue;
        }
        // A VMM that unwraps the kernel itself has to find what it starts directly inside.
        let inner_fits = match form.inner {
            None => true,
            Some(inner) => bundle
                .kernel
                .chain()?
                .layers
                .get(1)
                .is_some_and(|layer| layer.container.name == inner),
        };
        if inner_fits {
            return Ok(Some(form));
        }
    }
    Ok(None)
}

/// The command that converts the kernel to what the platform takes.
fn extract_command(bundle: &Bundle, to: &str) -> String {
    let out = match to {
        "image" => "Image",
        other => other,
    };
    format!(
        "kelpie-check extract {} --to {to} -o {out}",
        bundle.file_name
    )
}
