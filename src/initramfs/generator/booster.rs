//! booster: a program in Go with its settings in one file.
//!
//! Source: `init/config.go` of booster (`initConfigPath`).

use super::{Known, Told};

pub(super) static BOOSTER: Known = Known {
    name: "booster",
    recognise: |traces| {
        let has_settings = traces.has(b"/etc/booster.init.yaml")?;
        Ok(has_settings.then_some(Told {
            evidence: "/etc/booster.init.yaml",
            version: None,
        }))
    },
    model: None,
    mounts_root: true,
};
