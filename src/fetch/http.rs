//! Files from servers: received whole, through proxies and over breaks, or not at all.
//!
//! Sources: RFC 9110 (status codes, `If-None-Match`, ranges and `If-Range`).

use super::cache::{Blob, Cache, Record, digest_of};
use super::signature;
use crate::error::{Error, Kind, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How often a request is made again after one that brought nothing.
const RETRIES: u32 = 3;
/// How often in all, where each brings a little more.
const REQUESTS: u32 = 32;
/// The pause before the first repetition; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// A server that gives less for as long as patience lasts is given up on.
const SLOWEST_BYTES_PER_SECOND: u64 = 512;
/// How much is received at once.
const PIECE_BYTES: usize = 128 * 1024;

/// Who asks servers for files, and remembers what came.
pub struct Client {
    agent: Agent,
    cache: Cache,
    patience: Duration,
    is_offline: bool,
    received_bytes: AtomicU64,
    watch: Option<Box<Watch>>,
}

/// Is told of a URL what came of it so far, and how much there is in all.
pub type Watch = dyn Fn(&str, u64, Option<u64>) + Send + Sync;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub url: &'a str,
    /// What it has to be; with this, a file that is in the cache is not asked for.
    pub sha256: Option<&'a str>,
    pub limit_bytes: u64,
}

/// How one request ended.
enum Answer {
    /// The file is there as a whole.
    Whole(Record),
    /// It is what it was.
    Unchanged,
}

/// Why one request failed, and whether to ask again.
struct Failure {
    error: Error,
    is_passing: bool,
}

impl Client {
    /// A client with that cache, which gives up on a server that is silent for so long.
    pub fn new(cache: Cache, patience: Duration) -> Result<Self> {
        let mut tls = TlsConfig::builder();
        if let Some(certificates) = certificates()? {
            tls = tls.root_certs(certificates);
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("kelpie-check/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience))
            .timeout_recv_response(Some(patience))
            .timeout_per_read(Some(patience))
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self {
            agent,
            cache,
            patience,
            is_offline: false,
            received_bytes: AtomicU64::new(0),
            watch: None,
        })
    }

    /// The same, that asks no server.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.is_offline = true;
        self
    }

