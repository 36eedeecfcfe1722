//! What every judging subcommand takes: the machine, the causes, the limits, the outputs; and how its
//! report ends the run.

use super::output::complain;
use super::progress::Progress;
use super::reporting::Reporting;
use super::{Exit, patience};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kelpie_check::architecture::Architecture;
use kelpie_check::check::{self, Report, Selection, Verdict};
use kelpie_check::error::Error;
use kelpie_check::finding::{Code, Severity};
use kelpie_check::limits::Limits;
use kelpie_check::project::Project;
use kelpie_check::report::Document;
use kelpie_check::role::Role;
use kelpie_check::vmm::{self, Target};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// The end of the help: every limit by its name.
pub fn limits_help() -> String {
    format!("Limits for --limit: {}.", Limits::NAMES.join(", "))
}

/// What fails a run. Each level includes those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum FailOn {
    /// Findings that stop a boot.
    Fatal,
    /// A verdict that lacks a fact.
    #[default]
    Unknown,
    /// Findings that only hurt.
    Warn,
}

impl FailOn {
    const ALL: [Self; 3] = [Self::Fatal, Self::Unknown, Self::Warn];

    fn name(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
        }
    }

    /// The severity from which on findings give exit status 1.
    fn severity(self) -> Severity {
        match self {
            Self::Fatal | Self::Unknown => Severity::Fatal,
            Self::Warn => Severity::Warn,
        }
    }
}

#[derive(clap::Args)]
pub struct Judging {
    /// The architecture of the virtual machine [default: that of the kernel]
    #[arg(long, value_parser = architectures())]
    pub arch: Option<Architecture>,
    /// The VMM that boots the files [default: libkrun]
    #[arg(long, value_parser = targets())]
    target: Option<&'static Target>,
    #[command(flatten)]
    pub reporting: Reporting,
    /// Run only these causes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    select: Vec<Code>,
    /// Skip these causes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_code)]
    ignore: Vec<Code>,
    /// The results that fail the run: fatal (fatal findings give exit status 1), unknown (an unknown verdict
    /// of `check` also gives 3), or warn (warnings also give 1) [default: unknown]
    #[arg(long, value_name = "LEVEL", value_parser = levels())]
    fail_on: Option<FailOn>,
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

    /// Takes over what a project says, where nobody said otherwise here.
    pub fn follow(&mut self, project: &Project) {
        self.severities = project.severities.clone();
        let mut limits = project.limits.clone();
        limits.append(&mut self.limits);
        self.limits = limits;
    }

    /// The default limits with the changes asked for.
    pub fn limits(&self) -> Limits {
        limits(&self.limits)
    }

    /// Begins a run that reads these artefacts and, beside them, `others`: checks the outputs, and bounds the
    /// processor time. `--limit seconds=` is for each artefact. If the run does not stop in time, the report
    /// says that each is unknown.
    pub fn begin(&self, artefacts: Vec<(Role, PathBuf)>, others: &[&Path]) -> Result<(), Exit> {
        let is_piped = |(_, path): &&(Role, PathBuf)| path == Path::new("-");
        if artefacts.iter().filter(is_piped).count() > 1 {
            complain("standard input can be read only once; name the other files");
            return Err(Exit::Usage);
        }
        let paths = artefacts.iter().map(|(_, path)| path.as_path());
        let inputs: Vec<&Path> = paths.chain(others.iter().copied()).collect();
        self.open_outputs(&inputs)?;
        let (limits, sink, target) = (self.limits(), self.reporting.sink(), self.target().name);
        let seconds = limits.seconds;
        patience::watch(&limits, artefacts.len(), move || {
            let mut report = Report::empty(target);
            for (role, path) in artefacts {
                let error = Error::limit("seconds", seconds).of(role);
                let shown = path.display().to_string();
                report.append(check::unreadable(&shown, role, target, error));
            }
            sink.write(Document::Report(&report), false, Exit::Unreadable);
        });
        Ok(())
    }

    /// Checks the outputs of a run that reads these files.
    pub fn open_outputs(&self, inputs: &[&Path]) -> Result<(), Exit> {
        if self.reporting.is_quiet() {
            Progress::hide();
        }
        self.reporting.open(inputs).map_err(|refusal| {
            complain(&refusal);
            Exit::Usage
        })
    }

    /// Begins a run that shows what is inside an artefact, and writes no report.
    pub fn begin_browsing(&self, role: Role, path: &Path) -> Result<(), Exit> {
        if self.reporting.has_outputs() {
            complain("ls, cat and stat write no report; remove --output");
            return Err(Exit::Usage);
        }
        self.begin(vec![(role, path.to_owned())], &[])
    }

