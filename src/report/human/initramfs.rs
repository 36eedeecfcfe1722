//! The facts of an initramfs for people.

use super::super::text::bytes;
use super::init;
use super::page::Entries;
use crate::check::{InitramfsFacts, SegmentFacts};

/// How many names of modules are shown.
const NAMES: usize = 12;

pub(super) fn write_facts(page: &mut dyn Entries, facts: &InitramfsFacts) {
    let mut size = facts.file_bytes.map(bytes).unwrap_or_default();
    size.push_str(&format!(
        ", {} entries, {} unpacked",
        facts.entries,
        bytes(facts.unpacked_bytes)
    ));
    page.entry("size", &size);
    for (number, segment) in facts.segments.iter().enumerate() {
        page.entry(
            &format!("segment {}", number.saturating_add(1)),
            &line(segment),
        );
    }
    let mut generator = facts.generator.unwrap_or("unknown").to_owned();
    if let Some(version) = &facts.generator_version {
        generator.push_str(&format!(" {version}"));
    }
    if let Some(evidence) = &facts.generator_evidence {
        generator.push_str(&format!(" (by {evidence})"));
    }
    page.entry("made by", &generator);
    page.entry("init", &init::sentence(&facts.init));
    for modules in &facts.modules {
        let mut names: Vec<&str> = modules
            .names
            .iter()
            .take(NAMES)
            .map(String::as_str)
            .collect();
        if modules.names.len() > NAMES {
            names.push("…");
        }
        page.entry(
            "modules",
            &format!(
                "{}: {} ({}): {}",
                modules.release,
                modules.names.len(),
                match modules.compression {
                    "none" => "not compressed",
                    compression => compression,
                },
                names.join(" ")
            ),
        );
    }
    for problem in &facts.problems {
        page.entry("damage", problem);
    }
}

fn line(segment: &SegmentFacts) -> String {
    let mut text = match segment.codec {
        Some(codec) => format!(
            "{codec} at {:#x}, {} of {}",
            segment.offset,
            bytes(segment.compressed_bytes),
            bytes(segment.decoded_bytes)
        ),
        None => format!(
            "stored at {:#x}, {}",
            segment.offset,
            bytes(segment.decoded_bytes)
        ),
    };
    text.push_str(&format!(", {} entries", segment.entries));
    if segment.early {
        text.push_str(", early microcode");
    }
    text
}
