//! systemd: the unit that it starts first, and the units without which it does not start that one.
//!
//! Source: systemd 252 and 257 `src/core/main.c` (`do_queue_default_job`), `src/core/manager.c`
//! (`manager_new`), `src/core/transaction.c` (`transaction_add_job_and_dependencies`),
//! `src/basic/path-lookup.c` (`lookup_paths_init`), `src/basic/unit-file.c`
//! (`unit_file_build_name_map`), `src/basic/proc-cmdline.c` and `src/basic/runlevel.c`.

use super::super::text;
use super::{FirstTarget, Missed, is_executable};
use crate::bytes::escaped;
use crate::error::Result;
use crate::tree::{FileType, Tree, entries, resolve, resolve_no_follow};
use crate::userland::Program;
use std::collections::{BTreeSet, VecDeque};

/// The folders of units, in the order in which they are searched.
const FOLDERS: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where the program lies whose folders these are. Another build may have others.
const USUAL: [&[u8]; 2] = [b"/usr/lib/systemd/systemd", b"/lib/systemd/systemd"];
const DEFAULT: &str = "default.target";
const RESCUE: &str = "rescue.target";
/// The program that starts the processes of services, since version 255.
const EXECUTORS: [&str; 2] = [
    "/usr/lib/systemd/systemd-executor",
    "/lib/systemd/systemd-executor",
];
/// The library that came with the executor, by the beginning of its name.
const CORE_LIBRARY: &[u8] = b"libsystemd-core-";
const EXECUTOR_SINCE: u32 = 255;
/// How many links one unit may be an alias through, and how many units one start may require.
const ALIASES: usize = 16;
const UNITS: usize = 512;
/// Units of these kinds may come from generators, from devices, or from systemd itself.
const MADE_ELSEWHERE: [&str; 5] = [".mount", ".device", ".slice", ".scope", ".swap"];

/// The words of a command line that choose the unit which systemd starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetWords {
    /// The unit; `None` where it is `default.target`.
    pub unit: Option<String>,
    /// Whether `fstab=no` makes systemd ignore `/etc/fstab`.
    pub is_fstab_ignored: bool,
    /// A unit of the mounts that `systemd.mask=` masks.
    pub masked_mount: Option<String>,
}

impl TargetWords {
    /// Reads the words in their order: the last one counts.
    ///
    /// Models `parse_proc_cmdline_item` of systemd and of its fstab generator, and `runlevel_to_target`.
    pub fn of<'a>(words: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut read = Self::default();
        for (name, value) in words {
            let chosen = match (name, value) {
                ("systemd.unit", Some(value)) => value,
                ("fstab", value) => {
                    let value = value.unwrap_or_default().to_ascii_lowercase();
                    read.is_fstab_ignored =
                        matches!(value.as_str(), "0" | "no" | "n" | "false" | "f" | "off");
                    continue;
                }
                ("systemd.mask", Some(value)) if is_of_mounts(value) => {
                    read.masked_mount = Some(value.to_owned());
                    continue;
                }
                ("emergency" | "-b", None) => "emergency.target",
                ("rescue" | "single" | "-s" | "s" | "S" | "1", None) => RESCUE,
                ("2" | "3" | "4", None) => "multi-user.target",
                ("5", None) => "graphical.target",
                _ => continue,
            };
            read.unit = Some(chosen.to_owned());
        }
        read
    }
}

/// Returns true if a mount of `/etc/fstab` may depend on this unit.
fn is_of_mounts(unit: &str) -> bool {
    let kinds = [".mount", ".device", ".automount"];
    kinds.iter().any(|kind| unit.ends_with(kind))
        || matches!(
            unit,
            "local-fs.target" | "emergency.target" | "emergency.service"
        )
}

/// What a name of a unit leads to.
pub(super) enum Unit {
    /// A file with content.
    File(String),
    /// It is switched off: an empty file, or a link to `/dev/null`.
    Masked,
    NotFound,
}

