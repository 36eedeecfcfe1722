//! The page of a prediction: the ladder, the findings, the facts and the steps of each boot or file.

use super::markup::Markup;
use super::parts::{self, List, Rung};
use crate::check::{Artifact, Boot, Report, Standing, Verdict};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::predict::StepOutcome;
use crate::printable::Printable;
use crate::report::Style;
use crate::report::human::{Entries, mark, write_facts, write_machine};
use crate::report::rows::{self, Row};

pub(super) fn write(report: &Report, _style: Style) -> Result<Printable> {
    let rows = rows::of_report(report);
    let alone: Vec<usize> = report.alone().collect();
    Ok(super::page(&rows, |page, number| {
        let Some(row) = rows.get(number) else {
            return;
        };
        match report.boots.get(number) {
            Some(boot) => write_boot(page, report, boot, row),
            None => {
                let at = number.saturating_sub(report.boots.len());
                if let Some(artifact) = alone.get(at).and_then(|at| report.artifacts.get(*at)) {
                    write_artifact(page, report, artifact, row);
                }
            }
        }
        if number.saturating_add(1) == rows.len() {
            write_left_out(page, report);
        }
    }))
}

fn write_boot(page: &mut Markup, report: &Report, boot: &Boot, row: &Row<'_>) {
    let all: Vec<&Finding> = row.entries.iter().map(|entry| entry.finding).collect();
    let failed = match &boot.verdict {
        Verdict::Fails { stage, .. } => Some(*stage),
        _ => None,
    };
    if !boot.ladder.is_empty() {
        parts::open_ladder(page, "Predicted boot");
    }
    for rung in &boot.ladder {
        let here: Vec<&Finding> = all
            .iter()
            .copied()
            .filter(|finding| finding.stage == rung.stage && finding.severity > Severity::Info)
            .collect();
        let is_beyond = failed.is_some_and(|stage| rung.stage > stage);
        let is_fatal = here
            .iter()
            .any(|finding| finding.severity == Severity::Fatal);
        let standing = if is_beyond {
            Standing::Open
        } else {
            rung.standing
        };
        parts::rung(
            page,
            &Rung {
                standing: standing.name(),
                mark: mark(standing).0,
                stage: rung.stage.to_string(),
                text: match (is_beyond, is_fatal) {
                    (true, true) => "not reached; would fail:".to_owned(),
                    (true, false) => "not reached".to_owned(),
                    (false, true) => String::new(),
                    (false, false) => rung.text.clone(),
                },
                findings: here,
            },
        );
    }
    if !boot.ladder.is_empty() {
        page.raw("</ol>\n");
    }
    let path = |finding: &Finding| path(report, finding);
    parts::findings(page, &sorted(&all, Some(boot)), path);
    page.raw("<h3>Files and machine</h3>\n<div class=\"facts\">\n");
    for artifact in boot
        .artifacts
        .iter()
        .filter_map(|at| report.artifacts.get(*at))
    {
        write_artifact_facts(page, artifact);
    }
    if let Some(machine) = &boot.machine {
        page.raw("<details open><summary><b>machine</b> ");
        page.element("<code>", boot.target, "</code></summary>\n");
        let mut list = List::new(page);
        write_machine(&mut list, machine);
        list.finish();
        page.raw("</details>\n");
    }
    page.raw("</div>\n");
    write_steps(page, boot);
}

/// The findings, the worst first. The cause of the verdict comes before all others.
fn sorted<'a>(findings: &[&'a Finding], boot: Option<&Boot>) -> Vec<&'a Finding> {
    let cause = match boot.map(|boot| &boot.verdict) {
        Some(Verdict::Fails { code, .. }) => Some(*code),
        _ => None,
    };
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|finding| {
        (
            cause != Some(finding.code),
            std::cmp::Reverse(finding.severity),
            finding.stage,
            finding.code,
        )
    });
    sorted
}

fn path(report: &Report, finding: &Finding) -> String {
    let artifact = report.artifacts.get(finding.artifact);
    artifact.map_or_else(String::new, |artifact| {
        format!("{}: {}", artifact.role, artifact.path)
    })
}

fn write_artifact(page: &mut Markup, report: &Report, artifact: &Artifact, row: &Row<'_>) {
    let all: Vec<&Finding> = row.entries.iter().map(|entry| entry.finding).collect();
    if artifact.facts.are_recognised() && !artifact.ladder.is_empty() {
        parts::open_ladder(page, "What it contributes to a boot");
        for rung in &artifact.ladder {
            let here: Vec<&Finding> = all
                .iter()
                .copied()
                .filter(|finding| finding.stage == rung.stage && rung.standing != Standing::Passed)
                .collect();
            parts::rung(
                page,
                &Rung {
                    standing: rung.standing.name(),
                    mark: mark(rung.standing).0,
                    stage: rung.stage.to_string(),
                    text: match here.as_slice() {
                        [] => rung.text.clone(),
                        _ => String::new(),
                    },
                    findings: here,
                },
            );
        }
        page.raw("</ol>\n");
    }
    parts::findings(page, &sorted(&all, None), |finding| path(report, finding));
    page.raw("<h3>Facts</h3>\n<div class=\"facts\">\n");
    write_artifact_facts(page, artifact);
    page.raw("</div>\n");
}

fn write_artifact_facts(page: &mut Markup, artifact: &Artifact) {
    page.element(
        "<details open><summary><b>",
        artifact.role.name(),
        "</b> <code>",
    );
    page.element("", &artifact.path, "</code></summary>\n");
    if let Some(error) = &artifact.unreadable {
        page.element("<p class=\"unread\">", &error.to_string(), "</p>\n");
    }
    if artifact.facts.are_recognised() {
        let mut list = List::new(page);
        write_facts(&mut list, &artifact.facts);
        list.finish();
    }
    page.raw("</details>\n");
}

/// The steps that led to the verdict, in the kernel's order.
fn write_steps(page: &mut Markup, boot: &Boot) {
    let steps = boot.trace.steps.as_slice();
    if steps.is_empty() {
        return;
    }
    page.raw("<details class=\"steps\"><summary>");
    page.element(
        "<b>steps</b> ",
        &steps.len().to_string(),
        " decisions, in the kernel's order</summary>\n",
    );
    page.raw("<table>\n<thead><tr><th>stage</th><th>decision</th><th>outcome</th></tr></thead>\n<tbody>\n");
    for step in steps {
        page.raw(match step.outcome {
            StepOutcome::Passed => "<tr class=\"passed\">",
            StepOutcome::Stopped => "<tr class=\"failed\">",
            StepOutcome::Degraded => "<tr class=\"warned\">",
            StepOutcome::Unknown(_) => "<tr class=\"unknown\">",
        });
        page.element("<td>", &step.stage.to_string(), "</td><td>");
        page.text(&step.decision);
        if !step.evidence.is_empty() {
            page.element("<small>", &step.evidence.join(", "), "</small>");
        }
        page.element("</td><td>", step.outcome.name(), "");
        if let Some(code) = step.code.filter(|_| step.outcome != StepOutcome::Passed) {
            page.element(" <code>", &code.to_string(), "</code>");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n</details>\n");
}

fn write_left_out(page: &mut Markup, report: &Report) {
    if report.left_out.is_empty() {
        return;
    }
    page.raw("<h3>Left out</h3>\n");
    let mut list = List::new(page);
    for left_out in &report.left_out {
        list.entry(&left_out.path, &left_out.why);
    }
    list.finish();
}
