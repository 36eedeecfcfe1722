//! What is shown while a machine runs: its stages as they are reached, and its console where that is
//! asked for.

use super::Arguments;
use crate::cli::Exit;
use crate::cli::output::{complain, print, takes_colour};
use kelpie_check::boot::{Notice, Started};
use kelpie_check::report::{self, Style};
use kelpie_check::role::Role;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// How the reports of this run look.
pub(super) fn style() -> Style {
    Style {
        colour: takes_colour(),
        quick: false,
    }
}

/// Where what happens is shown.
pub(super) struct Live {
    shows_console: bool,
    is_for_people: bool,
    log: Option<File>,
    last_line: String,
    clean: anstream::adapter::StripBytes,
}

impl Live {
    pub(super) fn new(arguments: &Arguments) -> io::Result<Self> {
        let log = match &arguments.log {
            Some(path) => Some(File::create(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?),
            None => None,
        };
        Ok(Self {
            shows_console: arguments.console,
            is_for_people: arguments.judging.is_for_people(),
            log,
            last_line: String::new(),
            clean: anstream::adapter::StripBytes::new(),
        })
    }

    /// What is about to be started.
    pub(super) fn head(
        &self,
        parts: &[(Role, String)],
        started: &Started,
        command_line: &str,
        timeout: Duration,
    ) {
        if self.is_for_people {
            let head = report::started::head(parts, started, command_line, timeout, style());
            print(head.as_bytes(), Exit::Clean);
        }
    }

    pub(super) fn tell(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Console(piece) => self.console(piece),
            Notice::Reached(reach) if self.is_for_people => {
                let is_same = self.last_line == reach.text;
                let text = report::started::reach(reach, is_same, style());
                self.last_line.clone_from(&reach.text);
                print(text.as_bytes(), Exit::Clean);
            }
            Notice::Reached(_) | Notice::Log(_) => {}
        }
    }

    fn console(&mut self, piece: &[u8]) {
        if let Some(log) = &mut self.log
            && let Err(error) = log.write_all(piece)
        {
            complain(&format!("cannot write the log: {error}"));
            self.log = None;
        }
        if !self.shows_console {
            return;
        }
        // A document for machines stands alone on standard output.
        if self.is_for_people {
            let shown = self.shown(piece, io::stdout().is_terminal());
            io::stdout().lock().write_all(&shown).ok();
        } else {
            let shown = self.shown(piece, io::stderr().is_terminal());
            io::stderr().lock().write_all(&shown).ok();
        }
    }

    /// A guest may not steer the terminal of its host.
    fn shown(&mut self, piece: &[u8], is_terminal: bool) -> Vec<u8> {
        if !is_terminal {
            return piece.to_vec();
        }
        self.clean
            .strip_next(piece)
            .flatten()
            .copied()
            .filter(|byte| matches!(byte, b'\n' | b'\t') || !byte.is_ascii_control())
            .collect()
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) {
        if let Some(log) = &mut self.log
            && let Err(error) = log.flush()
        {
            complain(&format!("cannot write the log: {error}"));
        }
    }
}
