//! `kelpie-check extract`: a kernel in another form, written whole or not at all.

use super::destination::Destination;
use super::judging::{bound_time, limits, parse_limit};
use super::output::{Raw, complain};
use super::{Exit, input};
use kelpie_check::convert::{self, Form};
use kelpie_check::error::Result;
use kelpie_check::kernel::Kernel;
use kelpie_check::source::Source;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Arguments {
    /// The kernel image, or - for standard input
    path: PathBuf,
    /// The form or the part to write: vmlinux, image, payload, config, symbols, initrd, cmdline
    #[arg(long, value_parser = parse_form)]
    to: Form,
    /// The output file [default: standard output]
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Raise or lower a limit (see kelpie-check kernel --help)
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

impl Arguments {
    /// The file that is written.
    pub fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }
}

fn parse_form(name: &str) -> std::result::Result<Form, String> {
    Form::ALL
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, form)| form)
        .ok_or_else(|| {
            let names = Form::ALL.map(|(name, _)| name);
            format!("expected one of {}", names.join(", "))
        })
}

pub fn run(arguments: Arguments) -> Exit {
    let limits = limits(&arguments.limits);
    let destination = match &arguments.output {
        Some(output) => match Destination::new(output, &[&arguments.path]) {
            Ok(destination) => Some(destination),
            Err(refusal) => {
                complain(&refusal);
                return Exit::Usage;
            }
        },
        None => None,
    };
    bound_time(&limits, &[&arguments.path]);
    let name = arguments.path.display().to_string();
    let outcome = open(&arguments.path, &limits).map(|source| Kernel::new(source, limits.clone()));
    let kernel = match outcome {
        Ok(kernel) => kernel,
        Err(error) => return fail(&name, &error.to_string()),
    };
    let bytes = match convert::extract(&kernel, arguments.to, &limits) {
        Ok(bytes) => bytes,
        Err(error) => return fail(&name, &error.to_string()),
    };
    match &destination {
        Some(destination) => match destination.write(&bytes) {
            Ok(()) => Exit::Clean,
            Err(error) => fail(&destination.shown(), &format!("cannot write: {error}")),
        },
        None => {
            let mut out = Raw::new();
            if out.would_be_garbage(&bytes) {
                complain("kelpie-check writes no binary output to a terminal; give -o FILE");
                return Exit::Usage;
            }
            let written = out.write(&bytes);
            out.finish(written)
        }
    }
}

/// Opens a file, or standard input for `-`.
pub fn open(path: &Path, limits: &kelpie_check::limits::Limits) -> Result<Source> {
    if path == Path::new("-") {
        return Source::from_reader("standard input", input::reader(), limits);
    }
    Source::open(path)
}

pub fn fail(name: &str, error: &str) -> Exit {
    complain(&format!("{name}: {error}"));
    Exit::Unreadable
}
