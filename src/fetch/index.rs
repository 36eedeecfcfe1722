//! APKINDEX: what a repository of Alpine has.
//!
//! Source: Alpine wiki, "Apk spec", "APKINDEX format": a paragraph a package, a letter a field.

use super::version::Version;
use crate::error::{Error, Result};

/// One package of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// `P:`
    pub name: String,
    /// `V:`
    pub version: String,
    /// `A:`
    pub architecture: String,
    /// `C:`, the SHA-1 of its control segment.
    pub checksum: String,
    /// `S:`
    pub size_bytes: u64,
}

impl Listed {
    /// The name of its file, beside the index.
    pub fn file_name(&self) -> String {
        format!("{}-{}.apk", self.name, self.version)
    }
}

/// The newest version of a package.
pub(super) fn newest(index: &str, name: &str, architecture: &str) -> Result<Listed> {
    let mut newest: Option<(Version, Listed)> = None;
    for paragraph in index.split("\n\n") {
        let Some(listed) = listed(paragraph) else {
            continue;
        };
        if listed.name != name || listed.architecture != architecture {
            continue;
        }
        // A version becomes part of a URL and of a file name.
        let Some(version) = Version::parse(&listed.version) else {
            continue;
        };
        if newest.as_ref().is_none_or(|(other, _)| *other < version) {
            newest = Some((version, listed));
        }
    }
    newest.map(|(_, listed)| listed).ok_or_else(|| {
        Error::absent(
            name.to_owned(),
            format!("the index has no such package for {architecture}"),
        )
    })
}

fn listed(paragraph: &str) -> Option<Listed> {
    let field = |wanted: &str| {
        paragraph
            .lines()
            .find_map(|line| line.strip_prefix(wanted))
            .map(str::to_owned)
    };
    Some(Listed {
        name: field("P:")?,
        version: field("V:")?,
        architecture: field("A:")?,
        checksum: field("C:")?,
        size_bytes: field("S:")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "C:Q1a=\nP:linux-virt\nV:6.12.9-r0\nA:x86_64\nS:10\n\n\
        C:Q1b=\nP:linux-virt\nV:6.12.31-r1\nA:x86_64\nS:11\nT:x\n\n\
        C:Q1c=\nP:linux-virt\nV:6.12.31-r0\nA:x86_64\nS:12\n\n\
        C:Q1d=\nP:linux-virt\nV:9/../../x\nA:x86_64\nS:12\n\n\
        C:Q1e=\nP:linux-virt-dev\nV:7.0-r0\nA:x86_64\nS:12\n";

    #[test]
    fn the_newest_is_found_by_the_order_of_versions() {
        let found = newest(INDEX, "linux-virt", "x86_64").unwrap();
        assert_eq!(found.version, "6.12.31-r1");
        assert_eq!(found.checksum, "Q1b=");
        assert_eq!(found.file_name(), "linux-virt-6.12.31-r1.apk");
        assert!(newest(INDEX, "linux-virt", "aarch64").is_err());
    }
}
