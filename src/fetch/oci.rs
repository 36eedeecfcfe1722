//! Container images: an OCI layout as a folder or in a tar archive, or what `docker save` writes.
//!
//! Sources: OCI image specification 1.1 (`image-layout.md`, `image-index.md`, `manifest.md`,
//! `layer.md`); Moby, `image/spec/spec.md` (`manifest.json`). Every blob is held to the digest that
//! names it; a layer that has none is held to its `diff_id`.

use super::catch::Catch;
use super::signature::{self, hexadecimal, parse_sha256};
use super::stream;
use super::tar::{Entry, EntryKind, Visitor};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::source::Source;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The longest JSON document of an image.
const DOCUMENT_BYTES: u64 = 4 * 1024 * 1024;
/// Layers of one image; Docker allows 127.
const LAYERS: usize = 256;
/// Indexes inside one another.
const DEPTH: u8 = 4;
/// What a member of an archive costs in memory beside its name.
const MEMBER_COST_BYTES: u64 = 128;
/// How much is read at once where only a digest is wanted.
const PIECE_BYTES: u64 = 1024 * 1024;

const INDEX: &str = "index.json";
const LAYOUT: &str = "oci-layout";
const MANIFEST: &str = "manifest.json";

/// Where the files of an image are.
pub(super) enum Files {
    Folder(PathBuf),
    /// The members of a tar archive, by name.
    Archive {
        source: Source,
        members: BTreeMap<String, (u64, u64)>,
    },
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    size: u64,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
}

/// An index has `manifests`, a manifest `layers`.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Config {
    architecture: Option<String>,
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// Looks for the names of an archive alone.
struct Names {
    members: BTreeMap<String, (u64, u64)>,
    budget: Budget,
}

impl Visitor for Names {
    fn entry(&mut self, entry: &Entry) -> Result<bool> {
        if entry.kind == EntryKind::File {
            let name = String::from_utf8_lossy(&entry.path).into_owned();
            let name = name.trim_start_matches("./").to_owned();
            let bytes = u64::try_from(name.len()).unwrap_or(u64::MAX);
            self.budget.take(bytes.saturating_add(MEMBER_COST_BYTES))?;
            self.members.insert(name, (entry.offset, entry.size_bytes));
        }
        Ok(false)
    }

