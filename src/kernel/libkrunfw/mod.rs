//! libkrunfw: a shared library that holds a kernel as it lies in memory.
//!
//! Sources: libkrunfw 5 `bin2cbundle.py` and `Makefile` (`KERNEL_BUNDLE`, `krunfw_get_kernel`,
//! `krunfw_get_version`; the confidential variants add `krunfw_get_initrd` and `krunfw_get_qboot`);
//! libkrun 1.19.7 `src/lib.rs`, `load_krunfw_payload`; krun-vmm 1.19.7 `src/resources.rs`,
//! `set_kernel_bundle`.
//!
//! On x86_64 the bundle is the `PT_LOAD` segments of a vmlinux at their distances, without the BSS;
//! on aarch64 it is an Image. Load address, entry and size are numbers in the code of
//! `krunfw_get_kernel`, which [`getter`] reads.

mod aarch64;
mod getter;
mod library;
mod mach_o;
mod shared_object;
mod x86_64;

use super::container::Container;
use super::header::{Header, Payload, Section, Segment};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use getter::{Outcome, Value};
use library::Library;

/// The container.
pub(super) static LIBKRUNFW: Container = Container {
    name: "libkrunfw",
    title: "libkrunfw library",
    recognise,
    parse,
};

const KERNEL_BUNDLE: &str = "KERNEL_BUNDLE";
const GET_KERNEL: &str = "krunfw_get_kernel";
const GET_VERSION: &str = "krunfw_get_version";
/// The parts that only confidential machines use, and what returns each.
const PARTS: [(&str, &str); 2] = [
    ("INITRD_BUNDLE", "krunfw_get_initrd"),
    ("QBOOT_BUNDLE", "krunfw_get_qboot"),
];

/// `__START_KERNEL_map` of `arch/x86/include/asm/page_64_types.h`: where x86_64 maps physical
/// address 0.
const START_KERNEL_MAP: u64 = 0xffff_ffff_8000_0000;
/// The smallest page of a host.
const PAGE_BYTES: u64 = 4096;

/// Any library or program: its symbols tell, which are not in the first bytes.
fn recognise(head: Window<'_>) -> bool {
    shared_object::begins(head) || mach_o::begins(head)
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let library = library::find(source, limits)?
        .ok_or_else(|| Error::unrecognised("a library or program without a kernel"))?;
    Bundle { library }
        .header()
        .map_err(|(error, base)| error.shifted(base))
}

/// A library that holds a kernel. Its own offsets begin where the library does in its file.
struct Bundle {
    library: Library,
}

/// A part of the library, by its place in it.
struct Part {
    address: u64,
    offset: u64,
    length: u64,
}

impl Bundle {
    fn header(&self) -> std::result::Result<Header, (Error, u64)> {
        let base = self.library.base;
        self.read(base).map_err(|error| (error, base))
    }

    fn read(&self, base: u64) -> Result<Header> {
        let library = &self.library;
        let kernel = self.run(GET_KERNEL)?;
        let [load_address, entry, size] = [0, 1, 2].map(|argument| self.stored(&kernel, argument));
        let (load_address, entry, size) = (load_address?, entry?, size?);
        let part = self.part(GET_KERNEL, KERNEL_BUNDLE, &kernel, size)?;
        let getter_at = library.offset_of(GET_KERNEL);
        let end = load_address.checked_add(size).ok_or_else(|| {
            let found = format!("{size:#x} bytes at {load_address:#x}");
            Error::invalid("size", getter_at, "an end below 2^64", found)
        })?;
        if !(load_address..end).contains(&entry) {
            let expected = format!("an address in {load_address:#x} to {end:#x}");
            let found = format!("{entry:#x}");
            return Err(Error::invalid("entry_addr", getter_at, expected, found));
        }
        let mut header = Header {
            architecture: Some(library.architecture),
            endianness: Some(Endianness::Little),
            bits: Some(64),
            load_address: Some(load_address),
            entry: Some(entry),
            payload: Some(Payload::Stored {
                offset: base.saturating_add(part.offset),
                length: part.length,
            }),
            sections: vec![section(KERNEL_BUNDLE, base, &part)],
            ..Header::default()
        };
        // libkrun refuses both with a panic.
        for (field, at, address) in [
            (
                KERNEL_BUNDLE,
                library.offset_of(KERNEL_BUNDLE),
                part.address,
            ),
            ("load_addr", getter_at, load_address),
        ] {
            if !address.is_multiple_of(PAGE_BYTES) {
                let expected = "an address on a page boundary";
                let problem = Error::invalid(field, at, expected, format!("{address:#x}"));
                header.problems.push(problem.shifted(base));
            }
        }
        if library.architecture == Architecture::X86_64 {
            header.memory_image = Some(Segment {
                offset: 0,
                file_bytes: size,
                memory_bytes: size,
                physical_address: load_address,
                virtual_address: START_KERNEL_MAP.wrapping_add(load_address),
            });
        }
        if library.symbol(GET_VERSION).is_some() {
            header.abi_version = Some(self.version()?);
        }
        for (bundle, getter) in PARTS {
            if library.symbol(getter).is_some() {
                let outcome = self.run(getter)?;
                let size = self.stored(&outcome, 0)?;
                let part = self.part(getter, bundle, &outcome, size)?;
                header.sections.push(section(bundle, base, &part));
            }
        }
        Ok(header)
    }

