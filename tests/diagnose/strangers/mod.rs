//! Excerpts of logs that people posted, each with the cause that its thread came to, and logs of systems that are
//! well. Names of hosts and addresses are exchanged.

mod devices;
mod dialects;
mod healthy;
mod hosts;
mod init;
mod initramfs;
mod kernel;
mod shells;
mod systemd;

use super::diagnose;

/// A few lines of a log.
struct Excerpt {
    /// Where it was posted.
    source: &'static str,
    /// What was wrong.
    truth: &'static str,
    code: &'static str,
    lines: &'static [&'static str],
}

/// The codes of all boots in a log, `-` for one that did not fail.
fn codes(log: &str) -> String {
    let boots = diagnose(log).boots.into_iter();
    let codes = boots.map(|boot| boot.code().map_or("-".to_owned(), |code| code.to_string()));
    codes.collect::<Vec<_>>().join(" ")
}

fn wrong(change: impl Fn(&str) -> String) -> Vec<String> {
    let families = [
        devices::EXCERPTS,
        dialects::EXCERPTS,
        hosts::EXCERPTS,
        init::EXCERPTS,
        initramfs::EXCERPTS,
        kernel::EXCERPTS,
        systemd::EXCERPTS,
    ];
    let mut wrong = Vec::new();
    for excerpt in families.into_iter().flatten() {
        let lines: Vec<String> = excerpt.lines.iter().map(|line| change(line)).collect();
        let named = codes(&lines.join("\n"));
        if named != excerpt.code {
            let Excerpt {
                source,
                truth,
                code,
                ..
            } = excerpt;
            wrong.push(format!("{source} ({truth}): {named}, not {code}"));
        }
    }
    wrong
}

#[test]
fn excerpts_come_to_the_cause_of_their_threads() {
    let wrong = wrong(str::to_owned);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_paste_makes_no_difference() {
    // A quotation, and a page that collapsed blanks and exchanged quotes.
    for change in [
        |line: &str| format!("> {line}"),
        |line: &str| {
            line.split(' ')
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        },
        |line: &str| {
            line.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
        },
        |line: &str| line.replace('"', "\u{201d}").replace('\'', "\u{2019}"),
        |line: &str| format!("2026-11-25T10:00:00.123456Z {line}"),
    ] {
        let wrong = wrong(change);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn a_boot_loader_that_welcomes_is_no_system() {
    let panic = "[    0.0] Linux version 6.1.0 (a@b)\n\
                 [    1.0] VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6\n\
                 [    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    for loader in ["GRUB!", "systemd-boot", "rEFInd"] {
        let greeted = format!("Welcome to {loader}\n\n{panic}");
        assert_eq!(codes(&greeted), codes(panic), "{loader}");
    }
    let menu = "error: file `/vmlinuz' not found.\nerror: you need to load the kernel first.\n";
    assert_eq!(codes(&format!("Welcome to GRUB!\n\n{menu}")), codes(menu));
}

#[test]
fn systems_that_are_well_have_not_failed() {
    for (what, log) in healthy::LOGS {
        assert_eq!(codes(log), "-", "{what}: {:#?}", diagnose(log).boots);
    }
}
