//! What Alpine's release folder lists: `latest-releases.yaml`, and a `.sha256` beside each file.
//!
//! Source: the folder itself, `v3.22/releases/ARCH/`: a list of mappings, written by
//! `alpine-mirrors`' scripts with one `key: value` a line.

use super::signature::parse_sha256;
use super::time;
use crate::error::{Error, Result};

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReleaseFile {
    /// `alpine-netboot-3.22.2-x86_64.tar.gz`
    pub file: String,
    /// `3.22.2`
    pub version: String,
    pub sha256: String,
    /// When it was built, in seconds since 1970.
    pub built_at: Option<u64>,
}

/// The file of that flavor in `latest-releases.yaml`.
pub(super) fn file_of(yaml: &str, flavor: &str, architecture: &str) -> Result<ReleaseFile> {
    for item in items(yaml) {
        let value = |wanted: &str| {
            item.iter()
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| *value)
        };
        let is_of_architecture = value("arch").is_none_or(|found| found == architecture);
        if value("flavor") != Some(flavor) || !is_of_architecture {
            continue;
        }
        let (Some(file), Some(sha256)) = (value("file"), value("sha256").and_then(parse_sha256))
        else {
            continue;
        };
        // It becomes a part of a URL.
        if file.contains(['/', '\\', '?', '#']) || file.starts_with('.') {
            continue;
        }
        return Ok(ReleaseFile {
            file: file.to_owned(),
            version: value("version").unwrap_or_default().to_owned(),
            sha256,
            built_at: value("date")
                .zip(value("time"))
                .and_then(|(date, time)| time::seconds(&format!("{date}T{time}Z"))),
        });
    }
    Err(Error::absent(
        flavor.to_owned(),
        "latest-releases.yaml lists no such file with its sha256",
    ))
}

/// The keys and values of each item of the list. Texts of several lines are indented further, and
/// have no key that is asked for.
fn items(yaml: &str) -> Vec<Vec<(&str, &str)>> {
    let mut items: Vec<Vec<(&str, &str)>> = Vec::new();
    for line in yaml.lines() {
        let line = match line.strip_prefix('-') {
            Some(rest) if !line.starts_with("--") => {
                items.push(Vec::new());
                rest
            }
            _ => line,
        };
        let indented = line.len().saturating_sub(line.trim_start().len());
        if let Some((key, value)) = line.trim().split_once(':')
            && indented <= 2
            && let Some(item) = items.last_mut()
        {
            item.push((key, value.trim().trim_matches(['"', '\''])));
        }
    }
    items
}

/// The digest that a file of `sha256sum` states for `name`; one line alone may leave the name out.
pub(super) fn listed_sha256(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let digest = parse_sha256(words.next()?)?;
        let stated = words.next().map(|word| word.trim_start_matches('*'));
        let is_same =
            stated.is_none_or(|stated| stated.rsplit('/').next().unwrap_or(stated) == name);
        is_same.then_some(digest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "---\n-\n  title: \"Netboot\"\n  desc: |\n    Kernel: initramfs\n    flavor: none\n  \
        branch: v3.22\n  arch: aarch64\n  version: 3.22.2\n  flavor: alpine-netboot\n  \
        date: 2025-10-08\n  time: 10:17:43\n  file: alpine-netboot-3.22.2-aarch64.tar.gz\n  sha256: \
        9a7769ea8fa1737b1b49d82f1bdd53d0a17338d6d3b7cfc6f2c3ec5158596d8b\n-\n  \
        flavor: alpine-virt\n  file: x.iso\n  sha256: 00\n";

    #[test]
    fn the_netboot_tarball_is_found_with_its_digest() {
        let found = file_of(YAML, "alpine-netboot", "aarch64").unwrap();
        assert_eq!(found.file, "alpine-netboot-3.22.2-aarch64.tar.gz");
        assert_eq!(found.version, "3.22.2");
        assert_eq!(found.built_at, Some(1_759_918_663));
        assert!(found.sha256.starts_with("9a7769ea"));
        assert!(file_of(YAML, "alpine-netboot", "x86_64").is_err());
        assert!(file_of(YAML, "alpine-virt", "aarch64").is_err());
    }

    #[test]
    fn a_file_that_leads_elsewhere_is_not_taken() {
        let yaml = YAML.replace("alpine-netboot-3.22.2-aarch64.tar.gz", "../x");
        assert!(file_of(&yaml, "alpine-netboot", "aarch64").is_err());
    }

    #[test]
    fn sums_are_read_with_and_without_names() {
        let digest = "ab".repeat(32);
        for line in [
            digest.clone(),
            format!("{digest}  x"),
            format!("{digest} *boot/x\n"),
        ] {
            assert_eq!(listed_sha256(&line, "x"), Some(digest.clone()), "{line}");
        }
        assert_eq!(listed_sha256(&format!("{digest}  y"), "x"), None);
        assert_eq!(listed_sha256("no digest", "x"), None);
    }
}
