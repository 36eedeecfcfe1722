//! `kelpie-check.toml`: images, targets, what is ignored and why, severities, limits.

use super::date::Date;
use super::text::Text;
use super::{Ignored, Image, Project};
use crate::cause::{self, CAUSES};
use crate::error::{Error, Result};
use crate::finding::{Code, Severity};
use crate::limits::Limits;
use crate::similar::nearest;
use crate::source::open_file;
use crate::vmm;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::value::Datetime;

/// What the file is called, in the project's folder.
pub const FILE_NAME: &str = "kelpie-check.toml";

/// The longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    image: Vec<Spanned<ImageTable>>,
    #[serde(default)]
    ignore: Vec<Spanned<IgnoreTable>>,
    #[serde(default)]
    severity: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    limits: BTreeMap<Spanned<String>, Spanned<Amount>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageTable {
    name: Option<String>,
    kernel: Option<PathBuf>,
    initramfs: Option<PathBuf>,
    rootfs: Option<PathBuf>,
    partition: Option<u32>,
    cmdline: Option<String>,
    ram_mib: Option<u64>,
    config: Option<PathBuf>,
    metadata: Option<PathBuf>,
    #[serde(default)]
    targets: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreTable {
    code: Spanned<String>,
    reason: Spanned<String>,
    #[serde(default)]
    images: Words,
    until: Option<Spanned<Datetime>>,
}

/// A list of words, or one word.
#[derive(Default)]
struct Words(Vec<Spanned<String>>);

/// What stands where words are expected.
enum Form {
    One(String),
    Many(Vec<Spanned<String>>),
}

/// Takes words without a buffer between them and the parser, which would lose their places.
struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string or a list of strings")
    }

    fn visit_str<E>(self, word: &str) -> std::result::Result<Form, E> {
        Ok(Form::One(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Form, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Form::Many(words))
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(input: D) -> std::result::Result<Self, D::Error> {
        input.deserialize_any(FormVisitor)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(input: D) -> std::result::Result<Self, D::Error> {
        let form = Spanned::<Form>::deserialize(input)?;
        let span = form.span();
        Ok(Self(match form.into_inner() {
            Form::One(word) => vec![Spanned::new(span, word)],
            Form::Many(words) => words,
        }))
    }
}

/// A number, or one with K, M or G behind it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(u64),
    Text(String),
}

pub(super) fn read(path: &Path) -> Result<Project> {
    of_text(&text(path)?, path)
}

pub(super) fn of_text(text: &str, path: &Path) -> Result<Project> {
    let text = Text { path, text };
    let folder = path.parent().unwrap_or(Path::new("."));
    let document: Document = toml::from_str(text.text).map_err(|error| text.refused(&error))?;
    if document.image.is_empty() {
        return Err(text.mistake(0..0, "no `[[image]]`; name at least one, with a kernel"));
    }
    let images = document.image.into_iter();
    let images: Vec<Image> = images
        .map(|table| image(text, table, folder))
        .collect::<Result<_>>()?;
    let ignored = document.ignore.into_iter();
    Ok(Project {
        file: Some(path.to_path_buf()),
        ignored: ignored
            .map(|table| ignore(text, table, &images))
            .collect::<Result<_>>()?,
        images,
        severities: document
            .severity
            .into_iter()
            .map(|(code, name)| Ok((parse_code(text, &code)?, parse_severity(text, &name)?)))
            .collect::<Result<_>>()?,
        limits: document
            .limits
            .into_iter()
            .map(|(name, amount)| limit(text, name, amount))
            .collect::<Result<_>>()?,
        left_out: Vec::new(),
    })
}

fn text(path: &Path) -> Result<String> {
    let io = |error| Error::io(path.display().to_string(), &error);
    let mut text = String::new();
    open_file(path)
        .and_then(|file| {
            file.take(MAX_BYTES.saturating_add(1))
                .read_to_string(&mut text)
        })
        .map_err(io)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(Error::limit("project_file_bytes", MAX_BYTES));
    }
    Ok(text)
}

