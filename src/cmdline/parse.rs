//! Taking a line apart.
//!
//! Source: `lib/cmdline.c` (`next_arg`, `parameq`), `kernel/params.c` (`parse_args`), `lib/ctype.c`
//! (what a space is), `init/main.c` (`start_kernel`, `set_init_arg`). The quirks are the kernel's:
//! quotes cannot be escaped, only those around a whole parameter or a whole value vanish, and a
//! value begins behind the first `=` that is not the first byte.

use super::{CommandLine, Parameter, parameters};
use std::fmt::Write;

/// One word of the line.
struct Word<'a> {
    name: &'a [u8],
    value: Option<&'a [u8]>,
    offset: usize,
}

impl CommandLine {
    /// Takes a line apart, in time linear in its length. It ends at the first NUL, as it does for
    /// the kernel.
    pub fn parse(raw: impl Into<Vec<u8>>) -> Self {
        let raw = raw.into();
        let line = raw.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut words = words(line);
        let mut parameters = Vec::new();
        let mut dashes = None;
        for word in words.by_ref() {
            if word.is_dashes() {
                dashes = Some(word.offset);
                break;
            }
            let name = escape(word.name);
            parameters.push(Parameter {
                spec: parameters::find(&name),
                value: word.value.map(escape),
                offset: word.offset,
                name,
            });
        }
        let init_arguments = words
            .take_while(|word| !word.is_dashes())
            .map(|word| word.joined())
            .collect();
        Self {
            parameters,
            init_arguments,
            dashes,
            raw,
        }
    }
}

impl Word<'_> {
    fn is_dashes(&self) -> bool {
        self.value.is_none() && self.name == b"--"
    }

    /// Name and value as init gets them (`init/main.c`, `repair_env_string`).
    fn joined(&self) -> Vec<u8> {
        match self.value {
            Some(value) => [self.name, b"=", value].concat(),
            None => self.name.to_vec(),
        }
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let rest = line.get(at..)?;
        let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
        let rest = rest.get(spaces..)?;
        if rest.is_empty() {
            return None;
        }
        let offset = at.saturating_add(spaces);
        let (mut word, used) = word(rest);
        word.offset = offset;
        at = offset.saturating_add(used);
        Some(word)
    })
}

/// The word that `rest` begins with, and how many bytes it takes.
fn word(rest: &[u8]) -> (Word<'_>, usize) {
    let (body, opening) = match rest.strip_prefix(b"\"") {
        Some(body) => (body, 1_usize),
        None => (rest, 0),
    };
    let mut in_quote = opening == 1;
    let mut equals = None;
    let mut length = 0_usize;
    for (at, byte) in body.iter().enumerate() {
        if is_space(*byte) && !in_quote {
            break;
        }
        if *byte == b'=' && equals.is_none() && at > 0 {
            equals = Some(at);
        }
        if *byte == b'"' {
            in_quote = !in_quote;
        }
        length = at.saturating_add(1);
    }
    let used = opening.saturating_add(length);
    let mut body = body.get(..length).unwrap_or_default();
    let quoted_value = equals
        .and_then(|at| body.get(at.saturating_add(1)))
        .is_some_and(|first| *first == b'"');
    // One closing quote goes with the opening one of the value, or else of the whole.
    if let (Some(inner), true) = (body.strip_suffix(b"\""), quoted_value || opening == 1) {
        body = inner;
    }
    let (name, value) = match equals.and_then(|at| body.split_at_checked(at)) {
        Some((name, value)) => {
            let value = value.get(1..).unwrap_or_default();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            (name, Some(value))
        }
        None => (body, None),
    };
    let word = Word {
        name,
        value,
        offset: 0,
    };
    (word, used)
}

/// The kernel's `isspace`: the byte 0xa0 is one, which UTF-8 uses inside characters.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0xa0)
}

/// Whether two names are one for the kernel.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    let fold = |byte: u8| if byte == b'-' { b'_' } else { byte };
    one.len() == other.len() && one.bytes().map(fold).eq(other.bytes().map(fold))
}

/// Bytes as text: what is not UTF-8, and control characters, as `\xNN`.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_ascii_control() {
                write!(text, "\\x{:02x}", u32::from(character)).ok();
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").ok();
        }
    }
    text
}
