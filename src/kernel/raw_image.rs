//! Where a raw image (arm64, riscv, loongarch) ends, by its own header and by its PE header.
//!
//! Source: `Documentation/arch/arm64/booting.rst` and its like, on `image_size`.

use super::header::Header;
use super::{Architecture, pe};
use crate::bytes::Window;
use crate::error::Error;
use crate::limits::Limits;

/// Reads the PE header of a raw image, compares both headers' sizes, and sets where the file ends. `image_size` counts a BSS that no file has, so it only says that a
/// file is too long, never that it is too short; that the sections say.
pub(super) fn bounds(header: &mut Header, head: Window<'_>, file_bytes: u64, limits: &Limits) {
    let pe = pe::describe(header, head, file_bytes, limits);
    let Some(pe) = pe else {
        header.end = header.image_size_bytes.filter(|size| *size < file_bytes);
        return;
    };
    if pe.architecture() != header.architecture {
        header.problems.push(Error::invalid(
            "coff_header.Machine",
            pe.offset.saturating_add(4),
            header
                .architecture
                .map_or("a known machine", Architecture::name),
            format!("{:#06x}", pe.machine),
        ));
    }
    if let Some(image_size) = header
        .image_size_bytes
        .filter(|size| *size < pe.sections_end)
    {
        header.problems.push(Error::invalid(
            "image_header.image_size",
            0x10,
            format!(
                "at least {} bytes, the end of the sections",
                pe.sections_end
            ),
            format!("{image_size} bytes"),
        ));
    }
    // An Image from inside an EFI zboot holds its BSS, behind what its sections count.
    let loaded = header.image_size_bytes.unwrap_or(0).min(file_bytes);
    header.end = Some(pe.end().max(loaded));
}
