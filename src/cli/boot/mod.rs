//! `kelpie-check boot`: starts the artefacts for real, and says how far they came.

mod choice;
mod live;
mod prepare;

use super::Exit;
use super::assembly::{Circumstances, Files};
use super::destination::Destination;
use super::judging::{Judging, limits_help};
use super::output::complain;
use kelpie_check::boot::{self, Accelerator, Backend, Ending, Outcome, host};
use kelpie_check::check::Report;
use kelpie_check::error::Error;
use kelpie_check::finding::Code;
use kelpie_check::project::{Image, Project};
use kelpie_check::report::Document;
use kelpie_check::stage::Stage;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// The kernel image
    #[arg(
        value_name = "KERNEL",
        conflicts_with = "kernel",
        required_unless_present = "kernel"
    )]
    image: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    circumstances: Circumstances,
    /// The program or library that starts the machine: auto, libkrun, qemu, firecracker, cloud-hypervisor
    #[arg(long, default_value = "auto", value_parser = parse_backend)]
    backend: Choice,
    /// How QEMU runs the guest: kvm, hvf or tcg [default: the fastest that works]
    #[arg(long, value_name = "NAME", value_parser = parse_accelerator)]
    accelerator: Option<Accelerator>,
    /// The CPU model, by its name in the backend
    #[arg(long, value_name = "MODEL")]
    cpu: Option<String>,
    /// Stop as soon as the boot reaches this stage
    #[arg(long, default_value = "userspace", value_name = "STAGE", value_parser = parse_stage)]
    until: Stage,
    /// Stop when this text appears on the console, and only then
    #[arg(long, value_name = "TEXT")]
    expect: Option<OsString>,
    /// Fail when this text appears on the console
    #[arg(long, value_name = "TEXT")]
    deny: Option<OsString>,
    /// How long init must run to count as alive, in seconds in which the host runs the VMM. Not used if init
    /// reports that it is up, as systemd does
    #[arg(long, default_value = "1", value_name = "SECONDS", value_parser = parse_seconds)]
    settle: Duration,
    /// The deadline in seconds [default: 30, or more if QEMU translates instructions]
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    timeout: Option<Duration>,
    /// Show the output of the guest
    #[arg(long)]
    console: bool,
    /// Write the output of the guest to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Start the machine even if the kernel cannot be loaded according to its file
    #[arg(long)]
    force: bool,
    /// Run the machine without a jail; a guest that takes over its VMM then has all rights of this user
    #[arg(long)]
    no_jail: bool,
    /// Show the machine: RAM, tables, devices and their drivers
    #[arg(long)]
    show_machine: bool,
    #[command(flatten)]
    judging: Judging,
    /// Why it is not run as it would be, where that was tried before.
    #[arg(skip)]
    instead: Option<String>,
}

/// The cause of a boot with which the host's hypervisor could not go on.
const HYPERVISOR_FAULT: Code = Code(905);

/// Which backend was asked for.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Auto,
    Named(&'static Backend),
}

fn parse_backend(name: &str) -> std::result::Result<Choice, String> {
    if name == "auto" {
        return Ok(Choice::Auto);
    }
    boot::by_name(name).map(Choice::Named).ok_or_else(|| {
        let names = boot::BACKENDS.map(|backend| backend.name);
        format!("expected auto or one of {}", names.join(", "))
    })
}

fn parse_accelerator(name: &str) -> std::result::Result<Accelerator, String> {
    Accelerator::ALL
        .into_iter()
        .find(|accelerator| accelerator.name() == name)
        .ok_or_else(|| "expected kvm, hvf or tcg".to_owned())
}

fn parse_stage(name: &str) -> std::result::Result<Stage, String> {
    Stage::ALL
        .into_iter()
        .filter(|stage| *stage >= Stage::Start)
        .find(|stage| stage.name() == name)
        .ok_or_else(|| {
            "expected one of start, console, initramfs, root-device, root-mount, init, userspace"
                .to_owned()
        })
}

fn parse_seconds(text: &str) -> std::result::Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a number of seconds".to_owned())
}

