//! Parts of a boot that are not modelled: the verdict is *unknown* from their stage on, unless something
//! ends the boot before.

use super::boot::Boot;
use crate::cmdline::{CommandLine, Parameter};
use crate::stage::Stage;

/// A part of a function that is not modelled.
pub struct Gap {
    /// What it is, for the list of what is modelled.
    pub what: &'static str,
    /// The first stage of which nothing is certain then.
    pub from: Stage,
    /// Returns what of it this boot has, each as what would have to be known.
    pub(super) met: fn(&Boot<'_>) -> Vec<String>,
}

/// Returns the command line, if one was given.
pub(super) fn given_line<'a>(boot: &'a Boot<'_>) -> Option<&'a CommandLine> {
    boot.command_line()
        .ok()
        .filter(|_| !boot.is_command_line_assumed())
}

/// Returns the words of the command line that are meant, each as "the effect of WORD".
pub(super) fn words(boot: &Boot<'_>, is_meant: impl Fn(&Parameter) -> bool) -> Vec<String> {
    words_as(boot, is_meant, |word| format!("the effect of {word}"))
}

/// Returns the words of the command line that are meant, each as `what` says.
pub(super) fn words_as(
    boot: &Boot<'_>,
    is_meant: impl Fn(&Parameter) -> bool,
    what: impl Fn(String) -> String,
) -> Vec<String> {
    let words = given_line(boot)
        .into_iter()
        .flat_map(|line| &line.parameters);
    let meant = words.filter(|word| is_meant(word));
    meant.map(|word| what(word.text())).collect()
}

/// Returns true if bytes of a path are written as numbers: the file of that name is not looked for.
pub(super) fn is_escaped(path: Option<&str>) -> bool {
    path.is_some_and(|path| path.contains("\\x"))
}
