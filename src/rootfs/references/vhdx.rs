//! VHDX: the parent of a differencing image, by its parent locator.
//!
//! Source: \[MS-VHDX\] 2.2.3 (region table), 2.6 (metadata region).

use super::{Layout, Reference, ReferenceKind, not_understood, utf16};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;

const REGION_TABLE_AT: u64 = 192 * 1024;
const TABLE_BYTES: u64 = 64 * 1024;
const REGIONS_MAX: u32 = 2047;
const REGION_BYTES: u64 = 32;
const ITEMS_MAX: u16 = 2047;
const ITEM_BYTES: u64 = 32;
const KEYS_MAX: u16 = 64;
const KEY_BYTES: u64 = 12;
const KEYS_AT: u64 = 20;
/// Bit of the file parameters.
const HAS_PARENT: u32 = 1 << 1;

/// GUIDs as they lie in the file.
const METADATA_REGION: [u8; 16] = [
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e,
];
const FILE_PARAMETERS: [u8; 16] = [
    0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b,
];
const VIRTUAL_DISK_SIZE: [u8; 16] = [
    0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8,
];
const PARENT_LOCATOR: [u8; 16] = [
    0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c,
];
/// The keys of a parent locator that name a file.
const PATHS: [&str; 3] = ["relative_path", "absolute_win32_path", "volume_path"];

pub(super) fn read(file: &Source) -> Result<Layout> {
    let region = metadata_region(file)?;
    let table = file.read("vhdx metadata table", region, TABLE_BYTES)?;
    let table = Window::new(&table, region);
    let (_, parameters) = item(table, &FILE_PARAMETERS)?
        .ok_or_else(|| not_understood("vhdx metadata table", "no file parameters"))?;
    let (_, size) = item(table, &VIRTUAL_DISK_SIZE)?
        .ok_or_else(|| not_understood("vhdx metadata table", "no disk size"))?;
    let flags = file.read(
        "vhdx file parameters",
        region.saturating_add(parameters).saturating_add(4),
        4,
    )?;
    let flags = Window::new(&flags, 0).u32("vhdx file parameters", 0, Endianness::Little)?;
    let size = file.read("vhdx disk size", region.saturating_add(size), 8)?;
    let size = Window::new(&size, 0).u64("vhdx disk size", 0, Endianness::Little)?;
    let mut references = Vec::new();
    if let Some((length, offset)) = item(table, &PARENT_LOCATOR)? {
        let at = region.saturating_add(offset);
        let length = u64::from(length).min(TABLE_BYTES);
        let locator = file.read("vhdx parent locator", at, length)?;
        parents(Window::new(&locator, 0), &mut references)?;
    }
    if references.is_empty() && flags & HAS_PARENT != 0 {
        references.push(Reference::new(ReferenceKind::Parent, b""));
    }
    Ok(Layout {
        references,
        disk_bytes: Some(size),
    })
}

fn metadata_region(file: &Source) -> Result<u64> {
    let table = file.read("vhdx region table", REGION_TABLE_AT, TABLE_BYTES)?;
    let table = Window::new(&table, REGION_TABLE_AT);
    let count = table.u32("vhdx region table", 8, Endianness::Little)?;
    (0..count.min(REGIONS_MAX))
        .map(|index| 16_u64.saturating_add(REGION_BYTES.saturating_mul(index.into())))
        .find(|at| table.get(*at, 16) == Some(METADATA_REGION.as_slice()))
        .map(|at| table.u64("vhdx region", at.saturating_add(16), Endianness::Little))
        .unwrap_or_else(|| {
            let field = "vhdx region table";
            Err(not_understood(field, "no metadata region"))
        })
}

/// The length of a metadata item, and its offset within the region.
fn item(table: Window<'_>, id: &[u8; 16]) -> Result<Option<(u32, u64)>> {
    if table.get(0, 8) != Some(b"metadata") {
        return Err(Error::unsupported("vhdx metadata table", "something else"));
    }
    let count = table.u16("vhdx metadata table", 10, Endianness::Little)?;
    let found = (0..count.min(ITEMS_MAX))
        .map(|index| 32_u64.saturating_add(ITEM_BYTES.saturating_mul(index.into())))
        .find(|at| table.get(*at, 16) == Some(id.as_slice()));
    let Some(at) = found else { return Ok(None) };
    let word = |at| table.u32("vhdx metadata item", at, Endianness::Little);
    let offset = word(at.saturating_add(16))?;
    let length = word(at.saturating_add(20))?;
    Ok(Some((length, offset.into())))
}

fn parents(locator: Window<'_>, references: &mut Vec<Reference>) -> Result<()> {
    let field = "vhdx parent locator";
    let count = locator.u16(field, 18, Endianness::Little)?;
    for index in 0..count.min(KEYS_MAX) {
        let at = KEYS_AT.saturating_add(KEY_BYTES.saturating_mul(index.into()));
        let text = |offset: u64, length: u64| -> Result<String> {
            let offset = locator.u32(field, at.saturating_add(offset), Endianness::Little)?;
            let length = locator.u16(field, at.saturating_add(length), Endianness::Little)?;
            let bytes = locator.bytes(field, offset.into(), length.into())?;
            Ok(utf16(bytes, Endianness::Little))
        };
        if PATHS.contains(&text(0, 8)?.as_str()) {
            let name = text(4, 10)?;
            references.push(Reference::new(ReferenceKind::Parent, name.as_bytes()));
        }
    }
    Ok(())
}
