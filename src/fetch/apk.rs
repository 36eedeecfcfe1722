//! Alpine's packages, version 2: three gzip streams one behind the other, which hold the signature,
//! what is said of the package, and its files.
//!
//! Source: `apk-v2(5)` and `apk-v3(5)` of apk-tools; Alpine wiki, "Apk spec". A package of version 3
//! (`ADB`) is named and not read: how its blocks are signed is not documented.

use super::catch::Catch;
use super::keys::Keys;
use super::signature::{self, Signature};
use super::store::{Taken, take};
use super::stream;
use super::tar::TarReader;
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::source::Source;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::borrow::Cow;

/// What version 3 begins with: plain, deflated, or in a codec that is named behind it.
const ADB: [&[u8]; 3] = [b"ADB.", b"ADBd", b"ADBc"];
/// The most that signatures and control files decode to; both have a few KiB.
const CONTROL_BYTES: u64 = 4 * 1024 * 1024;
/// The control file.
const PKGINFO: &str = ".PKGINFO";
/// The files of an index.
const PACKAGES: &str = "APKINDEX";
const DESCRIPTION: &str = "DESCRIPTION";

/// The parts of a package, each as it is stored.
struct Segments<'a> {
    signatures: Vec<Signature>,
    control: &'a [u8],
    data: &'a [u8],
    info: Info,
}

/// What `.PKGINFO` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// The package's name.
    pub name: String,
    /// Its version, `6.12.94-r0`.
    pub version: String,
    /// Its architecture, as Alpine calls it.
    pub architecture: String,
    /// The SHA-256 of the data segment, as it is stored.
    datahash: Option<String>,
}

/// What was found in a package, and who vouches for it.
#[derive(Debug)]
pub(super) struct Package {
    pub info: Info,
    pub taken: Taken,
    /// The key that signed it; `None` where it was let through without.
    pub signed_by: Option<String>,
}

/// Whether these are the first bytes of a package of version 3.
pub(super) fn is_version_3(head: &[u8]) -> bool {
    ADB.iter().any(|magic| head.starts_with(magic))
}

/// The kernel in a package. `checksum` is what a signed index says of it (`C:`), which is as good as
/// a signature.
pub(super) fn read(
    name: &str,
    source: &Source,
    trust: &Trust<'_>,
    flavor: Option<&str>,
    limits: &Limits,
) -> Result<Package> {
    let bytes = source.read_bounded("package", 0, source.len(), limits)?;
    if is_version_3(&bytes) {
        return Err(Error::unsupported(
            name.to_owned(),
            "an Alpine package of version 3 (ADB), whose signature kelpie-check cannot verify",
        )
        .hinted("Use a package of version 2, as in Alpine's own repositories."));
    }
    let segments = segments(name, &bytes, limits)?;
    if let Some(checksum) = trust.checksum {
        let found = digest(&SHA1_FOR_LEGACY_USE_ONLY, segments.control);
        let found = format!("Q1{}", STANDARD.encode(found));
        if found != checksum {
            return Err(Error::invalid_setting(
                format!("checksum of {name}"),
                format!("{checksum}, the checksum in APKINDEX"),
                found,
            ));
        }
    }
    // Without a digest of the data the signature is over both.
    let signed = match segments.info.datahash {
        Some(_) => Cow::Borrowed(segments.control),
        None => Cow::Owned([segments.control, segments.data].concat()),
    };
    let signed_by = match signature::verify(name, &segments.signatures, &signed, trust.keys) {
        Ok(key) => Some(key),
        Err(_) if trust.allow_untrusted => None,
        Err(error) => return Err(error),
    };
    if let Some(identity) = &trust.identity {
        identity.expect(name, &segments.info)?;
    }
    if let Some(datahash) = &segments.info.datahash {
        let found = signature::sha256(segments.data);
        signature::expect_sha256(&format!("the files in {name}"), datahash, &found)?;
    }
    let mut catch = Catch::new(limits);
    let mut reader = TarReader::new(limits.cpio_entries);
    let gzip = gzip(name, segments.data)?;
    stream::decode(gzip, segments.data, limits, &mut |bytes| {
        reader.feed(bytes, &mut catch)
    })?;
    reader.finish()?;
    Ok(Package {
        taken: take(&catch, flavor)?,
        info: segments.info,
        signed_by,
    })
}

/// What a package has to show.
pub(super) struct Trust<'a> {
    /// The keys that are trusted.
    pub keys: &'a Keys,
    /// Whether a package without a good signature is accepted.
    pub allow_untrusted: bool,
    /// The checksum of its control segment, as the index has it.
    pub checksum: Option<&'a str>,
    /// Which package it has to be.
    pub identity: Option<Identity<'a>>,
}

/// The package that was asked for.
pub(super) struct Identity<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub architecture: &'a str,
    /// The file that says so.
    pub stated_by: &'static str,
}

impl Identity<'_> {
    /// Compares it with what the package says of itself. A good signature alone would admit every
    /// other package by the same key, such as an old kernel.
    fn expect(&self, package: &str, info: &Info) -> Result<()> {
        for (what, expected, found) in [
            ("name", self.name, &info.name),
            ("version", self.version, &info.version),
            ("architecture", self.architecture, &info.architecture),
        ] {
            if expected != found {
                return Err(Error::invalid_setting(
                    format!("{what} in {PKGINFO} of {package}"),
                    format!("{expected}, as in {}", self.stated_by),
                    found.clone(),
                ));
            }
        }
        Ok(())
    }
}

