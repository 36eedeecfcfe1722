//! What went wrong, where, and why: the one error of the library.

use crate::role::Role;
use std::borrow::Cow;
use std::fmt;
use std::io;

/// The kind of a failure; a cause decides by it whether the failure is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The system refused to read (permission, device, not a file).
    Io,
    /// The bytes end before a field or payload does.
    Truncated,
    /// A header field holds what its document forbids.
    Invalid,
    /// A compressed stream does not decode, or decodes to something else than was stated.
    Corrupt,
    /// The compression is none that is known here.
    UnknownCodec,
    /// Valid, but nothing here reads it.
    Unsupported,
    /// A number of [`Limits`](crate::limits::Limits) was met.
    Limit,
    /// The bytes are of no known container.
    Unrecognised,
    /// The artefact is for a machine that the target has not.
    WrongMachine,
    /// The artefact is whole, and does not hold this.
    Absent,
    /// The caller asked not to find out (`--quick`).
    NotAsked,
    /// The fact is about an artefact that was not given.
    NotGiven,
}

/// A failure with its place: the field, its absolute offset, what was expected and what was found.
///
/// Cheap to clone: facts are remembered together with the reason for which they are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    kind: Kind,
    field: Cow<'static, str>,
    offset: Option<u64>,
    layer: Option<Cow<'static, str>>,
    expected: Option<String>,
    found: String,
    hint: Option<&'static str>,
    role: Option<Role>,
    quote: Option<String>,
}

