//! Who made an initramfs, and what the init in it does with the command line.
//!
//! A file a generator whose init is known: told by what lies in the tree, with what its init does as
//! a [`Model`]. Where several generators leave the same traces, the more particular one comes first.

mod booster;
mod dracut;
mod initramfs_tools;
mod kelpie_check;
mod mkinitcpio;
mod mkinitfs;
mod model;
mod tiny_initramfs;
mod traces;

pub use model::{
    Helper, Loads, Model, MountType, Needed, OnFailure, Settings, ShellWord, Sourced, Tool, Usr,
};

use super::Archive;
use crate::error::Result;
use traces::Traces;

/// Who made an initramfs, by what lies in it.
#[derive(Debug, Clone)]
pub struct Generator {
    /// `mkinitfs`, `initramfs-tools`, `dracut`, `mkinitcpio`, `booster`, `tiny-initramfs`,
    /// `kelpie-check`, `kelpie-check-marker`; `systemd`,
    /// `busybox-script`, `script` or `program` by what its init is; `unknown`.
    pub name: &'static str,
    /// The version, where it is written in the archive.
    pub version: Option<String>,
    /// What told.
    pub evidence: String,
    /// What its init does, where that is known.
    pub model: Option<&'static Model>,
    /// Whether its init is known to mount no root.
    pub mounts_no_root: bool,
}

/// A generator that leaves traces.
struct Known {
    name: &'static str,
    /// What tells, if it made this tree.
    recognise: fn(&Traces<'_>) -> Result<Option<Told>>,
    model: Option<&'static Model>,
    /// Whether its init mounts a root at all.
    mounts_root: bool,
}

/// What told a generator.
struct Told {
    evidence: &'static str,
    version: Option<String>,
}

/// The particular before the general.
static KNOWN: [&Known; 9] = [
    &kelpie_check::KELPIE_CHECK,
    &kelpie_check::MARKER,
    &dracut::DRACUT,
    &initramfs_tools::INITRAMFS_TOOLS,
    &mkinitcpio::MKINITCPIO,
    &mkinitcpio::WITH_ANOTHER_INIT,
    &booster::BOOSTER,
    &mkinitfs::MKINITFS,
    &tiny_initramfs::TINY_INITRAMFS,
];

/// Who made this archive.
pub(super) fn identify(archive: &Archive) -> Result<Generator> {
    let traces = Traces::new(archive);
    for known in KNOWN {
        if let Some(told) = (known.recognise)(&traces)? {
            return Ok(Generator {
                name: known.name,
                version: told.version,
                evidence: told.evidence.to_owned(),
                model: known.model,
                mounts_no_root: !known.mounts_root,
            });
        }
    }
    let init = traces.init()?;
    let (name, evidence) = match init {
        None => ("unknown", "there is no /init".to_owned()),
        Some(init)
            if traces
                .init_path()?
                .is_some_and(|path| path.ends_with(b"/systemd")) =>
        {
            (
                "systemd",
                format!("/init is systemd, a program of {} bytes", init.len()),
            )
        }
        Some(init) if init.starts_with(b"\x7fELF") => {
            ("program", "/init is an unknown program".to_owned())
        }
        Some(init) if init.starts_with(b"#!") => {
            if traces.has(b"/bin/busybox")? {
                (
                    "busybox-script",
                    "/init is a script, and there is /bin/busybox".to_owned(),
                )
            } else {
                ("script", "/init is a script".to_owned())
            }
        }
        Some(_) => (
            "unknown",
            "/init is neither a program nor a script".to_owned(),
        ),
    };
    Ok(Generator {
        name,
        version: None,
        evidence,
        model: None,
        mounts_no_root: false,
    })
}