/// Paths count from the folder of the file.
fn image(text: Text<'_>, table: Spanned<ImageTable>, folder: &Path) -> Result<Image> {
    let span = table.span();
    let table = table.into_inner();
    let here = |path: Option<PathBuf>| path.map(|path| folder.join(path));
    if table.kernel.is_none() && table.rootfs.is_none() && table.initramfs.is_none() {
        return Err(text.mistake(
            span,
            "this image has no kernel, no initramfs and no rootfs; name one of them",
        ));
    }
    for target in &table.targets.0 {
        if vmm::by_name(target.as_ref()).is_none() {
            let names = vmm::TARGETS.map(|target| target.name);
            return Err(unknown(text, target, "target", &names));
        }
    }
    Ok(Image {
        name: table.name.unwrap_or_default(),
        kernel: here(table.kernel),
        initramfs: here(table.initramfs),
        is_initramfs_unclear: false,
        rootfs: here(table.rootfs),
        partition: table.partition,
        cmdline: table.cmdline,
        ram_mib: table.ram_mib,
        config: here(table.config),
        metadata: here(table.metadata),
        targets: words(table.targets),
    })
}

fn words(words: Words) -> Vec<String> {
    words.0.into_iter().map(Spanned::into_inner).collect()
}

fn ignore(text: Text<'_>, table: Spanned<IgnoreTable>, images: &[Image]) -> Result<Ignored> {
    let start = table.span().start;
    let table = table.into_inner();
    if table.reason.as_ref().trim().is_empty() {
        return Err(text.mistake(
            table.reason.span(),
            "the reason is empty; say why it is ignored",
        ));
    }
    for name in &table.images.0 {
        if !images.iter().any(|image| image.name == *name.as_ref()) {
            let names: Vec<&str> = images.iter().map(|image| image.name.as_str()).collect();
            return Err(unknown(text, name, "image", &names));
        }
    }
    let before = text.text.get(..start).unwrap_or_default();
    Ok(Ignored {
        code: parse_code(text, &table.code)?,
        reason: table.reason.into_inner(),
        images: words(table.images),
        until: table.until.map(|until| date(text, &until)).transpose()?,
        line: before.matches('\n').count().saturating_add(1),
    })
}

fn date(text: Text<'_>, until: &Spanned<Datetime>) -> Result<Date> {
    let datetime = until.as_ref();
    match (datetime.date, datetime.time) {
        (Some(date), None) => Ok(Date {
            year: date.year,
            month: date.month,
            day: date.day,
        }),
        _ => Err(text.mistake(until.span(), "expected a day, such as 2027-03-31")),
    }
}

fn parse_code(text: Text<'_>, code: &Spanned<String>) -> Result<Code> {
    let names = || CAUSES.iter().map(|cause| cause.name);
    let written = code.as_ref();
    cause::find(written).map(|cause| cause.code).ok_or_else(|| {
        let message = match nearest(written, names()) {
            Some(meant) => format!("unknown cause {written:?}; did you mean {meant:?}?"),
            None => format!(
                "unknown cause {written:?}; `kelpie-check causes` lists the codes and names"
            ),
        };
        text.mistake(code.span(), message)
    })
}

fn parse_severity(text: Text<'_>, name: &Spanned<String>) -> Result<Severity> {
    [Severity::Fatal, Severity::Warn, Severity::Info]
        .into_iter()
        .find(|severity| severity.name() == name.as_ref())
        .ok_or_else(|| unknown(text, name, "severity", &["fatal", "warn", "info"]))
}

fn limit(text: Text<'_>, name: Spanned<String>, amount: Spanned<Amount>) -> Result<(String, u64)> {
    if !Limits::NAMES.contains(&name.as_ref().as_str()) {
        return Err(unknown(text, &name, "limit", &Limits::NAMES));
    }
    let span = amount.span();
    let value = match amount.into_inner() {
        Amount::Number(number) => number,
        Amount::Text(written) => Limits::parse_amount(&written).ok_or_else(|| {
            let message =
                format!("{written:?} is not a number, nor a number with K, M or G after it");
            text.mistake(span, message)
        })?,
    };
    Ok((name.into_inner(), value))
}

/// The error for an unknown word.
fn unknown(text: Text<'_>, word: &Spanned<String>, what: &str, known: &[&str]) -> Error {
    let written = word.as_ref();
    let message = match nearest(written, known.iter().copied()) {
        Some(meant) => format!("unknown {what} {written:?}; did you mean {meant:?}?"),
        None => format!(
            "unknown {what} {written:?}; expected one of {}",
            known.join(", ")
        ),
    };
    text.mistake(word.span(), message)
}
