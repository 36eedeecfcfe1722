//! The command line: arguments in, exit status out. One file a subcommand.

mod assembly;
#[cfg(unix)]
mod boot;
mod browse;
mod causes;
mod check;
mod cmdline;
mod compat;
mod destination;
mod diagnose;
#[cfg(unix)]
mod doctor;
mod extract;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(unix)]
mod helper;
mod init;
mod initramfs;
mod initramfs_build;
mod input;
mod inspect;
mod judging;
mod kernel;
mod output;
mod patience;
mod progress;
mod reporting;
mod rootfs;
mod sandbox;
mod schema;
mod shell;
#[cfg(feature = "fetch")]
mod transfer;
mod version;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::{OsStr, OsString};

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing that `--fail-on` names.
    Clean = 0,
    /// Findings.
    Findings = 1,
    /// Wrong usage.
    Usage = 2,
    /// An artefact could not be read, or the verdict is unknown.
    Unreadable = 3,
    /// Somebody ended it: 128 and the number of SIGINT.
    Interrupted = 130,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  no result that --fail-on names
  1  findings
  2  wrong usage
  3  an artefact could not be read, a limit was reached, or the verdict is unknown";

/// Will this Linux image boot, and if not, exactly why?
#[derive(Parser)]
#[command(name = "kelpie-check", version, after_help = EXIT_STATUS, max_term_width = 100)]
struct Arguments {
    /// Do not confine this process before it reads a file
    #[arg(long, global = true)]
    no_sandbox: bool,
    /// When to print colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: output::Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find out what each file is, and report on it; a kernel, an initramfs and a root together are one
    /// boot. `kelpie-check PATH...` is short for it
    Inspect(Box<inspect::Arguments>),
    /// Report on kernel images: format, release, built-in options, defects
    Kernel(kernel::Arguments),
    /// Report on initramfs archives: segments, init, modules; look inside one, or build one
    Initramfs(initramfs::Arguments),
    /// Report on root file systems: state, features, init and its libraries; or look inside one
    Rootfs(rootfs::Arguments),
    /// Write a kelpie-check.toml for the files of a folder
    Init(init::Arguments),
    /// Check a kernel command line
    Cmdline(cmdline::Arguments),
    /// Predict the boot of kernel, initramfs, root and command line together
    Check(check::Arguments),
    /// Start kernel, initramfs and root in a real VM, and report how far the boot got
    #[cfg(unix)]
    Boot(Box<boot::Arguments>),
    /// Show what this host can boot, and what it lacks
    #[cfg(unix)]
    Doctor(doctor::Arguments),
    /// Read a console log: how far each boot got, and why it failed
    Diagnose(diagnose::Arguments),
    /// Convert a kernel to the form that a VMM takes, or extract a part of it
    Extract(extract::Arguments),
    /// Fetch a kernel from a mirror of Alpine, a package, an archive or an image
    #[cfg(feature = "fetch")]
    Fetch(fetch::Arguments),
    /// Check whether a root file system works with a different kernel
    Compat(compat::Arguments),
    /// Print the manual page of a cause
    Explain(causes::ExplainArguments),
    /// List all causes
    Causes(causes::CausesArguments),
    /// Print the JSON Schema of --format json
    Schema,
    /// Print the completions of a shell
    Completions(shell::Completions),
    /// Write the manual pages to a folder
    Man(shell::Man),
}

/// An argument as the bytes that it is.
fn bytes_of(text: &OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(text).to_vec();
    #[cfg(not(unix))]
    return text.to_string_lossy().into_owned().into_bytes();
}

/// Parses the words of a command line; gives the words of the subcommand too.
fn parse(words: Vec<OsString>) -> Result<(String, Arguments), clap::Error> {
    let mut command = Arguments::command();
    let words = inspect::named(words, &command);
    let mut matches = command.try_get_matches_from_mut(words)?;
    let words = subcommand_words(&matches);
    Arguments::from_arg_matches_mut(&mut matches)
        .map(|arguments| (words, arguments))
        .map_err(|error| error.format(&mut command))
}

/// The words of the subcommand, such as `initramfs build`.
fn subcommand_words(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut level = matches.subcommand();
    while let Some((name, inner)) = level {
        words.push(name);
        level = inner.subcommand();
    }
    words.join(" ")
}

/// Parses the arguments of this process and runs what they ask for.
pub fn run() -> Exit {
    output::catch_panics();
    let words: Vec<OsString> = std::env::args_os().collect();
    #[cfg(unix)]
    if let Some(exit) = helper::run(&words) {
        return exit;
    }
    if version::is_asked_for() {
        return version::print();
    }
    let (words, arguments) = match parse(words) {
        Ok(parsed) => parsed,
        Err(error) => return output::print_usage(error),
    };
    output::set_color(arguments.color);
    if !arguments.no_sandbox {
        sandbox::enter(&words, &arguments.command);
    }
    match arguments.command {
        Command::Inspect(arguments) => inspect::run(*arguments),
        Command::Kernel(arguments) => kernel::run(&arguments),
        Command::Initramfs(arguments) => initramfs::run(&arguments),
        Command::Rootfs(arguments) => rootfs::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Cmdline(arguments) => cmdline::run(&arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments),
        Command::Extract(arguments) => extract::run(arguments),
        #[cfg(feature = "fetch")]
        Command::Fetch(arguments) => fetch::run(&arguments),
        Command::Compat(arguments) => compat::run(&arguments),
        Command::Explain(arguments) => causes::explain(&arguments),
        Command::Causes(arguments) => causes::list(&arguments),
        Command::Schema => schema::run(),
        Command::Completions(arguments) => shell::completions(&arguments),
        Command::Man(arguments) => shell::man(&arguments),
        #[cfg(unix)]
        Command::Boot(arguments) => boot::run(*arguments),
        #[cfg(unix)]
        Command::Doctor(arguments) => doctor::run(&arguments),
    }
}
