//! `os-release`: which distribution a tree is.
//!
//! Source: `os-release(5)`: assignments as a shell reads them, without expansion.

use crate::bytes::escaped;
use crate::error::Result;
use crate::tree::Tree;
use std::collections::BTreeMap;

/// The assignments of `os-release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsRelease {
    /// The file that was read, without links.
    pub path: Vec<u8>,
    /// The values by their names.
    pub values: BTreeMap<String, String>,
}

impl OsRelease {
    /// `ID`: `alpine`, `debian`.
    pub fn id(&self) -> Option<&str> {
        self.values.get("ID").map(String::as_str)
    }

    /// `VERSION_ID`: `3.19.1`, `12`.
    pub fn version_id(&self) -> Option<&str> {
        self.values.get("VERSION_ID").map(String::as_str)
    }
}

/// `/etc/os-release`, or `/usr/lib/os-release` where that is not there.
pub fn os_release(tree: &dyn Tree) -> Result<Option<OsRelease>> {
    for path in [&b"/etc/os-release"[..], b"/usr/lib/os-release"] {
        if let Some((found, bytes)) = super::text(tree, path)? {
            let path = found.path;
            let values = super::lines(&bytes).filter_map(assignment).collect();
            return Ok(Some(OsRelease { path, values }));
        }
    }
    Ok(None)
}

fn assignment(line: &[u8]) -> Option<(String, String)> {
    let equals = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = line.split_at_checked(equals)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if name.is_empty() || !name.iter().all(is_name) {
        return None;
    }
    let value = unquoted(value.get(1..).unwrap_or_default());
    Some((escaped(name), escaped(&value)))
}

/// A word as a shell takes it: quotes go, a backslash keeps what follows it.
fn unquoted(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut quote = None;
    let mut bytes = word.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\'' | b'"', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'\\', None | Some(b'"')) => out.extend(bytes.next()),
            (byte, None) if byte.is_ascii_whitespace() => break,
            (byte, _) => out.push(byte),
        }
    }
    out
}