pub(super) fn first_target(
    tree: &dyn Tree,
    init: &Program,
    words: &TargetWords,
) -> Result<FirstTarget> {
    if let Some(missed) = without_executor(tree)? {
        return Ok(FirstTarget::Missed(missed));
    }
    let wanted = words.unit.as_deref().unwrap_or(DEFAULT);
    let is_usual = init
        .found
        .as_ref()
        .is_some_and(|found| USUAL.contains(&found.path.as_slice()));
    let why = match unit(tree, wanted)? {
        Unit::File(path) => return required(tree, wanted, path, is_usual),
        Unit::Masked => format!("{wanted} is masked"),
        Unit::NotFound => format!("The root has no unit {wanted}"),
    };
    if !is_usual {
        return Ok(FirstTarget::Unknown(format!(
            "the folder in which {} looks for units",
            escaped(&init.path)
        )));
    }
    let then = match unit(tree, RESCUE)? {
        Unit::File(_) => {
            "systemd says \"Falling back to rescue.target.\" and starts a shell for root"
        }
        Unit::Masked => "systemd says \"rescue.target masked\" and freezes",
        Unit::NotFound => "systemd says \"Failed to load rescue.target\" and freezes",
    };
    Ok(FirstTarget::Missed(Missed {
        what: why,
        then: then.to_owned(),
        fix: format!("Install systemd's units, or link /etc/systemd/system/{wanted} to a target"),
    }))
}

/// systemd opens its executor as it starts, and gives up without.
fn without_executor(tree: &dyn Tree) -> Result<Option<Missed>> {
    for path in EXECUTORS {
        if is_executable(tree, path)? {
            return Ok(None);
        }
    }
    for path in EXECUTORS {
        let Some((folder, _)) = path.rsplit_once('/') else {
            continue;
        };
        let entries = entries(tree, folder.as_bytes())?;
        let versions = entries.iter().filter_map(|entry| {
            let rest = entry.name.strip_prefix(CORE_LIBRARY)?;
            let digits = rest.split(|byte| !byte.is_ascii_digit()).next()?;
            std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
        });
        if versions
            .max()
            .is_some_and(|version| version >= EXECUTOR_SINCE)
        {
            return Ok(Some(Missed {
                what: format!("The root has no executable {path}"),
                then: "systemd says \"Failed to allocate manager object\" and freezes".to_owned(),
                fix: "Install systemd again".to_owned(),
            }));
        }
    }
    Ok(None)
}

/// The units that `wanted` requires, and those that they require. systemd starts none of them where
/// one is missing.
fn required(tree: &dyn Tree, wanted: &str, path: String, is_usual: bool) -> Result<FirstTarget> {
    let mut seen = BTreeSet::from([wanted.to_owned()]);
    let mut queue = VecDeque::from([(wanted.to_owned(), path)]);
    while let Some((name, path)) = queue.pop_front() {
        for needed in requirements(tree, &name, &path)? {
            let is_elsewhere = MADE_ELSEWHERE.iter().any(|kind| needed.ends_with(kind));
            if is_elsewhere || needed.contains('%') || !seen.insert(needed.clone()) {
                continue;
            }
            if seen.len() > UNITS {
                return Ok(FirstTarget::Unknown(format!(
                    "the units that {wanted} requires"
                )));
            }
            let why = match unit(tree, &needed)? {
                Unit::File(path) => {
                    queue.push_back((needed, path));
                    continue;
                }
                Unit::Masked => format!("{name} requires {needed}, which is masked"),
                Unit::NotFound if !is_usual => {
                    return Ok(FirstTarget::Unknown(format!(
                        "the place of the unit {needed}"
                    )));
                }
                Unit::NotFound => {
                    format!("{name} requires {needed}, but the root has no such unit")
                }
            };
            return Ok(FirstTarget::Missed(Missed {
                what: why,
                then: "systemd says \"Failed to isolate default target\" and freezes".to_owned(),
                fix: format!("Install or unmask {needed}"),
            }));
        }
    }
    Ok(FirstTarget::Reached)
}

