//! An artefact in the form that a target takes, or one part of it alone.

mod memory_image;

use crate::error::{Error, Result};
use crate::kernel::{Header, Kernel, Payload};
use crate::limits::Limits;
use crate::source::Source;
use std::borrow::Cow;

/// What [`extract`] can make of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The ELF inside a bzImage, zboot or UKI, byte for byte as it was compressed. Around the memory
    /// image of a libkrunfw for x86_64, an ELF is made.
    Vmlinux,
    /// The raw Image of arm64, riscv or loongarch; an ELF of those is flattened to it.
    Image,
    /// The outermost payload as it is stored: the compressed stream.
    Payload,
    /// The configuration it was built with (`CONFIG_IKCONFIG`).
    Config,
    /// Its symbols, as System.map has them.
    Symbols,
    /// The `.initrd` of a UKI, or the `INITRD_BUNDLE` of a libkrunfw.
    Initrd,
    /// The `.cmdline` of a UKI.
    Cmdline,
}

impl Form {
    /// Every form, by its name in options.
    pub const ALL: [(&'static str, Self); 7] = [
        ("vmlinux", Self::Vmlinux),
        ("image", Self::Image),
        ("payload", Self::Payload),
        ("config", Self::Config),
        ("symbols", Self::Symbols),
        ("initrd", Self::Initrd),
        ("cmdline", Self::Cmdline),
    ];
}

/// The kernel, or a part of it, in that form. Borrowed from the kernel where nothing had to be
/// made.
pub fn extract<'a>(kernel: &'a Kernel, form: Form, limits: &Limits) -> Result<Cow<'a, [u8]>> {
    match form {
        Form::Vmlinux => vmlinux(kernel, limits),
        Form::Image => image(kernel, limits),
        Form::Payload => payload(kernel, limits),
        Form::Config => kernel.embedded_config().map(Cow::Borrowed),
        Form::Symbols => symbols(kernel),
        Form::Initrd => section(kernel, &[".initrd", "INITRD_BUNDLE"], limits),
        Form::Cmdline => section(kernel, &[".cmdline"], limits).map(without_nul),
    }
}

fn innermost(kernel: &Kernel) -> Result<(&'static str, &Header, &[u8])> {
    let (header, image) = kernel.image()?;
    let name = kernel
        .chain()?
        .layers
        .last()
        .map_or("nothing", |layer| layer.container.name);
    let bytes = image
        .in_memory()
        .ok_or_else(|| Error::absent("kernel image", "it was not loaded"))?;
    Ok((name, header, bytes))
}

fn vmlinux<'a>(kernel: &'a Kernel, limits: &Limits) -> Result<Cow<'a, [u8]>> {
    let (name, header, bytes) = innermost(kernel)?;
    if name == "flat" && !header.segments.is_empty() {
        return memory_image::elf(header, bytes).map(Cow::Owned);
    }
    if name != "elf" {
        return Err(Error::absent(
            "ELF vmlinux",
            format!("the kernel inside is {name}; --to image gives that"),
        ));
    }
    // Loaders stop at the last segment; section headers and debug information belong to the file.
    let whole = kernel.chain()?.innermost();
    whole.read_bounded("ELF vmlinux", 0, whole.len(), limits)
}

fn image<'a>(kernel: &'a Kernel, limits: &Limits) -> Result<Cow<'a, [u8]>> {
    let (name, header, bytes) = innermost(kernel)?;
    match name {
        "arm64-image" | "riscv-image" | "loongarch-image" => Ok(Cow::Borrowed(bytes)),
        "elf" => {
            let flat = flatten(header, bytes, limits)?;
            let made = Kernel::new(Source::from_bytes(flat.clone()), limits.clone());
            match made.container() {
                Ok(container) if container.name.ends_with("-image") => Ok(Cow::Owned(flat)),
                _ => Err(Error::absent(
                    "raw Image",
                    "the kernel inside is an ELF without an Image header; --to vmlinux gives it",
                )),
            }
        }
        "flat" if !header.segments.is_empty() => Err(Error::absent(
            "raw Image",
            "the kernel inside is a memory image of x86_64; --to vmlinux makes an ELF of it",
        )),
        other => Err(Error::absent(
            "raw Image",
            format!("the kernel inside is {other}"),
        )),
    }
}

/// The segments at their physical addresses, holes filled with zeros: what `objcopy -O binary`
/// makes of the kernel's ELF.
fn flatten(header: &Header, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let segments = || {
        header
            .segments
            .iter()
            .filter(|segment| segment.file_bytes > 0)
    };
    let base = segments()
        .map(|segment| segment.physical_address)
        .min()
        .ok_or_else(|| Error::absent("loadable segment", "the ELF has none"))?;
    let mut flat = Vec::new();
    for segment in segments() {
        let start = segment.physical_address.saturating_sub(base);
        let end = start.saturating_add(segment.file_bytes);
        if end > limits.decoded_bytes {
            return Err(Error::limit("decoded_bytes", limits.decoded_bytes));
        }
        let range = index(start)?..index(end)?;
        let from =
            index(segment.offset)?..index(segment.offset.saturating_add(segment.file_bytes))?;
        let source = bytes.get(from).ok_or_else(|| {
            Error::truncated(
                "segment",
                segment.offset,
                segment.file_bytes,
                u64::try_from(bytes.len())
                    .unwrap_or(u64::MAX)
                    .saturating_sub(segment.offset),
            )
        })?;
        if flat.len() < range.end {
            flat.resize(range.end, 0);
        }
        if let Some(room) = flat.get_mut(range) {
            room.copy_from_slice(source);
        }
    }
    Ok(flat)
}

fn index(offset: u64) -> Result<usize> {
    usize::try_from(offset).map_err(|_| Error::limit("decoded_bytes", offset))
}

fn payload<'a>(kernel: &'a Kernel, limits: &Limits) -> Result<Cow<'a, [u8]>> {
    match &kernel.header()?.payload {
        Some(Payload::Stored { offset, length } | Payload::Compressed { offset, length, .. }) => {
            kernel
                .source()
                .read_bounded("payload", *offset, *length, limits)
        }
        Some(Payload::Hidden { .. }) => Err(Error::absent(
            "stated payload",
            "the header has no field for its place; --to vmlinux or --to image decodes it",
        )),
        None => Err(Error::absent("payload", "this kernel is not wrapped")),
    }
}

fn symbols(kernel: &Kernel) -> Result<Cow<'_, [u8]>> {
    kernel
        .system_map()
        .map(|text| Cow::Owned(text.into_bytes()))
}

fn section<'a>(
    kernel: &'a Kernel,
    names: &[&'static str],
    limits: &Limits,
) -> Result<Cow<'a, [u8]>> {
    let name = names.first().copied().unwrap_or_default();
    let section = kernel
        .header()?
        .sections
        .iter()
        .find(|section| names.contains(&section.name.as_str()))
        .ok_or_else(|| Error::absent(name, "the kernel image has no such section"))?;
    kernel
        .source()
        .read_bounded(name, section.offset, section.length, limits)
}

fn without_nul(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let end = text
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last.saturating_add(1));
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
