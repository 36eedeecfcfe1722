//! `kelpie-check explain` and `kelpie-check causes`: the manual, from the causes themselves.

use super::Exit;
use super::output::{complain, print};
use kelpie_check::cause::{CAUSES, Cause, find};
use kelpie_check::printable::Printable;
use std::fmt::Write;

/// Where the manual's lines break.
const WIDTH: usize = 88;

#[derive(clap::Args)]
pub struct ExplainArguments {
    /// The code or the name of a cause, such as KC102 or container-not-accepted
    code: String,
}

#[derive(clap::Args)]
pub struct CausesArguments {
    /// List only the causes of this stage: read, load, start, console, …
    #[arg(long)]
    stage: Option<String>,
}

pub fn explain(arguments: &ExplainArguments) -> Exit {
    match find(&arguments.code) {
        Some(cause) => print(&Printable::lines(&page(cause)), Exit::Clean),
        None => {
            complain(&format!(
                "unknown cause {:?}; `kelpie-check causes` lists all causes",
                arguments.code
            ));
            Exit::Usage
        }
    }
}

pub fn list(arguments: &CausesArguments) -> Exit {
    let wanted = |cause: &&&Cause| {
        arguments
            .stage
            .as_ref()
            .is_none_or(|stage| cause.stage.name() == stage)
    };
    let mut text = String::new();
    for cause in CAUSES.iter().filter(wanted) {
        writeln!(
            text,
            "{}  {:<12} {:<6} {:<26} {}",
            cause.code,
            cause.stage.name(),
            cause.severity,
            cause.name,
            cause.summary
        )
        .ok();
    }
    if text.is_empty() {
        complain("no such stage; `kelpie-check causes` shows the stage of each cause");
        return Exit::Usage;
    }
    print(&Printable::lines(&text), Exit::Clean)
}

fn page(cause: &Cause) -> String {
    let mut text = format!(
        "{} {}\nstage {}, {}\n\n{}\n",
        cause.code,
        cause.name,
        cause.stage,
        cause.severity,
        wrapped(cause.summary, 0)
    );
    write!(text, "\n{}\n", wrapped(cause.explanation, 0)).ok();
    write!(text, "\nFix\n  {}\n", wrapped(cause.fix, 2)).ok();
    if !cause.tells.is_empty() {
        text.push_str("\nHow it shows\n");
        for tell in cause.tells {
            write!(text, "  {}\n      {}\n", tell.text, tell.by).ok();
        }
    }
    text.push_str("\nSources\n");
    for source in cause.sources {
        writeln!(text, "  {source}").ok();
    }
    text
}

fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}
