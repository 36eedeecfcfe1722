//! A folder as Kelpie lays it out: `vmlinuz-ARCH`, `initramfs-ARCH`, `kernel-metadata.json`, and roots
//! that end in `.ext4`.

use super::{Image, Project};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};

/// How kernels and archives are called, before their suffix.
const KERNELS: [&str; 2] = ["vmlinuz", "vmlinux"];
const ARCHIVES: [&str; 3] = ["initramfs", "initrd", "initrd.img"];
/// How roots end.
const ROOTS: [&str; 5] = [".ext4", ".ext3", ".ext2", ".img", ".qcow2"];
/// What is no kernel and no archive, although it is named after one.
const BESIDE: [&str; 6] = [".json", ".txt", ".sha256", ".sig", ".config", ".map"];

/// The most names of a folder that are looked at.
const MAX_NAMES: usize = 10_000;

pub(super) fn look(folder: &Path) -> Result<Project> {
    let names = names(folder)?;
    let kernels: Vec<(&str, &str)> = suffixed(&names, &KERNELS);
    if kernels.is_empty() {
        let nothing = io::Error::other("no file in it is called vmlinuz or vmlinuz-…");
        return Err(Error::io(folder.display().to_string(), &nothing));
    }
    let archives = suffixed(&names, &ARCHIVES);
    let roots: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| ROOTS.iter().any(|ending| name.ends_with(ending)))
        .filter(|name| !archives.iter().any(|(archive, _)| archive == name))
        .collect();
    let images = kernels
        .iter()
        .map(|(kernel, suffix)| {
            let path = |name: &str| folder.join(name);
            let archive = archives.iter().find(|(_, other)| other == suffix);
            Image {
                name: if kernels.len() > 1 {
                    suffix.to_string()
                } else {
                    String::new()
                },
                kernel: Some(path(kernel)),
                initramfs: archive.map(|(name, _)| path(name)),
                rootfs: root(&roots, suffix, kernels.len()).map(path),
                ..Image::default()
            }
        })
        .collect();
    Ok(Project {
        images,
        ..Project::default()
    })
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let io = |error| Error::io(folder.display().to_string(), &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)?.take(MAX_NAMES) {
        let path: PathBuf = entry.map_err(io)?.path();
        if path.is_file()
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The files that begin with one of these words, each with what follows it.
fn suffixed<'a>(names: &'a [String], words: &[&str]) -> Vec<(&'a str, &'a str)> {
    names
        .iter()
        .filter(|name| !BESIDE.iter().any(|ending| name.ends_with(ending)))
        .filter_map(|name| {
            words.iter().find_map(|word| {
                let rest = name.strip_prefix(word)?;
                match rest.strip_prefix('-') {
                    Some(suffix) => Some((name.as_str(), suffix)),
                    None => rest.is_empty().then_some((name.as_str(), "")),
                }
            })
        })
        .collect()
}

/// The root that belongs to a kernel: the one that names the same architecture or suffix, else the
/// only one there is, for the only kernel there is or where it names no architecture.
fn root<'a>(roots: &[&'a str], suffix: &str, kernels: usize) -> Option<&'a str> {
    let same = |name: &&&str| {
        let architecture = architecture(suffix);
        (architecture.is_some() && self::architecture(name) == architecture)
            || (!suffix.is_empty() && name.contains(suffix))
    };
    if let Some(name) = roots.iter().find(same) {
        return Some(name);
    }
    match roots {
        [only] if kernels == 1 || architecture(only).is_none() => Some(only),
        _ => None,
    }
}

/// The architecture that a file name names.
fn architecture(name: &str) -> Option<Architecture> {
    name.split(['-', '.', '+'])
        .filter(|word| !word.is_empty())
        .find_map(Architecture::by_name)
}