/// The result of everything that reads.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(kind: Kind, field: impl Into<Cow<'static, str>>, found: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            field: field.into(),
            offset: None,
            layer: None,
            expected: None,
            found: found.into(),
            hint: None,
            role: None,
            quote: None,
        }))
    }

    /// The system refused to read `what`.
    pub fn io(what: impl Into<Cow<'static, str>>, error: &io::Error) -> Self {
        Self::new(Kind::Io, what, error.to_string())
    }

    /// `field` needs `expected_bytes` from `offset` on, and only `found_bytes` are there.
    pub fn truncated(
        field: impl Into<Cow<'static, str>>,
        offset: u64,
        expected_bytes: u64,
        found_bytes: u64,
    ) -> Self {
        Self::new(Kind::Truncated, field, format!("{found_bytes} bytes"))
            .expected(format!("{expected_bytes} bytes"))
            .at(offset)
    }

    /// `field` at `offset` holds what its document forbids.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        offset: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Invalid, field, found)
            .expected(expected)
            .at(offset)
    }

    /// The setting `field` holds what its document forbids.
    pub fn invalid_setting(
        field: impl Into<Cow<'static, str>>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Invalid, field, found).expected(expected)
    }

    /// A text is not what its document says: `place` is file, line and column.
    pub fn invalid_text(place: impl Into<Cow<'static, str>>, found: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, place, found)
    }

    /// A compressed stream fails to decode, or its outcome is not what was stated.
    pub fn corrupt(
        field: impl Into<Cow<'static, str>>,
        offset: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Corrupt, field, found)
            .expected(expected)
            .at(offset)
    }

    /// A payload at `offset` begins with bytes that no codec here writes.
    pub fn unknown_codec(
        field: impl Into<Cow<'static, str>>,
        offset: u64,
        first_bytes: &[u8],
    ) -> Self {
        Self::new(Kind::UnknownCodec, field, hex(first_bytes))
            .expected("gzip, bzip2, lzma, xz, lzo, lz4 or zstd")
            .at(offset)
    }

    /// Valid, but nothing here reads it.
    pub fn unsupported(field: impl Into<Cow<'static, str>>, found: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, field, found)
    }

    /// The limit `name` allows `limit` units and was met.
    pub fn limit(name: &'static str, limit: u64) -> Self {
        Self::new(Kind::Limit, name, "more").expected(format!("at most {limit}"))
    }

    /// The bytes are of no known container; `found` says what they are, where that is known.
    pub fn unrecognised(found: impl Into<String>) -> Self {
        Self::new(Kind::Unrecognised, "file", found).expected("a Linux kernel image")
    }

    /// The artefact is for a machine that the target has not.
    pub fn wrong_machine(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Kind::WrongMachine, "architecture", found).expected(expected)
    }

    /// The artefact is whole, and does not hold `field`.
    pub fn absent(field: impl Into<Cow<'static, str>>, found: impl Into<String>) -> Self {
        Self::new(Kind::Absent, field, found)
    }

    /// The caller asked not to find out; `why` names the option.
    pub fn not_asked(why: impl Into<String>) -> Self {
        Self::new(Kind::NotAsked, "fact", why)
    }

    /// The fact is about an artefact that was not given.
    pub fn not_given(role: Role) -> Self {
        Self::new(Kind::NotGiven, role.name(), format!("no {role} was given")).of(role)
    }

    /// The same error with what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// The same error at an absolute offset of its layer.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// The same error, its offset counted from `base` instead of from 0.
    #[must_use]
    pub fn shifted(mut self, base: u64) -> Self {
        self.0.offset = self.0.offset.map(|offset| offset.saturating_add(base));
        self
    }

    /// The same error inside a decoded layer (`gzip payload`), whose offsets are not the file's.
    #[must_use]
    pub fn within(mut self, layer: impl Into<Cow<'static, str>>) -> Self {
        self.0.layer.get_or_insert(layer.into());
        self
    }

    /// The same error with what to do about it, where the reader knows better than the cause.
    #[must_use]
    pub fn hinted(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// The same error, with the lines of a text that show the place.
    #[must_use]
    pub fn quoting(mut self, quote: impl Into<String>) -> Self {
        self.0.quote = Some(quote.into());
        self
    }

    /// The lines of a text that show the place, if it is a text.
    pub fn quote(&self) -> Option<&str> {
        self.0.quote.as_deref()
    }

    /// The same error, of the artefact that plays this part.
    #[must_use]
    pub fn of(mut self, role: Role) -> Self {
        self.0.role.get_or_insert(role);
        self
    }

    /// Which artefact of a run it is about, where there is more than a kernel.
    pub fn role(&self) -> Option<Role> {
        self.0.role
    }

    /// What to do about it, where the reader knows.
    pub fn hint(&self) -> Option<&'static str> {
        self.0.hint
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The field that failed, in the spelling of its document.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// The offset of the field, absolute in the file, or in [`Error::layer`] where that is set.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The decoded layer that the offset counts in; `None` is the file itself.
    pub fn layer(&self) -> Option<&str> {
        self.0.layer.as_deref()
    }

    /// What was found, alone.
    pub fn found(&self) -> &str {
        &self.0.found
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        match parts.kind {
            Kind::Io => return write!(out, "cannot read {}: {}", parts.field, parts.found),
            Kind::Absent => return write!(out, "no {}: {}", parts.field, parts.found),
            Kind::NotAsked => return write!(out, "not read: {}", parts.found),
            Kind::NotGiven => return write!(out, "{}", parts.found),
            Kind::Limit => {
                write!(out, "limit {}", parts.field)?;
            }
            _ => write!(out, "{}", parts.field)?,
        }
        if let Some(offset) = parts.offset {
            write!(out, " at {offset:#x}")?;
        }
        if let Some(layer) = &parts.layer {
            write!(out, " of the {layer}")?;
        }
        match &parts.expected {
            Some(expected) => write!(out, ": expected {expected}, found {}", parts.found),
            None => write!(out, ": {}", parts.found),
        }
    }
}

impl std::error::Error for Error {}

/// Bytes as they are shown in messages: `1f 8b 08 00`.
pub fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if shown.is_empty() {
        "nothing".to_owned()
    } else {
        shown.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_field_offset_expected_and_found() {
        let error = Error::invalid("setup_header.boot_flag", 0x1fe, "0xaa55", "0x0000");
        assert_eq!(
            error.to_string(),
            "setup_header.boot_flag at 0x1fe: expected 0xaa55, found 0x0000"
        );
    }

    #[test]
    fn shifting_moves_only_known_offsets() {
        assert_eq!(Error::limit("x", 1).shifted(5).offset(), None);
        let error = Error::truncated("f", 2, 8, 1)
            .shifted(0x10)
            .within("gzip payload");
        assert_eq!(
            error.to_string(),
            "f at 0x12 of the gzip payload: expected 8 bytes, found 1 bytes"
        );
    }
}
