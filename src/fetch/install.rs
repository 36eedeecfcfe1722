//! What was fetched, as the files of a folder: kernel, initramfs, configuration, list of modules, and
//! kernel-metadata.json about them.

use super::cache::digest_of;
use super::form::{self, Shaped};
use super::origin::Fetched;
use super::signature::sha256;
use super::time;
use super::write::Change;
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::metadata::{Digests, FILE_NAME, Metadata};
use crate::source::Source;
use crate::vmm::Target;
use std::collections::BTreeMap;
use std::path::Path;

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
        extracted_at: Some(time::timestamp(time::now()?)),
        sha256: Some(Digests::Files(digests)),
        source: Some(origin.way.to_owned()),
        sources: origin.sources,
        verified: Some(origin.proof.text()),
        flavor: origin.flavor,
        package: origin.package,
        package_version: origin.package_version,
        index_built_at: origin.index_built_at.map(time::timestamp),
        container: Some(container.to_owned()),
        codec: codec.map(str::to_owned),
        target: converted_for.map(str::to_owned),
    };
    Ok(Prepared { files, metadata })
}

impl Prepared {
    /// Checks that these are the recorded files: each with its digest, none more and none less.
    pub fn expect(&self, recorded: &Metadata) -> Result<()> {
        for (name, bytes) in &self.files {
            let expected = recorded.sha256_of(name).ok_or_else(|| {
                Error::absent(
                    format!("SHA-256 of {name}"),
                    format!("{FILE_NAME} does not list the file, and --locked writes no other"),
                )
            })?;
            super::signature::expect_sha256(name, expected, &sha256(bytes))?;
        }
        let Some(Digests::Files(digests)) = &recorded.sha256 else {
            return Ok(());
        };
        match digests
            .keys()
            .find(|name| !self.files.iter().any(|(other, _)| other == *name))
        {
            Some(name) => Err(Error::absent(
                name.clone(),
                format!("{FILE_NAME} lists the file, but the source does not have it"),
            )),
            None => Ok(()),
        }
    }

    /// Writes the files whose content differs, and leaves kernel-metadata.json as it is.
    pub fn restore(self, folder: &Path) -> Result<Installed> {
        let lengths = self.lengths();
        let Self { files, metadata } = self;
        let files: Vec<_> = files
            .into_iter()
            .filter(|(name, bytes)| !is_there(folder, name, bytes))
            .collect();
        let is_changed = !files.is_empty();
        if is_changed {
            let gone = Vec::new();
            Change { files, gone }.commit(folder)?;
        }
        Ok(Installed {
            metadata,
            files: lengths,
            is_changed,
        })
    }

    fn lengths(&self) -> Vec<(String, u64)> {
        self.files
            .iter()
            .map(|(name, bytes)| (name.clone(), u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
            .collect()
    }

    /// Writes all of them into a folder, or none. Files of the kernel that was there before and that
    /// this one has not go with it.
    pub fn install(self, folder: &Path) -> Result<Installed> {
        let lengths = self.lengths();
        let Self { files, metadata } = self;
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
            && files
                .iter()
                .all(|(name, bytes)| is_there(folder, name, bytes))
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

/// Returns true if the folder has a regular file of that name and content.
fn is_there(folder: &Path, name: &str, bytes: &[u8]) -> bool {
    digest_of(&folder.join(name)).is_ok_and(|found| found == sha256(bytes))
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
        index_built_at: None,
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
