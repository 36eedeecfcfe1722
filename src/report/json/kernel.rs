//! The facts of a kernel for machines.

use super::values;
use crate::check::{BannerFacts, KernelFacts};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The facts of a kernel image; null if one is unreadable.
#[derive(Serialize, JsonSchema)]
pub struct KernelJson {
    file_bytes: Option<u64>,
    container: Option<&'static str>,
    /// Containers and codecs, outermost first.
    layers: Vec<&'static str>,
    /// True if `layers` reaches the kernel itself.
    layers_whole: bool,
    architecture: Option<&'static str>,
    bits: Option<u8>,
    #[schemars(extend("enum" = values::or_null(values::byte_orders())))]
    endianness: Option<&'static str>,
    page_size_bytes: Option<u64>,
    relocatable: Option<bool>,
    kaslr: Option<bool>,
    release: Option<String>,
    banner: Option<String>,
    version: Option<VersionJson>,
    codec: Option<&'static str>,
    compressed_bytes: Option<u64>,
    decoded_bytes: Option<u64>,
    stated_decoded_bytes: Option<u64>,
    load_address: Option<u64>,
    entry: Option<u64>,
    image_size_bytes: Option<u64>,
    init_size_bytes: Option<u64>,
    memory_bytes: Option<u64>,
    boot_protocol: Option<String>,
    cmdline_max_bytes: Option<u64>,
    efi_stub: Option<bool>,
    signed: Option<bool>,
    pvh: Option<bool>,
    kernel_64: Option<bool>,
    efi_handover: Option<bool>,
    above_4g: Option<bool>,
    /// The version of libkrunfw's interface.
    abi_version: Option<u32>,
    /// The number of symbols, if the symbol table was read.
    symbols: Option<u64>,
    /// The source of the options: the configuration inside the kernel, a file, or none.
    #[schemars(extend("enum" = values::or_null(values::config_sources())))]
    config_source: Option<&'static str>,
    options: BTreeMap<&'static str, OptionJson>,
    sections: Vec<SectionJson>,
    /// The targets that take it as it is.
    taken_by: Vec<&'static str>,
    /// The targets that take it after `kelpie-check extract`.
    taken_after_conversion: Vec<&'static str>,
}

/// The facts of the banner.
#[derive(Serialize, JsonSchema)]
struct VersionJson {
    major: u32,
    minor: u32,
    local_version: String,
    builder: String,
    compiler: String,
    build_number: u64,
    flags: Vec<&'static str>,
    date: String,
}

/// One Kconfig option.
#[derive(Serialize, JsonSchema)]
struct OptionJson {
    /// not-y is not built in: a module or absent.
    #[schemars(extend("enum" = values::states()))]
    state: &'static str,
    /// The evidence.
    evidence: &'static str,
}

/// A named part of a container.
#[derive(Serialize, JsonSchema)]
struct SectionJson {
    name: String,
    offset: u64,
    bytes: u64,
}

impl KernelJson {
    pub fn of(facts: &KernelFacts) -> Self {
        Self {
            file_bytes: facts.file_bytes,
            container: facts.container,
            layers: facts.layers.clone(),
            layers_whole: facts.layers_whole,
            architecture: facts.architecture,
            bits: facts.bits,
            endianness: facts.endianness,
            page_size_bytes: facts.page_size_bytes,
            relocatable: facts.relocatable,
            kaslr: facts.kaslr,
            release: facts.release.clone(),
            banner: facts.banner.as_ref().map(|banner| banner.text.clone()),
            version: facts.banner.as_ref().map(VersionJson::of),
            codec: facts.codec,
            compressed_bytes: facts.compressed_bytes,
            decoded_bytes: facts.decoded_bytes,
            stated_decoded_bytes: facts.stated_decoded_bytes,
            load_address: facts.load_address,
            entry: facts.entry,
            image_size_bytes: facts.image_size_bytes,
            init_size_bytes: facts.init_size_bytes,
            memory_bytes: facts.memory_bytes,
            boot_protocol: facts.boot_protocol.clone(),
            cmdline_max_bytes: facts.cmdline_max_bytes,
            efi_stub: facts.efi_stub,
            signed: facts.signed,
            pvh: facts.pvh,
            kernel_64: facts.kernel_64,
            efi_handover: facts.efi_handover,
            above_4g: facts.above_4g,
            abi_version: facts.abi_version,
            symbols: facts.symbols,
            config_source: facts.config_source,
            options: facts
                .options
                .iter()
                .map(|option| {
                    (
                        option.name,
                        OptionJson {
                            state: option.state,
                            evidence: option.evidence,
                        },
                    )
                })
                .collect(),
            sections: facts
                .sections
                .iter()
                .map(|section| SectionJson {
                    name: section.name.clone(),
                    offset: section.offset,
                    bytes: section.bytes,
                })
                .collect(),
            taken_by: facts.taken_by.clone(),
            taken_after_conversion: facts.taken_after_conversion.clone(),
        }
    }
}

impl VersionJson {
    fn of(banner: &BannerFacts) -> Self {
        Self {
            major: banner.major,
            minor: banner.minor,
            local_version: banner.local_version.clone(),
            builder: banner.builder.clone(),
            compiler: banner.compiler.clone(),
            build_number: banner.build_number,
            flags: banner.flags.clone(),
            date: banner.date.clone(),
        }
    }
}