    /// The same, that tells of its progress.
    #[must_use]
    pub fn watched(mut self, watch: Box<Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// How many bytes of files came from servers so far.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    /// The file at a URL, or what it is known to be.
    pub(super) fn get(&self, wanted: Wanted<'_>) -> Result<Blob> {
        if let Some(sha256) = wanted.sha256
            && let Some(blob) = self.cache.get(sha256)?
        {
            return Ok(blob);
        }
        let known = self.cache.record(wanted.url)?;
        if self.is_offline {
            return match known {
                Some((_, blob)) if wanted.sha256.is_none() => Ok(blob),
                _ => Err(Error::absent(
                    wanted.url.to_owned(),
                    "it is not in the cache, and --offline asks no server",
                )),
            };
        }
        let partial = self.cache.partial(wanted.url)?;
        let answer = self.persist(wanted, known.as_ref().map(|(record, _)| record), &partial)?;
        let mut record = match (answer, known) {
            (Answer::Unchanged, Some((_, blob))) => return Ok(blob),
            (Answer::Unchanged, None) => {
                return Err(Error::absent(
                    wanted.url.to_owned(),
                    "the server says that it is unchanged, and nobody asked",
                ));
            }
            (Answer::Whole(record), _) => record,
        };
        let found = digest_of(&partial).map_err(|error| failed(wanted.url, &error))?;
        if let Some(sha256) = wanted.sha256
            && let Err(error) = signature::expect_sha256(wanted.url, sha256, &found)
        {
            forget(&partial);
            return Err(error);
        }
        let blob = self.cache.adopt(&partial, &found)?;
        forget(&validator_path(&partial));
        record.sha256 = found;
        self.cache.remember(&record)?;
        Ok(blob)
    }

    /// The text at a URL.
    pub(super) fn text(&self, url: &str, limit_bytes: u64) -> Result<String> {
        let blob = self.get(Wanted {
            url,
            sha256: None,
            limit_bytes,
        })?;
        let mut text = Vec::new();
        File::open(&blob.path)
            .and_then(|file| file.take(limit_bytes).read_to_end(&mut text))
            .map_err(|error| failed(url, &error))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Asks until the file is there, or there is no more sense in asking.
    fn persist(
        &self,
        wanted: Wanted<'_>,
        known: Option<&Record>,
        partial: &Path,
    ) -> Result<Answer> {
        let mut fruitless = 0_u32;
        let mut pause = PAUSE;
        for _ in 0..REQUESTS {
            let before_bytes = there_bytes(partial);
            let failure = match self.request(wanted, known, partial) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.is_passing {
                return Err(failure.error);
            }
            if there_bytes(partial) > before_bytes {
                fruitless = 0;
                pause = PAUSE;
            }
            if fruitless >= RETRIES {
                return Err(failure.error);
            }
            fruitless = fruitless.saturating_add(1);
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
        }
        Err(Error::limit("requests", u64::from(REQUESTS)))
    }

    fn request(
        &self,
        wanted: Wanted<'_>,
        known: Option<&Record>,
        partial: &Path,
    ) -> std::result::Result<Answer, Failure> {
        let url = wanted.url;
        let mut request = self.agent.get(url);
        // Without a validator a part is only worth something where the whole is known.
        let validator = std::fs::read_to_string(validator_path(partial)).ok();
        let there = there_bytes(partial);
        let resumes = there > 0 && (validator.is_some() || wanted.sha256.is_some());
        if resumes {
            request = request.header(header::RANGE, format!("bytes={there}-"));
            if let Some(validator) = &validator {
                request = request.header(header::IF_RANGE, validator);
            }
        } else if let Some(record) = known {
            if let Some(etag) = &record.etag {
                request = request.header(header::IF_NONE_MATCH, etag);
            } else if let Some(date) = &record.last_modified {
                request = request.header(header::IF_MODIFIED_SINCE, date);
            }
        }
        // A server may not lead from https to http.
        let request = request
            .config()
            .https_only(url.starts_with("https:"))
            .build();
        let mut response = request.call().map_err(|error| failure(url, error))?;
        let status = response.status();
        let offset = match status {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if resumes && starts_at(&response, there) => there,
            StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
                forget(partial);
                return Err(Failure {
                    error: answered(url, status),
                    is_passing: true,
                });
            }
            _ => {
                return Err(Failure {
                    error: answered(url, status),
                    is_passing: status.is_server_error()
                        || status == StatusCode::TOO_MANY_REQUESTS
                        || status == StatusCode::REQUEST_TIMEOUT,
                });
            }
        };
        let record = Record {
            url: url.to_owned(),
            sha256: String::new(),
            etag: text(&response, header::ETAG.as_str()),
            last_modified: text(&response, header::LAST_MODIFIED.as_str()),
        };
        let rest_bytes = text(&response, header::CONTENT_LENGTH.as_str())
            .and_then(|length| length.parse::<u64>().ok());
        let total_bytes = rest_bytes.map(|rest| offset.saturating_add(rest));
        if total_bytes.is_some_and(|total| total > wanted.limit_bytes) {
            return Err(lasting(too_long(url, wanted.limit_bytes)));
        }
        keep_validator(partial, &record);
        let body = response.body_mut().as_reader();
        self.receive(wanted, body, partial, offset, total_bytes)?;
        Ok(Answer::Whole(record))
    }

    fn receive(
        &self,
        wanted: Wanted<'_>,
        mut body: impl Read,
        partial: &Path,
        offset: u64,
        total_bytes: Option<u64>,
    ) -> std::result::Result<(), Failure> {
        let local = |error: io::Error| lasting(Error::io(partial.display().to_string(), &error));
        let mut file = OpenOptions::new()
            .create(true)
            .append(offset > 0)
            .write(true)
            .truncate(offset == 0)
            .open(partial)
            .map_err(local)?;
        let mut done = offset;
        let mut window = (Instant::now(), done);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = match body.read(&mut piece) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Failure {
                        error: failed(wanted.url, &error),
                        is_passing: true,
                    });
                }
            };
            if length == 0 {
                break;
            }
            let bytes = u64::try_from(length).unwrap_or(u64::MAX);
            done = done.saturating_add(bytes);
            self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
            if done > wanted.limit_bytes {
                drop(file);
                forget(partial);
                return Err(lasting(too_long(wanted.url, wanted.limit_bytes)));
            }
            file.write_all(piece.get(..length).unwrap_or_default())
                .map_err(local)?;
            if let Some(watch) = &self.watch {
                watch(wanted.url, done, total_bytes);
            }
            let waited = window.0.elapsed();
            if waited >= self.patience {
                let least = SLOWEST_BYTES_PER_SECOND.saturating_mul(waited.as_secs().max(1));
                if done.saturating_sub(window.1) < least {
                    let slow = io::Error::other(format!(
                        "too slow: {} bytes in {} seconds",
                        done.saturating_sub(window.1),
                        waited.as_secs()
                    ));
                    return Err(Failure {
                        error: failed(wanted.url, &slow),
                        is_passing: true,
                    });
                }
                window = (Instant::now(), done);
            }
        }
        file.flush().map_err(local)?;
        match total_bytes {
            Some(total) if total != done => Err(Failure {
                error: Error::truncated(wanted.url.to_owned(), 0, total, done),
                is_passing: true,
            }),
            _ => Ok(()),
        }
    }
}

