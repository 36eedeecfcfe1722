//! Where words go: standard output for what was asked for, standard error for trouble.

use super::Exit;
use std::io::{self, IsTerminal, Write};

/// Whether standard output takes colours: a terminal, and neither NO_COLOR nor a dumb one.
pub fn takes_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Writes what was asked for. A reader that went away is no error of ours.
pub fn print(bytes: &[u8], exit: Exit) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write to standard output: {error}"));
            Exit::Unreadable
        }
        _ => exit,
    }
}

/// Says what went wrong.
pub fn complain(text: &str) {
    // Names come from strangers: they may not steer the terminal.
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    writeln!(io::stderr(), "kelpie-check: {shown}").ok();
}

/// Whether binary bytes on standard output would end up on somebody's screen.
pub fn would_hit_a_terminal() -> bool {
    io::stdout().is_terminal()
}