    /// Which causes are run, without those that a project ignores as well.
    pub fn selection_without(&self, ignored: &[Code]) -> Selection {
        let mut selection = self.selection();
        selection.ignore.extend(ignored);
        selection
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

    /// Writes a report on single artefacts.
    pub fn print(&self, report: &Report, quick: bool) -> Exit {
        self.write(
            report,
            quick,
            exit(report, self.fail_on.unwrap_or_default()),
        )
    }

    /// Writes a report on whole boots, whose verdict decides the exit status.
    pub fn print_boots(&self, report: &Report) -> Exit {
        let exit = exit_of_boots(report, self.fail_on.unwrap_or_default());
        self.write(report, false, exit)
    }

    fn write(&self, report: &Report, quick: bool, exit: Exit) -> Exit {
        let is_unread = report.is_unread() || report.is_cut_short();
        self.reporting
            .write(Document::Report(report), quick, exit, is_unread)
    }
}

/// Judges each artefact by itself, and prints what is found.
pub fn judge_all(
    role: Role,
    paths: &[PathBuf],
    judging: &Judging,
    one: impl Fn(&Path) -> Report + Sync,
) -> Exit {
    let artefacts = paths.iter().map(|path| (role, path.clone())).collect();
    if let Err(exit) = judging.begin(artefacts, &[]) {
        return exit;
    }
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

/// The status of a report on single artefacts. Their verdict is never *boots*: a fact counts as missing if
/// the artefact itself should have it.
fn exit(report: &Report, fail_on: FailOn) -> Exit {
    if report.is_cut_short() {
        Exit::Unreadable
    } else if report.has(fail_on.severity()) {
        Exit::Findings
    } else if report.is_incomplete() {
        Exit::Unreadable
    } else {
        Exit::Clean
    }
}

/// The status of a report on whole boots: a boot that fails outranks one whose verdict is unknown.
fn exit_of_boots(report: &Report, fail_on: FailOn) -> Exit {
    let verdict = report.verdict();
    let fails = matches!(verdict, Verdict::Fails { .. });
    let is_unknown = matches!(verdict, Verdict::Unknown { .. });
    // A fatal finding after an open question leaves the verdict unknown.
    let has_findings = match fail_on {
        FailOn::Unknown => fails,
        FailOn::Fatal | FailOn::Warn => fails || report.has(fail_on.severity()),
    };
    if report.is_cut_short() {
        Exit::Unreadable
    } else if has_findings {
        Exit::Findings
    } else if report.is_unread() || (is_unknown && fail_on >= FailOn::Unknown) {
        Exit::Unreadable
    } else {
        Exit::Clean
    }
}

/// Parses an architecture; like the parsers below, help, errors and completions list the names.
pub fn architectures() -> impl TypedValueParser<Value = Architecture> {
    let value =
        |machine: Architecture| PossibleValue::new(machine.name()).aliases(machine.aliases());
    PossibleValuesParser::new(Architecture::ALL.map(value))
        .try_map(|name| Architecture::by_name(&name).ok_or("an unknown architecture"))
}

/// Parses a target.
pub fn targets() -> impl TypedValueParser<Value = &'static Target> {
    PossibleValuesParser::new(vmm::TARGETS.map(|target| target.name))
        .try_map(|name| vmm::by_name(&name).ok_or("an unknown target"))
}

/// Parses what fails a run.
fn levels() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FailOn::ALL.map(FailOn::name)).try_map(|name| {
        let level = FailOn::ALL.into_iter().find(|level| level.name() == name);
        level.ok_or("an unknown level")
    })
}

fn parse_code(text: &str) -> std::result::Result<Code, String> {
    let cause = kelpie_check::cause::find(text).ok_or_else(|| {
        "unknown cause; `kelpie-check causes` lists the codes and names".to_owned()
    })?;
    if !cause.is_predicted() {
        return Err(format!(
            "{} is known only from a boot, not from files",
            cause.code
        ));
    }
    Ok(cause.code)
}

/// `NAME=VALUE`, the value in units of the name, or with K, M or G behind it.
pub fn parse_limit(text: &str) -> std::result::Result<(String, u64), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "expected NAME=VALUE".to_owned())?;
    if !Limits::NAMES.contains(&name) {
        return Err(format!(
            "unknown limit; expected one of {}",
            Limits::NAMES.join(", ")
        ));
    }
    Limits::parse_amount(value)
        .map(|number| (name.to_owned(), number))
        .ok_or_else(|| format!("{value:?} is not a number, nor a number with K, M or G"))
}

/// Bounds the processor time of a subcommand that writes no report.
pub fn bound_time(limits: &Limits, artefacts: &[&Path]) {
    let names: Vec<String> = artefacts
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let error = Error::limit("seconds", limits.seconds);
    patience::watch(limits, names.len(), move || {
        complain(&format!("{}: {error} (KC005)", names.join(", ")));
    });
}

/// The default limits with these changes.
pub fn limits(changes: &[(String, u64)]) -> Limits {
    let mut limits = patience::limits();
    for (name, value) in changes {
        limits.set(name, *value);
    }
    limits
}
