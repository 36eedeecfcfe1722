//! The report for people: the facts in a few aligned lines, the ladder, the findings, the verdict.

use super::{Format, Style};
use crate::check::{Artifact, KernelFacts, Report, Standing, Verdict};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use std::fmt::Write;

/// The format.
pub static HUMAN: Format = Format {
    name: "human",
    write,
};

/// Width of the first column.
const LABEL: usize = 13;
/// Where long sentences break.
const WIDTH: usize = 100;

#[derive(Clone, Copy)]
enum Colour {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

struct Page {
    text: String,
    colour: bool,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Bold => "1",
            Colour::Dim => "2",
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Green => "32",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A label and its text, broken at [`WIDTH`] and indented under itself.
    fn entry(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let indent = " ".repeat(LABEL.saturating_add(2));
        for (number, part) in wrap(text, WIDTH.saturating_sub(indent.len()))
            .iter()
            .enumerate()
        {
            if number == 0 {
                let label = self.paint(Colour::Dim, &format!("{label:<LABEL$}"));
                self.line(&format!("  {label}{part}"));
            } else {
                self.line(&format!("{indent}{part}"));
            }
        }
    }
}

fn write(report: &Report, style: Style) -> Result<String> {
    let mut page = Page {
        text: String::new(),
        colour: style.colour,
    };
    for (number, artifact) in report.artifacts.iter().enumerate() {
        if number > 0 {
            page.line("");
        }
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.artifact == number)
            .collect();
        write_artifact(&mut page, artifact, &findings);
    }
    Ok(page.text)
}

fn write_artifact(page: &mut Page, artifact: &Artifact, findings: &[&Finding]) {
    let path = page.paint(Colour::Bold, &artifact.path);
    page.line(&path);
    if let Some(error) = &artifact.unreadable {
        let error = page.paint(Colour::Red, &error.to_string());
        page.line(&format!("  {error}"));
        return;
    }
    write_facts(page, &artifact.facts);
    page.line("");
    for rung in &artifact.ladder {
        let (mark, colour) = match rung.standing {
            Standing::Passed => ("✔", Colour::Green),
            Standing::Failed => ("✘", Colour::Red),
            Standing::Warned => ("!", Colour::Yellow),
            Standing::Unknown => ("?", Colour::Yellow),
            Standing::Open => ("·", Colour::Dim),
        };
        let here: Vec<&&Finding> = findings
            .iter()
            .filter(|finding| finding.stage == rung.stage)
            .collect();
        let mark = page.paint(colour, mark);
        let stage = format!("{:<width$}", rung.stage, width = LABEL);
        if here.is_empty() || rung.standing == Standing::Passed {
            page.line(&format!("{mark} {stage}{}", rung.text));
        } else {
            let codes: Vec<String> = here
                .iter()
                .map(|finding| format!("{} {}", finding.code, finding.name))
                .collect();
            page.line(&format!("{mark} {stage}{}", codes.join(", ")));
        }
    }
    for finding in findings {
        page.line("");
        write_finding(page, finding);
    }
    page.line("");
    let verdict = verdict(page, &artifact.verdict);
    page.line(&verdict);
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let colour = match finding.severity {
        Severity::Fatal => Colour::Red,
        Severity::Warn => Colour::Yellow,
        Severity::Info => Colour::Dim,
    };
    let head = page.paint(
        colour,
        &format!("{}: {} {}", finding.severity, finding.code, finding.name),
    );
    let place = match (finding.place.offset, &finding.place.member) {
        (None, None) => String::new(),
        (Some(offset), None) => format!(" at {offset:#x}"),
        (None, Some(member)) => format!(" in the {member}"),
        (Some(offset), Some(member)) => format!(" at {offset:#x} of the {member}"),
    };
    page.line(&format!("{head}{place}"));
    for (label, text) in [
        ("", &finding.message),
        ("", &finding.consequence),
        ("fix: ", &finding.fix),
    ] {
        for (number, part) in wrap(text, WIDTH.saturating_sub(7)).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            page.line(&format!("  {label}{part}"));
        }
    }
}

fn verdict(page: &Page, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Boots => format!("verdict: {}", page.paint(Colour::Green, "boots")),
        Verdict::Fails { stage, code } => format!(
            "verdict: {}",
            page.paint(Colour::Red, &format!("fails at {stage} ({code})"))
        ),
        Verdict::Unknown { missing } => {
            let mut shown = String::new();
            for (number, fact) in missing.iter().enumerate() {
                if number > 0 {
                    shown.push_str(", ");
                }
                shown.push_str(fact);
            }
            format!(
                "verdict: {} (not seen: {shown})",
                page.paint(Colour::Yellow, "nothing wrong so far")
            )
        }
    }
}

fn write_facts(page: &mut Page, facts: &KernelFacts) {
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
    page.entry("options", &options(facts));
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

/// A size as people say it, with one decimal above a kilobyte.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} bytes");
    }
    let mut tenths = (count / 1024)
        .saturating_mul(10)
        .saturating_add((count % 1024).saturating_mul(10) / 1024);
    for unit in UNITS {
        if tenths < 10_240 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        tenths /= 1024;
    }
    format!("{} PiB", tenths / 10)
}

/// The text in lines of at most `width` characters, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = line.chars().count().saturating_add(word.chars().count());
        if !line.is_empty() && longer >= width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_next_unit() {
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(57 * 1024 * 1024), "57.0 MiB");
        assert_eq!(bytes(u64::MAX), "16383 PiB");
    }

    #[test]
    fn long_sentences_break_at_spaces() {
        assert_eq!(wrap("aa bb cc", 6), ["aa bb", "cc"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
        assert!(wrap("", 3).is_empty());
    }
}
