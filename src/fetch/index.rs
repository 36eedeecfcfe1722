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

/// When the newest package was built that the index lists (`t:`), in seconds since 1970. The index
/// itself carries no time, and is a little younger.
pub(super) fn built_at(index: &str) -> Option<u64> {
    index
        .lines()
        .filter_map(|line| line.strip_prefix("t:")?.trim().parse().ok())
        .max()
}

/// Refuses an index that describes itself as that of another branch. Every release is signed with the
/// same keys, so the signature does not tell an old release from the one that was asked for.
pub(super) fn expect_branch(what: &str, branch: &str, description: Option<&str>) -> Result<()> {
    let Some(found) = description.and_then(branch_of) else {
        return Ok(());
    };
    // The names `edge` and `latest-stable` tell no numbers.
    if branch_of(branch).is_none_or(|wanted| wanted == found) {
        return Ok(());
    }
    Err(Error::invalid_setting(
        format!("release of {what}"),
        branch,
        description.unwrap_or_default(),
    ))
}

/// The branch in `v3.22.1-45-g0123456`: `3.22`.
fn branch_of(description: &str) -> Option<(u64, u64)> {
    let text = description.trim().strip_prefix('v')?;
    let version = text.split('-').next().unwrap_or(text);
    let mut numbers = version.split('.').map(str::parse);
    match (numbers.next()?, numbers.next()?) {
        (Ok(major), Ok(minor)) => Some((major, minor)),
        _ => None,
    }
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

    #[test]
    fn an_index_of_another_branch_is_known_by_its_description() {
        for (branch, description, is_accepted) in [
            ("v3.22", Some("v3.22.1-45-g0123456"), true),
            ("v3.22", Some("v3.22.0"), true),
            ("v3.22", Some("v3.2.0-45-g0123456"), false),
            ("v3.22", Some("v3.19.1-45-g0123456\n"), false),
            ("v3.22", Some("v20260101-7-g0123456"), true),
            ("v3.22", Some("main"), true),
            ("v3.22", None, true),
            ("edge", Some("v20260101-7-g0123456"), true),
            ("latest-stable", Some("v3.22.1-45-g0123456"), true),
        ] {
            let found = expect_branch("x", branch, description);
            assert_eq!(found.is_ok(), is_accepted, "{branch} {description:?}");
        }
    }
}
