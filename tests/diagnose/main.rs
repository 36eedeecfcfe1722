//! Logs of boots: what is recognised in them, and the cause that is named.

mod ends;
mod hostile;
mod join;
mod others;
mod prefixes;
mod seen_only;
mod several;
mod strangers;
mod tells;
mod verdicts;
mod weighed;

use kelpie_check::console::EndKind;
use kelpie_check::diagnose::{Diagnosis, Observed, Watch};
use kelpie_check::limits::Limits;

/// What a whole log comes to.
fn diagnose(log: impl AsRef<[u8]>) -> Diagnosis {
    let mut watch = Watch::new(&Limits::default()).unwrap();
    watch.push(log.as_ref());
    watch.finish(EndKind::LogEnds);
    watch.into_diagnosis()
}

/// The one boot in a log.
#[track_caller]
fn one(log: impl AsRef<[u8]>) -> Observed {
    let mut boots = diagnose(log).boots;
    assert_eq!(boots.len(), 1, "{boots:#?}");
    boots.remove(0)
}

/// The code of the one boot in a log, `-` where it did not fail.
#[track_caller]
fn code(log: impl AsRef<[u8]>) -> String {
    let boot = one(log);
    boot.code().map_or("-".to_owned(), |code| code.to_string())
}
