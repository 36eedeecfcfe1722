//! The zImage of 32-bit ARM: a decompressor with the kernel behind its code.
//!
//! Sources: `Documentation/arch/arm/booting.rst`; `arch/arm/boot/compressed/head.S` (`start`);
//! `arch/arm/boot/compressed/vmlinux.lds.S` (`.table`, Linux 4.15 and later).

use super::container::Container;
use super::header::{Header, Payload};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

/// The container.
pub(super) static ARM_ZIMAGE: Container = Container {
    name: "arm-zimage",
    title: "ARM zImage",
    recognise,
    parse,
};

/// Where the fields begin: behind eight instructions that do nothing and a branch.
const FIELDS_OFFSET: u64 = 0x24;
const FIELDS_BYTES: u64 = 20;
const MAGIC: u32 = 0x016f_2818;
const TABLE_MAGIC: u32 = 0x4545_4545;
const ENDIAN_MARK: u32 = 0x0403_0201;
/// `ATAG_KRNL_SIZE` of `vmlinux.lds.S`: "KLSZ".
const TAG_KLSZ: u32 = 0x5a53_4c4b;
/// Entries of the table that are looked at.
const TAGS: usize = 64;

/// The fields behind the first branch.
#[derive(Debug, BinRead)]
struct Fields {
    /// 0x24: 0x016f2818.
    _magic: u32,
    /// 0x28: the address it was linked for; 0, since it runs anywhere.
    start: u32,
    /// 0x2c: the address of its end.
    end: u32,
    /// 0x30: 0x04030201 in the byte order of the kernel. Absent before 3.17.
    endian: u32,
    /// 0x34: 0x45454545 where a table follows.
    table_magic: u32,
}

/// The entry `KLSZ` of the table.
#[derive(Debug, BinRead)]
struct KernelSize {
    /// Offset of the word that states the decoded size, the last of the payload.
    piggy_size_addr: u32,
    /// Bytes of the kernel's BSS.
    kernel_bss_size: u32,
}

fn order(head: Window<'_>) -> Option<Endianness> {
    [Endianness::Little, Endianness::Big]
        .into_iter()
        .find(|order| head.u32("magic", FIELDS_OFFSET, *order) == Ok(MAGIC))
}

fn recognise(head: Window<'_>) -> bool {
    order(head).is_some()
}

fn parse(source: &Source, _limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let order = order(head).ok_or_else(|| Error::unrecognised("not an ARM zImage"))?;
    let fields: Fields = head.header("zImage header", FIELDS_OFFSET, order)?;
    let mut problems = Vec::new();
    let stated = fields.end.checked_sub(fields.start).map(u64::from);
    let end = match stated.filter(|end| *end > FIELDS_OFFSET) {
        Some(end) => end,
        None => {
            return Err(Error::invalid(
                "zImage end",
                0x2c,
                format!("an address after the start, {:#x}", fields.start),
                format!("{:#x}", fields.end),
            ));
        }
    };
    if end > source.len() {
        problems.push(Error::truncated("zImage", 0, end, source.len()));
    }
    let mut header = Header {
        architecture: Some(Architecture::Arm),
        // Code of a big-endian kernel for ARMv6 and later is little-endian, and so is its header.
        endianness: match (fields.endian, fields.endian.swap_bytes()) {
            (ENDIAN_MARK, _) => Some(order),
            (_, ENDIAN_MARK) => Some(match order {
                Endianness::Little => Endianness::Big,
                Endianness::Big => Endianness::Little,
            }),
            _ => None,
        },
        bits: Some(32),
        relocatable: Some(fields.start == 0),
        load_address: (fields.start != 0).then_some(u64::from(fields.start)),
        efi_stub: Some(head.has(0, b"MZ") && has_pe(head)),
        end: Some(end),
        ..Header::default()
    };
    let begin = FIELDS_OFFSET.saturating_add(FIELDS_BYTES);
    let mut payload_end = None;
    if fields.table_magic == TABLE_MAGIC {
        match kernel_size(source, order) {
            Ok(Some(size)) => {
                let at = u64::from(size.piggy_size_addr);
                payload_end = at.checked_add(4);
                // The build appends the size in little-endian order to every kernel.
                match source.read("decoded size", at, 4).and_then(|word| {
                    Window::new(&word, at).u32("decoded size", 0, Endianness::Little)
                }) {
                    Ok(decoded_bytes) => {
                        header.image_size_bytes =
                            u64::from(decoded_bytes).checked_add(u64::from(size.kernel_bss_size));
                    }
                    Err(problem) => problems.push(problem),
                }
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    header.payload = Some(Payload::Hidden {
        offset: begin,
        length: end.min(source.len()).saturating_sub(begin),
        end: payload_end,
    });
    problems.sort_by_key(Error::offset);
    header.problems = problems;
    Ok(header)
}

fn has_pe(head: Window<'_>) -> bool {
    head.u32("e_lfanew", 0x3c, Endianness::Little)
        .is_ok_and(|at| head.has(u64::from(at), b"PE\0\0"))
}

/// The table's entry about the payload; `None` where it has none.
fn kernel_size(source: &Source, order: Endianness) -> Result<Option<KernelSize>> {
    let head = source.head()?;
    let mut at = u64::from(head.u32("zImage table", 0x38, order)?);
    for _ in 0..TAGS {
        let bytes = source.read("zImage table entry", at, 4)?;
        let words = Window::new(&bytes, at).u32("zImage table entry", 0, order)?;
        if words == 0 {
            return Ok(None);
        }
        let length = u64::from(words).saturating_mul(4);
        let bytes = source.read("zImage table entry", at, 16.min(length))?;
        let entry = Window::new(&bytes, at);
        if entry.u32("tag", 4, order)? == TAG_KLSZ {
            return entry.header("KLSZ", 8, order).map(Some);
        }
        at = at.saturating_add(length);
    }
    Ok(None)
}
