//! What a host can boot, for people and for machines.

use super::Style;
use super::human::{Colour, Page, write_block, write_jail};
use super::json::{LayerJson, SCHEMA, document};
use crate::boot::doctor::{Diagnosis, Finding};
use crate::error::Result;
use crate::printable::Printable;
use schemars::JsonSchema;
use serde::Serialize;

/// For people.
pub fn human(diagnosis: &Diagnosis, style: Style) -> Printable {
    let mut page = Page::new(style);
    for finding in &diagnosis.findings {
        let (mark, colour) = if finding.is_good {
            ("✔", Colour::Green)
        } else {
            ("–", Colour::Yellow)
        };
        let mark = page.paint(colour, mark);
        write_block(
            &mut page,
            mark.with(" "),
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
            None => "no backend on this host boots it".to_owned(),
        };
        page.entry(guest.architecture.name(), &text);
    }
    write_jail(&mut page, &diagnosis.jail);
    page.finish()
}

/// For machines.
pub fn json(diagnosis: &Diagnosis) -> Result<Printable> {
    document(&DoctorJson::of(diagnosis))
}

/// The guests that a host can boot.
#[derive(Serialize, JsonSchema)]
pub(super) struct DoctorJson {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    host: Vec<HostJson>,
    bootable: Vec<BootableJson>,
    /// The layers of the jail around a machine; empty if none was tried.
    jail: Vec<LayerJson>,
}

/// One examined fact.
#[derive(Serialize, JsonSchema)]
struct HostJson {
    subject: String,
    good: bool,
    found: String,
    /// The fix; empty if nothing is missing.
    fix: String,
}

/// Guests of one architecture.
#[derive(Serialize, JsonSchema)]
struct BootableJson {
    architecture: &'static str,
    /// The choice of `--backend auto`; null if no backend boots them.
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
            jail: diagnosis.jail.iter().map(LayerJson::of).collect(),
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
