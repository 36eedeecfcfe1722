//! A folder of boot artefacts: which file is a kernel, an initramfs or a root, which of them boot together, and
//! what is left out.
//!
//! File names decide: `vmlinuz-SUFFIX` with `initramfs-SUFFIX` (Kelpie, Alpine), `initrd.img-SUFFIX` (Debian),
//! `initramfs-SUFFIX.img` (dracut, mkinitcpio) or `initrd-SUFFIX` (SUSE). A folder is a root if it looks like one.

use super::{Image, LeftOut, Project};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};

/// The first words of kernel names.
const KERNELS: [&str; 6] = ["vmlinuz", "vmlinux", "bzImage", "zImage", "Image", "kernel"];
/// The first words of initramfs names.
const ARCHIVES: [&str; 3] = ["initramfs", "initrd.img", "initrd"];
/// Endings of roots.
const ROOTS: [&str; 16] = [
    ".ext4",
    ".ext3",
    ".ext2",
    ".img",
    ".raw",
    ".qcow2",
    ".vmdk",
    ".vdi",
    ".vhd",
    ".vhdx",
    ".squashfs",
    ".sqfs",
    ".erofs",
    ".btrfs",
    ".xfs",
    ".f2fs",
];
/// Endings of compressed files.
const COMPRESSED: [&str; 7] = [".gz", ".zst", ".xz", ".lz4", ".lzma", ".bz2", ".lzo"];
/// Endings of files that describe an artefact.
const BESIDE: [&str; 13] = [
    ".json", ".txt", ".md", ".toml", ".log", ".sha256", ".sha512", ".sig", ".asc", ".config",
    ".map", ".hmac", ".old",
];
/// First words of files that describe a kernel, and what loads before an initramfs.
const DESCRIPTIONS: [&str; 4] = ["config", "System.map", "symvers", "modules"];
/// Archives of CPU microcode, as distributions call them.
const MICROCODE: [&str; 2] = ["amd-ucode.img", "intel-ucode.img"];

/// The most names of a folder that are looked at.
const MAX_NAMES: usize = 10_000;

/// A file of one kind, with the part of its name that pairs it with others.
struct Named<'a> {
    name: &'a str,
    suffix: &'a str,
}

pub(super) fn look(folder: &Path) -> Result<Project> {
    let (files, folders) = names(folder)?;
    let mut left_out = Vec::new();
    let mut leave = |name: &str, why: String| {
        left_out.push(LeftOut {
            path: folder.join(name),
            why,
        });
    };
    let mut kernels: Vec<Named<'_>> = Vec::new();
    let mut archives: Vec<Named<'_>> = Vec::new();
    let mut roots: Vec<&str> = Vec::new();
    for name in files.iter().map(String::as_str) {
        if is_description(name) {
            continue;
        }
        if MICROCODE.contains(&name) {
            leave(name, "it contains only CPU microcode".to_owned());
        } else if let Some(suffix) = suffix(name, &ARCHIVES) {
            archives.push(Named { name, suffix });
        } else if let Some(suffix) = suffix(name, &KERNELS) {
            kernels.push(Named { name, suffix });
        } else if is_cpio(name) {
            archives.push(Named { name, suffix: "" });
        } else if ROOTS.iter().any(|ending| name.ends_with(ending)) {
            roots.push(name);
        } else {
            leave(
                name,
                "its name is not one of a kernel, an initramfs or a root".to_owned(),
            );
        }
    }
    if kernels.is_empty() {
        let nothing =
            io::Error::other("no file in it has a kernel's name, such as vmlinuz or bzImage");
        return Err(Error::io(folder.display().to_string(), &nothing));
    }
    let (trees, others): (Vec<&str>, Vec<&str>) = folders
        .iter()
        .map(String::as_str)
        .partition(|name| is_root_folder(&folder.join(name)));
    for name in others {
        leave(name, "it is a folder, but not a root".to_owned());
    }
    if roots.is_empty() {
        roots = trees;
    } else {
        for name in trees {
            leave(
                name,
                format!("the disk image {} is the root", listed(&roots)),
            );
        }
    }
    let images: Vec<Image> = kernels
        .iter()
        .map(|kernel| {
            let path = |name: &str| folder.join(name);
            let archive = archive(kernel, &kernels, &archives);
            // One of the only kernel that cannot be told from others is missed; one of another kernel is not.
            let is_alone = kernels.len() == 1 || kernel.suffix.is_empty();
            Image {
                name: title(kernel, &kernels),
                kernel: Some(path(kernel.name)),
                initramfs: archive.map(path),
                is_initramfs_unclear: archive.is_none() && is_alone && !archives.is_empty(),
                rootfs: root(kernel, &kernels, &roots).map(path),
                ..Image::default()
            }
        })
        .collect();
    for archive in &archives {
        let path = folder.join(archive.name);
        if !images
            .iter()
            .any(|image| image.initramfs.as_ref() == Some(&path))
        {
            leave(archive.name, why_no_archive(archive, &kernels, &archives));
        }
    }
    for name in &roots {
        let path = folder.join(name);
        if !images
            .iter()
            .any(|image| image.rootfs.as_ref() == Some(&path))
        {
            leave(name, why_no_root(&roots));
        }
    }
    left_out.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Project {
        images,
        left_out,
        ..Project::default()
    })
}

