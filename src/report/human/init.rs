//! An init for people: one line.

use crate::check::InitFacts;

/// `/sbin/init → /bin/busybox (elf x86_64, /lib/ld-musl-x86_64.so.1): runs`
pub(super) fn sentence(facts: &InitFacts) -> String {
    let Some(path) = &facts.path else {
        return match &facts.unknown {
            Some(why) => format!("unknown: {why}"),
            None => "none".to_owned(),
        };
    };
    let mut text = path.clone();
    let mut last = path;
    for step in facts.resolved.iter().chain(facts.steps.iter().skip(1)) {
        if step != last {
            text.push_str(" → ");
            text.push_str(step);
            last = step;
        }
    }
    let mut words: Vec<String> = Vec::new();
    if facts.kind != Some("missing") {
        words.extend(facts.kind.map(str::to_owned));
    }
    words.extend(facts.architecture.map(str::to_owned));
    if facts.is_static == Some(true) {
        words.push("static".to_owned());
    }
    if !facts.libraries.is_empty() {
        words.push(match facts.libraries.len() {
            1 => "1 library".to_owned(),
            many => format!("{many} libraries"),
        });
    }
    words.extend(facts.isa_level.clone());
    if !words.is_empty() {
        text.push_str(&format!(" ({})", words.join(", ")));
    }
    match &facts.trouble {
        None => text.push_str(": runs"),
        Some(trouble) => text.push_str(&format!(": {trouble}")),
    }
    text
}
