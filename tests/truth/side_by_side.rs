//! Two programs predict the same cases, and nothing is booted: what a change of the engine changes.

use super::choose::Case;
use super::kept;
use super::store::Store;
use std::path::Path;
use std::sync::Mutex;

/// How many cases are predicted at once.
const AT_ONCE: usize = 2;

/// Returns the cases for which the other program predicts something else, in their order.
pub fn differences(cases: &[Case<'_>], other: &Path) -> Vec<String> {
    let store = Store::new();
    let next = Mutex::new(cases.iter().enumerate());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap().next();
                    let Some((number, case)) = taken else { break };
                    let own = Path::new(env!("CARGO_BIN_EXE_kelpie-check"));
                    let [before, after] =
                        [other, own].map(|program| predict(program, case, &store));
                    if before != after {
                        let text =
                            format!("{}\n  before: {before}\n  after:  {after}", case.title());
                        found.lock().unwrap().push((number, text));
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// The verdict of a program, with its stage, cause and missing facts.
fn predict(program: &Path, case: &Case<'_>, store: &Store) -> String {
    match kept::predicted(program, case, store) {
        Ok(report) => report["verdict"].to_string(),
        Err(message) => message,
    }
}
