//! The parts that every page has: findings, facts, the steps of a ladder.

use super::markup::Markup;
use crate::cause;
use crate::finding::{Finding, Severity};
use crate::report::human::Entries;
use crate::report::text::shown_place;

/// One step of a ladder or a timeline.
pub(super) struct Rung<'a> {
    /// `passed`, `failed`, `warned`, `unknown`, `none` or `open`.
    pub standing: &'static str,
    pub mark: &'static str,
    pub stage: String,
    pub text: String,
    /// The findings of this stage.
    pub findings: Vec<&'a Finding>,
}

/// Opens a ladder.
pub(super) fn open_ladder(page: &mut Markup, title: &'static str) {
    page.element("<h3>", title, "</h3>\n");
    page.raw("<ol class=\"ladder\">\n");
}

/// Opens a list item of this class.
fn standing(page: &mut Markup, standing: &str) {
    page.raw(match standing {
        "passed" => "<li class=\"passed\">",
        "failed" => "<li class=\"failed\">",
        "warned" => "<li class=\"warned\">",
        "unknown" => "<li class=\"unknown\">",
        _ => "<li class=\"open\">",
    });
}

/// Writes a step.
pub(super) fn rung(page: &mut Markup, rung: &Rung<'_>) {
    standing(page, rung.standing);
    page.element(
        "<span class=\"mark\" aria-hidden=\"true\">",
        rung.mark,
        "</span>",
    );
    page.element("<span class=\"stage\">", &rung.stage, "</span>");
    page.raw("<span class=\"said\">");
    page.text(&rung.text);
    for finding in &rung.findings {
        page.raw(" ");
        page.raw(match finding.severity {
            Severity::Fatal => "<span class=\"chip fatal\">",
            Severity::Warn => "<span class=\"chip warn\">",
            Severity::Info => "<span class=\"chip info\">",
        });
        page.element("<b>", &finding.code.to_string(), "</b> ");
        page.element("", finding.name, "</span>");
    }
    page.raw("</span></li>\n");
}

/// Writes findings, each with what is wrong, what will happen and what to do.
pub(super) fn findings(
    page: &mut Markup,
    findings: &[&Finding],
    path: impl Fn(&Finding) -> String,
) {
    if findings.is_empty() {
        return;
    }
    page.raw("<h3>Findings</h3>\n");
    for finding in findings {
        page.raw(match finding.severity {
            Severity::Fatal => "<article class=\"finding fatal\">\n",
            Severity::Warn => "<article class=\"finding warn\">\n",
            Severity::Info => "<article class=\"finding info\">\n",
        });
        page.raw("<h4>");
        page.element(
            "<span class=\"level\">",
            finding.severity.name(),
            "</span> ",
        );
        page.element("<code>", &finding.code.to_string(), "</code> ");
        page.element("", finding.name, "</h4>\n");
        page.raw("<p class=\"message\">");
        page.prose(&finding.message);
        page.raw("</p>\n");
        if !finding.consequence.is_empty() {
            page.raw("<p>");
            page.prose(&finding.consequence);
            page.raw("</p>\n");
        }
        if !finding.fix.is_empty() {
            page.raw("<p class=\"fix\"><b>Fix</b> ");
            page.prose(&finding.fix);
            page.raw("</p>\n");
        }
        let place = format!("{}{}", path(finding), shown_place(&finding.place));
        if !place.trim().is_empty() {
            page.element("<p class=\"place\">", &place, "</p>\n");
        }
        if let Some(cause) = cause::by_code(finding.code) {
            page.element(
                "<details><summary>About ",
                &finding.code.to_string(),
                "</summary>\n",
            );
            page.element("<p>", cause.explanation, "</p></details>\n");
        }
        page.raw("</article>\n");
    }
}

/// A list of labels with texts.
pub(super) struct List<'a> {
    page: &'a mut Markup,
    is_open: bool,
}

impl<'a> List<'a> {
    pub(super) fn new(page: &'a mut Markup) -> Self {
        Self {
            page,
            is_open: false,
        }
    }

    pub(super) fn finish(self) {
        if self.is_open {
            self.page.raw("</dl>\n");
        }
    }
}

impl Entries for List<'_> {
    fn entry(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.is_open {
            self.page.raw("<dl>\n");
            self.is_open = true;
        }
        self.page.element("<dt>", label, "</dt>");
        self.page.element("<dd>", text, "</dd>\n");
    }
}

/// Writes lines of a log, with their numbers.
pub(super) fn log<'a>(page: &mut Markup, lines: impl Iterator<Item = (String, &'a str)>) {
    page.raw("<ol class=\"log\">\n");
    for (number, text) in lines {
        page.element("<li><span>", &number, "</span>");
        page.element("<code>", text, "</code></li>\n");
    }
    page.raw("</ol>\n");
}

/// Writes notes.
pub(super) fn notes(page: &mut Markup, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    page.raw("<ul class=\"notes\">\n");
    for note in notes {
        page.element("<li>", note, "</li>\n");
    }
    page.raw("</ul>\n");
}
