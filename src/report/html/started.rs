//! The page of a real boot: how long each stage took, what the console shows, and the prediction beside it.

use super::log;
use super::markup::Markup;
use super::parts::{self, List};
use crate::boot::{Ending, Observation, Outcome};
use crate::check::Verdict;
use crate::error::Result;
use crate::finding::Finding;
use crate::printable::Printable;
use crate::report::Style;
use crate::report::human::{Entries, write_machine};
use crate::report::rows;
use std::time::Duration;

pub(super) fn write(outcome: &Outcome, _style: Style) -> Result<Printable> {
    let row = rows::of_started(outcome);
    Ok(super::page(&[row], |page, _| write_boot(page, outcome)))
}

fn write_boot(page: &mut Markup, outcome: &Outcome) {
    if let Some(observation) = &outcome.observation {
        write_timeline(page, observation, outcome);
        log::write_log(page, &observation.observed);
        if !observation.log.is_empty() {
            page.raw("<h3>Output of the VMM</h3>\n");
            let lines = observation.log.iter();
            parts::log(page, lines.map(|line| (String::new(), line.as_str())));
        }
    }
    let findings: Vec<&Finding> = outcome.findings.iter().collect();
    parts::findings(page, &findings, |_| String::new());
    page.raw("<h3>Boot and machine</h3>\n<div class=\"facts\">\n<details open><summary><b>boot</b></summary>\n");
    let mut list = List::new(page);
    if let Some(started) = &outcome.started {
        let version = started.version.as_deref().unwrap_or_default();
        list.entry("backend", format!("{} {version}", started.title).trim_end());
        list.entry("accelerator", started.accelerator.name());
        list.entry("choice", &started.notes.join("; "));
    }
    list.entry("cmdline", &outcome.command_line);
    list.entry("predicted", &predicted(&outcome.predicted));
    if let Some(observation) = &outcome.observation {
        list.entry("console", &format!("{} bytes", observation.console_bytes));
        for layer in &observation.jail {
            let missing = if layer.is_in_force { "" } else { "missing: " };
            list.entry(
                &format!("jail: {}", layer.name),
                &format!("{missing}{}", layer.detail),
            );
        }
    }
    list.finish();
    page.raw("</details>\n");
    if let Some(machine) = &outcome.machine {
        page.raw("<details open><summary><b>machine</b></summary>\n");
        let mut list = List::new(page);
        write_machine(&mut list, machine);
        list.finish();
        page.raw("</details>\n");
    }
    page.raw("</div>\n");
}

fn predicted(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Boots => "boots".to_owned(),
        Verdict::Fails { stage, code, .. } => format!("fails at {stage} ({code})"),
        Verdict::Unknown { missing } => format!("unknown (missing: {})", missing.join("; ")),
    }
}

/// The stages over the time of the run: each bar ends where its stage was reached.
fn write_timeline(page: &mut Markup, observation: &Observation, outcome: &Outcome) {
    let whole = millis(observation.elapsed).max(1);
    let share = |time: u64| {
        time.saturating_mul(1000)
            .checked_div(whole)
            .unwrap_or(0)
            .min(1000)
    };
    page.raw("<h3>Timeline</h3>\n<ol class=\"timeline\">\n");
    let mut before = 0;
    for reach in &observation.reached {
        let at = millis(reach.at);
        page.element(
            "<li class=\"passed\"><span class=\"stage\">",
            &reach.stage.to_string(),
            "</span>",
        );
        page.element("<span class=\"at\">", &seconds(reach.at), "</span>");
        page.span(share(before), share(at));
        page.element("<span class=\"said\">", &reach.text, "</span></li>\n");
        before = at;
    }
    let end = match &observation.ending {
        Ending::Reached => None,
        Ending::Failed => Some(
            outcome
                .stage
                .map_or_else(String::new, |stage| stage.to_string()),
        ),
        Ending::Denied => Some("denied".to_owned()),
        Ending::Host { .. } => Some("host".to_owned()),
        Ending::Interrupted => Some("interrupted".to_owned()),
    };
    if let Some(end) = end {
        let text = match (&observation.ending, &observation.observed.end) {
            (Ending::Host { why, .. }, _) => why.clone(),
            (_, Some(end)) => end.kind.to_string(),
            _ => String::new(),
        };
        page.element(
            "<li class=\"failed\"><span class=\"stage\">",
            &end,
            "</span>",
        );
        page.element(
            "<span class=\"at\">",
            &seconds(observation.elapsed),
            "</span>",
        );
        page.span(share(before), 1000);
        page.element("<span class=\"said\">", &text, "</span></li>\n");
    }
    page.raw("</ol>\n");
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
