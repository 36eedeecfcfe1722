//! Which disk images are started, and in which format.
//!
//! A VMM opens the files that an image refers to, with the rights of its user. So an image starts only
//! if its headers were read here and refer to no other file. Nothing guesses a format: each image
//! starts as raw or qcow2, or in the format that the user names.

use super::Backend;
use crate::error::Result;
use crate::rootfs::{DiskFormat, Reference, RootFs};
use crate::vmm::Platform;

/// A disk image that may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The format of the file.
    pub format: DiskFormat,
    /// How large the guest sees the disk.
    pub bytes: u64,
}

/// The disk of a root, or why it is not started and what to do about it.
pub fn admit(
    root: &RootFs,
    platform: &Platform,
    backend: &Backend,
) -> Result<std::result::Result<Disk, String>> {
    let contents = root.file_contents()?;
    let claimed = DiskFormat::claimed(contents);
    let found = format!("{} is {}", root.path().display(), contents.title());
    let format = match root.asked_format() {
        Some(asked) if asked == DiskFormat::Raw || Some(asked) == claimed => asked,
        Some(asked) => {
            let name = asked.name();
            return Ok(Err(format!(
                "{found}, not {name}. Remove --disk-format {name}"
            )));
        }
        // Without a format that the target reads, the guest meets the bytes of the file.
        None => claimed
            .filter(|claimed| platform.disk_formats.contains(&claimed.name()))
            .unwrap_or(DiskFormat::Raw),
    };
    if format != DiskFormat::Raw {
        let unread = match root.layout() {
            Ok(layout) if !layout.references.is_empty() => {
                return Ok(Err(referring(&found, &layout.references)));
            }
            Ok(_) if format == DiskFormat::Qcow2 => root.image().err(),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if let Some(error) = unread {
            return Ok(Err(format!("{found}, and is not started: {error}")));
        }
    }
    let starts_unnamed = matches!(format, DiskFormat::Raw | DiskFormat::Qcow2);
    if root.asked_format().is_none() && !starts_unnamed {
        return Ok(Err(unnamed(&found, format, backend)));
    }
    if backend.copies_disks && !starts_unnamed {
        return Ok(Err(format!(
            "{found}; kelpie-check gives {} raw disks only. Use --backend qemu, or convert the image \
             with `qemu-img convert -O raw`",
            backend.title
        )));
    }
    if backend.guesses_formats && format == DiskFormat::Raw && claimed.is_some() {
        return Ok(Err(format!(
            "{found}; {} would read it as that, and not as a raw disk. Use --backend qemu",
            backend.title
        )));
    }
    Ok(match root.layout()?.disk_bytes {
        Some(bytes) => Ok(Disk { format, bytes }),
        None => Err(format!(
            "{found}; its disk is in other files, and kelpie-check starts no such image"
        )),
    })
}

/// The message for an image in a format that is started only if the user names it.
fn unnamed(found: &str, format: DiskFormat, backend: &Backend) -> String {
    let convert = "convert it with `qemu-img convert -O raw`";
    if backend.copies_disks {
        return format!(
            "{found}; kelpie-check starts it with QEMU only. Use --backend qemu, or {convert}"
        );
    }
    let name = format.name();
    format!(
        "{found}; kelpie-check starts such an image only if you name its format. Add --disk-format \
         {name}, or {convert}"
    )
}

/// The message for an image that refers to other files.
fn referring(found: &str, references: &[Reference]) -> String {
    /// How many of the files are named.
    const NAMED: usize = 3;
    let mut named: Vec<String> = references
        .iter()
        .take(NAMED)
        .map(|reference| match &reference.name {
            Some(name) => format!("{} `{name}`", reference.kind.name()),
            None => format!("an unnamed {}", reference.kind.name()),
        })
        .collect();
    let more = references.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    format!(
        "{found} that refers to other files ({}); a VMM would open them, so it is not started. If you \
         trust the image, join the files with `qemu-img convert -O qcow2 IMAGE whole.qcow2`",
        named.join(", ")
    )
}
