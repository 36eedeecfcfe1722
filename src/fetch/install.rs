//! What was fetched, as the files of a folder: kernel, initramfs, configuration, list of modules, and
//! kernel-metadata.json about them.

use super::cache::digest_of;
use super::form::{self, Shaped};
use super::origin::Fetched;
use super::signature::sha256;
use super::write::Change;
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::metadata::{Digests, FILE_NAME, Metadata};
use crate::source::Source;
use crate::vmm::Target;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest kernel-metadata.json that is added to.
const METADATA_BYTES: u64 = 1024 * 1024;

/// The files of a kernel, ready to be written.
#[derive(Debug)]
pub struct Prepared {
    files: Vec<(String, Vec<u8>)>,
    metadata: Metadata,
}

/// What became of a folder.
#[derive(Debug)]
pub struct Installed {
    /// What kernel-metadata.json says of the kernel now.
    pub metadata: Metadata,
    /// The files, with their lengths.
    pub files: Vec<(String, u64)>,
    /// Whether anything was written: not where the same files were there already.
    pub is_changed: bool,
}

/// Puts a kernel into the form that the target takes, and writes down what it is. `architecture` is
/// what was asked for.
pub fn prepare(
    fetched: Fetched,
    architecture: Option<Architecture>,
    target: Option<&'static Target>,
    limits: &Limits,
) -> Result<Prepared> {
    let Fetched { taken, origin } = fetched;
    let Shaped {
        bytes,
        architecture: found,
        release,
        container,
        codec,
        converted_for,
    } = form::shape(taken.kernel, target, limits)?;
    if let Some(wanted) = architecture.filter(|wanted| *wanted != found) {
        return Err(Error::wrong_machine(wanted.name(), found.name()));
    }
    let suffix = found.name();
    let kernel_file = format!("vmlinuz-{suffix}");
    let mut files = vec![(kernel_file.clone(), bytes)];
    let initrd_file = taken.initramfs.map(|bytes| {
        let name = format!("initramfs-{suffix}");
        files.push((name.clone(), bytes));
        name
    });
    if let Some(bytes) = taken.config {
        files.push((format!("config-{suffix}"), bytes));
    }
    if !taken.modules.is_empty() {
        let text: String = taken
            .modules
            .iter()
            .map(|path| format!("/{path}\n"))
            .collect();
        files.push((format!("modules-{suffix}"), text.into_bytes()));
    }
    let digests: BTreeMap<String, String> = files
        .iter()
        .map(|(name, bytes)| (name.clone(), sha256(bytes)))
        .collect();
    let metadata = Metadata {
        alpine_version: origin.alpine_version,
        architecture: Some(suffix.to_owned()),
        kernel_version: Some(release),
        kernel_file: Some(kernel_file),
        initrd_file,
        extracted_at: Some(now()?),
        sha256: Some(Digests::Files(digests)),
        source: Some(origin.way.to_owned()),
        sources: origin.sources,
        verified: Some(origin.proof.text()),
        flavor: origin.flavor,
        package: origin.package,
        package_version: origin.package_version,
        container: Some(container.to_owned()),
        codec: codec.map(str::to_owned),
        target: converted_for.map(str::to_owned),
    };
    Ok(Prepared { files, metadata })
}

impl Prepared {
    /// Holds the files to what was recorded of them before.
    pub fn expect(&self, recorded: &Metadata) -> Result<()> {
        for (name, bytes) in &self.files {
            // What was not written then has nothing to be held to.
            if let Some(expected) = recorded.sha256_of(name) {
                super::signature::expect_sha256(name, expected, &sha256(bytes))?;
            }
        }
        let kernel = self.metadata.kernel_file.as_deref().unwrap_or_default();
        if recorded.sha256_of(kernel).is_none() {
            return Err(Error::absent(
                format!("SHA-256 of {kernel}"),
                "kernel-metadata.json records none to hold it to",
            ));
        }
        Ok(())
    }