    fn data(&mut self, _bytes: &[u8]) -> Result<()> {
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Files {
    /// The folder, if it is an image.
    pub fn of_folder(path: PathBuf) -> Option<Self> {
        let is_image = path.join(LAYOUT).is_file() || path.join(MANIFEST).is_file();
        is_image.then_some(Self::Folder(path))
    }

    /// The plain tar archive, if it is an image.
    pub fn of_archive(source: &Source, limits: &Limits) -> Result<Option<Self>> {
        let mut names = Names {
            members: BTreeMap::new(),
            budget: Budget::new(limits),
        };
        stream::read_plain(source, limits, &mut names)?;
        let members = names.members;
        let is_image = members.contains_key(MANIFEST) || members.contains_key(LAYOUT);
        Ok(is_image.then(|| Self::Archive {
            source: source.clone(),
            members,
        }))
    }

    fn open(&self, name: &str) -> Result<Source> {
        match self {
            Self::Folder(path) => Source::open(&path.join(name)),
            Self::Archive { source, members } => members
                .get(name)
                .map(|(offset, length)| source.part(*offset, *length))
                .ok_or_else(|| Error::absent(name.to_owned(), "the image lacks this file")),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(path) => path.join(name).is_file(),
            Self::Archive { members, .. } => members.contains_key(name),
        }
    }

    /// The files of the image's layers, the upper over the lower. All layers share one count of
    /// work: an image may list the same layer many times.
    pub fn read(&self, architecture: Option<Architecture>, limits: &Limits) -> Result<Catch> {
        let limits = &limits.metered();
        let layers = if self.has(INDEX) {
            self.layers_of_layout(architecture, limits)?
        } else {
            self.layers_of_saved(architecture, limits)?
        };
        if layers.len() > LAYERS {
            return Err(Error::limit("layers", 256));
        }
        let mut catch = Catch::new(limits);
        for layer in layers {
            catch.begin_layer();
            stream::read_tar(&layer, limits, &mut catch)?;
        }
        Ok(catch)
    }

    fn layers_of_layout(
        &self,
        architecture: Option<Architecture>,
        limits: &Limits,
    ) -> Result<Vec<Source>> {
        let mut document: Document = document(INDEX, &self.open(INDEX)?)?;
        for _ in 0..DEPTH {
            if document.manifests.is_empty() {
                return document
                    .layers
                    .iter()
                    .map(|layer| self.blob(layer, limits))
                    .collect();
            }
            let chosen = choose(&document.manifests, architecture)?;
            document = self::document(&chosen.digest, &self.blob(chosen, limits)?)?;
        }
        Err(Error::limit("indexes", u64::from(DEPTH)))
    }

    fn blob(&self, descriptor: &Descriptor, limits: &Limits) -> Result<Source> {
        let digest = descriptor
            .digest
            .strip_prefix("sha256:")
            .and_then(parse_sha256)
            .ok_or_else(|| {
                Error::unsupported("digest of the image", format!("{:?}", descriptor.digest))
                    .expected("sha256: and 64 digits")
            })?;
        let source = self.open(&format!("blobs/sha256/{digest}"))?;
        if source.len() != descriptor.size {
            return Err(Error::invalid_setting(
                format!("length of blob {digest}"),
                format!("{} bytes", descriptor.size),
                format!("{} bytes", source.len()),
            ));
        }
        let found = digest_of(&source, limits)?;
        signature::expect_sha256(&format!("blob {digest}"), &digest, &found)?;
        Ok(source)
    }

    fn layers_of_saved(
        &self,
        architecture: Option<Architecture>,
        limits: &Limits,
    ) -> Result<Vec<Source>> {
        let saved: Vec<Saved> = document(MANIFEST, &self.open(MANIFEST)?)?;
        let mut fitting = Vec::new();
        for image in &saved {
            let config: Config = document(&image.config, &self.open(inside(&image.config)?)?)?;
            let found = config
                .architecture
                .as_deref()
                .and_then(Architecture::by_name);
            if architecture.is_none() || found.is_none() || found == architecture {
                fitting.push((image, config));
            }
        }
        let [(image, config)] = fitting.as_slice() else {
            return Err(Error::invalid_setting(
                "images in the archive",
                "one for the architecture",
                format!("{} of {}", fitting.len(), saved.len()),
            ));
        };
        if image.layers.len() != config.rootfs.diff_ids.len() {
            return Err(Error::invalid_setting(
                "layers",
                format!(
                    "{}, the digest in the image's configuration",
                    config.rootfs.diff_ids.len()
                ),
                image.layers.len().to_string(),
            ));
        }
        let mut layers = Vec::new();
        for (name, diff_id) in image.layers.iter().zip(&config.rootfs.diff_ids) {
            let layer = self.open(inside(name)?)?;
            let found = digest_of(&layer, limits)?;
            // A layer that is compressed has another digest than what is in it: it is called by it.
            let by_name = name.rsplit('/').next().and_then(parse_sha256);
            let expected = match by_name.filter(|by_name| *by_name == found) {
                Some(by_name) => by_name,
                None => diff_id.trim_start_matches("sha256:").to_owned(),
            };
            signature::expect_sha256(&format!("layer {name}"), &expected, &found)?;
            layers.push(layer);
        }
        Ok(layers)
    }
}

/// The manifest for the architecture; the only one, where none is asked for.
fn choose(manifests: &[Descriptor], architecture: Option<Architecture>) -> Result<&Descriptor> {
    let of = |one: &Descriptor| {
        let platform = one.platform.as_ref()?;
        Architecture::by_name(&platform.architecture)
    };
    let fitting: Vec<&Descriptor> = manifests
        .iter()
        .filter(|one| match (architecture, &one.platform) {
            (Some(wanted), Some(_)) => of(one) == Some(wanted),
            // What buildkit attests has the platform "unknown".
            (None, Some(_)) => of(one).is_some(),
            (_, None) => true,
        })
        .collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        several => Err(Error::invalid_setting(
            "manifests of the image",
            "one for the architecture",
            format!("{} of {}", several.len(), manifests.len()),
        )
        .hinted("Choose one with --arch.")),
    }
}

/// A path of a document as one inside the image.
fn inside(path: &str) -> Result<&str> {
    let stays = !path.starts_with('/')
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|name| !matches!(name, "" | "." | ".."));
    stays.then_some(path).ok_or_else(|| {
        Error::invalid_setting("path in manifest.json", "one inside the image", path)
    })
}

fn document<T: DeserializeOwned>(name: &str, source: &Source) -> Result<T> {
    if source.len() > DOCUMENT_BYTES {
        return Err(Error::limit("document_bytes", DOCUMENT_BYTES));
    }
    let bytes = source.read("document", 0, source.len())?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Error::invalid(
            name.to_owned(),
            0,
            "the layout of the OCI image specification",
            error.to_string(),
        )
    })
}

/// Returns the SHA-256 of everything in `source`, which is charged as work.
pub(super) fn digest_of(source: &Source, limits: &Limits) -> Result<String> {
    let mut digest = Sha256::new();
    let mut offset = 0_u64;
    while offset < source.len() {
        let length = PIECE_BYTES.min(source.len().saturating_sub(offset));
        limits.charge_work(length)?;
        digest.update(&source.read("file", offset, length)?);
        offset = offset.saturating_add(length);
    }
    Ok(hexadecimal(&digest.finalize()))
}
