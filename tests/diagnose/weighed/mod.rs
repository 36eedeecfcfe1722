//! How much a log says for each cause of which some line of it tells: `!` certain, `+` likely, `?`
//! possible.

mod before_root;
mod root;

use super::one;
use kelpie_check::cause::{Belief, by_code};
use std::collections::BTreeMap;

const BANNER: &str = "Linux version 6.1.170 (a@b) (gcc 12) #1";

/// What a boot of that command line says, up to these lines.
fn said(command_line: &str, lines: &[&str]) -> String {
    let command_line = format!("Command line: {command_line}");
    let all = [BANNER, &command_line]
        .into_iter()
        .chain(lines.iter().copied());
    let log: String = all.map(|line| format!("[    1.000000] {line}\n")).collect();
    let boot = one(log);
    let mut beliefs = BTreeMap::new();
    for (code, shown) in boot.tells() {
        for tell in by_code(code).unwrap().tells {
            if is_of(tell.text, &shown.text) {
                let belief = tell.says.belief(&boot.clues);
                let most = beliefs.entry(code).or_insert(Belief::No);
                *most = belief.max(*most);
            }
        }
    }
    let said = beliefs.iter().filter_map(|(code, belief)| {
        let mark = match belief {
            Belief::No => return None,
            Belief::Possible => '?',
            Belief::Likely => '+',
            Belief::Certain => '!',
        };
        // Every panic is a KC901, and no more is said of what an initramfs lacks.
        (!matches!(code.0, 302 | 901)).then(|| format!("{code}{mark}"))
    });
    said.collect::<Vec<_>>().join(" ")
}

/// Whether a line has what is stable of a tell, in that order.
fn is_of(tell: &str, line: &str) -> bool {
    let stable = tell
        .split('›')
        .map(|part| part.split('‹').next().unwrap_or_default());
    let mut rest = line;
    for part in stable {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[track_caller]
fn says(expected: &str, command_line: &str, lines: &[&str]) {
    assert_eq!(
        said(command_line, lines),
        expected,
        "{command_line} {lines:#?}"
    );
}
