//! What a mirror offered before, so that an old offer is not taken for the newest.
//!
//! A signature does not expire. A mirror, or whoever is between it and the user, can answer with an old
//! signed index, and so keep the user at a kernel whose faults are known. Two records show that:
//!
//! - `seen/HEX` in the cache, by the SHA-256 of the URL of the index: the time of the newest index that a
//!   trusted key signed (or that came by HTTPS), and the newest version of each package of it;
//! - kernel-metadata.json in the folder, for the same release of Alpine and the same package.
//!
//! An index at the first fetch has nothing to be compared with; its age shows in `--check`.

use super::cache::Cache;
use super::private;
use super::signature::sha256;
use super::time;
use super::version::Version;
use crate::error::{Error, Result};
use crate::metadata::{FILE_NAME, Metadata};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

/// The longest record: a handful of packages.
const RECORD_BYTES: u64 = 64 * 1024;
const HINT: &str = "An old answer can hide fixes. Accept it with --allow-downgrade.";

/// What an index offers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'a> {
    /// The URL of the index.
    pub url: &'a str,
    /// When it was built, in seconds since 1970.
    pub built_at: Option<u64>,
    pub package: &'a str,
    pub version: &'a str,
}

/// How an offer is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Whether the offer may become the record.
    pub is_trusted: bool,
    /// Whether it may be older than the record, which it replaces then.
    pub allow_downgrade: bool,
}

/// The record of an index.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    url: String,
    built_at: Option<u64>,
    versions: BTreeMap<String, String>,
}

/// Compares an offer with the record in the cache, and records it if it is newer. Other processes wait
/// meanwhile.
pub(super) fn hold(cache: &Cache, offer: &Offer<'_>, terms: Terms) -> Result<()> {
    let folder = cache.made("seen")?;
    let path = folder.join(sha256(offer.url.as_bytes()));
    let failed = |error: io::Error| Error::io(path.display().to_string(), &error);
    let lock = private::open_lock(&folder.join("seen.lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let record = match read(&path, offer.url) {
        Ok(record) => record,
        Err(_) if terms.allow_downgrade => Record::default(),
        Err(error) => return Err(error),
    };
    if !terms.allow_downgrade {
        record.expect_no_older(offer)?;
    }
    let newer = record.with(offer);
    if !terms.is_trusted || newer == record {
        return Ok(());
    }
    let text = serde_json::to_string(&newer)
        .map_err(|error| Error::unsupported("record of an index", error.to_string()))?;
    private::replace(&path, text.as_bytes()).map_err(failed)
}

fn read(path: &Path, url: &str) -> Result<Record> {
    let damaged = |found: String| {
        Error::invalid_setting(
            format!("record of what {url} offered before ({})", path.display()),
            "the time of the index and the versions of its packages",
            found,
        )
        .hinted(
            "Without the record, an old index looks like the newest one. Write a new record with \
                --allow-downgrade.",
        )
    };
    let file = match private::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Record::default()),
        Err(error) => return Err(damaged(error.to_string())),
    };
    let mut text = Vec::new();
    file.take(RECORD_BYTES)
        .read_to_end(&mut text)
        .map_err(|error| damaged(error.to_string()))?;
    let record: Record =
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if record.url != url {
        return Err(damaged(format!(
            "the name of another index, {}",
            record.url
        )));
    }
    Ok(record)
}

impl Record {
    fn expect_no_older(&self, offer: &Offer<'_>) -> Result<()> {
        expect_no_earlier(offer.url, self.built_at, offer.built_at, "seen before")?;
        match self.versions.get(offer.package) {
            Some(known) => {
                expect_no_lower(offer.package, known, offer.version, "offered there before")
            }
            None => Ok(()),
        }
    }

    /// The record once this offer was accepted.
    fn with(&self, offer: &Offer<'_>) -> Self {
        let mut versions = self.versions.clone();
        versions.insert(offer.package.to_owned(), offer.version.to_owned());
        Self {
            url: offer.url.to_owned(),
            built_at: offer.built_at.or(self.built_at),
            versions,
        }
    }
}

/// What a mirror gave, or would give.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The release of Alpine that was asked for.
    pub alpine_version: Option<&'a str>,
    /// The package.
    pub package: Option<&'a str>,
    /// Its version.
    pub version: Option<&'a str>,
    /// When the index was built, in seconds since 1970.
    pub index_built_at: Option<u64>,
}

