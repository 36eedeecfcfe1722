//! What is shown while a machine runs: its stages as they are reached, and its console where that is
//! asked for.

use super::Arguments;
use crate::cli::Exit;
use crate::cli::destination::Destination;
use crate::cli::output::{Stream, complain, print, takes_colour};
use kelpie_check::boot::{Notice, Started};
use kelpie_check::machine::Machine;
use kelpie_check::printable::{Console, Printable};
use kelpie_check::report::{self, Style};
use kelpie_check::role::Role;
use std::io::{self, Write};
use std::time::Duration;

/// How the reports of this run look.
pub(super) fn style() -> Style {
    Style {
        colour: takes_colour(),
        quick: false,
        verbose: false,
    }
}

/// The end of a log that would be longer than the limit.
const CUT: &str = "\nkelpie-check: the log ends here, at the limit scratch_bytes\n";

/// Where what happens is shown.
pub(super) struct Live {
    shows_console: bool,
    is_for_people: bool,
    log: Option<Box<dyn Write>>,
    /// What may still be written to the log.
    log_left_bytes: usize,
    last_line: String,
    /// A guest may not steer the terminal of its host.
    console: Console,
}

impl Live {
    pub(super) fn new(arguments: &Arguments, log: Option<&Destination>) -> io::Result<Self> {
        let log = log
            .map(|log| {
                log.stream().map_err(|error| {
                    io::Error::new(error.kind(), format!("{}: {error}", log.shown()))
                })
            })
            .transpose()?;
        Ok(Self {
            shows_console: arguments.console,
            is_for_people: arguments.judging.reporting.is_for_people()
                && !arguments.judging.reporting.is_quiet(),
            log,
            log_left_bytes: usize::try_from(arguments.judging.limits().scratch_bytes)
                .unwrap_or(usize::MAX)
                .saturating_sub(CUT.len()),
            last_line: String::new(),
            console: Console::default(),
        })
    }

    /// What is about to be started.
    pub(super) fn head(
        &self,
        parts: &[(Role, String)],
        started: &Started,
        command_line: &str,
        timeout: Duration,
        machine: Option<&Machine>,
    ) {
        if self.is_for_people {
            let head =
                report::started::head(parts, started, command_line, timeout, machine, style());
            print(&head, Exit::Clean);
        }
    }

    pub(super) fn tell(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Console(piece) => self.console(piece),
            Notice::Reached(reach) if self.is_for_people => {
                let is_same = self.last_line == reach.text;
                let text = report::started::reach(reach, is_same, style());
                self.last_line.clone_from(&reach.text);
                print(&text, Exit::Clean);
            }
            Notice::Reached(_) | Notice::Log(_) => {}
        }
    }

    /// Writes to the log, up to the limit.
    fn log(&mut self, piece: &[u8]) {
        let Some(log) = &mut self.log else { return };
        let whole = piece.get(..self.log_left_bytes.min(piece.len()));
        let part = whole.unwrap_or_default();
        self.log_left_bytes = self.log_left_bytes.saturating_sub(part.len());
        let is_cut = part.len() < piece.len();
        let end: &[u8] = if is_cut { CUT.as_bytes() } else { b"" };
        if let Err(error) = log.write_all(part).and_then(|()| log.write_all(end)) {
            complain(&format!("cannot write the log: {error}"));
            self.log = None;
        } else if is_cut {
            complain("the log ends at the limit scratch_bytes");
            self.log = None;
        }
    }

    fn console(&mut self, piece: &[u8]) {
        self.log(piece);
        if !self.shows_console {
            return;
        }
        let shown = self.console.push(piece);
        self.show(&shown);
    }

    fn show(&self, console: &Printable) {
        // A document for machines stands alone on standard output.
        let stream = if self.is_for_people {
            Stream::Out
        } else {
            Stream::Error
        };
        stream.write(console).ok();
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) {
        let shown = self.console.finish();
        self.show(&shown);
        if let Some(log) = &mut self.log
            && let Err(error) = log.flush()
        {
            complain(&format!("cannot write the log: {error}"));
        }
    }
}
