//! Kernels out of what lies here: a folder, a package, an archive, an image of a disk or of a CD.

use super::apk::{self, Trust};
use super::catch::Catch;
use super::deb;
use super::iso::{self, Iso};
use super::keys::Keys;
use super::oci;
use super::origin::{Fetched, Origin, Proof};
use super::signature::sha256;
use super::store::{Taken, TreeStore, take};
use super::stream;
use crate::architecture::Architecture;
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::metadata::SourceFile;
use crate::rootfs::{Folder, RootFs, identify};
use crate::source::Source;
use std::path::Path;

/// Begins the names of the first files of an Alpine package.
const OF_PACKAGE: [&[u8]; 2] = [b".SIGN.", b".PKGINFO"];
/// As much of a stream as tells how the first file in it is called.
const FIRST_FILE_BYTES: u64 = 512;

/// What is asked of a local source.
pub struct Local<'a> {
    /// The flavour, where there is more than one kernel.
    pub flavor: Option<&'a str>,
    /// The architecture, where there is more than one image.
    pub architecture: Option<Architecture>,
    /// Whose signatures count.
    pub keys: &'a Keys,
    /// Whether a package that nobody signed is taken.
    pub allow_untrusted: bool,
    /// What reading may cost.
    pub limits: &'a Limits,
}

/// What a file is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it shows to be.
    Anything,
    /// A package of Alpine.
    Apk,
    /// A package of Debian.
    Deb,
}

