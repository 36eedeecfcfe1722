//! booster: a program in Go with its settings in one file.
//!
//! Source: `init/config.go` of booster (`initConfigPath`).

use super::Known;

pub(super) static BOOSTER: Known = Known {
    name: "booster",
    recognise: |traces| {
        let has_settings = traces.has(b"/etc/booster.init.yaml")?;
        Ok(has_settings.then(|| ("/etc/booster.init.yaml".to_owned(), None)))
    },
    model: None,
};
