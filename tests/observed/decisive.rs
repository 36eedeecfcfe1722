//! Which line of a console is shown for a cause.

use kelpie_check::cause;
use kelpie_check::console::Pattern;
use kelpie_check::diagnose::Observed;
use kelpie_check::finding::Code;

/// The line that tells of the cause; of several, the first; where none does, the one that ended it.
pub fn decisive(code: Code, seen: &Observed) -> Option<String> {
    let tells: Vec<Pattern> = cause::by_code(code)?
        .tells
        .iter()
        .map(|tell| Pattern::parse(tell.text))
        .collect();
    let is_told = |text: &&String| {
        tells
            .iter()
            .any(|pattern| pattern.find(text.as_bytes()).is_some())
    };
    // Another boot has other addresses.
    let is_stable = |text: &&String| !text.contains("segfault at");
    let mut lines = seen.lines.iter().map(|line| &line.text);
    lines
        .clone()
        .filter(is_stable)
        .find(is_told)
        .or_else(|| lines.next())
        .cloned()
}
