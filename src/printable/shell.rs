//! Words for the commands in a printed fix, quoted so that a shell takes each as one argument.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.2 (Quoting), of which `$'…'` is a part since then;
//! bash, zsh, ksh and BusyBox have it.

use super::steers;

/// The bytes as one argument. A report breaks lines at spaces and escapes what could steer a terminal,
/// so the word holds neither: a name with one of them is written as `$'my\x20kernel'`.
pub fn word(bytes: &[u8]) -> String {
    let is_plain = !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_@%+:,./-".contains(byte));
    if is_plain {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut quoted = String::new();
    let mut has_escapes = false;
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_whitespace() || steers(letter) || matches!(letter, '\'' | '\\' | '`') {
                has_escapes = true;
                escape(letter.encode_utf8(&mut [0; 4]).as_bytes(), &mut quoted);
            } else {
                quoted.push(letter);
            }
        }
        has_escapes |= !chunk.invalid().is_empty();
        escape(chunk.invalid(), &mut quoted);
    }
    let dollar = if has_escapes { "$" } else { "" };
    format!("{dollar}'{quoted}'")
}

/// Octal, as a hexadecimal escape may take in the digits that follow it.
fn escape(bytes: &[u8], quoted: &mut String) {
    for byte in bytes {
        quoted.push_str(&format!("\\{byte:03o}"));
    }
}

/// The path as one argument that no program takes for an option.
pub fn path(bytes: &[u8]) -> String {
    if bytes.starts_with(b"-") {
        word(&[b"./", bytes].concat())
    } else {
        word(bytes)
    }
}

/// A value that follows an option, such as a release; `placeholder` if it looks like an option.
pub fn value(bytes: &[u8], placeholder: &str) -> String {
    if bytes.starts_with(b"-") {
        placeholder.to_owned()
    } else {
        word(bytes)
    }
}
