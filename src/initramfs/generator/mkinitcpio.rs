//! Arch's mkinitcpio.
//!
//! Source: the files that its build script puts into every image (`init_functions`, `config`).

use super::{Known, Told};

pub(super) static MKINITCPIO: Known = Known {
    name: "mkinitcpio",
    recognise: |traces| {
        let is_whole = traces.has(b"/init_functions")? && traces.has(b"/config")?;
        Ok(is_whole.then_some(Told {
            evidence: "/init_functions and /config",
            version: None,
        }))
    },
    model: None,
    mounts_root: true,
};
