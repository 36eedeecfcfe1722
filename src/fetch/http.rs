//! Files from servers: received whole, through proxies and over breaks, or not at all.
//!
//! Sources: RFC 9110 (status codes, `If-None-Match`, ranges and `If-Range`).

use super::cache::{Blob, Cache, Record, digest_of};
use super::pace::{Pace, Transfer};
use super::partial::Partial;
use super::redirect;
use super::signature;
use crate::error::{Error, Kind, Result};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// How often a request is made again after one that brought nothing.
const RETRIES: u32 = 3;
/// How often in all, where each brings a little more.
const REQUESTS: u32 = 32;
/// The pause before the first repetition; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// A server that gives less for as long as patience lasts is given up on.
const SLOWEST_BYTES_PER_SECOND: u64 = 512;
/// How often one request is sent elsewhere.
const REDIRECTS: u32 = 5;
/// How long servers may take in all, beside the time that received bytes earn.
const ALLOWANCE: Duration = Duration::from_secs(120);
/// The shortest time that a step of a request gets.
const SHORTEST: Duration = Duration::from_millis(100);
/// How much is received at once.
const PIECE_BYTES: usize = 128 * 1024;

/// Who asks servers for files, and remembers what came.
pub struct Client {
    agent: Agent,
    cache: Cache,
    patience: Duration,
    pace: Pace,
    is_offline: bool,
    /// The only server that is contacted.
    confined_to: Option<String>,
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
            .timeout_resolve(Some(patience))
            .timeout_send_request(Some(patience))
            .timeout_per_read(Some(patience))
            // Where a redirect leads is checked here.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self {
            agent,
            cache,
            patience,
            pace: Pace::new(ALLOWANCE),
            is_offline: false,
            confined_to: None,
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

    /// The same, that waits so long for servers in all, and one second more for each 64 KiB received.
    #[must_use]
    pub fn with_deadline(mut self, allowance: Duration) -> Self {
        self.pace = Pace::new(allowance);
        self
    }

    /// The same, that contacts only the server in `url`, as `--locked` does.
    #[must_use]
    pub fn confined_to(mut self, url: &str) -> Self {
        self.confined_to = Some(redirect::origin(url).unwrap_or_default());
        self
    }

