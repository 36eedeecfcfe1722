//! The facts of a kernel for people.

use super::super::text::bytes;
use super::page::Entries;
use crate::check::KernelFacts;
use std::fmt::Write;

pub(super) fn write_facts(page: &mut dyn Entries, facts: &KernelFacts) {
    let mut what = facts.titles.join(" › ");
    if !facts.layers_whole && !facts.titles.is_empty() {
        what.push_str(" › not decoded");
    }
    page.entry("image", &what);
    page.entry("size", &sizes(facts));
    page.entry("release", facts.release.as_deref().unwrap_or_default());
    if let Some(banner) = &facts.banner {
        let mut build = format!("#{}", banner.build_number);
        for flag in &banner.flags {
            write!(build, " {flag}").ok();
        }
        write!(
            build,
            ", {}; by {}; {}",
            banner.date, banner.builder, banner.compiler
        )
        .ok();
        page.entry("build", &build);
    }
    page.entry("machine", &machine(facts));
    page.entry("memory", &memory(facts));
    page.entry("entry", &entry(facts));
    let abi = facts.abi_version.map(|version| version.to_string());
    page.entry("ABI version", abi.as_deref().unwrap_or_default());
    page.entry("options", &options(facts));
    page.entry("targets", &targets(facts));
    for section in &facts.sections {
        page.entry(
            &section.name,
            &format!("{} at {:#x}", bytes(section.bytes), section.offset),
        );
    }
}

fn sizes(facts: &KernelFacts) -> String {
    let mut text = facts.file_bytes.map(bytes).unwrap_or_default();
    if let (Some(codec), Some(compressed)) = (facts.codec, facts.compressed_bytes) {
        write!(text, ", {codec} payload of {}", bytes(compressed)).ok();
    }
    match (facts.decoded_bytes, facts.stated_decoded_bytes) {
        (Some(decoded), _) => {
            write!(text, ", decoded {}", bytes(decoded)).ok();
        }
        (None, Some(stated)) => {
            write!(text, ", stated to decode to {}", bytes(stated)).ok();
        }
        _ => {}
    }
    text
}

fn machine(facts: &KernelFacts) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(facts.architecture.map(str::to_owned));
    words.extend(facts.bits.map(|bits| format!("{bits}-bit")));
    words.extend(facts.endianness.map(|order| format!("{order}-endian")));
    words.extend(
        facts
            .page_size_bytes
            .map(|bytes| format!("{}K pages", bytes / 1024)),
    );
    words.extend(yes(facts.relocatable, "relocatable"));
    words.extend(yes(facts.kaslr, "KASLR"));
    words.join(", ")
}

fn memory(facts: &KernelFacts) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(
        facts
            .load_address
            .map(|address| format!("load address {address:#x}")),
    );
    words.extend(
        facts
            .image_size_bytes
            .map(|size| format!("image size {}", bytes(size))),
    );
    words.extend(
        facts
            .init_size_bytes
            .map(|size| format!("init size {}", bytes(size))),
    );
    words.extend(
        facts
            .memory_bytes
            .map(|size| format!("needs {} of RAM to start", bytes(size))),
    );
    words.join(", ")
}

fn entry(facts: &KernelFacts) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(facts.entry.map(|entry| format!("{entry:#x}")));
    words.extend(
        facts
            .boot_protocol
            .as_ref()
            .map(|version| format!("boot protocol {version}")),
    );
    words.extend(yes(facts.kernel_64, "64-bit entry"));
    words.extend(yes(facts.pvh, "PVH note"));
    words.extend(yes(facts.efi_stub, "EFI stub"));
    words.extend(yes(facts.efi_handover, "EFI handover"));
    words.extend(yes(facts.signed, "PE signature"));
    words.extend(
        facts
            .cmdline_max_bytes
            .map(|bytes| format!("command line up to {bytes} bytes")),
    );
    words.join(", ")
}

fn targets(facts: &KernelFacts) -> String {
    let (direct, converted) = (&facts.taken_by, &facts.taken_after_conversion);
    match (direct.join(", "), converted.join(", ")) {
        (direct, converted) if converted.is_empty() => direct,
        (direct, converted) if direct.is_empty() => format!("after conversion: {converted}"),
        (direct, converted) => format!("{direct}; after conversion: {converted}"),
    }
}

fn options(facts: &KernelFacts) -> String {
    let all = facts.options.len();
    if all == 0 {
        return String::new();
    }
    let count = |state: &str| {
        facts
            .options
            .iter()
            .filter(|option| option.state == state)
            .count()
    };
    let unknown = count("unknown");
    let source = match (facts.config_source, facts.symbols) {
        (Some("embedded"), _) => "the configuration inside the kernel".to_owned(),
        (Some("file"), _) => "a configuration file".to_owned(),
        (_, Some(symbols)) => format!("its {symbols} symbols"),
        _ => "nothing".to_owned(),
    };
    format!(
        "{} of {all} known from {source}: {} built in, {} not",
        all.saturating_sub(unknown),
        count("y"),
        all.saturating_sub(unknown).saturating_sub(count("y")),
    )
}

fn yes(fact: Option<bool>, word: &str) -> Option<String> {
    (fact == Some(true)).then(|| word.to_owned())
}