/// What a unit requires, by its file, by drop-ins beside it and by links in its `.requires`.
fn requirements(tree: &dyn Tree, name: &str, path: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut files = vec![path.to_owned()];
    for folder in FOLDERS {
        for entry in list(tree, &format!("{folder}/{name}.d"))? {
            if entry.ends_with(".conf") {
                files.push(format!("{folder}/{name}.d/{entry}"));
            }
        }
        names.extend(list(tree, &format!("{folder}/{name}.requires"))?);
    }
    for file in files {
        let Some((_, bytes)) = text(tree, file.as_bytes())? else {
            continue;
        };
        names.extend(stated(&String::from_utf8_lossy(&bytes)));
    }
    Ok(names)
}

/// `Requires=`, `BindsTo=` and `Requisite=` of the section `[Unit]`. An empty value takes back
/// nothing: dependencies cannot be reset.
fn stated(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_unit = false;
    for line in text.replace("\\\n", " ").lines() {
        let line = line.trim();
        if line.starts_with('[') {
            is_unit = line == "[Unit]";
        } else if is_unit
            && let Some((key, value)) = line.split_once('=')
            && matches!(key.trim(), "Requires" | "BindsTo" | "Requisite")
        {
            names.extend(value.split_ascii_whitespace().map(str::to_owned));
        }
    }
    names
}

/// Follows a name through aliases to a file.
pub(super) fn unit(tree: &dyn Tree, name: &str) -> Result<Unit> {
    let mut name = name.to_owned();
    for _ in 0..ALIASES {
        match named(tree, &name)? {
            Named::Alias(other) => name = other,
            Named::Unit(unit) => return Ok(unit),
        }
    }
    Ok(Unit::NotFound)
}

enum Named {
    Unit(Unit),
    /// A link to a unit of another name.
    Alias(String),
}

fn named(tree: &dyn Tree, name: &str) -> Result<Named> {
    for candidate in [Some(name.to_owned()), template(name)] {
        let Some(candidate) = candidate else { continue };
        for folder in FOLDERS {
            let path = format!("{folder}/{candidate}");
            let Ok(found) = resolve_no_follow(tree, path.as_bytes())? else {
                continue;
            };
            if found.stat.file_type != FileType::Symlink {
                let is_masked =
                    found.stat.file_type == FileType::Regular && found.stat.size_bytes == 0;
                let unit = if is_masked {
                    Unit::Masked
                } else {
                    Unit::File(path)
                };
                return Ok(Named::Unit(unit));
            }
            let target = tree.read_link(found.node)?;
            let target = String::from_utf8_lossy(&target);
            if target == "/dev/null" {
                return Ok(Named::Unit(Unit::Masked));
            }
            let base = target.rsplit('/').next().unwrap_or_default();
            if base != candidate && base.contains('.') {
                // A unit that lies outside the folders is linked into them.
                if !is_in_folders(tree, base)? && resolve(tree, path.as_bytes())?.is_ok() {
                    return Ok(Named::Unit(Unit::File(path)));
                }
                return Ok(Named::Alias(base.to_owned()));
            }
            if let Ok(found) = resolve(tree, path.as_bytes())? {
                let is_masked =
                    found.stat.file_type == FileType::Regular && found.stat.size_bytes == 0;
                let unit = if is_masked {
                    Unit::Masked
                } else {
                    Unit::File(path)
                };
                return Ok(Named::Unit(unit));
            }
        }
    }
    Ok(Named::Unit(Unit::NotFound))
}

fn is_in_folders(tree: &dyn Tree, name: &str) -> Result<bool> {
    for folder in FOLDERS {
        if resolve_no_follow(tree, format!("{folder}/{name}").as_bytes())?.is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `getty@tty1.service` is made of `getty@.service`.
fn template(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_once('@')?;
    let (_, kind) = rest.rsplit_once('.')?;
    Some(format!("{prefix}@.{kind}"))
}

/// The names in a folder; none where there is no such folder.
fn list(tree: &dyn Tree, path: &str) -> Result<Vec<String>> {
    let entries = entries(tree, path.as_bytes())?.into_iter();
    let names = entries.filter_map(|entry| String::from_utf8(entry.name).ok());
    Ok(names.collect())
}
