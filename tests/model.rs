//! docs/MODEL.md lists what is modelled of a boot, and what is not.
//!
//! The page is made of the rows of `predict::FLOWS`; `KELPIE_CHECK_WRITE_DOCS=1` writes it anew.

use kelpie_check::cause;
use kelpie_check::finding::Code;
use kelpie_check::predict::{FLOWS, Flow};
use kelpie_check::stage::Stage;
use std::fmt::Write;
use std::path::Path;

const INTRODUCTION: &str = "# What is modelled

`check` follows a boot through the functions below, in this order. Each function can end in the causes
beside it. If a boot meets something that is listed as not modelled, its verdict is *unknown* from that
stage on, and the report names what is missing. The boot is followed until init reaches its first target;
what services do then is not predicted.

`cargo test --test model` compares this page with `src/predict/`;
`KELPIE_CHECK_WRITE_DOCS=1 cargo test --test model` writes it.
";

fn causes(flow: &Flow) -> String {
    let names = flow.codes.iter().map(|code| {
        let code = Code(*code);
        let name = cause::by_code(code).map_or("", |cause| cause.name);
        format!("{code} {name}")
    });
    names.collect::<Vec<_>>().join(", ")
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for stage in Stage::ALL {
        let flows = || FLOWS.iter().filter(move |flow| flow.stage == stage);
        let title = stage.to_string();
        let (first, rest) = title.split_at(1);
        writeln!(page, "\n## {}{rest}\n", first.to_uppercase()).unwrap();
        for flow in flows() {
            writeln!(page, "- {}: {}", flow.follows, causes(flow)).unwrap();
        }
        let mut missing = Vec::new();
        for flow in flows() {
            for gap in flow.gaps {
                let from = match gap.from == stage {
                    true => String::new(),
                    false => format!(" Unknown from the stage *{}* on.", gap.from),
                };
                missing.push(format!("{}{from}", gap.what));
            }
            missing.extend(flow.unknown.iter().map(|what| (*what).to_owned()));
        }
        if !missing.is_empty() {
            writeln!(page, "\nNot modelled:\n").unwrap();
        }
        for what in missing {
            writeln!(page, "- {what}").unwrap();
        }
    }
    page
}

#[test]
fn the_page_is_what_the_flows_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/MODEL.md");
    if std::env::var_os("KELPIE_CHECK_WRITE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let hint = "KELPIE_CHECK_WRITE_DOCS=1 cargo test --test model writes docs/MODEL.md";
    assert!(written == page(), "{hint}");
}

#[test]
fn every_row_is_a_sentence() {
    let rows = FLOWS.iter().flat_map(|flow| {
        let gaps = flow.gaps.iter().map(|gap| gap.what);
        gaps.chain(flow.unknown.iter().copied())
    });
    for row in rows {
        assert!(row.ends_with('.') && !row.contains("  "), "{row}");
    }
}

#[test]
fn nothing_is_left_open_before_the_function_that_leaves_it_open() {
    for flow in &FLOWS {
        for gap in flow.gaps {
            assert!(gap.from >= flow.stage, "{}", gap.what);
        }
    }
}
