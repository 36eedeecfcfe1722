//! What a project boots: the images of a `kelpie-check.toml`, or those that lie in a folder as Kelpie
//! lays them out.

mod date;
mod file;
mod folder;
mod text;

pub use date::Date;
pub use file::FILE_NAME;

use crate::error::{Error, Result};
use crate::finding::{Code, Severity};
use std::path::{Path, PathBuf};

/// One machine to be judged: what it boots, and on which VMMs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// What reports call it; empty where there is only one.
    pub name: String,
    /// The kernel image.
    pub kernel: Option<PathBuf>,
    /// The initramfs; none where there is none.
    pub initramfs: Option<PathBuf>,
    /// True if it may have an initramfs that could not be paired with the kernel.
    pub is_initramfs_unclear: bool,
    /// The root: a disk image or a folder.
    pub rootfs: Option<PathBuf>,
    /// Which partition of the disk holds the root.
    pub partition: Option<u32>,
    /// The kernel command line.
    pub cmdline: Option<String>,
    /// RAM of the machine.
    pub ram_mib: Option<u64>,
    /// The kernel's configuration.
    pub config: Option<PathBuf>,
    /// kernel-metadata.json, where it doesn't lie beside the kernel.
    pub metadata: Option<PathBuf>,
    /// The names of the VMMs; the default one where there are none.
    pub targets: Vec<String>,
}

/// A cause that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The cause.
    pub code: Code,
    /// The reason, for those who read the file later.
    pub reason: String,
    /// The names of the images that it is about; empty for all images.
    pub images: Vec<String>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Its line in the file.
    pub line: usize,
}

impl Ignored {
    /// Returns true if it is about this image, on that day.
    pub fn applies_to(&self, image: &Image, today: Date) -> bool {
        let is_named = self.images.is_empty() || self.images.contains(&image.name);
        is_named && !self.is_expired(today)
    }

    /// Returns true if its last day is over.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// A file or folder that takes no part in any boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not used.
    pub why: String,
}

/// Everything that a project says of its boots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The file that says it; none where a folder was looked through.
    pub file: Option<PathBuf>,
    /// What is judged.
    pub images: Vec<Image>,
    /// What is not looked at.
    pub ignored: Vec<Ignored>,
    /// Findings that count for more or less than they do by themselves.
    pub severities: Vec<(Code, Severity)>,
    /// Changes of limits, by name.
    pub limits: Vec<(String, u64)>,
    /// What lies in the folder and takes no part in any boot, by path.
    pub left_out: Vec<LeftOut>,
}

impl Project {
    /// The project that the nearest `kelpie-check.toml` describes, from `folder` upwards.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let folder = std::path::absolute(folder)
            .map_err(|error| Error::io(folder.display().to_string(), &error))?;
        for ancestor in folder.ancestors() {
            let path = ancestor.join(FILE_NAME);
            if path.is_file() {
                return file::read(&path).map(Some);
            }
        }
        Ok(None)
    }

    /// The project that this file describes.
    pub fn read(path: &Path) -> Result<Self> {
        file::read(path)
    }

    /// Parses the text of a `kelpie-check.toml`. Its relative paths start at the folder of `path`.
    pub fn from_text(text: &str, path: &Path) -> Result<Self> {
        file::of_text(text, path)
    }

    /// Finds what boots together in a folder: kernels such as `vmlinuz-…` and `bzImage`, an initramfs of the same
    /// suffix, and roots: disk images, or a folder that looks like one.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        folder::look(folder)
    }
}
