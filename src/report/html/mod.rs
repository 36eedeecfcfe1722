//! One HTML file that needs nothing else: no script, no request, both colour schemes.
//!
//! Source: HTML Living Standard; Content Security Policy Level 3 (the policy forbids every request).

mod log;
mod markup;
mod parts;
mod prediction;
#[cfg(all(unix, feature = "machines"))]
mod started;

use super::Format;
use super::rows::{Outcome, Row};
use crate::printable::Printable;
use markup::Markup;

/// The format.
pub static HTML: Format = Format {
    name: "html",
    extensions: &["html", "htm"],
    write: prediction::write,
    write_diagnosis: log::write,
    #[cfg(all(unix, feature = "machines"))]
    write_started: Some(started::write),
};

const HEAD: &str = concat!(
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<meta name=\"color-scheme\" content=\"light dark\">\n",
    "<meta http-equiv=\"Content-Security-Policy\" ",
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
    "<meta name=\"referrer\" content=\"no-referrer\">\n",
    "<link rel=\"icon\" href=\"data:,\">\n<title>"
);

const STYLE: &str = concat!(
    "</title>\n<style>\n",
    include_str!("style.css"),
    "</style>\n</head>\n<body>\n"
);

/// Writes a page: the head, a headline, a list of the verdicts if there are several, and a section for each.
fn page(rows: &[Row<'_>], mut section: impl FnMut(&mut Markup, usize)) -> Printable {
    let mut page = Markup::default();
    let (outcome, headline) = headline(rows);
    page.element(HEAD, &format!("kelpie-check: {headline}"), STYLE);
    page.raw("<header>\n<p class=\"tool\"><b>kelpie-check</b> ");
    page.element("<span>", env!("CARGO_PKG_VERSION"), "</span></p>\n");
    page.raw(match outcome {
        Outcome::Passed => "<h1 class=\"passed\">",
        Outcome::Failed => "<h1 class=\"failed\">",
        Outcome::Unknown => "<h1 class=\"unknown\">",
    });
    page.element("", &headline, "</h1>\n</header>\n<main>\n");
    if rows.len() > 1 {
        summary(&mut page, rows);
    }
    for (number, row) in rows.iter().enumerate() {
        page.section(number);
        if rows.len() > 1 {
            page.raw("<header>");
            badge(&mut page, row.outcome);
            page.element("<h2>", &row.subject, "</h2>");
            page.element("<p class=\"verdict\">", &row.verdict, "</p></header>\n");
        } else {
            page.element("<header><h2>", &row.subject, "</h2></header>\n");
        }
        section(&mut page, number);
        page.raw("</section>\n");
    }
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

/// The verdict of the only boot, or how many have which.
fn headline(rows: &[Row<'_>]) -> (Outcome, String) {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let (failed, unknown) = (count(Outcome::Failed), count(Outcome::Unknown));
    let outcome = match (failed, unknown) {
        (0, 0) => Outcome::Passed,
        (0, _) => Outcome::Unknown,
        _ => Outcome::Failed,
    };
    let headline = match rows {
        [only] => only.verdict.clone(),
        _ => {
            let mut words = Vec::new();
            for (many, word) in [
                (failed, "failed"),
                (unknown, "unknown"),
                (count(Outcome::Passed), "passed"),
            ] {
                if many > 0 {
                    words.push(format!("{many} {word}"));
                }
            }
            words.join(", ")
        }
    };
    (outcome, headline)
}

fn summary(page: &mut Markup, rows: &[Row<'_>]) {
    page.raw("<nav aria-label=\"Verdicts\"><ul class=\"summary\">\n");
    for (number, row) in rows.iter().enumerate() {
        page.raw("<li>");
        badge(page, row.outcome);
        page.link(number, &row.subject);
        page.element("<span>", &row.verdict, "</span></li>\n");
    }
    page.raw("</ul></nav>\n");
}

fn badge(page: &mut Markup, outcome: Outcome) {
    page.raw(match outcome {
        Outcome::Passed => "<span class=\"badge passed\">passed</span>",
        Outcome::Failed => "<span class=\"badge failed\">failed</span>",
        Outcome::Unknown => "<span class=\"badge unknown\">unknown</span>",
    });
}
