//! A server whose every reply is the same hostile one.

use std::io::{Read, Write};
use std::net::TcpListener;

/// Starts it; returns the address of a mirror there. It ends with the test.
pub fn start(reply: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let Ok(_) = stream.read(&mut request) else {
                continue;
            };
            stream.write_all(&reply).ok();
        }
    });
    format!("http://{address}/alpine")
}

/// A reply with this status line and body.
pub fn reply(status: &[u8], headers: &[u8], body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
    [
        b"HTTP/1.1 ",
        status,
        b"\r\n",
        length.as_bytes(),
        headers,
        b"\r\n",
        body,
    ]
    .concat()
}
