//! A small HTTP server on loopback, with every fault that a mirror may have.

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The certificate of the authority that signed the server's.
pub const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/tls/ca.pem");

/// What a page does instead of being sent.
#[derive(Clone)]
pub enum Fault {
    None,
    /// The connection ends after so many bytes, the first so many times.
    Break {
        after: usize,
        times: usize,
    },
    /// This status, the first so many times.
    Status {
        code: u16,
        times: usize,
    },
    Redirect(String),
    /// Nothing more comes after so many bytes, and the connection stays open.
    Stall {
        after: usize,
    },
    /// A byte at a time.
    Drip,
    /// So many bytes, ten times a second.
    Trickle(usize),
}

/// One file of the server.
#[derive(Clone)]
pub struct Page {
    pub body: Vec<u8>,
    pub fault: Fault,
    /// Whether it sends parts.
    pub has_ranges: bool,
    /// Whether it says how to ask for changes.
    pub has_etag: bool,
    asked: Arc<AtomicUsize>,
}

impl Page {
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            fault: Fault::None,
            has_ranges: true,
            has_etag: true,
            asked: Arc::default(),
        }
    }
}

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub path: String,
    pub range: Option<String>,
    pub status: u16,
}

struct Shared {
    pages: Mutex<BTreeMap<String, Page>>,
    seen: Mutex<Vec<Seen>>,
    is_over: AtomicBool,
}

pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

/// What requests come by.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Server {
    pub fn start() -> Self {
        Self::start_with("http", |stream| Box::new(stream))
    }

    /// One that speaks TLS, by the certificate in testdata/tls.
    pub fn start_tls() -> Self {
        let certificate =
            CertificateDer::from(&include_bytes!("../../testdata/tls/server.der")[..]);
        let key = PrivatePkcs8KeyDer::from(&include_bytes!("../../testdata/tls/server.pk8")[..]);
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key.into())
                .unwrap();
        let config = Arc::new(config);
        Self::start_with("https", move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(StreamOwned::new(connection, stream))
        })
    }

    fn start_with(
        scheme: &'static str,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream + Send> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            pages: Mutex::default(),
            seen: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        let wrap = Arc::new(wrap);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (own, wrap) = (Arc::clone(&own), Arc::clone(&wrap));
                std::thread::spawn(move || answer(&own, wrap(stream.unwrap()).as_mut()));
            }
        });
        Self {
            address,
            scheme,
            shared,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub fn put(&self, path: &str, page: Page) {
        self.shared
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), page);
    }

    pub fn remove(&self, path: &str) {
        self.shared.pages.lock().unwrap().remove(path);
    }

    /// Changes a page that is there.
    pub fn change(&self, path: &str, change: impl Fn(&mut Page)) {
        change(self.shared.pages.lock().unwrap().get_mut(path).unwrap());
    }

    /// The requests since this was asked last.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // The listener is waiting for somebody.
        TcpStream::connect(self.address).ok();
    }
}

fn answer(shared: &Shared, stream: &mut dyn Stream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            // Whoever it was has changed its mind.
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let request = lines.next().unwrap_or_default();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = shared.pages.lock().unwrap().get(&path).cloned();
    let status = match page {
        Some(page) => send(stream, &page, &headers),
        None => send_status(stream, 404),
    };
    shared.seen.lock().unwrap().push(Seen {
        path,
        range: headers.get("range").cloned(),
        status,
    });
}

fn send_status(stream: &mut dyn Stream, code: u16) -> u16 {
    let text = "nothing of the sort";
    write!(
        stream,
        "HTTP/1.1 {code} Said\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
    .ok();
    code
}

fn send(stream: &mut dyn Stream, page: &Page, headers: &BTreeMap<String, String>) -> u16 {
    let asked = page.asked.fetch_add(1, Ordering::Relaxed);
    match &page.fault {
        Fault::Status { code, times } if asked < *times => return send_status(stream, *code),
        Fault::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            .ok();
            return 302;
        }
        _ => {}
    }
    let etag = format!("\"{}\"", super::made::apk::sha256(&page.body));
    if page.has_etag && headers.get("if-none-match") == Some(&etag) {
        write!(
            stream,
            "HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\nConnection: close\r\n\r\n"
        )
        .ok();
        return 304;
    }
    let start: Option<usize> = headers
        .get("range")
        .filter(|_| page.has_ranges)
        .filter(|_| {
            headers
                .get("if-range")
                .is_none_or(|validator| *validator == etag)
        })
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
    let (status, body) = match start {
        Some(start) if start < page.body.len() => (206, &page.body[start..]),
        Some(_) => return send_status(stream, 416),
        None => (200, &page.body[..]),
    };
    let mut head = format!(
        "HTTP/1.1 {status} OK\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    if page.has_etag {
        head += &format!("ETag: {etag}\r\n");
    }
    if let (206, Some(start)) = (status, start) {
        let length = page.body.len();
        head += &format!("Content-Range: bytes {start}-{}/{length}\r\n", length - 1);
    }
    write!(stream, "{head}\r\n").ok();
    match page.fault {
        Fault::Break { after, times } if asked < times => {
            stream.write_all(&body[..after.min(body.len())]).ok();
        }
        Fault::Stall { after } => {
            stream.write_all(&body[..after.min(body.len())]).ok();
            std::thread::sleep(Duration::from_secs(20));
        }
        Fault::Drip => {
            for byte in body {
                if stream.write_all(&[*byte]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Fault::Trickle(bytes) => {
            for piece in body.chunks(bytes) {
                if stream.write_all(piece).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        _ => {
            stream.write_all(body).ok();
        }
    }
    status
}
