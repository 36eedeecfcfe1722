//! What every judging subcommand takes: the machine, the causes, the limits, the format; and how its
//! report ends the run.

use super::Exit;
use super::output::{complain, print, takes_colour};
use kelpie_check::architecture::Architecture;
use kelpie_check::check::{Report, Selection};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::limits::Limits;
use kelpie_check::report::{self, Format, Style};
use kelpie_check::vmm::{self, Target};

pub const LIMITS_HELP: &str = "Limits for --limit: file_bytes, decoded_bytes, memory_bytes, \
    codec_memory_bytes, streams, layers, payload_candidates, symbols, sections, reads, read_bytes, \
    directory_entries, cpio_entries, kept_bytes, program_files, modules.";

#[derive(clap::Args)]
pub struct Judging {
    /// The virtual machine's architecture; the kernel's own without this
    #[arg(long, value_parser = parse_architecture)]
    pub arch: Option<Architecture>,
    /// The VMM: libkrun, qemu, qemu-microvm, qemu-virt, firecracker, cloud-hypervisor, vz
    #[arg(long, default_value = "libkrun", value_parser = parse_target)]
    pub target: &'static Target,
    /// human or json
    #[arg(long, default_value = "human", value_parser = parse_format)]
    format: &'static Format,
    /// Run these causes alone
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    select: Vec<Code>,
    /// Leave these causes out
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    ignore: Vec<Code>,
    /// From which severity on findings give exit status 1: fatal or warn
    #[arg(long, default_value = "fatal", value_parser = parse_severity)]
    fail_on: Severity,
    /// Raise or lower a limit
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

impl Judging {
    /// The default limits with the changes asked for.
    pub fn limits(&self) -> Limits {
        limits(&self.limits)
    }

    /// Which causes are run.
    pub fn selection(&self) -> Selection {
        Selection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            severities: Vec::new(),
        }
    }

    /// Writes the report as it was asked for.
    pub fn print(&self, report: &Report, quick: bool) -> Exit {
        let style = Style {
            colour: takes_colour(),
            quick,
        };
        match (self.format.write)(report, style) {
            Ok(text) => print(text.as_bytes(), exit(report, self.fail_on)),
            Err(error) => {
                complain(&error.to_string());
                Exit::Unreadable
            }
        }
    }
}

fn exit(report: &Report, fail_on: Severity) -> Exit {
    if report.has(fail_on) {
        Exit::Findings
    } else if report.is_incomplete() {
        Exit::Unreadable
    } else {
        Exit::Clean
    }
}

fn parse_architecture(name: &str) -> std::result::Result<Architecture, String> {
    Architecture::by_name(name).ok_or_else(|| {
        let names = Architecture::ALL.map(Architecture::name);
        format!("one of {}", names.join(", "))
    })
}

fn parse_target(name: &str) -> std::result::Result<&'static Target, String> {
    vmm::by_name(name).ok_or_else(|| {
        let names = vmm::TARGETS.map(|target| target.name);
        format!("one of {}", names.join(", "))
    })
}

fn parse_format(name: &str) -> std::result::Result<&'static Format, String> {
    report::by_name(name).ok_or_else(|| {
        let names = report::FORMATS.map(|format| format.name);
        format!("one of {}", names.join(", "))
    })
}

fn parse_code(text: &str) -> std::result::Result<Code, String> {
    kelpie_check::cause::find(text)
        .map(|cause| cause.code)
        .ok_or_else(|| "a code or a name that kelpie-check causes lists".to_owned())
}

fn parse_severity(name: &str) -> std::result::Result<Severity, String> {
    [Severity::Fatal, Severity::Warn]
        .into_iter()
        .find(|severity| severity.name() == name)
        .ok_or_else(|| "fatal or warn".to_owned())
}

/// `NAME=VALUE`, the value in units of the name, or with K, M or G behind it.
pub fn parse_limit(text: &str) -> std::result::Result<(String, u64), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "NAME=VALUE is wanted".to_owned())?;
    if !Limits::NAMES.contains(&name) {
        return Err(format!("the limits are {}", Limits::NAMES.join(", ")));
    }
    Limits::parse_amount(value)
        .map(|number| (name.to_owned(), number))
        .ok_or_else(|| format!("{value:?} is no number"))
}

/// The default limits with these changes.
pub fn limits(changes: &[(String, u64)]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in changes {
        limits.set(name, *value);
    }
    limits
}
