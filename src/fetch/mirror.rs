//! Alpine's kernels from a mirror: out of the netboot folder, the release tarball, or the package.
//!
//! Source: a mirror's layout: `v3.22/releases/ARCH/netboot/vmlinuz-virt`,
//! `v3.22/releases/ARCH/latest-releases.yaml`, `v3.22/main/ARCH/APKINDEX.tar.gz`.

use super::apk::{self, Identity, Trust};
use super::cache::Blob;
use super::catch::Catch;
use super::http::{Client, Wanted, is_missing};
use super::index::{self, Listed};
use super::keys::Keys;
use super::origin::{Fetched, Origin, Proof};
use super::release::{self, ReleaseFile};
use super::rollback::{self, Offer, Terms};
use super::signature;
use super::store::{Taken, take};
use super::stream;
use super::wish::{Newest, Recorded, Way, Wish};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::metadata::{FILE_NAME, SourceFile};
use crate::source::Source;

/// The longest list: APKINDEX of main is half a MiB, compressed.
const LIST_BYTES: u64 = 16 * 1024 * 1024;
/// The longest `.sha256`.
const SUM_BYTES: u64 = 64 * 1024;
/// The flavor of the release tarball that holds kernels.
const NETBOOT: &str = "alpine-netboot";

/// A mirror, and all that it takes to ask it.
pub struct Mirror<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// Whose signatures count.
    pub keys: &'a Keys,
    /// What the answers may cost.
    pub limits: &'a Limits,
}

