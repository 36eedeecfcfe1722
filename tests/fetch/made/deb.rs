//! A Debian package: an ar archive of three members.

use super::tar::{self, Entry};
use crate::forge::gzip;

/// The package, its files packed by `pack`, and the member called `data.tar` with that ending.
pub fn build(files: &[Entry], ending: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let control = gzip(&tar::archive(&[tar::file(
        "./control",
        "Package: linux-image-6.1.0-forged\nVersion: 6.1.192-2\n",
    )]));
    let mut bytes = b"!<arch>\n".to_vec();
    member(&mut bytes, "debian-binary", b"2.0\n");
    member(&mut bytes, "control.tar.gz", &control);
    member(
        &mut bytes,
        &format!("data.tar{ending}"),
        &pack(&tar::archive(files)),
    );
    bytes
}

fn member(bytes: &mut Vec<u8>, name: &str, content: &[u8]) {
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
        0,
        0,
        0,
        "100644",
        content.len()
    );
    bytes.extend(header.as_bytes());
    bytes.extend(content);
    if content.len() % 2 == 1 {
        bytes.push(b'\n');
    }
}