/// The names of the files and of the folders in a folder, without hidden ones.
fn names(folder: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let io = |error| Error::io(folder.display().to_string(), &error);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(io)?.take(MAX_NAMES) {
        let path: PathBuf = entry.map_err(io)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        if path.is_file() {
            files.push(name.to_owned());
        } else if path.is_dir() {
            folders.push(name.to_owned());
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

fn is_description(name: &str) -> bool {
    BESIDE.iter().any(|ending| name.ends_with(ending))
        || DESCRIPTIONS
            .iter()
            .any(|word| name.strip_prefix(word).is_some_and(is_end_of_word))
}

fn is_end_of_word(rest: &str) -> bool {
    !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}

/// Returns the part of a name that pairs it with others, if the name starts with one of these words:
/// `6.1.0` of `vmlinuz-6.1.0` and of `initramfs-6.1.0.img`.
fn suffix<'a>(name: &'a str, words: &[&str]) -> Option<&'a str> {
    let rest = words
        .iter()
        .find_map(|word| name.strip_prefix(word).filter(|rest| is_end_of_word(rest)))?;
    let mut suffix = rest;
    while let Some(shorter) = COMPRESSED
        .iter()
        .chain(&[".img", ".cpio", ".efi"])
        .find_map(|ending| suffix.strip_suffix(ending))
    {
        suffix = shorter;
    }
    Some(suffix.trim_start_matches(['-', '.', '_']))
}

fn is_cpio(name: &str) -> bool {
    let plain = COMPRESSED
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    plain.ends_with(".cpio")
}

/// Returns true if a folder has what every root has: an init, or /etc with programs.
fn is_root_folder(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
    has("sbin/init") || has("init") || (has("etc") && (has("bin") || has("usr")))
}

/// What reports call the boot of a kernel: nothing if it is the only one, else its suffix, or its file name if
/// that is not unique.
fn title(kernel: &Named<'_>, kernels: &[Named<'_>]) -> String {
    if kernels.len() == 1 {
        return String::new();
    }
    let same = kernels
        .iter()
        .filter(|other| other.suffix == kernel.suffix)
        .count();
    if kernel.suffix.is_empty() || same > 1 {
        kernel.name.to_owned()
    } else {
        kernel.suffix.to_owned()
    }
}

/// The initramfs of a kernel: the first with its suffix, else the only one for the only kernel, if one of the
/// two has no suffix.
fn archive<'a>(
    kernel: &Named<'_>,
    kernels: &[Named<'_>],
    archives: &[Named<'a>],
) -> Option<&'a str> {
    let same = archives.iter().find(|other| other.suffix == kernel.suffix);
    if let Some(archive) = same {
        return Some(archive.name);
    }
    match (kernels, archives) {
        ([_], [only]) if kernel.suffix.is_empty() || only.suffix.is_empty() => Some(only.name),
        _ => None,
    }
}

fn why_no_archive(archive: &Named<'_>, kernels: &[Named<'_>], archives: &[Named<'_>]) -> String {
    let twin = archives
        .iter()
        .find(|other| other.suffix == archive.suffix && other.name != archive.name);
    let has_kernel = kernels.iter().any(|kernel| kernel.suffix == archive.suffix);
    match twin {
        Some(twin) if has_kernel => format!("{} has the same suffix, and is used", twin.name),
        _ => "no kernel has the same suffix: name the initramfs with --initramfs".to_owned(),
    }
}

/// The root of a kernel: the only one with its suffix in the name, else the only one that names its architecture,
/// else the only one for the only kernel or without an architecture in its name.
fn root<'a>(kernel: &Named<'_>, kernels: &[Named<'_>], roots: &[&'a str]) -> Option<&'a str> {
    let of_suffix = |name: &&&str| !kernel.suffix.is_empty() && name.contains(kernel.suffix);
    let own = architecture(kernel.suffix);
    let of_architecture = |name: &&&str| own.is_some() && architecture(name) == own;
    let by_suffix: Vec<&&str> = roots.iter().filter(of_suffix).collect();
    let by_architecture: Vec<&&str> = roots.iter().filter(of_architecture).collect();
    match (&by_suffix[..], &by_architecture[..], roots) {
        ([only], _, _) | ([], [only], _) => Some(only),
        ([], [], [only]) if kernels.len() == 1 || architecture(only).is_none() => Some(only),
        _ => None,
    }
}

fn why_no_root(roots: &[&str]) -> String {
    if roots.len() == 1 {
        "its name fits no kernel here: name the root with --rootfs".to_owned()
    } else {
        "there are several roots: name one with --rootfs".to_owned()
    }
}

fn listed(names: &[&str]) -> String {
    names.join(" or ")
}

/// The architecture that a file name names.
fn architecture(name: &str) -> Option<Architecture> {
    name.split(['-', '.', '+'])
        .filter(|word| !word.is_empty())
        .find_map(Architecture::by_name)
}
