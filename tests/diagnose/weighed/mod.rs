//! How much a log says for each cause of which some line of it tells: `!` certain, `+` likely, `?`
//! possible.

mod before_root;
mod by_initramfs;
mod root;

use super::one;
use kelpie_check::cause::{Belief, by_code};
use kelpie_check::finding::Code;
use std::collections::BTreeMap;

const BANNER: &str = "Linux version 6.1.170 (a@b) (gcc 12) #1";
const RUN: &str = "Run /init as init process";
const VDA: &str = "virtio_blk virtio0: [vda] 32768 512-byte logical blocks (16.8 MB/16.0 MiB)";
const MOUNTED: &str = "VFS: Mounted root (ext4 filesystem) on device 254:0.";

/// A boot of that command line, up to these lines.
fn boot(command_line: &str, lines: &[&str]) -> String {
    let command_line = format!("Command line: {command_line}");
    let all = [&*command_line].into_iter().chain(lines.iter().copied());
    unnamed_boot(&all.collect::<Vec<_>>())
}

/// A boot that does not print its command line.
fn unnamed_boot(lines: &[&str]) -> String {
    let all = [BANNER].into_iter().chain(lines.iter().copied());
    all.map(|line| format!("[    1.000000] {line}\n")).collect()
}

/// How much a log says for each cause.
fn beliefs(log: String) -> BTreeMap<Code, Belief> {
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
    beliefs
}

fn said(log: String) -> String {
    let said = beliefs(log).into_iter().filter_map(|(code, belief)| {
        let mark = match belief {
            Belief::No => return None,
            Belief::Possible => '?',
            Belief::Likely => '+',
            Belief::Certain => '!',
        };
        // Every panic is a KC901, and every root that is not mounted may be for want of an initramfs.
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
    let said = said(boot(command_line, lines));
    assert_eq!(said, expected, "{command_line} {lines:#?}");
}
