//! Arch's mkinitcpio.
//!
//! Source: the files that its build script puts into every image (`init_functions`, `config`).

use super::Known;

pub(super) static MKINITCPIO: Known = Known {
    name: "mkinitcpio",
    recognise: |traces| {
        let is_whole = traces.has(b"/init_functions")? && traces.has(b"/config")?;
        Ok(is_whole.then(|| ("/init_functions and /config".to_owned(), None)))
    },
    model: None,
};
