//! What part a file plays in a boot, by its first bytes.

use crate::codec;
use crate::error::Result;
use crate::limits::Limits;
use crate::magic::{self, Class};
use crate::role::Role;
use crate::source::Source;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// An artefact of a boot. A file that is nothing known is taken for a kernel, whose reader names what
    /// is mistaken for one.
    Artifact(Role),
    /// Text: what a machine printed.
    Log,
}

/// How much of a compressed file is decoded.
const DECODED_BYTES: u64 = 68 * 1024;
/// The magic of a cpio archive, in all its kinds.
const CPIO: &[u8] = b"0707";

/// Returns what a file is. It decodes at most the first 68 KiB of it.
///
/// ```
/// use kelpie_check::identify::{Part, identify};
/// use kelpie_check::{limits::Limits, role::Role, source::Source};
///
/// let log = Source::from_bytes(b"[    0.000000] Linux version 6.18.1\n".to_vec());
/// assert_eq!(identify(&log, &Limits::default()).unwrap(), Part::Log);
/// let archive = Source::from_bytes(b"070701000000".to_vec());
/// assert_eq!(
///     identify(&archive, &Limits::default()).unwrap(),
///     Part::Artifact(Role::Initramfs)
/// );
/// ```
///
/// # Errors
///
/// If the file cannot be read.
pub fn identify(source: &Source, limits: &Limits) -> Result<Part> {
    let head = source.head()?;
    if let Some(codec) = codec::recognise(head.as_bytes()) {
        let length = codec::STREAM_HEAD_BYTES.min(source.len());
        let input = source.read("compressed stream", 0, length)?;
        let plain = codec::decode_head(codec, &input, DECODED_BYTES, limits);
        return Ok(Part::Artifact(role(&plain)));
    }
    if is_text(head.as_bytes()) && magic::identify(head).is_none() {
        return Ok(Part::Log);
    }
    Ok(Part::Artifact(role(head.as_bytes())))
}

fn role(head: &[u8]) -> Role {
    if head.starts_with(CPIO) {
        return Role::Initramfs;
    }
    match magic::identify(crate::bytes::Window::new(head, 0)).map(|kind| kind.class) {
        Some(Class::Initramfs) => Role::Initramfs,
        Some(
            Class::FileSystem
            | Class::ForeignFileSystem
            | Class::DiskFormat
            | Class::Partitioned
            | Class::Volume,
        ) => Role::Rootfs,
        Some(Class::Archive | Class::Kernel | Class::Program | Class::Failure) | None => {
            Role::Kernel
        }
    }
}

/// Returns true if most of the bytes are of a text. A log may have control sequences, and damage.
fn is_text(head: &[u8]) -> bool {
    let odd =
        |byte: &&u8| **byte == 0 || (**byte < 0x20 && !b"\t\n\r\x1b\x08\x07\x0c".contains(byte));
    let count = head.iter().filter(odd).count();
    !head.is_empty() && count.saturating_mul(100) <= head.len()
}
