//! Every tell of every cause is recognised in a line.

use kelpie_check::cause::CAUSES;
use kelpie_check::console::{EndKind, MARKS, Pattern};
use kelpie_check::diagnose::Watch;
use kelpie_check::limits::Limits;

/// A line of that pattern: what varies stands in it as the pattern names it.
fn line(pattern: &str) -> String {
    pattern.replace(['‹', '›'], "")
}

#[test]
fn every_tell_is_recognised_behind_a_time_and_in_the_middle_of_a_line() {
    for cause in CAUSES {
        for tell in cause.tells {
            for log in [
                line(tell.text),
                format!("[    1.234567] {} and more\r\n", line(tell.text)),
                format!("said by somebody: {}\n", line(tell.text)),
            ] {
                let mut watch = Watch::new(&Limits::default()).unwrap();
                watch.push(log.as_bytes());
                watch.finish(EndKind::LogEnds);
                let found = watch.boots().iter().any(|boot| {
                    let mut tells = boot.tells();
                    tells.any(|(code, _)| code == cause.code)
                });
                assert!(found, "{} does not know {log:?}", cause.code);
            }
        }
    }
}

#[test]
fn every_tell_has_a_part_that_is_worth_looking_for() {
    let texts = CAUSES
        .iter()
        .flat_map(|cause| cause.tells.iter().map(|tell| tell.text));
    for text in texts.chain(MARKS.iter().map(|mark| mark.text)) {
        assert!(Pattern::parse(text).needle().len() >= 6, "{text}");
        assert_eq!(
            text.matches('‹').count(),
            text.matches('›').count(),
            "{text}"
        );
    }
}
