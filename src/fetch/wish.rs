//! What is wanted of a mirror, and what its folders are called.
//!
//! Source: the layout of Alpine's mirrors, `BRANCH/releases/ARCH/` and `BRANCH/main/ARCH/`.

use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::metadata::SourceFile;

/// Where Alpine's releases are, when nobody says otherwise.
pub const MIRROR: &str = "https://dl-cdn.alpinelinux.org/alpine";

/// The ways that a kernel comes from a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `releases/ARCH/netboot/`: kernel and initramfs, a file each.
    Netboot,
    /// `releases/ARCH/alpine-netboot-VERSION-ARCH.tar.gz`: the same in an archive, with its digest.
    Release,
    /// `main/ARCH/linux-FLAVOR-VERSION.apk`: the newest kernel, signed, without an initramfs.
    Package,
}

impl Way {
    /// Every way, by its name in options and metadata.
    pub const ALL: [(&'static str, Self); 3] = [
        ("netboot", Self::Netboot),
        ("release", Self::Release),
        ("apk", Self::Package),
    ];

    /// The name in options and metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Netboot => "netboot",
            Self::Release => "release",
            Self::Package => "apk",
        }
    }
}

/// What is wanted of a mirror.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The mirror's URL, down to `alpine`.
    pub mirror: String,
    /// `3.22`, `3.22.1`, `edge`, `latest-stable`.
    pub release: String,
    /// The machine.
    pub architecture: Architecture,
    /// `virt`, `lts`.
    pub flavor: String,
    /// The only way that is tried; all of them without.
    pub way: Option<Way>,
    /// Whether a kernel without an initramfs is what is asked for.
    pub kernel_only: bool,
    /// Whether a source without an initramfs, such as a package, is passed over.
    pub needs_initramfs: bool,
    /// Whether an index or a package is accepted that is older than the recorded one.
    pub allow_downgrade: bool,
    /// Whether files are accepted that nothing vouches for.
    pub allow_untrusted: bool,
}

/// The newest that a mirror has, without fetching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The version of the package or of the release; empty where there is none.
    pub version: String,
    /// The package, if the files are out of one.
    pub package: Option<String>,
    /// When the newest package of the index was built, in seconds since 1970.
    pub index_built_at: Option<u64>,
    /// The digests of its files, where they are listed, by URL.
    pub sources: Vec<SourceFile>,
}

impl Wish {
    /// The branch's folder: `v3.22` of `3.22.1`.
    pub(super) fn branch(&self) -> Result<String> {
        let text = self.release.trim_start_matches('v');
        if matches!(text, "edge" | "latest-stable") {
            return Ok(text.to_owned());
        }
        let numbers: Vec<&str> = text.split('.').collect();
        let are_numbers = numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        match numbers.as_slice() {
            [major, minor] | [major, minor, _] if are_numbers => Ok(format!("v{major}.{minor}")),
            _ => Err(Error::invalid_setting(
                "Alpine release",
                "3.22, 3.22.1, edge or latest-stable",
                format!("{:?}", self.release),
            )),
        }
    }

    /// The exact release that was asked for, `3.22.1`.
    pub(super) fn exact(&self) -> Option<&str> {
        let text = self.release.trim_start_matches('v');
        (text.matches('.').count() == 2).then_some(text)
    }

    /// What Alpine calls the machine.
    pub(super) fn architecture(&self) -> &'static str {
        match self.architecture {
            Architecture::I386 => "x86",
            Architecture::Arm => "armv7",
            Architecture::Ppc64 => "ppc64le",
            other => other.name(),
        }
    }

    pub(super) fn releases(&self) -> Result<String> {
        Ok(format!(
            "{}/{}/releases/{}",
            self.mirror.trim_end_matches('/'),
            self.branch()?,
            self.architecture()
        ))
    }

    /// Returns true if what the mirror lists comes from an authenticated host.
    pub(super) fn is_authenticated(&self) -> bool {
        self.mirror.starts_with("https://")
    }

    pub(super) fn packages(&self) -> Result<String> {
        Ok(format!(
            "{}/{}/main/{}",
            self.mirror.trim_end_matches('/'),
            self.branch()?,
            self.architecture()
        ))
    }

    pub(super) fn package(&self) -> String {
        format!("linux-{}", self.flavor)
    }

    pub(super) fn ways(&self) -> Vec<Way> {
        match (self.way, self.needs_initramfs) {
            (Some(way), _) => vec![way],
            (None, true) => vec![Way::Netboot, Way::Release],
            // Only packages are signed.
            (None, false) => vec![Way::Package, Way::Netboot, Way::Release],
        }
    }
}

/// What kernel-metadata.json says of where a kernel came from.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The way.
    pub way: &'a str,
    /// The package; empty if none is recorded.
    pub package: &'a str,
    /// The version of the package or of the release.
    pub version: &'a str,
    /// The files, the kernel's first.
    pub sources: &'a [SourceFile],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(release: &str) -> Wish {
        Wish {
            mirror: "http://127.0.0.1/alpine/".to_owned(),
            release: release.to_owned(),
            architecture: Architecture::I386,
            flavor: "virt".to_owned(),
            way: None,
            kernel_only: false,
            needs_initramfs: false,
            allow_downgrade: false,
            allow_untrusted: false,
        }
    }

    #[test]
    fn folders_are_called_as_alpine_does() {
        for (release, folder) in [
            ("3.22", "http://127.0.0.1/alpine/v3.22/releases/x86"),
            ("v3.22.1", "http://127.0.0.1/alpine/v3.22/releases/x86"),
            ("edge", "http://127.0.0.1/alpine/edge/releases/x86"),
        ] {
            assert_eq!(wish(release).releases().unwrap(), folder);
        }
        for release in ["", "3", "3.x", "../3.22", "3.22.1.1"] {
            assert!(wish(release).releases().is_err(), "{release}");
        }
    }
}
