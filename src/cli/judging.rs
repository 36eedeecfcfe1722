//! What every judging subcommand takes: the machine, the causes, the limits, the format; and how its
//! report ends the run.

use super::Exit;
use super::output::{complain, print, takes_colour};
use super::progress::Progress;
use kelpie_check::architecture::Architecture;
use kelpie_check::check::{Report, Selection};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::limits::Limits;
use kelpie_check::project::Project;
use kelpie_check::report::{self, Format, Style};
use kelpie_check::vmm::{self, Target};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// The end of the help: every limit by its name.
pub fn limits_help() -> String {
    format!("Limits for --limit: {}.", Limits::NAMES.join(", "))
}

#[derive(clap::Args)]
pub struct Judging {
    /// The virtual machine's architecture; the kernel's own without this
    #[arg(long, value_parser = parse_architecture)]
    pub arch: Option<Architecture>,
    /// The VMM: libkrun (the default), qemu, qemu-microvm, qemu-virt, firecracker,
    /// cloud-hypervisor, vz
    #[arg(long, value_parser = parse_target)]
    target: Option<&'static Target>,
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
    #[arg(skip)]
    severities: Vec<(Code, Severity)>,
}

impl Judging {
    /// The VMM that is judged for.
    pub fn target(&self) -> &'static Target {
        self.target.unwrap_or(vmm::TARGETS[0])
    }

    /// Whether the VMM was named.
    pub fn is_target_given(&self) -> bool {
        self.target.is_some()
    }

    /// Whether the report is for people.
    pub fn is_for_people(&self) -> bool {
        self.format.name == "human"
    }

    /// Takes over what a project says, where nobody said otherwise here.
    pub fn follow(&mut self, project: &Project) {
        self.ignore
            .extend(project.ignored.iter().map(|ignored| ignored.code));
        self.severities = project.severities.clone();
        let mut limits = project.limits.clone();
        limits.append(&mut self.limits);
        self.limits = limits;
    }

    /// How it is to be written.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// The default limits with the changes asked for.
    pub fn limits(&self) -> Limits {
        limits(&self.limits)
    }

    /// Which causes are run.
    pub fn selection(&self) -> Selection {
        Selection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            severities: self.severities.clone(),
        }
    }

    /// Writes all reports as one.
    pub fn print_all(&self, reports: Vec<Report>, quick: bool) -> Exit {
        let mut reports = reports.into_iter();
        let Some(mut report) = reports.next() else {
            return Exit::Clean;
        };
        for next in reports {
            report.append(next);
        }
        self.print(&report, quick)
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

/// Judges each artefact by itself, and prints what is found.
pub fn judge_all(
    paths: &[PathBuf],
    judging: &Judging,
    one: impl Fn(&Path) -> Report + Sync,
) -> Exit {
    judging.print_all(all(paths, one), false)
}

/// Reports on all files, side by side on the cores there are, in the order of the files.
pub fn all(paths: &[PathBuf], one: impl Fn(&Path) -> Report + Sync) -> Vec<Report> {
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(paths.len());
    if workers <= 1 && paths.len() <= 1 {
        return paths.iter().map(|path| one(path)).collect();
    }
    let next = AtomicUsize::new(0);
    let mut reports: Vec<Option<Report>> = paths.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..workers {
            let send = send.clone();
            let (next, one) = (&next, &one);
            scope.spawn(move || {
                while let Some((number, path)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    paths.get(number).map(|path| (number, path))
                } {
                    if send.send((number, one(path))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut progress = Progress::new(paths.len());
        let mut done = 0;
        loop {
            match receive.recv_timeout(progress.wait()) {
                Ok((number, report)) => {
                    done += 1;
                    reports[number] = Some(report);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            progress.show(done);
        }
        progress.clear();
    });
    reports.into_iter().flatten().collect()
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

pub fn parse_architecture(name: &str) -> std::result::Result<Architecture, String> {
    Architecture::by_name(name).ok_or_else(|| {
        let names = Architecture::ALL.map(Architecture::name);
        format!("one of {}", names.join(", "))
    })
}

pub fn parse_target(name: &str) -> std::result::Result<&'static Target, String> {
    vmm::by_name(name).ok_or_else(|| {
        let names = vmm::TARGETS.map(|target| target.name);
        format!("one of {}", names.join(", "))
    })
}

pub fn parse_format(name: &str) -> std::result::Result<&'static Format, String> {
    report::by_name(name).ok_or_else(|| {
        let names = report::FORMATS.map(|format| format.name);
        format!("one of {}", names.join(", "))
    })
}

fn parse_code(text: &str) -> std::result::Result<Code, String> {
    let cause = kelpie_check::cause::find(text)
        .ok_or_else(|| "a code or a name that kelpie-check causes lists".to_owned())?;
    if cause.check.is_none() {
        return Err(format!("{} is known only by booting", cause.code));
    }
    Ok(cause.code)
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
