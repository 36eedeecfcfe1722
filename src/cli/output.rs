//! The only way out: every byte on standard output and standard error is written here.
//!
//! What is written is [`Printable`], so an artefact cannot steer the terminal. In a CI job its lines
//! are no commands to the runner either. Only the content of a file that was asked for leaves as it
//! is, and never to a terminal.

use super::Exit;
use kelpie_check::error::Error;
use kelpie_check::printable::{Content, Printable, Runner};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Variables by which CI systems tell a job that it is one. GitHub, GitLab and most others set `CI`.
const CI_VARIABLES: [&str; 6] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
];

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Error,
}

impl Stream {
    /// Returns true if a terminal shows it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
        }
    }

    /// Writes text.
    pub fn write(self, text: &Printable) -> io::Result<()> {
        static RUNNERS: [Mutex<Option<Runner>>; 2] = [const { Mutex::new(None) }; 2];
        if !is_ci_job() {
            return self.write_bytes(text.as_bytes());
        }
        let mut runner = RUNNERS[self as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let text = runner.get_or_insert_default().break_commands(text);
        self.write_bytes(text.as_bytes())
    }

    fn write_bytes(self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Out => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Self::Error => io::stderr().lock().write_all(bytes),
        }
    }
}

/// Returns true if a CI runner reads the output.
fn is_ci_job() -> bool {
    static IS_CI_JOB: OnceLock<bool> = OnceLock::new();
    *IS_CI_JOB.get_or_init(|| {
        CI_VARIABLES.iter().any(|name| {
            std::env::var_os(name).is_some_and(|value| {
                !["", "0", "false"]
                    .iter()
                    .any(|no| value.eq_ignore_ascii_case(no))
            })
        })
    })
}

/// The choice of `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// Colours on a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Colours everywhere.
    Always,
    /// No colours.
    Never,
}

static COLOR: OnceLock<Color> = OnceLock::new();

/// Sets the colours of this run.
pub fn set_color(color: Color) {
    COLOR.set(color).ok();
}

/// Returns true if standard output takes colours. By default that is a terminal, and neither NO_COLOR nor a
/// dumb one.
pub fn takes_colour() -> bool {
    match COLOR.get().copied().unwrap_or_default() {
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        Color::Always => true,
        Color::Never => false,
    }
}

/// Writes a report to standard output. A reader that went away is no error.
pub fn print(text: &Printable, exit: Exit) -> Exit {
    super::patience::take_answer();
    ended(Stream::Out.write(text), exit)
}

fn ended(written: io::Result<()>, exit: Exit) -> Exit {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write to standard output: {error}"));
            Exit::Unreadable
        }
        _ => exit,
    }
}

/// Writes one line of trouble to standard error.
pub fn complain(text: &str) {
    let line = Printable::from("kelpie-check: ").with(text);
    Stream::Error.write(&line.into_line()).ok();
}

/// Writes an error to standard error. What it quotes of a file follows on lines of its own.
pub fn complain_of(error: &Error) {
    complain(&error.to_string());
    if let Some(quote) = error.quote() {
        Stream::Error.write(&Printable::lines(quote)).ok();
    }
}

/// The content of a file on standard output: as it is to a file or a pipe, [`Content`] to a terminal.
#[derive(Debug, Default)]
pub struct Raw {
    content: Option<Content>,
}

impl Raw {
    pub fn new() -> Self {
        Self {
            content: Stream::Out.is_terminal().then(Content::default),
        }
    }

    /// Returns true if these bytes are of no use on a terminal, which shows them.
    pub fn would_be_garbage(&self, piece: &[u8]) -> bool {
        self.content.is_some() && piece.contains(&0)
    }

    /// Writes the next piece.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        super::patience::take_answer();
        match &mut self.content {
            Some(content) => Stream::Out.write(&content.push(piece)),
            None => io::stdout().lock().write_all(piece),
        }
    }

    /// Writes what is left, and says how the run ends.
    pub fn finish(mut self, written: io::Result<()>) -> Exit {
        let left = self.content.take().map(|mut content| content.finish());
        let all = written.and_then(|()| match left {
            Some(left) => Stream::Out.write(&left),
            None => io::stdout().flush(),
        });
        ended(all, Exit::Clean)
    }
}

/// Shows an error of the arguments, or the help, as clap words it.
pub fn print_usage(mut error: clap::Error) -> Exit {
    use clap::error::ContextValue;
    let quoted: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let line = |text: &String| Printable::from(text).as_str().to_owned();
            let value = match value {
                ContextValue::String(text) => ContextValue::String(line(text)),
                ContextValue::Strings(all) => ContextValue::Strings(all.iter().map(line).collect()),
                _ => return None,
            };
            Some((kind, value))
        })
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    let text = Printable::lines(&error.render().to_string());
    // Help and version are what was asked for; everything else is wrong usage.
    if error.use_stderr() {
        Stream::Error.write(&text).ok();
        Exit::Usage
    } else {
        print(&text, Exit::Clean)
    }
}

/// Has a panic reported like any other trouble: its message may quote an artefact.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        complain(&panic.to_string());
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            Stream::Error
                .write(&Printable::lines(&format!("{trace}\n")))
                .ok();
        }
    }));
}
