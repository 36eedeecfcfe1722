//! The command line: arguments in, exit status out. One file a subcommand.

mod assembly;
#[cfg(unix)]
mod boot;
mod browse;
mod causes;
mod check;
mod cmdline;
mod compat;
mod diagnose;
#[cfg(unix)]
mod doctor;
mod extract;
#[cfg(feature = "fetch")]
mod fetch;
mod initramfs;
mod initramfs_build;
mod judging;
mod kernel;
mod output;
mod progress;
mod rootfs;
mod schema;
#[cfg(feature = "fetch")]
mod transfer;

use clap::{Parser, Subcommand};
use std::ffi::OsStr;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above `--fail-on`.
    Clean = 0,
    /// Findings.
    Findings = 1,
    /// Wrong usage.
    Usage = 2,
    /// An artefact could not be read, or a needed fact is missing.
    Unreadable = 3,
    /// Somebody ended it: 128 and the number of SIGINT.
    Interrupted = 130,
}

impl Exit {
    /// How a hidden subcommand ends: its status says no more than whether it came to its end.
    #[cfg(unix)]
    fn of(status: u8) -> Self {
        if status == 0 {
            Self::Clean
        } else {
            Self::Findings
        }
    }
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing at or above --fail-on
  1  findings
  2  wrong usage
  3  an artefact could not be read, or a needed fact is missing";

/// Will this Linux image boot, and if not, exactly why?
#[derive(Parser)]
#[command(name = "kelpie-check", version, after_help = EXIT_STATUS, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read kernel images: what they are, whether they are whole, what is built in, what will go wrong
    Kernel(kernel::Arguments),
    /// Read initramfs archives: segments, init, modules; look inside one, or build one
    Initramfs(initramfs::Arguments),
    /// Read root file systems: state, features, init and all it needs; or look inside one
    Rootfs(rootfs::Arguments),
    /// Take a kernel command line apart
    Cmdline(cmdline::Arguments),
    /// Judge kernel, initramfs, root and command line together: will it boot?
    Check(check::Arguments),
    /// Start them for real, and say how far the boot came
    #[cfg(unix)]
    Boot(Box<boot::Arguments>),
    /// What this host can boot, and what it lacks for the rest
    #[cfg(unix)]
    Doctor(doctor::Arguments),
    /// Read a console log: how far each boot in it came, and why it failed
    Diagnose(diagnose::Arguments),
    /// Convert a kernel to the form that a VMM takes, or take a part out of it
    Extract(extract::Arguments),
    /// Get a kernel: from a mirror of Alpine, a package, an archive or an image
    #[cfg(feature = "fetch")]
    Fetch(fetch::Arguments),
    /// Does a system go on with another kernel: release of Alpine, modules, version magic
    Compat(compat::Arguments),
    /// The manual page of a cause
    Explain(causes::ExplainArguments),
    /// List every cause
    Causes(causes::CausesArguments),
    /// Print the JSON Schema of --format json
    Schema,
    /// Guards a machine that boot starts
    #[cfg(unix)]
    #[command(name = kelpie_check::boot::guard::GUARD, hide = true)]
    BootGuard,
    /// Becomes a program that ends with its guard
    #[cfg(unix)]
    #[command(name = kelpie_check::boot::guard::LEASH, hide = true)]
    BootLeash {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Becomes a machine of libkrun's
    #[cfg(unix)]
    #[command(name = kelpie_check::boot::KRUN, hide = true)]
    BootKrun { plan: String },
}

/// An argument as the bytes that it is.
fn bytes_of(text: &OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(text).to_vec();
    #[cfg(not(unix))]
    return text.to_string_lossy().into_owned().into_bytes();
}

/// Parses the arguments of this process and runs what they ask for.
pub fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            error.print().ok();
            // Help and version are what was asked for; everything else is wrong usage.
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            };
        }
    };
    match arguments.command {
        Command::Kernel(arguments) => kernel::run(&arguments),
        Command::Initramfs(arguments) => initramfs::run(&arguments),
        Command::Rootfs(arguments) => rootfs::run(&arguments),
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
        #[cfg(unix)]
        Command::Boot(arguments) => boot::run(*arguments),
        #[cfg(unix)]
        Command::Doctor(arguments) => doctor::run(&arguments),
        #[cfg(unix)]
        Command::BootGuard => Exit::of(kelpie_check::boot::guard::guard()),
        #[cfg(unix)]
        Command::BootLeash { words } => Exit::of(kelpie_check::boot::guard::leash(&words)),
        #[cfg(unix)]
        Command::BootKrun { plan } => Exit::of(kelpie_check::boot::enter_krun(&plan)),
    }
}
