//! The kernel command line: every rule with the kernel source that makes it.

mod effective;
mod facts;
mod hostile;
mod parameters;
mod parse;
mod problems;
mod root;
mod typos;

use kelpie_check::cmdline::CommandLine;

fn line(text: &str) -> CommandLine {
    CommandLine::parse(text)
}
