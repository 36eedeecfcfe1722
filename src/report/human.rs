//! The report for people: the facts in a few aligned lines, the ladder, the findings, the verdict.

use super::text::{bytes, plain, wrap};
use super::{Format, Style};
use crate::check::{Artifact, KernelFacts, Report, Rung, Standing, Verdict};
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
        write_artifact(&mut page, artifact, &findings, style);
    }
    Ok(page.text)
}

fn write_artifact(page: &mut Page, artifact: &Artifact, findings: &[&Finding], style: Style) {
    let path = page.paint(Colour::Bold, &plain(&artifact.path));
    page.line(&path);
    if let Some(error) = &artifact.unreadable {
        let error = page.paint(Colour::Red, &plain(&error.to_string()));
        page.line(&format!("  {error}"));
        return;
    }
    // Of what is no kernel, neither facts nor a ladder are worth a line.
    if artifact.facts.container.is_some() {
        write_facts(page, &artifact.facts);
        page.line("");
        write_ladder(page, artifact, findings, style);
    }
    for (number, finding) in findings.iter().enumerate() {
        if number > 0 || artifact.facts.container.is_some() {
            page.line("");
        }
        write_finding(page, finding);
    }
    page.line("");
    let verdict = verdict(page, artifact, style);
    page.line(&verdict);
}

fn write_ladder(page: &mut Page, artifact: &Artifact, findings: &[&Finding], style: Style) {
    // Without its options, nothing is known of the stages behind the last that was decided.
    let decided = |rung: &Rung| {
        matches!(
            rung.standing,
            Standing::Passed | Standing::Failed | Standing::Warned
        )
    };
    let shown = if artifact.facts.options.is_empty() {
        let last = artifact.ladder.iter().rposition(decided);
        // Headers alone say already whether the target takes the kernel.
        let least = if style.quick { 2 } else { 1 };
        last.map_or(least, |last| last.saturating_add(1).max(least))
    } else {
        artifact.ladder.len()
    };
    for rung in artifact.ladder.iter().take(shown) {
        let (mark, colour) = match rung.standing {
            Standing::Passed => ("✔", Colour::Green),
            Standing::Failed => ("✘", Colour::Red),
            Standing::Warned => ("!", Colour::Yellow),
            Standing::Unknown => ("?", Colour::Yellow),
            Standing::Open => ("·", Colour::Dim),
        };
        let here: Vec<String> = findings
            .iter()
            .filter(|finding| finding.stage == rung.stage && rung.standing != Standing::Passed)
            .map(|finding| format!("{} {}", finding.code, finding.name))
            .collect();
        let text = if here.is_empty() {
            plain(&rung.text).into_owned()
        } else {
            here.join(", ")
        };
        let mark = page.paint(colour, mark);
        page.line(&format!("{mark} {:<LABEL$}{text}", rung.stage));
    }
    if shown < artifact.ladder.len() {
        let mark = page.paint(Colour::Yellow, "?");
        let why = if style.quick {
            "not looked at: --quick reads headers only"
        } else {
            "not known: the kernel's options could not be read"
        };
        page.line(&format!("{mark} {:<LABEL$}{why}", "the rest"));
    }
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
        (None, Some(member)) => format!(" in the {}", plain(member)),
        (Some(offset), Some(member)) => format!(" at {offset:#x} of the {}", plain(member)),
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

fn verdict(page: &Page, artifact: &Artifact, style: Style) -> String {
    match &artifact.verdict {
        Verdict::Boots => format!("verdict: {}", page.paint(Colour::Green, "boots")),
        Verdict::Fails { stage, code } => format!(
            "verdict: {}",
            page.paint(Colour::Red, &format!("fails at {stage} ({code})"))
        ),
        Verdict::Unknown { missing } => {
            let facts = &artifact.facts;
            let said = if facts.layers_whole || (style.quick && facts.container.is_some()) {
                "nothing wrong so far"
            } else {
                "not known"
            };
            format!(
                "verdict: {} (not seen: {})",
                page.paint(Colour::Yellow, said),
                plain(&missing.join(", "))
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
            &plain(&section.name),
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
