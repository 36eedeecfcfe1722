//! What `diagnose` says of a console that was kept: without the files of its boot, and with them.

use super::harness::{Case, Files, Shows};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::{Observed, Watch};
use kelpie_check::limits::Limits;
use serde_json::Value;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// What the log alone says of the cause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Alone {
    /// It is the one that is named.
    Named,
    /// It is among those that are as likely as the one that is named.
    Possible,
    /// There is nothing in the log.
    Silent,
}

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named => "named",
            Self::Possible => "among the possible",
            Self::Silent => "silent",
        })
    }
}

/// Reads the console as `diagnose` does, without the files; it has to show the cause.
pub fn alone(case: &Case, console: &[u8]) -> Result<Alone, String> {
    let mut watch = Watch::new(&Limits::default()).map_err(|error| error.to_string())?;
    watch.push(console);
    watch.finish(EndKind::LogEnds);
    let boots = watch.into_diagnosis().boots;
    let Some(seen) = boots.last() else {
        return if case.is_silent() {
            Ok(Alone::Silent)
        } else {
            Err("the log alone shows no boot".to_owned())
        };
    };
    if case.is_silent() {
        return Err("the log is not silent".to_owned());
    }
    if is_named(case, seen) {
        Ok(Alone::Named)
    } else if seen.possible.contains(&case.code()) {
        Ok(Alone::Possible)
    } else {
        let named = seen.code().map(|code| code.to_string());
        Err(format!(
            "the log alone names {named:?}, and {:?} as possible",
            seen.possible
        ))
    }
}

fn is_named(case: &Case, seen: &Observed) -> bool {
    match case.how() {
        Shows::Warns => seen.findings.iter().any(|found| found.code == case.code()),
        Shows::Fails | Shows::OnlyWhenRun => seen.code() == Some(case.code()),
    }
}

/// Runs `kelpie-check diagnose` on the console with the same files; it has to name the cause.
pub fn joined(case: &Case, files: &Files, log: &Path) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.arg("diagnose").arg(log);
    command.arg("--kernel").arg(&files.kernel);
    files.add_to(&mut command);
    command.args(["--target", case.target()]);
    command.args(["--format", "json"]);
    command.args(case.machine());
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let diagnosis: Value = serde_json::from_str(&said).map_err(|error| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("{error}: {said}{complaint}")
    })?;
    let boots = diagnosis["boots"].as_array().cloned().unwrap_or_default();
    let Some(boot) = boots.last() else {
        return Err(format!("the log with its files shows no boot: {said}"));
    };
    let code = case.code().to_string();
    let is_named = match case.how() {
        // An init without a console is not heard: then nobody said that userspace was reached.
        Shows::Warns => {
            (boot["code"].is_null() || boot["code"] == "KC911") && has_finding(boot, &code)
        }
        Shows::Fails | Shows::OnlyWhenRun => boot["code"] == code,
    };
    if is_named {
        Ok(())
    } else {
        Err(format!(
            "the log with its files comes to {}: {}",
            boot["code"], boot["notes"]
        ))
    }
}

/// Whether a report has a finding of this code.
pub fn has_finding(report: &Value, code: &str) -> bool {
    report["findings"]
        .as_array()
        .is_some_and(|findings| findings.iter().any(|finding| finding["code"] == code))
}