pub fn run(mut arguments: Arguments) -> Exit {
    if let Some(format) = arguments.judging.reporting.unfit_for_boots() {
        complain(&format!(
            "boot has no form in the format {}; it has one in human, json and html",
            format.name
        ));
        return Exit::Usage;
    }
    arguments.files.kernel = arguments.files.kernel.take().or(arguments.image.take());
    let image = arguments.files.image();
    let log = match log(&arguments, &image) {
        Ok(log) => log,
        Err(refusal) => {
            complain(&refusal);
            return Exit::Usage;
        }
    };
    let inputs = inputs(&arguments, &image);
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    if let Err(exit) = arguments.judging.open_outputs(&inputs) {
        return exit;
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        // The first signal ends the boot with a report. The second ends this process at once: the guard
        // then ends the machine and removes its files.
        let status = Exit::Interrupted as i32;
        signal_hook::flag::register_conditional_shutdown(signal, status, Arc::clone(&interrupted))
            .ok();
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).ok();
    }
    let own = match std::env::current_exe() {
        Ok(own) => own,
        Err(error) => {
            complain(&format!("cannot find the kelpie-check program: {error}"));
            return Exit::Unreadable;
        }
    };
    host::set_own_program(&own);
    let mut outcome = prepare::outcome(&arguments, &image, &own, log.as_ref(), &interrupted);
    if let Ok(first) = &outcome
        && let Some(why) = given_up_by_hypervisor(&arguments, &image, first)
    {
        arguments.accelerator = Some(Accelerator::Tcg);
        arguments.instead = Some(why);
        outcome = prepare::outcome(&arguments, &image, &own, log.as_ref(), &interrupted);
    }
    match outcome {
        Ok(outcome) => tell(&arguments, &outcome),
        Err(Stop::Unread(report)) => arguments.judging.print(&report, false),
        Err(Stop::Trouble(error)) => {
            complain(&error);
            Exit::Unreadable
        }
        Err(Stop::Usage(error)) => {
            complain(&error);
            Exit::Usage
        }
    }
}

/// The log, if one is wanted and may be written.
fn log(arguments: &Arguments, image: &Image) -> Result<Option<Destination>, String> {
    let Some(path) = &arguments.log else {
        return Ok(None);
    };
    let inputs = inputs(arguments, image);
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    Destination::new(path, &inputs).map(Some)
}

/// Every file that the run reads.
fn inputs(arguments: &Arguments, image: &Image) -> Vec<PathBuf> {
    let mut inputs = arguments.circumstances.beside(&Project {
        images: vec![image.clone()],
        ..Project::default()
    });
    let named = [&image.kernel, &image.initramfs, &image.rootfs];
    inputs.extend(named.into_iter().flatten().cloned());
    inputs
}

/// Why QEMU should translate a guest that the host's hypervisor could not go on with; `None` where it
/// did, or where a way was asked for.
fn given_up_by_hypervisor(
    arguments: &Arguments,
    image: &Image,
    outcome: &Outcome,
) -> Option<String> {
    let started = outcome.started.as_ref()?;
    let may_choose = arguments.accelerator.is_none()
        && started.backend == "qemu"
        && started.accelerator != Accelerator::Tcg;
    // Standard input can't be read twice.
    let is_at_hand = [&image.kernel, &image.initramfs, &image.rootfs]
        .into_iter()
        .flatten()
        .all(|path| path != Path::new("-"));
    match &outcome.observation.as_ref()?.ending {
        Ending::Host { code, why, .. } if *code == HYPERVISOR_FAULT && may_choose && is_at_hand => {
            let name = started.accelerator.name();
            Some(format!("tried with {name} first, which gave up ({why})"))
        }
        _ => None,
    }
}

/// Why nothing was started.
enum Stop {
    Unread(Box<Report>),
    Trouble(String),
    Usage(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Trouble(error.to_string())
    }
}

/// Prints what it came to.
fn tell(arguments: &Arguments, outcome: &Outcome) -> Exit {
    let exit = match outcome.observation.as_ref().map(|seen| &seen.ending) {
        Some(Ending::Reached) => Exit::Clean,
        Some(Ending::Failed | Ending::Denied) | None => Exit::Findings,
        Some(Ending::Host { .. }) => Exit::Unreadable,
        Some(Ending::Interrupted) => Exit::Interrupted,
    };
    let is_unread = exit == Exit::Unreadable;
    arguments
        .judging
        .reporting
        .write(Document::Started(outcome), false, exit, is_unread)
}
