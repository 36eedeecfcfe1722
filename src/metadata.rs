//! kernel-metadata.json: what a build of Kelpie images wrote down about its kernels.
//!
//! One object a kernel, with the keys `alpine_version`, `architecture`, `kernel_version`,
//! `kernel_file`, `initrd_file`, `extracted_at`; or one object with a list of such in `kernels`.
//! `sha256` is beyond that: a digest, or an object from file name to digest.

use crate::error::{Error, Result};
use crate::source::Source;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the file is called, beside the kernel and in errors.
pub const FILE_NAME: &str = "kernel-metadata.json";

/// The longest metadata file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// What is written down about one kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The Alpine release that it came from, `3.22`.
    pub alpine_version: Option<String>,
    /// The architecture, in any usual spelling.
    pub architecture: Option<String>,
    /// The release, `6.18.56-0-virt`.
    pub kernel_version: Option<String>,
    /// The kernel's file name.
    pub kernel_file: Option<String>,
    /// The initramfs' file name.
    pub initrd_file: Option<String>,
    /// When it was taken from its package.
    pub extracted_at: Option<String>,
    /// Digests of the files.
    pub sha256: Option<Digests>,
}

/// SHA-256 digests, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Digests {
    /// The kernel's.
    Kernel(String),
    /// Each file's, by its name.
    Files(BTreeMap<String, String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Many { kernels: Vec<Metadata> },
    One(Box<Metadata>),
}

impl Metadata {
    /// The entry for the kernel in the file `kernel_file`, if the document has one. A document of
    /// one kernel that names no file is about whatever lies beside it.
    pub fn read(source: &Source, kernel_file: &str) -> Result<Option<Self>> {
        let bytes = source.read(FILE_NAME, 0, source.len().min(MAX_BYTES))?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| {
            Error::invalid(
                FILE_NAME,
                0,
                "an object with kernel_file and kernel_version",
                error.to_string(),
            )
        })?;
        Ok(match document {
            Document::One(metadata) => Some(*metadata).filter(|metadata| {
                metadata
                    .kernel_file
                    .as_deref()
                    .is_none_or(|name| name == kernel_file)
            }),
            Document::Many { kernels } => kernels
                .into_iter()
                .find(|metadata| metadata.kernel_file.as_deref() == Some(kernel_file)),
        })
    }

    /// The digest that the file `name` should have.
    pub fn sha256_of(&self, name: &str) -> Option<&str> {
        match self.sha256.as_ref()? {
            Digests::Kernel(digest) => (self.kernel_file.as_deref() == Some(name)
                || self.kernel_file.is_none())
            .then_some(digest.as_str()),
            Digests::Files(files) => files.get(name).map(String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Metadata>> {
        Metadata::read(
            &Source::from_bytes(text.as_bytes().to_vec()),
            "vmlinuz-aarch64",
        )
    }

    #[test]
    fn the_flat_form_is_about_its_kernel_file() {
        let flat = r#"{"alpine_version":"3.19","architecture":"aarch64","kernel_version":"6.6.1",
            "kernel_file":"vmlinuz-aarch64","initrd_file":"initramfs-aarch64","extracted_at":"x"}"#;
        assert_eq!(
            read(flat).unwrap().unwrap().kernel_version.as_deref(),
            Some("6.6.1")
        );
        assert_eq!(
            read(&flat.replace("vmlinuz-aarch64", "other")).unwrap(),
            None
        );
    }

    #[test]
    fn the_list_form_is_searched_by_file() {
        let list = r#"{"kernels":[{"kernel_file":"a"},{"kernel_file":"vmlinuz-aarch64",
            "sha256":{"vmlinuz-aarch64":"00"}}]}"#;
        let metadata = read(list).unwrap().unwrap();
        assert_eq!(metadata.sha256_of("vmlinuz-aarch64"), Some("00"));
    }

    #[test]
    fn what_is_not_metadata_is_named() {
        let error = read("[1").unwrap_err().to_string();
        assert!(
            error.starts_with("kernel-metadata.json at 0x0: expected"),
            "{error}"
        );
    }
}