impl Local<'_> {
    /// The kernel in the file or folder at `path`. All that is decoded on the way shares one count
    /// of work.
    pub fn read(&self, path: &Path, expected: Expected) -> Result<Fetched> {
        let limits = &self.limits.metered();
        let metered = Local { limits, ..*self };
        if path.is_dir() {
            return metered.folder(path);
        }
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        metered.read_source(name, &Source::open(path)?, expected)
    }

    /// Reads the kernel in `source`. Errors and metadata call it `name`. All that is decoded on the
    /// way shares one count of work.
    pub fn read_source(
        &self,
        name: String,
        source: &Source,
        expected: Expected,
    ) -> Result<Fetched> {
        let limits = &self.limits.metered();
        Local { limits, ..*self }.read_metered(name, source, expected)
    }

    fn read_metered(&self, name: String, source: &Source, expected: Expected) -> Result<Fetched> {
        let head = source.head()?.as_bytes().to_vec();
        let (way, found) = match expected {
            Expected::Apk => ("apk", self.apk(&name, source)?),
            Expected::Deb => ("deb", self.deb(source)?),
            Expected::Anything => self.by_content(&name, source, &head)?,
        };
        let sha256 = oci::digest_of(source, self.limits)?;
        Ok(found.into_fetched(way, self.flavor, vec![SourceFile::new(name, sha256)]))
    }

    fn by_content(
        &self,
        name: &str,
        source: &Source,
        head: &[u8],
    ) -> Result<(&'static str, Found)> {
        let at = usize::try_from(iso::MAGIC_OFFSET).unwrap_or(usize::MAX);
        let is_iso = head
            .get(at..)
            .is_some_and(|rest| rest.starts_with(iso::MAGIC));
        if head.starts_with(deb::MAGIC) {
            return Ok(("deb", self.deb(source)?));
        }
        if apk::is_version_3(head) || self.is_package(head) {
            return Ok(("apk", self.apk(name, source)?));
        }
        // An image that also boots from a USB stick has a partition table in front.
        if is_iso {
            let image = Iso::open(source.clone(), self.limits)?;
            let store = TreeStore {
                tree: &image,
                limits: self.limits,
            };
            return Ok(("iso", Found::of(take(&store, self.flavor)?)));
        }
        let contents = identify(source, self.limits)?;
        if contents.kind.is_some_and(|kind| kind.name == "tar") {
            return self.tar(source, contents.codec.is_some());
        }
        let root = RootFs::from_source(source.clone(), self.limits);
        let store = TreeStore {
            tree: root.tree()?,
            limits: self.limits,
        };
        Ok(("image", Found::of(take(&store, self.flavor)?)))
    }

    /// Whether the first file in a gzip stream is one of a package.
    fn is_package(&self, head: &[u8]) -> bool {
        codec::recognise(head).is_some_and(|codec| {
            let first = codec::decode_head(codec, head, FIRST_FILE_BYTES, self.limits);
            codec.name == "gzip" && OF_PACKAGE.iter().any(|name| first.starts_with(name))
        })
    }

    fn apk(&self, name: &str, source: &Source) -> Result<Found> {
        let trust = Trust {
            keys: self.keys,
            allow_untrusted: self.allow_untrusted,
            checksum: None,
            identity: None,
        };
        let package = apk::read(name, source, &trust, self.flavor, self.limits)?;
        Ok(Found {
            taken: package.taken,
            package: Some(package.info.name),
            package_version: Some(package.info.version),
            proof: package.signed_by.map_or(Proof::None, Proof::Signed),
        })
    }

    fn deb(&self, source: &Source) -> Result<Found> {
        let (taken, control) = deb::read(source, self.flavor, self.limits)?;
        Ok(Found {
            package: Some(control.name).filter(|name| !name.is_empty()),
            package_version: Some(control.version).filter(|version| !version.is_empty()),
            ..Found::of(taken)
        })
    }

    fn tar(&self, source: &Source, is_compressed: bool) -> Result<(&'static str, Found)> {
        let mut catch = Catch::new(self.limits)
            .with("oci-layout")
            .with("manifest.json");
        stream::read_tar(source, self.limits, &mut catch)?;
        let is_image = catch.get("oci-layout").is_some() || catch.get("manifest.json").is_some();
        if !is_image {
            return Ok(("tar", Found::of(take(&catch, self.flavor)?)));
        }
        let plain = if is_compressed {
            self.decompressed(source)?
        } else {
            source.clone()
        };
        let files = oci::Files::of_archive(&plain, self.limits)?
            .ok_or_else(|| Error::absent("container image", "the archive has no manifest"))?;
        Ok(("oci", self.oci(&files)?))
    }

    /// A container image in a compressed archive is read at places all over it.
    fn decompressed(&self, source: &Source) -> Result<Source> {
        let stream = source.read_bounded("archive", 0, source.len(), self.limits)?;
        let codec = codec::recognise(&stream).ok_or_else(|| {
            Error::unknown_codec("archive", 0, stream.get(..4).unwrap_or_default())
        })?;
        let budget = Budget::new(self.limits);
        let mut sink = Sink::new(self.limits, &budget, None);
        codec::decode_concatenated(codec, &stream, &mut sink)?;
        Ok(Source::from_bytes(sink.into_bytes()))
    }

    fn oci(&self, files: &oci::Files) -> Result<Found> {
        let catch = files.read(self.architecture, self.limits)?;
        Ok(Found::of(take(&catch, self.flavor)?))
    }

    fn folder(&self, path: &Path) -> Result<Fetched> {
        if let Some(files) = oci::Files::of_folder(path.to_owned()) {
            let found = self.oci(&files)?;
            let sources = vec![SourceFile::new(
                found.taken.kernel_name.clone(),
                sha256(&found.taken.kernel),
            )];
            return Ok(found.into_fetched("oci", self.flavor, sources));
        }
        let folder = Folder::open(path, self.limits)?;
        let store = TreeStore {
            tree: &folder,
            limits: self.limits,
        };
        let found = Found::of(take(&store, self.flavor)?);
        // A folder has no digest: its files have.
        let mut sources = vec![SourceFile::new(
            found.taken.kernel_name.clone(),
            sha256(&found.taken.kernel),
        )];
        if let (Some(name), Some(bytes)) = (&found.taken.initramfs_name, &found.taken.initramfs) {
            sources.push(SourceFile::new(name.clone(), sha256(bytes)));
        }
        Ok(found.into_fetched("directory", self.flavor, sources))
    }
}

/// What a local source gave.
struct Found {
    taken: Taken,
    package: Option<String>,
    package_version: Option<String>,
    proof: Proof,
}

impl Found {
    fn of(taken: Taken) -> Self {
        Self {
            taken,
            package: None,
            package_version: None,
            proof: Proof::None,
        }
    }

    fn into_fetched(
        self,
        way: &'static str,
        flavor: Option<&str>,
        sources: Vec<SourceFile>,
    ) -> Fetched {
        Fetched {
            taken: self.taken,
            origin: Origin {
                way,
                alpine_version: None,
                flavor: flavor.map(str::to_owned),
                package: self.package,
                package_version: self.package_version,
                index_built_at: None,
                sources,
                proof: self.proof,
            },
        }
    }
}
