//! Debian's packages: an `ar` archive whose `data.tar` holds the files.
//!
//! Source: `deb(5)`, `ar(5)`. A package of Debian has no signature of its own: it is signed as a part
//! of the archive's index, so a package alone shows nothing but what it is.

use super::catch::Catch;
use super::store::{Taken, take};
use super::stream;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;

/// Begins every `ar` archive.
pub(super) const MAGIC: &[u8] = b"!<arch>\n";
/// A member's header.
const HEADER_BYTES: u64 = 60;
/// How many members are looked at; a package has three or four.
const MEMBERS: usize = 16;

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// `Package`
    pub name: String,
    /// `Version`
    pub version: String,
}

/// The kernel in a package, and what the package says of itself.
pub(super) fn read(
    source: &Source,
    flavor: Option<&str>,
    limits: &Limits,
) -> Result<(Taken, Control)> {
    let mut control = Control::default();
    let mut files = None;
    for (name, member) in members(source)? {
        if name.starts_with("control.tar") {
            let mut catch = Catch::new(limits).with("control");
            stream::read_tar(&member, limits, &mut catch)?;
            let text = catch.get("control").unwrap_or_default();
            control = parse(&String::from_utf8_lossy(text));
        } else if name.starts_with("data.tar") {
            let mut catch = Catch::new(limits);
            stream::read_tar(&member, limits, &mut catch)?;
            files = Some(catch);
        }
    }
    let files = files.ok_or_else(|| Error::absent("data.tar", "the package has no files"))?;
    Ok((take(&files, flavor)?, control))
}

fn members(source: &Source) -> Result<Vec<(String, Source)>> {
    let magic_bytes = u64::try_from(MAGIC.len()).unwrap_or(0);
    let magic = source.read("ar magic", 0, magic_bytes)?;
    if magic != MAGIC {
        return Err(Error::invalid(
            "ar magic",
            0,
            "!<arch>, the start of Debian's packages",
            crate::error::hex(&magic),
        ));
    }
    let mut members = Vec::new();
    let mut offset = magic_bytes;
    while offset < source.len() {
        if members.len() >= MEMBERS {
            return Err(Error::limit("ar_members", 16));
        }
        let header = source.read("ar header", offset, HEADER_BYTES)?;
        let field = |range: std::ops::Range<usize>| {
            let bytes = header.get(range).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim_end().to_owned()
        };
        let size = field(48..58);
        let size_bytes: u64 = size.parse().map_err(|_| {
            Error::invalid(
                "ar_size",
                offset.saturating_add(48),
                "a decimal number",
                size.escape_debug().to_string(),
            )
        })?;
        offset = offset.saturating_add(HEADER_BYTES);
        let there = source.len().saturating_sub(offset);
        if size_bytes > there {
            return Err(Error::truncated("ar member", offset, size_bytes, there));
        }
        let name = field(0..16).trim_end_matches('/').to_owned();
        members.push((name, source.part(offset, size_bytes)));
        // Members begin on even offsets.
        offset = offset
            .saturating_add(size_bytes)
            .saturating_add(size_bytes & 1);
    }
    Ok(members)
}

fn parse(text: &str) -> Control {
    let field = |wanted: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(wanted))
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    };
    Control {
        name: field("Package:"),
        version: field("Version:"),
    }
}