    /// What the function of that name does, if all of its code is understood.
    fn run(&self, name: &'static str) -> Result<Outcome> {
        let code = self.library.code(name)?;
        getter::run(name, &code, self.library.architecture)
    }

    fn version(&self) -> Result<u32> {
        let outcome = self.run(GET_VERSION)?;
        let version = match outcome.returned {
            Value::Number(number) => u32::try_from(number).ok(),
            _ => None,
        };
        version.ok_or_else(|| {
            Error::invalid(
                GET_VERSION,
                self.library.offset_of(GET_VERSION),
                "a function that returns a number",
                outcome.returned.to_string(),
            )
        })
    }

    /// The number that a function stores where its argument points.
    fn stored(&self, outcome: &Outcome, argument: usize) -> Result<u64> {
        let stored = outcome.stores.get(argument).copied().flatten();
        stored.ok_or_else(|| {
            Error::invalid(
                outcome.name,
                self.library.offset_of(outcome.name),
                format!(
                    "a number stored through argument {}",
                    argument.saturating_add(1)
                ),
                "none",
            )
        })
    }

    /// The bundle of that name, which the getter returns, if `size` bytes of it are there.
    fn part(
        &self,
        getter: &'static str,
        name: &'static str,
        outcome: &Outcome,
        size: u64,
    ) -> Result<Part> {
        let library = &self.library;
        let missing = |found: String| {
            let expected = format!("a symbol beside {getter}");
            Error::invalid(name, library.symbols_at, expected, found)
        };
        let symbol = library.symbol(name);
        let address = match (outcome.returned, symbol) {
            (Value::Address(address), Some(symbol)) if address != symbol.address => {
                return Err(Error::invalid(
                    getter,
                    library.offset_of(getter),
                    format!("the address of {name}, {:#x}", symbol.address),
                    format!("{address:#x}"),
                ));
            }
            (Value::Address(address), _) => address,
            // The dynamic linker fills the slot with the symbol's address.
            (Value::Slot(_), Some(symbol)) => symbol.address,
            (Value::Slot(_), None) => return Err(missing("none".to_owned())),
            (other, _) => {
                return Err(Error::invalid(
                    getter,
                    library.offset_of(getter),
                    format!("the address of {name}"),
                    other.to_string(),
                ));
            }
        };
        let at = library.offset_of(getter);
        if size == 0 {
            return Err(Error::invalid("size", at, "a kernel", "0 bytes"));
        }
        let stated = symbol.and_then(|symbol| symbol.size);
        if let Some(stated) = stated.filter(|stated| *stated < size) {
            let expected = format!("at most {stated} bytes, the size of {name}");
            return Err(Error::invalid(
                "size",
                at,
                expected,
                format!("{size} bytes"),
            ));
        }
        let (offset, left) = library.place(address).ok_or_else(|| {
            let expected = "an address in a segment of the file";
            Error::invalid(name, library.symbols_at, expected, format!("{address:#x}"))
        })?;
        if left < size {
            let expected = format!("at most {left} bytes, the rest of the segment of {name}");
            return Err(Error::invalid(
                "size",
                at,
                expected,
                format!("{size} bytes"),
            ));
        }
        let there = library.source.len().saturating_sub(offset);
        if there < size {
            return Err(Error::truncated(name, offset, size, there));
        }
        Ok(Part {
            address,
            offset,
            length: size,
        })
    }
}

fn section(name: &str, base: u64, part: &Part) -> Section {
    Section {
        name: name.to_owned(),
        offset: base.saturating_add(part.offset),
        length: part.length,
    }
}