/// A signed file of another kind, such as APKINDEX.tar.gz: the signature, and the rest.
pub(super) fn signed<'a>(
    name: &str,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(Vec<Signature>, &'a [u8])> {
    let (first, taken_bytes) = member(name, bytes, limits)?;
    let signatures = signatures(&first);
    let rest = usize::try_from(taken_bytes)
        .ok()
        .and_then(|at| bytes.get(at..))
        .unwrap_or_default();
    if signatures.is_empty() {
        return Ok((signatures, bytes));
    }
    Ok((signatures, rest))
}

fn segments<'a>(name: &str, bytes: &'a [u8], limits: &Limits) -> Result<Segments<'a>> {
    let (signatures, signed) = signed(name, bytes, limits)?;
    let (control, taken_bytes) = member(name, signed, limits)?;
    let (control_stored, data) = usize::try_from(taken_bytes)
        .ok()
        .and_then(|at| signed.split_at_checked(at))
        .ok_or_else(|| Error::absent("files", format!("{name} ends after its control segment")))?;
    let text = find(&control, PKGINFO)
        .ok_or_else(|| Error::absent(PKGINFO, format!("{name} is not an Alpine package")))?;
    Ok(Segments {
        signatures,
        control: control_stored,
        data,
        info: info(&String::from_utf8_lossy(&text)),
    })
}

/// The files of the first gzip stream, and how many bytes it takes.
fn member(name: &str, bytes: &[u8], limits: &Limits) -> Result<(Vec<File>, u64)> {
    let gzip = gzip(name, bytes)?;
    let limits = Limits {
        decoded_bytes: CONTROL_BYTES.min(limits.decoded_bytes),
        ..limits.clone()
    };
    let budget = Budget::new(&limits);
    let mut sink = Sink::new(&limits, &budget, None);
    let taken = gzip.decode(bytes, &mut sink)?;
    let mut files = Files::default();
    let mut reader = TarReader::new(limits.cpio_entries);
    reader.feed(sink.as_bytes(), &mut files)?;
    reader.finish()?;
    Ok((files.files, taken))
}

fn gzip(name: &str, bytes: &[u8]) -> Result<&'static codec::Codec> {
    codec::recognise(bytes)
        .filter(|codec| codec.name == "gzip")
        .ok_or_else(|| {
            Error::invalid(
                name.to_owned(),
                0,
                "gzip, the start of Alpine's packages",
                crate::error::hex(bytes.get(..4).unwrap_or(bytes)),
            )
        })
}

/// A small file, by its name.
type File = (String, Vec<u8>);

/// Every file of a segment.
#[derive(Default)]
struct Files {
    files: Vec<File>,
}

impl super::tar::Visitor for Files {
    fn entry(&mut self, entry: &super::tar::Entry) -> Result<bool> {
        let name = String::from_utf8_lossy(&entry.path).into_owned();
        self.files.push((name, Vec::new()));
        Ok(true)
    }

    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some((_, content)) = self.files.last_mut() {
            content.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

fn find(files: &[File], wanted: &str) -> Option<Vec<u8>> {
    files
        .iter()
        .find(|(name, _)| name == wanted)
        .map(|(_, content)| content.clone())
}

fn signatures(files: &[File]) -> Vec<Signature> {
    files
        .iter()
        .filter_map(|(name, content)| Signature::of_file(name, content))
        .collect()
}

/// What an index holds, after its signature.
pub(super) struct Index {
    /// The packages.
    pub packages: String,
    /// The commit of aports that the repository was built from, such as `v3.22.1-45-g0123456`.
    pub description: Option<String>,
}

/// Reads the files of an index, in the part after the signature.
pub(super) fn index(name: &str, bytes: &[u8], limits: &Limits) -> Result<Index> {
    let mut catch = Catch::new(limits).with(PACKAGES).with(DESCRIPTION);
    let mut reader = TarReader::new(limits.cpio_entries);
    stream::decode(gzip(name, bytes)?, bytes, limits, &mut |piece| {
        reader.feed(piece, &mut catch)
    })?;
    reader.finish()?;
    let text = |file: &str| {
        let bytes = catch.get(file)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    Ok(Index {
        packages: text(PACKAGES)
            .ok_or_else(|| Error::absent(PACKAGES, format!("{name} does not contain it")))?,
        description: text(DESCRIPTION),
    })
}

fn info(text: &str) -> Info {
    let value = |wanted: &str| {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .find(|(key, _)| *key == wanted)
            .map(|(_, value)| value.trim().to_owned())
    };
    Info {
        name: value("pkgname").unwrap_or_default(),
        version: value("pkgver").unwrap_or_default(),
        architecture: value("arch").unwrap_or_default(),
        datahash: value("datahash"),
    }
}

/// The SHA-1 of bytes, as an index writes it.
#[cfg(test)]
fn q1(bytes: &[u8]) -> String {
    format!(
        "Q1{}",
        STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_says_of_itself_is_read_past_comments() {
        let text = "# Generated by abuild\npkgname = linux-virt\npkgver = 6.12.94-r0\n\
                    arch = aarch64\ndatahash = abc\n";
        let info = info(text);
        assert_eq!(info.name, "linux-virt");
        assert_eq!(info.version, "6.12.94-r0");
        assert_eq!(info.datahash.as_deref(), Some("abc"));
    }

    #[test]
    fn checksums_are_written_as_an_index_does() {
        assert_eq!(q1(b"abc"), "Q1qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    }
}
