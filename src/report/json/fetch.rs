//! What `fetch` did.

use super::super::summary::{FetchOutcome, FetchSummary};
use crate::metadata::{Digests, Metadata, SourceFile};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The result of a run of `fetch`.
#[derive(Serialize, JsonSchema)]
pub(super) struct FetchJson {
    /// The outcome: files were written, existed already, or there is a newer kernel.
    #[schemars(extend("enum" = outcomes()))]
    outcome: &'static str,
    /// The folder, as it was given.
    folder: String,
    /// The version on the mirror, if it was asked.
    newest: Option<String>,
    /// The build time of the newest package in the index.
    index_built_at: Option<String>,
    /// How long ago that was, with --check.
    index_age_seconds: Option<u64>,
    /// Bytes of files from servers.
    received_bytes: u64,
    alpine_version: Option<String>,
    architecture: Option<String>,
    /// The release.
    kernel_version: Option<String>,
    kernel_file: Option<String>,
    initrd_file: Option<String>,
    extracted_at: Option<String>,
    /// The sort of source.
    source: Option<String>,
    sources: Vec<SourceJson>,
    /// The key, server or record that verified them.
    verified: Option<String>,
    flavor: Option<String>,
    package: Option<String>,
    package_version: Option<String>,
    container: Option<String>,
    codec: Option<String>,
    /// The VMM that the kernel was converted for; null if it keeps its own form.
    target: Option<String>,
    files: Vec<FileJson>,
}

/// A file that contained the kernel.
#[derive(Serialize, JsonSchema)]
struct SourceJson {
    /// Its URL, or its name.
    name: String,
    sha256: String,
}

/// A file in the folder.
#[derive(Serialize, JsonSchema)]
struct FileJson {
    name: String,
    bytes: u64,
    sha256: Option<String>,
}

fn outcomes() -> Value {
    FetchOutcome::ALL.map(FetchOutcome::name).to_vec().into()
}

impl FetchJson {
    pub(super) fn of(summary: &FetchSummary) -> Self {
        let Metadata {
            alpine_version,
            architecture,
            kernel_version,
            kernel_file,
            initrd_file,
            extracted_at,
            sha256,
            source,
            sources,
            verified,
            flavor,
            package,
            package_version,
            index_built_at,
            container,
            codec,
            target,
        } = summary.kernel.clone();
        let digest = |name: &String| match &sha256 {
            Some(Digests::Files(files)) => files.get(name).cloned(),
            _ => None,
        };
        Self {
            outcome: summary.outcome.name(),
            folder: summary.folder.clone(),
            newest: summary.newest.clone(),
            index_built_at: match &summary.index {
                Some(index) => Some(index.built_at.clone()),
                None => index_built_at,
            },
            index_age_seconds: summary.index.as_ref().map(|index| index.seconds),
            received_bytes: summary.received_bytes,
            files: summary
                .files
                .iter()
                .map(|(name, bytes)| FileJson {
                    name: name.clone(),
                    bytes: *bytes,
                    sha256: digest(name),
                })
                .collect(),
            alpine_version,
            architecture,
            kernel_version,
            kernel_file,
            initrd_file,
            extracted_at,
            source,
            sources: sources
                .into_iter()
                .map(|SourceFile { name, sha256 }| SourceJson { name, sha256 })
                .collect(),
            verified,
            flavor,
            package,
            package_version,
            container,
            codec,
            target,
        }
    }
}
