//! The registry of containers, and how one is told from another: by parsing, never by a magic
//! found somewhere in the file.

use super::header::Header;
use super::{arm_zimage, arm64, bzimage, compressed, elf, libkrunfw, loongarch};
use super::{near_miss, riscv, s390, uimage, uki, zboot};
use crate::bytes::Window;
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::source::Source;

/// One form in which a kernel is handed out.
#[derive(Debug)]
pub struct Container {
    /// The name in machine formats: `efi-zboot`.
    pub name: &'static str,
    /// The name for people: `EFI zboot`.
    pub title: &'static str,
    /// Whether the first 68 KiB (fewer in a short file) begin such a container, by its own header.
    pub recognise: fn(Window<'_>) -> bool,
    /// Reads the header. An error only where nothing can be said; else what is wrong goes to
    /// [`Header::problems`]. [`Kind::Unrecognised`] leaves the bytes to the next container.
    pub parse: fn(&Source, &Limits) -> Result<Header>,
}

/// Every container; the first that recognises the bytes has them, so the special come before the
/// general (a UKI is a PE, an arm64 Image may be one).
pub static CONTAINERS: [&Container; 19] = [
    &uki::UKI,
    &zboot::ZBOOT,
    &bzimage::BZIMAGE,
    &bzimage::ZIMAGE_X86,
    &arm64::ARM64,
    &riscv::RISCV,
    &loongarch::LOONGARCH,
    // A shared library, of which only the symbols tell.
    &libkrunfw::LIBKRUNFW,
    &elf::ELF,
    &arm_zimage::ARM_ZIMAGE,
    &s390::S390,
    &uimage::UIMAGE,
    &compressed::GZIP,
    &compressed::BZIP2,
    &compressed::XZ,
    &compressed::LZO,
    &compressed::LZ4,
    &compressed::ZSTD,
    // Its magic is the weakest.
    &compressed::LZMA,
];

/// The container of these bytes, and its header.
pub(super) fn identify(source: &Source, limits: &Limits) -> Result<(&'static Container, Header)> {
    let head = source.head()?;
    if let Some(miss) = near_miss::imposter(head, source) {
        return Err(Error::unrecognised(miss.what).hinted(miss.hint));
    }
    let mut unrecognised = None;
    for container in CONTAINERS {
        if !(container.recognise)(head) {
            continue;
        }
        match (container.parse)(source, limits) {
            Err(error) if error.kind() == Kind::Unrecognised => unrecognised = Some(error),
            Err(error) => return Err(error),
            Ok(header) => return Ok((container, header)),
        }
    }
    Err(match near_miss::name(head, source) {
        Some(miss) => Error::unrecognised(miss.what).hinted(miss.hint),
        None => unrecognised.unwrap_or_else(|| Error::unrecognised("something else")),
    })
}
