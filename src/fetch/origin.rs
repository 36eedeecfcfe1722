//! Where a kernel came from, and what vouches for it.

use super::store::Taken;
use crate::metadata::SourceFile;

/// What vouches for what was fetched.
///
/// A digest vouches only if it came another way than the file: from a signed index, from
/// kernel-metadata.json, or from a host that HTTPS authenticated. One that comes by plain http is as
/// good as none, because whoever changes the file changes the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A trusted key signed it.
    Signed(String),
    /// The mirror lists its SHA-256, over HTTPS.
    Listed,
    /// It is what kernel-metadata.json records.
    Recorded,
    /// Nobody: a local file, or `--allow-untrusted`.
    None,
}

impl Proof {
    /// The words for it, in metadata and reports.
    pub fn text(&self) -> String {
        match self {
            Self::Signed(key) => format!("signed by {key}"),
            Self::Listed => "SHA-256 as listed over HTTPS".to_owned(),
            Self::Recorded => "SHA-256 as recorded".to_owned(),
            Self::None => "nothing".to_owned(),
        }
    }
}

/// Where a kernel came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The sort of source: `apk`, `release`, `netboot`, `deb`, `iso`, …
    pub way: &'static str,
    /// The release of Alpine that it is of.
    pub alpine_version: Option<String>,
    /// `virt`, `lts`.
    pub flavor: Option<String>,
    /// The package.
    pub package: Option<String>,
    /// Its version.
    pub package_version: Option<String>,
    /// When the newest package of the index was built, in seconds since 1970.
    pub index_built_at: Option<u64>,
    /// The files that it was taken out of, by URL or name.
    pub sources: Vec<SourceFile>,
    /// Who vouches for them.
    pub proof: Proof,
}

/// A kernel, and where it came from.
#[derive(Debug)]
pub struct Fetched {
    /// The files.
    pub taken: Taken,
    /// Where they came from.
    pub origin: Origin,
}