impl Mirror<'_> {
    /// Fetches what is wished, by the first way that has it.
    pub fn fetch(&self, wish: &Wish) -> Result<Fetched> {
        self.first(wish, |way| match way {
            Way::Netboot => self.netboot(wish),
            Way::Release => self.release(wish),
            Way::Package => self.package(wish),
        })
    }

    /// What the mirror has by that way, or by the first that has anything.
    pub fn newest(&self, wish: &Wish) -> Result<Newest> {
        self.first(wish, |way| match way {
            Way::Netboot => {
                expect_authenticated(wish)?;
                let sources = self.netboot_sums(wish)?;
                let listed =
                    |(url, sha256): (String, Option<String>)| Some(SourceFile::new(url, sha256?));
                let sources: Vec<_> = sources.into_iter().filter_map(listed).collect();
                if sources.is_empty() {
                    return Err(unlisted(&format!("{}/netboot", wish.releases()?)));
                }
                Ok(Newest {
                    version: String::new(),
                    package: None,
                    index_built_at: None,
                    sources,
                })
            }
            Way::Release => {
                expect_authenticated(wish)?;
                let (url, file) = self.listed_release(wish)?;
                Ok(Newest {
                    version: file.version,
                    package: Some(NETBOOT.to_owned()),
                    index_built_at: file.built_at,
                    sources: vec![SourceFile::new(url, file.sha256)],
                })
            }
            Way::Package => {
                let (_, listed, built_at) = self.listed_package(wish)?;
                Ok(Newest {
                    version: listed.version,
                    package: Some(listed.name),
                    index_built_at: built_at,
                    sources: Vec::new(),
                })
            }
        })
    }

    /// The first way that is not missing; where all are, the error of each.
    fn first<T>(&self, wish: &Wish, mut by: impl FnMut(Way) -> Result<T>) -> Result<T> {
        let mut missing: Vec<String> = Vec::new();
        let mut last = None;
        let mut hint = None;
        for way in wish.ways() {
            match by(way) {
                Err(error) if is_missing(&error) => {
                    hint = hint.or(error.hint());
                    missing.push(error.to_string());
                    last = Some(error);
                }
                outcome => return outcome,
            }
        }
        match (missing.as_slice(), last) {
            ([_], Some(error)) => Err(error),
            _ => {
                let error = Error::absent(
                    format!(
                        "kernel {} of Alpine {} for {}",
                        wish.flavor,
                        wish.release,
                        wish.architecture()
                    ),
                    missing.join("; "),
                );
                Err(match hint {
                    Some(hint) => error.hinted(hint),
                    None => error,
                })
            }
        }
    }

    /// The files of the netboot folder, each with the digest that is listed for it.
    fn netboot_sums(&self, wish: &Wish) -> Result<Vec<(String, Option<String>)>> {
        let folder = match wish.exact() {
            Some(version) => format!("{}/netboot-{version}", wish.releases()?),
            None => format!("{}/netboot", wish.releases()?),
        };
        let mut names = vec![format!("vmlinuz-{}", wish.flavor)];
        if !wish.kernel_only {
            names.push(format!("initramfs-{}", wish.flavor));
        }
        names
            .into_iter()
            .map(|name| {
                let url = format!("{folder}/{name}");
                let sum = match self.client.text(&format!("{url}.sha256"), SUM_BYTES) {
                    Ok(text) => release::listed_sha256(&text, &name),
                    Err(error) if is_missing(&error) => None,
                    Err(error) => return Err(error),
                };
                Ok((url, sum))
            })
            .collect()
    }

    fn netboot(&self, wish: &Wish) -> Result<Fetched> {
        expect_authenticated(wish)?;
        let files = self.netboot_sums(wish)?;
        if !wish.allow_untrusted
            && let Some((url, _)) = files.iter().find(|(_, sum)| sum.is_none())
        {
            return Err(unlisted(url));
        }
        let mut contents = Vec::new();
        let mut sources = Vec::new();
        let mut proof = listed_proof(wish);
        for (url, sum) in &files {
            if sum.is_none() {
                proof = Proof::None;
            }
            let blob = self.client.get(Wanted {
                url,
                sha256: sum.as_deref(),
                limit_bytes: self.limits.file_bytes,
            })?;
            let source = Source::open(&blob.path)?;
            let bytes = source.read_bounded("file", 0, source.len(), self.limits)?;
            contents.push(bytes.into_owned());
            sources.push(SourceFile::new(url.clone(), blob.sha256));
        }
        let mut contents = contents.into_iter();
        Ok(Fetched {
            taken: Taken {
                kernel: contents.next().unwrap_or_default(),
                initramfs: contents.next(),
                ..Taken::default()
            },
            origin: Origin {
                way: Way::Netboot.name(),
                alpine_version: Some(wish.release.trim_start_matches('v').to_owned()),
                flavor: Some(wish.flavor.clone()),
                package: None,
                package_version: None,
                index_built_at: None,
                sources,
                proof,
            },
        })
    }

    fn listed_release(&self, wish: &Wish) -> Result<(String, ReleaseFile)> {
        let folder = wish.releases()?;
        let file = match wish.exact() {
            Some(version) => {
                let file = format!("{NETBOOT}-{version}-{}.tar.gz", wish.architecture());
                let text = self
                    .client
                    .text(&format!("{folder}/{file}.sha256"), SUM_BYTES)?;
                let sha256 = release::listed_sha256(&text, &file).ok_or_else(|| {
                    Error::absent(format!("SHA-256 of {file}"), "its .sha256 has no digest")
                })?;
                ReleaseFile {
                    file,
                    version: version.to_owned(),
                    sha256,
                    built_at: None,
                }
            }
            None => {
                let list = format!("{folder}/latest-releases.yaml");
                let yaml = self.client.text(&list, LIST_BYTES)?;
                let file = release::file_of(&yaml, NETBOOT, wish.architecture())?;
                let offer = Offer {
                    url: &list,
                    built_at: file.built_at,
                    package: NETBOOT,
                    version: &file.version,
                };
                self.hold(wish, &offer, wish.is_authenticated())?;
                file
            }
        };
        Ok((format!("{folder}/{}", file.file), file))
    }

    fn release(&self, wish: &Wish) -> Result<Fetched> {
        expect_authenticated(wish)?;
        let (url, file) = self.listed_release(wish)?;
        let blob = self.client.get(Wanted {
            url: &url,
            sha256: Some(&file.sha256),
            limit_bytes: self.limits.archive_bytes,
        })?;
        self.of_release(wish, &url, &file, &blob, listed_proof(wish))
    }

    /// The kernel in a release tarball that was fetched.
    fn of_release(
        &self,
        wish: &Wish,
        url: &str,
        file: &ReleaseFile,
        blob: &Blob,
        proof: Proof,
    ) -> Result<Fetched> {
        let mut catch = Catch::new(self.limits);
        stream::read_tar(&Source::open(&blob.path)?, self.limits, &mut catch)?;
        let mut taken = take(&catch, Some(&wish.flavor))?;
        if wish.kernel_only {
            taken.initramfs = None;
        }
        Ok(Fetched {
            taken,
            origin: Origin {
                way: Way::Release.name(),
                alpine_version: Some(wish.release.trim_start_matches('v').to_owned()),
                flavor: Some(wish.flavor.clone()),
                package: Some(NETBOOT.to_owned()),
                package_version: Some(file.version.clone()),
                index_built_at: file.built_at,
                sources: vec![SourceFile::new(url.to_owned(), blob.sha256.clone())],
                proof,
            },
        })
    }

    /// Refuses what is older than an offer that was seen before.
    fn hold(&self, wish: &Wish, offer: &Offer<'_>, is_trusted: bool) -> Result<()> {
        let terms = Terms {
            is_trusted,
            allow_downgrade: wish.allow_downgrade,
        };
        rollback::hold(self.client.cache(), offer, terms)
    }

    /// The URL of the newest package, the package, and when the index was built.
    fn listed_package(&self, wish: &Wish) -> Result<(String, Listed, Option<u64>)> {
        let folder = wish.packages()?;
        let url = format!("{folder}/APKINDEX.tar.gz");
        let blob = self.client.get(Wanted {
            url: &url,
            sha256: None,
            limit_bytes: LIST_BYTES,
        })?;
        let source = Source::open(&blob.path)?;
        let bytes = source.read_bounded("APKINDEX", 0, source.len(), self.limits)?;
        let (signatures, index) = apk::signed(&url, &bytes, self.limits)?;
        let is_signed = match signature::verify(&url, &signatures, index, self.keys) {
            Ok(_) => true,
            Err(_) if wish.allow_untrusted => false,
            Err(error) => return Err(error),
        };
        let index = apk::index(&url, index, self.limits)?;
        index::expect_branch(&url, &wish.branch()?, index.description.as_deref())?;
        let listed = index::newest(&index.packages, &wish.package(), wish.architecture())?;
        let built_at = index::built_at(&index.packages);
        let offer = Offer {
            url: &url,
            built_at,
            package: &listed.name,
            version: &listed.version,
        };
        self.hold(wish, &offer, is_signed)?;
        Ok((format!("{folder}/{}", listed.file_name()), listed, built_at))
    }

    fn package(&self, wish: &Wish) -> Result<Fetched> {
        let (url, listed, built_at) = self.listed_package(wish)?;
        let blob = self.client.get(Wanted {
            url: &url,
            sha256: None,
            limit_bytes: self.limits.file_bytes,
        })?;
        let source = Source::open(&blob.path)?;
        if source.len() != listed.size_bytes {
            return Err(Error::invalid_setting(
                format!("length of {url}"),
                format!("{} bytes, the size in APKINDEX", listed.size_bytes),
                format!("{} bytes", source.len()),
            ));
        }
        let trust = Trust {
            keys: self.keys,
            allow_untrusted: wish.allow_untrusted,
            checksum: Some(&listed.checksum),
            identity: Some(Identity {
                name: &listed.name,
                version: &listed.version,
                architecture: &listed.architecture,
                stated_by: "APKINDEX",
            }),
        };
        let mut fetched = self.of_package(wish, &url, &source, &blob.sha256, &trust)?;
        fetched.origin.index_built_at = built_at;
        Ok(fetched)
    }

    /// The kernel in a package that was fetched.
    fn of_package(
        &self,
        wish: &Wish,
        url: &str,
        source: &Source,
        sha256: &str,
        trust: &Trust<'_>,
    ) -> Result<Fetched> {
        let package = apk::read(url, source, trust, None, self.limits)?;
        Ok(Fetched {
            taken: package.taken,
            origin: Origin {
                way: Way::Package.name(),
                alpine_version: Some(wish.release.trim_start_matches('v').to_owned()),
                flavor: Some(wish.flavor.clone()),
                package: Some(package.info.name),
                package_version: Some(package.info.version),
                index_built_at: None,
                sources: vec![SourceFile::new(url.to_owned(), sha256.to_owned())],
                proof: package.signed_by.map_or(Proof::None, Proof::Signed),
            },
        })
    }

    /// Fetches exactly what was recorded before: the same URLs, with the same digests.
    pub fn fetch_recorded(&self, wish: &Wish, recorded: &Recorded<'_>) -> Result<Fetched> {
        let way = Way::ALL
            .into_iter()
            .find(|(name, _)| *name == recorded.way)
            .map(|(_, way)| way)
            .ok_or_else(|| {
                Error::invalid_setting(
                    "kernel-metadata.json source",
                    "netboot, release or apk, the places of a mirror",
                    recorded.way,
                )
            })?;
        let mut blobs = Vec::new();
        for file in recorded.sources {
            let blob = self.client.get(Wanted {
                url: &file.name,
                sha256: Some(&file.sha256),
                limit_bytes: self.limits.archive_bytes,
            })?;
            blobs.push((file, Source::open(&blob.path)?, blob));
        }
        let Some((file, source, blob)) = blobs.first() else {
            return Err(Error::absent(
                "sources",
                "kernel-metadata.json records no kernel to fetch again",
            ));
        };
        match way {
            Way::Package => {
                let trust = Trust {
                    keys: self.keys,
                    allow_untrusted: wish.allow_untrusted,
                    checksum: None,
                    // A record of an earlier version of kelpie-check may lack both.
                    identity: (!recorded.package.is_empty()).then_some(Identity {
                        name: recorded.package,
                        version: recorded.version,
                        architecture: wish.architecture(),
                        stated_by: FILE_NAME,
                    }),
                };
                self.of_package(wish, &file.name, source, &blob.sha256, &trust)
            }
            Way::Release => {
                let listed = ReleaseFile {
                    file: file.name.clone(),
                    version: recorded.version.to_owned(),
                    sha256: file.sha256.clone(),
                    built_at: None,
                };
                self.of_release(wish, &file.name, &listed, blob, Proof::Recorded)
            }
            Way::Netboot => {
                let read = |at: usize| {
                    let (_, source, _) = blobs.get(at)?;
                    let bytes = source.read_bounded("file", 0, source.len(), self.limits);
                    Some(bytes.map(std::borrow::Cow::into_owned))
                };
                Ok(Fetched {
                    taken: Taken {
                        kernel: read(0).transpose()?.unwrap_or_default(),
                        initramfs: read(1).transpose()?,
                        ..Taken::default()
                    },
                    origin: Origin {
                        way: way.name(),
                        alpine_version: Some(wish.release.trim_start_matches('v').to_owned()),
                        flavor: Some(wish.flavor.clone()),
                        package: None,
                        package_version: None,
                        index_built_at: None,
                        sources: recorded.sources.to_vec(),
                        proof: Proof::Recorded,
                    },
                })
            }
        }
    }
}

/// What a digest that the mirror lists is worth.
fn listed_proof(wish: &Wish) -> Proof {
    if wish.is_authenticated() {
        Proof::Listed
    } else {
        Proof::None
    }
}

/// Refuses files without a signature whose digests come by plain http, like the files.
fn expect_authenticated(wish: &Wish) -> Result<()> {
    if wish.allow_untrusted || wish.is_authenticated() {
        return Ok(());
    }
    Err(Error::absent(
        format!("proof of {}", wish.releases()?),
        "the files and their SHA-256 come from the same server by plain http",
    )
    .hinted(
        "Name a mirror with https://, fetch the signed package (--via apk), or accept the files \
            with --allow-untrusted.",
    ))
}

fn unlisted(url: &str) -> Error {
    Error::absent(
        format!("SHA-256 of {url}"),
        "the mirror lists no digest, and nothing else verifies the file",
    )
    .hinted("Accept it with --allow-untrusted, or choose another --via.")
}
