//! `kelpie-check.toml`: images, targets, what is ignored and why, severities, limits.

use super::{Ignored, Image, Project};
use crate::cause;
use crate::error::{Error, Result};
use crate::finding::{Code, Severity};
use crate::limits::Limits;
use crate::source::open_file;
use crate::vmm;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the file is called, in the project's folder.
pub const FILE_NAME: &str = "kelpie-check.toml";

/// The longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    image: Vec<ImageTable>,
    #[serde(default)]
    ignore: Vec<IgnoreTable>,
    #[serde(default)]
    severity: BTreeMap<String, String>,
    #[serde(default)]
    limits: BTreeMap<String, Amount>,
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
    targets: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreTable {
    code: String,
    reason: String,
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
    let folder = path.parent().unwrap_or(Path::new("."));
    let document = parse(text)?;
    let project = Project {
        file: Some(path.to_path_buf()),
        images: document
            .image
            .into_iter()
            .map(|table| image(table, folder))
            .collect::<Result<_>>()?,
        ignored: document
            .ignore
            .into_iter()
            .map(ignored)
            .collect::<Result<_>>()?,
        severities: document
            .severity
            .into_iter()
            .map(|(code, name)| Ok((parse_code(&code)?, parse_severity(&name)?)))
            .collect::<Result<_>>()?,
        limits: document
            .limits
            .into_iter()
            .map(limit)
            .collect::<Result<_>>()?,
        left_out: Vec::new(),
    };
    if project.images.is_empty() {
        return Err(wrong("[[image]]", "at least one", "none"));
    }
    Ok(project)
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

fn parse(text: &str) -> Result<Document> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text
            .get(..offset)
            .map_or(0, |before| before.matches('\n').count());
        Error::invalid(
            FILE_NAME,
            u64::try_from(offset).unwrap_or(0),
            "images, ignore, severity and limits as docs/configuration.md shows them",
            format!("in line {}: {}", line.saturating_add(1), error.message()),
        )
    })
}

/// Paths count from the folder of the file.
fn image(table: ImageTable, folder: &Path) -> Result<Image> {
    let here = |path: Option<PathBuf>| path.map(|path| folder.join(path));
    if table.kernel.is_none() && table.rootfs.is_none() && table.initramfs.is_none() {
        return Err(wrong(
            "image",
            "a kernel, an initramfs or a rootfs",
            "none of them",
        ));
    }
    for target in &table.targets {
        if vmm::by_name(target).is_none() {
            let names = vmm::TARGETS.map(|target| target.name).join(", ");
            return Err(wrong(
                "image.targets",
                &format!("one of {names}"),
                &format!("{target:?}"),
            ));
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
        targets: table.targets,
    })
}

fn ignored(table: IgnoreTable) -> Result<Ignored> {
    if table.reason.trim().is_empty() {
        return Err(wrong("ignore.reason", "why it is ignored", "nothing"));
    }
    Ok(Ignored {
        code: parse_code(&table.code)?,
        reason: table.reason,
    })
}

fn parse_code(text: &str) -> Result<Code> {
    cause::find(text)
        .map(|cause| cause.code)
        .ok_or_else(|| wrong("code", "a code or a name of a cause", &format!("{text:?}")))
}

fn parse_severity(name: &str) -> Result<Severity> {
    [Severity::Fatal, Severity::Warn, Severity::Info]
        .into_iter()
        .find(|severity| severity.name() == name)
        .ok_or_else(|| wrong("severity", "fatal, warn or info", &format!("{name:?}")))
}

fn limit((name, amount): (String, Amount)) -> Result<(String, u64)> {
    if !Limits::NAMES.contains(&name.as_str()) {
        let names = Limits::NAMES.join(", ");
        return Err(wrong(
            "limits",
            &format!("one of {names}"),
            &format!("{name:?}"),
        ));
    }
    let value = match amount {
        Amount::Number(number) => number,
        Amount::Text(text) => Limits::parse_amount(&text).ok_or_else(|| {
            wrong(
                "limits",
                "a number, optionally with K, M or G after it",
                &format!("{text:?}"),
            )
        })?,
    };
    Ok((name, value))
}

fn wrong(field: &str, expected: &str, found: &str) -> Error {
    Error::invalid_setting(format!("{FILE_NAME} {field}"), expected, found)
}