    /// Writes all of them into a folder, or none. Files of the kernel that was there before and that
    /// this one has not go with it.
    pub fn install(self, folder: &Path) -> Result<Installed> {
        let Self { files, metadata } = self;
        let lengths = files
            .iter()
            .map(|(name, bytes)| (name.clone(), u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
            .collect();
        let existing = existing(folder)?;
        let before = match &existing {
            Some(bytes) => Metadata::read(
                &Source::from_bytes(bytes.clone()),
                metadata.kernel_file.as_deref().unwrap_or_default(),
            )?,
            None => None,
        };
        if let Some(before) = &before
            && is_same(before, &metadata)
            && files.iter().all(|(name, bytes)| {
                digest_of(&folder.join(name)).is_ok_and(|found| found == sha256(bytes))
            })
        {
            return Ok(Installed {
                metadata: before.clone(),
                files: lengths,
                is_changed: false,
            });
        }
        let text = metadata.merged_into(existing.as_deref())?;
        let gone = before
            .map(|before| stale(&before, &files))
            .unwrap_or_default();
        let mut change = Change { files, gone };
        change.files.push((FILE_NAME.to_owned(), text.into_bytes()));
        change.commit(folder)?;
        Ok(Installed {
            metadata,
            files: lengths,
            is_changed: true,
        })
    }
}

/// What kernel-metadata.json in a folder says of the kernel for that architecture.
pub fn recorded(folder: &Path, architecture: Architecture) -> Result<Option<Metadata>> {
    match existing(folder)? {
        Some(bytes) => Metadata::read(
            &Source::from_bytes(bytes),
            &format!("vmlinuz-{}", architecture.name()),
        ),
        None => Ok(None),
    }
}

fn existing(folder: &Path) -> Result<Option<Vec<u8>>> {
    let path = folder.join(FILE_NAME);
    if !path.exists() {
        return Ok(None);
    }
    let source = Source::open(&path)?;
    if source.len() > METADATA_BYTES {
        return Err(Error::limit("metadata_bytes", METADATA_BYTES));
    }
    Ok(Some(source.read(FILE_NAME, 0, source.len())?.into_owned()))
}

/// Whether two entries say the same, whenever they were written.
fn is_same(before: &Metadata, after: &Metadata) -> bool {
    let timeless = |metadata: &Metadata| Metadata {
        extracted_at: None,
        verified: None,
        ..metadata.clone()
    };
    timeless(before) == timeless(after)
}

/// Files that were written for the kernel before, and are not any more. Only what is called as this
/// module calls its files is ever taken away.
fn stale(before: &Metadata, files: &[(String, Vec<u8>)]) -> Vec<String> {
    let Some(Digests::Files(digests)) = &before.sha256 else {
        return Vec::new();
    };
    digests
        .keys()
        .filter(|name| {
            ["initramfs-", "config-", "modules-"].iter().any(|prefix| {
                name.strip_prefix(prefix).is_some_and(|rest| {
                    Architecture::by_name(rest).is_some_and(|found| found.name() == rest)
                })
            })
        })
        .filter(|name| !files.iter().any(|(other, _)| other == *name))
        .cloned()
        .collect()
}

/// The time, or the one that `SOURCE_DATE_EPOCH` sets, as `2026-11-25T20:15:00Z`.
fn now() -> Result<String> {
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse::<u64>().map_err(|_| {
            Error::invalid_setting(
                "SOURCE_DATE_EPOCH",
                "seconds since 1970",
                format!("{text:?}"),
            )
        })?,
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
    };
    Ok(timestamp(seconds))
}

/// Seconds since 1970 in the calendar. The years are taken off one by one, which is plain, and fast
/// enough for as long as anybody will read it.
fn timestamp(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let mut days = seconds.checked_div(DAY).unwrap_or(0).min(2_900_000);
    let of_day = seconds.checked_rem(DAY).unwrap_or(0);
    let mut year = 1970_u64;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => break,
        }
        year = year.saturating_add(1);
    }
    let mut month = 1_u64;
    for length in month_lengths(year) {
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => break,
        }
        month = month.saturating_add(1);
    }
    let part = |unit: u64, modulus: u64| {
        of_day
            .checked_div(unit)
            .and_then(|count| count.checked_rem(modulus))
            .unwrap_or(0)
    };
    format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}Z",
        days.saturating_add(1),
        part(3600, 24),
        part(60, 60),
        part(1, 60)
    )
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_lengths(year: u64) -> [u64; 12] {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_067_200, "2024-01-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_637_700, "2026-11-25T20:15:00Z"),
        ] {
            assert_eq!(timestamp(seconds), text);
        }
    }
}