/// Refuses a package or an index that is older than the one that kernel-metadata.json records for the
/// same release of Alpine and the same package.
pub fn expect_no_older(recorded: &Metadata, found: &Found<'_>) -> Result<()> {
    let (Some(package), Some(version)) = (found.package, found.version) else {
        return Ok(());
    };
    // Another release is the choice of the user, and a local file too.
    let is_same = found.alpine_version.is_some()
        && recorded.alpine_version.as_deref() == found.alpine_version
        && recorded.package.as_deref() == Some(package);
    if !is_same {
        return Ok(());
    }
    let by = format!("recorded in {FILE_NAME}");
    if let Some(known) = &recorded.package_version {
        expect_no_lower(package, known, version, &by)?;
    }
    let known = match &recorded.index_built_at {
        Some(text) => Some(time::seconds(text).ok_or_else(|| {
            Error::invalid_setting(
                format!("index_built_at in {FILE_NAME}"),
                "a time such as 2026-11-25T20:15:00Z",
                format!("{text:?}"),
            )
            .hinted(HINT)
        })?),
        None => None,
    };
    expect_no_earlier("the index", known, found.index_built_at, &by)
}

fn expect_no_earlier(what: &str, known: Option<u64>, found: Option<u64>, by: &str) -> Result<()> {
    match (known, found) {
        (Some(known), Some(found)) if found < known => Err(Error::invalid_setting(
            format!("age of {what}"),
            format!("one built {} or later, as {by}", time::timestamp(known)),
            format!("one built {}", time::timestamp(found)),
        )
        .hinted(HINT)),
        _ => Ok(()),
    }
}

fn expect_no_lower(package: &str, known: &str, found: &str, by: &str) -> Result<()> {
    let is_lower = match (Version::parse(known), Version::parse(found)) {
        (Some(known), Some(found)) => found < known,
        // What cannot be compared has to be the same.
        _ => known != found,
    };
    if !is_lower {
        return Ok(());
    }
    Err(Error::invalid_setting(
        format!("version of {package}"),
        format!("{known} or later, as {by}"),
        found,
    )
    .hinted(HINT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mirror.example/APKINDEX.tar.gz";

    fn offer(built_at: u64, version: &str) -> Offer<'_> {
        Offer {
            url: URL,
            built_at: Some(built_at),
            package: "linux-virt",
            version,
        }
    }

    fn terms() -> Terms {
        Terms {
            is_trusted: true,
            allow_downgrade: false,
        }
    }

    #[test]
    fn at_the_end_of_many_processes_the_newest_offer_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        std::thread::scope(|scope| {
            for number in 1..=16_u64 {
                let cache = &cache;
                scope.spawn(move || {
                    // Refused if a newer one was faster.
                    hold(cache, &offer(number, &format!("6.12.{number}-r0")), terms()).ok();
                });
            }
        });
        let path = folder
            .path()
            .join("cache/seen")
            .join(sha256(URL.as_bytes()));
        let record = read(&path, URL).unwrap();
        assert_eq!(record.built_at, Some(16));
        assert_eq!(record.versions["linux-virt"], "6.12.16-r0");
        assert!(hold(&cache, &offer(15, "6.12.16-r0"), terms()).is_err());
        assert!(hold(&cache, &offer(16, "6.12.9-r0"), terms()).is_err());
        hold(&cache, &offer(16, "6.12.16-r0"), terms()).unwrap();
    }

    #[test]
    fn an_index_that_tells_no_time_keeps_the_recorded_one() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        hold(&cache, &offer(7, "1-r0"), terms()).unwrap();
        let timeless = Offer {
            built_at: None,
            ..offer(0, "1-r1")
        };
        hold(&cache, &timeless, terms()).unwrap();
        assert!(hold(&cache, &offer(6, "1-r1"), terms()).is_err());
    }

    #[test]
    fn the_record_of_a_folder_counts_for_the_same_release_and_package() {
        let recorded = Metadata {
            alpine_version: Some("3.22".to_owned()),
            package: Some("linux-virt".to_owned()),
            package_version: Some("6.12.10-r0".to_owned()),
            index_built_at: Some("2026-11-25T20:15:00Z".to_owned()),
            ..Metadata::default()
        };
        let same = Found {
            alpine_version: Some("3.22"),
            package: Some("linux-virt"),
            version: Some("6.12.10-r0"),
            index_built_at: Some(1_795_637_700),
        };
        expect_no_older(&recorded, &same).unwrap();
        let older = Found {
            version: Some("6.12.9-r0"),
            ..same
        };
        assert!(expect_no_older(&recorded, &older).is_err());
        let earlier = Found {
            index_built_at: Some(1_795_637_699),
            ..same
        };
        assert!(expect_no_older(&recorded, &earlier).is_err());
        for other in [
            Found {
                alpine_version: Some("3.21"),
                ..older
            },
            Found {
                alpine_version: None,
                ..older
            },
            Found {
                package: Some("linux-lts"),
                ..older
            },
        ] {
            expect_no_older(&recorded, &other).unwrap();
        }
        let damaged = Metadata {
            index_built_at: Some("yesterday".to_owned()),
            ..recorded
        };
        assert!(expect_no_older(&damaged, &same).is_err());
    }
}
