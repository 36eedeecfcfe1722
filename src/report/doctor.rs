//! What a host can boot, for people and for machines.

use super::human::{Colour, Page, write_block};
use super::json::SCHEMA;
use super::{Style, unwritable};
use crate::boot::doctor::{Diagnosis, Finding};
use crate::error::Result;
use schemars::JsonSchema;
use serde::Serialize;

/// For people.
pub fn human(diagnosis: &Diagnosis, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        colour: style.colour,
    };
    for finding in &diagnosis.findings {
        let (mark, colour) = if finding.is_good {
            ("✔", Colour::Green)
        } else {
            ("–", Colour::Yellow)
        };
        let mark = page.paint(colour, mark);
        write_block(
            &mut page,
            &format!("{mark} "),
            &format!("{}: {}", finding.subject, finding.found),
        );
        if !finding.fix.is_empty() {
            write_block(
                &mut page,
                "               ",
                &format!("fix: {}", finding.fix),
            );
        }
    }
    page.line("");
    for guest in &diagnosis.bootable {
        let text = match guest.by {
            Some((backend, accelerator)) => format!("boots by {backend} ({accelerator})"),
            None => "nothing here boots it".to_owned(),
        };
        page.entry(guest.architecture.name(), &text);
    }
    page.text
}

/// For machines.
pub fn json(diagnosis: &Diagnosis) -> Result<String> {
    serde_json::to_string_pretty(&DoctorJson::of(diagnosis))
        .map(|text| text + "\n")
        .map_err(|error| unwritable(&error))
}

/// What a host can boot.
#[derive(Serialize, JsonSchema)]
pub(super) struct DoctorJson {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    host: Vec<HostJson>,
    bootable: Vec<BootableJson>,
}

/// One thing that was looked at.
#[derive(Serialize, JsonSchema)]
struct HostJson {
    subject: String,
    good: bool,
    found: String,
    /// What to do about it; empty where nothing is missing.
    fix: String,
}

/// Guests of one architecture.
#[derive(Serialize, JsonSchema)]
struct BootableJson {
    architecture: &'static str,
    /// What `--backend auto` takes; null where nothing boots them.
    backend: Option<&'static str>,
    accelerator: Option<&'static str>,
}

impl DoctorJson {
    fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            schema: SCHEMA,
            host: diagnosis.findings.iter().map(HostJson::of).collect(),
            bootable: diagnosis
                .bootable
                .iter()
                .map(|guest| BootableJson {
                    architecture: guest.architecture.name(),
                    backend: guest.by.map(|(backend, _)| backend),
                    accelerator: guest.by.map(|(_, accelerator)| accelerator),
                })
                .collect(),
        }
    }
}

impl HostJson {
    fn of(finding: &Finding) -> Self {
        Self {
            subject: finding.subject.clone(),
            good: finding.is_good,
            found: finding.found.clone(),
            fix: finding.fix.clone(),
        }
    }
}
