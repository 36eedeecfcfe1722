//! What a kernel was configured with: Kconfig text, and where it is found.
//!
//! Sources: `Documentation/kbuild/kconfig-language.rst` (values), `kernel/configs.c` (the copy that
//! `CONFIG_IKCONFIG` embeds), `Documentation/kbuild/kbuild.rst` (`modules.builtin`).

use crate::codec::{self, Codec};
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What an error about a configuration's text names.
pub const FIELD: &str = "kernel configuration";

/// The longest text taken for a configuration. Real ones have up to 360 KB.
pub const CONFIG_TEXT_BYTES: u64 = 4 * 1024 * 1024;

const START: &[u8] = b"IKCFG_ST";
const END: &[u8] = b"IKCFG_ED";

/// The value of one Kconfig option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `y`.
    Yes,
    /// `m`.
    Module,
    /// `n`, or `is not set`.
    No,
    /// A string (without its quotes) or a number, as it is written.
    Text(String),
}

/// A parsed configuration.
#[derive(Debug, Clone)]
pub struct Config {
    values: HashMap<Box<str>, Value>,
    whole: bool,
}

impl Config {
    /// Reads Kconfig text, that of a `.config` or of a part of one. Where an option occurs twice,
    /// the last one counts, as for the kernel's own build.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if length > CONFIG_TEXT_BYTES {
            return Err(Error::limit("config_text_bytes", CONFIG_TEXT_BYTES));
        }
        let text = String::from_utf8_lossy(text);
        // A set option takes 40 bytes of a real file, comments included.
        let mut values: HashMap<Box<str>, Value> = HashMap::with_capacity(text.len() / 40);
        let mut whole = false;
        for line in lines(&text) {
            if let Some((name, value)) = setting(line) {
                // Half of a whole configuration is what is not set: that needs no entry.
                if let Some(known) = values.get_mut(name) {
                    *known = value;
                } else if !(whole && value == Value::No) {
                    values.insert(Box::from(name), value);
                }
            } else if line.starts_with("# Automatically generated file") {
                whole = true;
            }
        }
        if values.is_empty() {
            return Err(Error::invalid(FIELD, 0, "lines of CONFIG_…=…", "none"));
        }
        // Written by every build since 4.18, and by nobody's hand.
        whole |= values.contains_key("CC_VERSION_TEXT");
        Ok(Self { values, whole })
    }

    /// The value of an option, named without `CONFIG_`; `None` where the text doesn't tell. A
    /// whole `.config` tells of every option: what it doesn't mention is not set.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).or(self.whole.then_some(&Value::No))
    }

    /// The text of a string option (`CMDLINE`).
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is the configuration of a build and not a fragment of one.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The text that `CONFIG_IKCONFIG` put into a kernel: between `IKCFG_ST` and `IKCFG_ED` of the
    /// decoded image, in gzip. `None` where there is none, which is so for most distributions.
    pub fn embedded(image: &[u8], limits: &Limits) -> Result<Option<Vec<u8>>> {
        let Some(gzip) = codec::by_name("gzip") else {
            return Err(Error::unsupported("embedded configuration", "gzip"));
        };
        // The markers' text occurs in programs that look for them too, such as this one; only a
        // stream right behind the first one makes it a marker.
        let candidates = usize::try_from(limits.payload_candidates).unwrap_or(usize::MAX);
        memchr::memmem::find_iter(image, START)
            .take(candidates)
            .map(|at| at.saturating_add(START.len()))
            .filter_map(|at| Some((at, image.get(at..)?)))
            .find(|(_, stream)| (gzip.recognise)(stream))
            .map(|(at, stream)| {
                let at = u64::try_from(at).unwrap_or(u64::MAX);
                decode(stream, limits, gzip).map_err(|error| error.shifted(at))
            })
            .transpose()
    }
}

fn decode(stream: &[u8], limits: &Limits, gzip: &Codec) -> Result<Vec<u8>> {
    let limits = Limits {
        decoded_bytes: limits.decoded_bytes.min(CONFIG_TEXT_BYTES),
        ..limits.clone()
    };
    let mut sink = Sink::new(&limits, &Budget::new(&limits), None);
    let taken = gzip.decode(stream, &mut sink)?;
    let behind = usize::try_from(taken)
        .ok()
        .and_then(|taken| stream.get(taken..))
        .unwrap_or_default();
    if behind.starts_with(END) {
        Ok(sink.into_bytes())
    } else {
        Err(Error::corrupt(
            "embedded configuration",
            taken,
            "IKCFG_ED after the stream",
            crate::error::hex(behind.get(..END.len()).unwrap_or(behind)),
        ))
    }
}

/// What `modules.builtin` lists: the code that could have been modules, and is in the kernel.
#[derive(Debug, Clone)]
pub struct ModulesBuiltin(HashSet<Box<str>>);

impl ModulesBuiltin {
    /// Reads a `modules.builtin` file: a path a line, `kernel/drivers/block/virtio_blk.ko`.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if length > CONFIG_TEXT_BYTES {
            return Err(Error::limit("modules_builtin_bytes", CONFIG_TEXT_BYTES));
        }
        let text = String::from_utf8_lossy(text);
        let names: HashSet<Box<str>> = lines(&text)
            .filter_map(|line| line.strip_suffix(".ko"))
            .map(|path| path.rsplit('/').next().unwrap_or(path))
            .map(|name| underscored(name).into())
            .collect();
        if names.is_empty() {
            return Err(Error::invalid(
                "modules.builtin",
                0,
                "paths that end in .ko",
                "none",
            ));
        }
        Ok(Self(names))
    }

    /// Whether the module of that name is in the kernel; `-` and `_` are one, as for `modprobe`.
    pub fn contains(&self, module: &str) -> bool {
        self.0.contains(underscored(module).as_ref())
    }
}

fn underscored(name: &str) -> Cow<'_, str> {
    if name.contains('-') {
        name.replace('-', "_").into()
    } else {
        name.into()
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end)?;
        rest = behind.get(1..).unwrap_or_default();
        Some(line.trim_ascii_end())
    })
}

fn setting(line: &str) -> Option<(&str, Value)> {
    if let Some(line) = line.strip_prefix("# CONFIG_") {
        let name = line.strip_suffix(" is not set")?;
        return Some((name, Value::No));
    }
    let (name, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
    let value = match value {
        "y" => Value::Yes,
        "m" => Value::Module,
        "n" => Value::No,
        other => Value::Text(unquoted(other)),
    };
    Some((name, value))
}

/// The text of a quoted string, whose `\"` and `\\` stand for the second character.
fn unquoted(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut escaped = false;
    for character in inner.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(character);
            escaped = false;
        }
    }
    text
}
