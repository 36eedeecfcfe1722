//! The report for people: the facts in a few aligned lines, the ladder, the findings, the verdict.

mod boot;
mod cmdline;
mod diagnosis;
mod init;
mod initramfs;
mod kernel;
mod page;
mod rootfs;
#[cfg(all(unix, feature = "machines"))]
mod started;

#[cfg(all(unix, feature = "machines"))]
pub(super) use boot::write_block;
#[cfg(all(unix, feature = "machines"))]
pub use started::{end, head, reach};

use super::text::{plain, wrap};
use super::{Format, Style};
use crate::check::{Artifact, Facts, Report, Rung, Standing, Verdict};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use boot::{fails, unless};
pub(super) use page::{Colour, Page};
use page::{LABEL, WIDTH};

/// The format.
pub static HUMAN: Format = Format {
    name: "human",
    write,
    write_diagnosis: diagnosis::write,
};

fn write(report: &Report, style: Style) -> Result<String> {
    let mut page = Page {
        text: String::new(),
        colour: style.colour,
    };
    for (number, boot) in report.boots.iter().enumerate() {
        if number > 0 {
            page.line("");
        }
        boot::write_boot(&mut page, report, boot);
    }
    // What boots together is told together.
    let apart = |number: &usize| {
        !report
            .boots
            .iter()
            .any(|boot| boot.artifacts.contains(number))
    };
    for (number, artifact) in report.artifacts.iter().enumerate() {
        if !apart(&number) {
            continue;
        }
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
    // Of what is something else, neither facts nor a ladder are worth a line.
    let recognised = artifact.facts.are_recognised();
    if recognised {
        match &artifact.facts {
            Facts::Kernel(facts) => kernel::write_facts(page, facts),
            Facts::Initramfs(facts) => initramfs::write_facts(page, facts),
            Facts::Rootfs(facts) => rootfs::write_facts(page, facts),
            Facts::Cmdline(facts) => cmdline::write_facts(page, facts),
        }
        if !artifact.ladder.is_empty() {
            page.line("");
            write_ladder(page, artifact, findings, style);
        }
    }
    for (number, finding) in findings.iter().enumerate() {
        if number > 0 || recognised {
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
    let optionless = |facts: &Facts| facts.kernel().is_some_and(|facts| facts.options.is_empty());
    let shown = if optionless(&artifact.facts) {
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
            Standing::None => ("–", Colour::Dim),
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
        Verdict::Fails {
            stage,
            code,
            missing,
        } => fails(page, *stage, *code, &unless(missing, "not seen", ", ")),
        Verdict::Unknown { missing } => {
            let facts = &artifact.facts;
            let said = if facts.are_whole() || (style.quick && facts.are_recognised()) {
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
