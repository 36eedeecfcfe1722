//! The processes that `boot` starts from this program. They are no subcommands, so help, completions and
//! manual pages do not list them. They do not confine themselves: `boot` confined them already.

use super::Exit;
use kelpie_check::boot::guard::{GUARD, guard};
use kelpie_check::boot::leash::{INNER, LEASH, inner, leash};
use std::ffi::OsString;

/// Runs the helper that the words of the command line name. Returns none if they name none.
pub fn run(words: &[OsString]) -> Option<Exit> {
    let words: Vec<&str> = words
        .iter()
        .skip(1)
        .map(|word| word.to_str())
        .collect::<Option<_>>()?;
    let status = match words.as_slice() {
        // Guards a machine that boot starts.
        [GUARD] => guard(),
        // Becomes a VMM that ends with its guard.
        [LEASH, parent] => leash(parent),
        // Becomes a VMM that ends with its leash, in namespaces of its own.
        [INNER] => inner(),
        _ => return None,
    };
    // The status says only whether the helper did its work.
    Some(if status == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}
