//! kernel-metadata.json: what a build of Kelpie images wrote down about its kernels.
//!
//! One object a kernel, with the keys `alpine_version`, `architecture`, `kernel_version`,
//! `kernel_file`, `initrd_file`, `extracted_at`; or one object with a list of such in `kernels`.
//! `sha256` and what follows it are beyond that: a digest, or an object from file name to digest; and
//! where the kernel came from, as `kelpie-check fetch` writes it down.

use crate::error::{Error, Result};
use crate::source::Source;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the file is called, beside the kernel and in errors.
pub const FILE_NAME: &str = "kernel-metadata.json";

/// The longest metadata file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// What is written down about one kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The Alpine release that it came from, `3.22`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpine_version: Option<String>,
    /// The architecture, in any usual spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The release, `6.18.56-0-virt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_version: Option<String>,
    /// The kernel's file name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_file: Option<String>,
    /// The initramfs' file name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initrd_file: Option<String>,
    /// When it was taken from its package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extracted_at: Option<String>,
    /// Digests of the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digests>,
    /// The sort of source: `apk`, `release`, `netboot`, `deb`, `iso`, `oci`, `tar`, `image`, `directory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The files that it was taken out of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceFile>,
    /// Who vouches for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<String>,
    /// The flavour that was asked for, `virt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flavor: Option<String>,
    /// The package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The package's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_version: Option<String>,
    /// When the newest package was built that the index lists, `2026-11-25T20:15:00Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_built_at: Option<String>,
    /// The kernel's container, by its name in reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What its payload is compressed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// The VMM that it was converted for; none where it is as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A file that a kernel was taken out of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its URL; of a local file, its name without a folder.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

impl SourceFile {
    /// A file of that name and digest.
    pub fn new(name: String, sha256: String) -> Self {
        Self { name, sha256 }
    }
}

/// SHA-256 digests, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The document that is in a file already, with this entry in the place of the one for the same
    /// kernel file. One kernel is written as an object, as Kelpie does; several as a list. What others
    /// wrote into other entries stays.
    pub fn merged_into(&self, existing: Option<&[u8]>) -> Result<String> {
        let wrong = |found: String| Error::invalid(FILE_NAME, 0, "an object", found);
        let own = serde_json::to_value(self).map_err(|error| wrong(error.to_string()))?;
        let mut around = Map::new();
        let mut kernels: Vec<Value> = Vec::new();
        match existing.map(serde_json::from_slice) {
            None => {}
            Some(Ok(Value::Object(mut object))) => match object.remove("kernels") {
                Some(Value::Array(list)) => {
                    kernels = list;
                    around = object;
                }
                Some(_) => return Err(wrong("a kernels entry that is not a list".to_owned())),
                None => kernels.push(Value::Object(object)),
            },
            Some(Ok(_)) => return Err(wrong("something else".to_owned())),
            Some(Err(error)) => return Err(wrong(error.to_string())),
        }
        let same = |entry: &Value| match entry.get("kernel_file") {
            None | Some(Value::Null) => true,
            Some(name) => name.as_str() == self.kernel_file.as_deref(),
        };
        match kernels.iter_mut().find(|entry| same(entry)) {
            Some(entry) => *entry = own,
            None => kernels.push(own),
        }
        let document = match kernels.as_slice() {
            [one] if around.is_empty() => one.clone(),
            _ => {
                around.insert("kernels".to_owned(), Value::Array(kernels));
                Value::Object(around)
            }
        };
        serde_json::to_string_pretty(&document)
            .map(|text| text + "\n")
            .map_err(|error| wrong(error.to_string()))
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

    #[test]
    fn an_entry_takes_the_place_of_its_own_kernel_alone() {
        let entry = |file: &str, version: &str| Metadata {
            kernel_file: Some(file.to_owned()),
            kernel_version: Some(version.to_owned()),
            ..Metadata::default()
        };
        let one = entry("vmlinuz-aarch64", "1").merged_into(None).unwrap();
        assert_eq!(
            read(&one).unwrap().unwrap().kernel_version.as_deref(),
            Some("1")
        );
        let two = entry("vmlinuz-x86_64", "2")
            .merged_into(Some(one.replace('{', "{\"note\": 7,").as_bytes()))
            .unwrap();
        assert!(two.contains("\"note\": 7"), "{two}");
        let three = entry("vmlinuz-aarch64", "3")
            .merged_into(Some(two.as_bytes()))
            .unwrap();
        assert_eq!(
            read(&three).unwrap().unwrap().kernel_version.as_deref(),
            Some("3")
        );
        assert!(three.contains("vmlinuz-x86_64"), "{three}");
        assert!(entry("x", "4").merged_into(Some(b"[]")).is_err());
        assert!(entry("x", "4").merged_into(Some(b"no JSON")).is_err());
    }
}