    /// The same, that tells of its progress.
    #[must_use]
    pub fn watched(mut self, watch: Box<Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Where fetched files are kept.
    pub(super) fn cache(&self) -> &Cache {
        &self.cache
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
            (Answer::Unchanged, Some((_, blob))) if wanted.sha256.is_none() => return Ok(blob),
            (Answer::Unchanged, _) => {
                let error = io::Error::other("an answer 304 to a request that did not ask for it");
                return Err(failed(wanted.url, &error));
            }
            (Answer::Whole(record), _) => record,
        };
        let found = digest_of(partial.path()).map_err(|error| failed(wanted.url, &error))?;
        if let Some(sha256) = wanted.sha256
            && let Err(error) = signature::expect_sha256(wanted.url, sha256, &found)
        {
            partial.forget();
            return Err(error);
        }
        let blob = self.cache.adopt(partial.path(), &found)?;
        partial.keep_validator(None);
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
        partial: &Partial,
    ) -> Result<Answer> {
        let mut fruitless = 0_u32;
        let mut pause = PAUSE;
        let mut transfer = self.pace.begin(partial.len());
        for _ in 0..REQUESTS {
            let before_bytes = partial.len();
            let failure = match self.request(wanted, known, partial, &mut transfer) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.is_passing {
                return Err(failure.error);
            }
            if transfer.left().is_zero() {
                return Err(too_slow(failure.error));
            }
            if partial.len() > before_bytes {
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

    /// Asks the server, and those that it sends the client to.
    fn call(
        &self,
        url: &str,
        headers: &[(header::HeaderName, String)],
        transfer: &Transfer<'_>,
    ) -> std::result::Result<Response<Body>, Failure> {
        let mut at = url.to_owned();
        for _ in 0..=REDIRECTS {
            if let Some(origin) = &self.confined_to
                && redirect::origin(&at).as_ref() != Some(origin)
            {
                return Err(lasting(elsewhere(&at)));
            }
            let mut request = self.agent.get(&at);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let patience = self.patience.min(transfer.left()).max(SHORTEST);
            let request = request
                .config()
                .timeout_connect(Some(patience))
                .timeout_recv_response(Some(patience))
                .https_only(url.starts_with("https:"))
                .build();
            let response = request.call().map_err(|error| failure(url, error))?;
            match response.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    let location = text(&response, header::LOCATION.as_str()).unwrap_or_default();
                    at = redirect::target(&at, &location).map_err(lasting)?;
                }
                _ => return Ok(response),
            }
        }
        let error = io::Error::other(format!("more than {REDIRECTS} redirects"));
        Err(lasting(failed(url, &error)))
    }

    fn request(
        &self,
        wanted: Wanted<'_>,
        known: Option<&Record>,
        partial: &Partial,
        transfer: &mut Transfer<'_>,
    ) -> std::result::Result<Answer, Failure> {
        let url = wanted.url;
        let mut headers = Vec::new();
        // Without a validator a part is only worth something where the whole is known.
        let validator = partial.validator();
        let there = partial.len();
        let resumes = there > 0 && (validator.is_some() || wanted.sha256.is_some());
        if resumes {
            headers.push((header::RANGE, format!("bytes={there}-")));
            if let Some(validator) = validator {
                headers.push((header::IF_RANGE, validator));
            }
        } else if let Some(record) = known.filter(|_| wanted.sha256.is_none()) {
            if let Some(etag) = &record.etag {
                headers.push((header::IF_NONE_MATCH, etag.clone()));
            } else if let Some(date) = &record.last_modified {
                headers.push((header::IF_MODIFIED_SINCE, date.clone()));
            }
        }
        let mut response = self.call(url, &headers, transfer)?;
        let status = response.status();
        let offset = match status {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if resumes && starts_at(&response, there) => there,
            StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
                partial.forget();
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
        // A weak tag does not identify the bytes of a part.
        let strong = record
            .etag
            .as_deref()
            .filter(|etag| !etag.starts_with("W/"));
        partial.keep_validator(strong.or(record.last_modified.as_deref()));
        let body = response.body_mut().as_reader();
        self.receive(wanted, body, partial, transfer, offset, total_bytes)?;
        Ok(Answer::Whole(record))
    }

    fn receive(
        &self,
        wanted: Wanted<'_>,
        mut body: impl Read,
        partial: &Partial,
        transfer: &mut Transfer<'_>,
        offset: u64,
        total_bytes: Option<u64>,
    ) -> std::result::Result<(), Failure> {
        let local = |error: io::Error| {
            let path = partial.path().display().to_string();
            lasting(Error::io(path, &error))
        };
        let mut file = partial.open(offset).map_err(local)?;
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
                partial.forget();
                return Err(lasting(too_long(wanted.url, wanted.limit_bytes)));
            }
            file.write_all(piece.get(..length).unwrap_or_default())
                .map_err(local)?;
            if let Some(watch) = &self.watch {
                watch(wanted.url, done, total_bytes);
            }
            transfer.reached(done);
            if transfer.left().is_zero() {
                let slow =
                    io::Error::other(format!("only {done} bytes arrived before the deadline"));
                return Err(lasting(too_slow(failed(wanted.url, &slow))));
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
            format!("SSL_CERT_FILE ({shown}) has no certificates"),
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

fn failed(url: &str, error: &io::Error) -> Error {
    Error::io(url.to_owned(), error)
}

fn answered(url: &str, status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            Error::absent(url.to_owned(), format!("the server answered {status}"))
        }
        _ => failed(
            url,
            &io::Error::other(format!("the server answered {status}")),
        ),
    }
}

fn too_long(url: &str, limit_bytes: u64) -> Error {
    Error::unsupported(url.to_owned(), "a file that is too long")
        .expected(format!("at most {limit_bytes} bytes"))
        .hinted("Raise the limit with --limit archive_bytes=….")
}

fn too_slow(error: Error) -> Error {
    error.hinted("The deadline for all servers has passed. Wait longer with --deadline SECONDS.")
}

fn elsewhere(url: &str) -> Error {
    Error::unsupported(
        url.to_owned(),
        "a server other than that of --mirror, which --locked does not contact",
    )
    .hinted("If you trust that server, name it with --mirror.")
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