/// Roots beside those that are built in: `SSL_CERT_FILE` names them, as it does for OpenSSL.
fn certificates() -> Result<Option<RootCerts>> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let shown = Path::new(&path).display().to_string();
    let text = std::fs::read(&path).map_err(|error| Error::io(shown.clone(), &error))?;
    let roots: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if roots.is_empty() {
        return Err(Error::absent(
            "certificate",
            format!("SSL_CERT_FILE ({shown}) has none"),
        ));
    }
    Ok(Some(RootCerts::new_with_certs(&roots)))
}

fn text<T>(response: &Response<T>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// Whether `Content-Range: bytes 100-199/200` begins where the file ends.
fn starts_at<T>(response: &Response<T>, offset: u64) -> bool {
    text(response, header::CONTENT_RANGE.as_str())
        .as_deref()
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split_once('-'))
        .is_some_and(|(first, _)| first.parse() == Ok(offset))
}

fn validator_path(partial: &Path) -> PathBuf {
    partial.with_extension("validator")
}

/// Remembers by what a part can be told to be of the same file still. A weak tag cannot.
fn keep_validator(partial: &Path, record: &Record) {
    let path = validator_path(partial);
    let strong = record.etag.as_ref().filter(|etag| !etag.starts_with("W/"));
    match strong.or(record.last_modified.as_ref()) {
        // Without it the next request begins from the beginning.
        Some(validator) => drop(std::fs::write(path, validator)),
        None => forget(&path),
    }
}

fn there_bytes(partial: &Path) -> u64 {
    std::fs::metadata(partial).map_or(0, |metadata| metadata.len())
}

/// What is not there any more is forgotten as well.
fn forget(path: &Path) {
    std::fs::remove_file(path).ok();
}

fn failed(url: &str, error: &io::Error) -> Error {
    Error::io(url.to_owned(), error)
}

fn answered(url: &str, status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Error::absent(url.to_owned(), format!("the server says {status}"))
        }
        _ => failed(url, &io::Error::other(format!("the server says {status}"))),
    }
}

fn too_long(url: &str, limit_bytes: u64) -> Error {
    Error::unsupported(url.to_owned(), "a file that is too long")
        .expected(format!("at most {limit_bytes} bytes"))
        .hinted("Raise the limit with --limit archive_bytes=….")
}

fn lasting(error: Error) -> Failure {
    Failure {
        error,
        is_passing: false,
    }
}

fn failure(url: &str, error: ureq::Error) -> Failure {
    let is_passing = matches!(
        error,
        ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_)
    );
    Failure {
        error: failed(url, &io::Error::other(error)),
        is_passing,
    }
}

/// Whether a file is simply not on the server.
pub(super) fn is_missing(error: &Error) -> bool {
    error.kind() == Kind::Absent
}
