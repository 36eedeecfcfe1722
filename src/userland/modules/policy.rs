//! What modprobe is told not to load: `blacklist` and `install` in modprobe.d.
//!
//! Source: kmod 34 `libkmod/libkmod-config.c` (`kmod_config_new`, `kmod_config_parse`) and
//! `modprobe.d(5)`. A file hides those of its name in the later folders. BusyBox ignores `install`.

use super::normalised;
use crate::error::Result;
use crate::tree::{Tree, entries, read_whole, regular};
use std::collections::{BTreeMap, BTreeSet};

/// The folders, the first of them before the others.
const FOLDERS: [&str; 5] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
];
/// Longest file that is read.
const FILE_BYTES: u64 = 1024 * 1024;

/// The lines of modprobe.d that keep modules from being loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Modules that are not loaded for an alias, each with the file that says so.
    pub blacklist: BTreeMap<String, String>,
    /// Commands that run instead of loading a module, each with its file.
    pub install: BTreeMap<String, (String, String)>,
}

/// Reads modprobe.d.
pub fn policy(tree: &dyn Tree) -> Result<Policy> {
    let mut policy = Policy::default();
    let mut seen = BTreeSet::new();
    for folder in FOLDERS {
        let entries = entries(tree, folder.as_bytes())?.into_iter();
        let mut names: Vec<Vec<u8>> = entries.map(|it| it.name).collect();
        names.sort();
        for name in names {
            let name = String::from_utf8_lossy(&name).into_owned();
            if !name.ends_with(".conf") || !seen.insert(name.clone()) {
                continue;
            }
            let path = format!("{folder}/{name}");
            if let Some(file) = regular(tree, path.as_bytes())? {
                let text = read_whole(tree, &file, "bytes of a modprobe.d file", FILE_BYTES)?;
                policy.add(&path, &String::from_utf8_lossy(&text));
            }
        }
    }
    Ok(policy)
}

impl Policy {
    fn add(&mut self, path: &str, text: &str) {
        // A backslash at the end joins a line with the next.
        for line in text.replace("\\\n", " ").lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(command), Some(module)) = (words.next(), words.next()) else {
                continue;
            };
            let module = normalised(module);
            match command {
                "blacklist" => {
                    self.blacklist
                        .entry(module)
                        .or_insert_with(|| path.to_owned());
                }
                "install" => {
                    let run = words.collect::<Vec<&str>>().join(" ");
                    self.install.entry(module).or_insert((run, path.to_owned()));
                }
                _ => {}
            }
        }
    }
}

/// Returns true for a command that loads nothing, whatever it returns.
pub fn loads_nothing(command: &str) -> bool {
    let program = command.split([' ', ';']).next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    command == program && matches!(name, "true" | "false" | ":")
}
