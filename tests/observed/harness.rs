//! One case: what is booted, what it comes to, and whether that is what was predicted.

use super::support::repository;
use super::table::Row;
use kelpie_check::architecture::Architecture;
use kelpie_check::cause::{self, Cause};
use kelpie_check::console::{EndKind, Pattern};
use kelpie_check::diagnose::{Observed, Watch};
use kelpie_check::finding::Code;
use kelpie_check::limits::Limits;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// How many machines run at once.
const AT_ONCE: usize = 2;
/// How long a boot may take; those that end by themselves take a second where nothing else runs.
const TIMEOUT_SECONDS: u32 = 90;

/// How a cause shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    /// The boot fails by it.
    Fails,
    /// The boot succeeds, and both the files and the console tell of it.
    Warns,
    /// The files say that the boot succeeds, and it fails once init runs.
    OnlyWhenRun,
}

/// A file of a boot.
#[derive(Clone)]
pub enum Part {
    Made(Vec<u8>),
    File(PathBuf),
}

/// What is booted, and what is expected of it.
#[derive(Clone)]
pub struct Case {
    code: Code,
    what: &'static str,
    architecture: Architecture,
    shows: Shows,
    kernel: Part,
    initramfs: Option<Part>,
    root: Option<Part>,
    line: String,
    options: Vec<String>,
}

impl Case {
    /// A boot with the kernel of this repository, and the command line that boots a root with it.
    pub fn new(code: u16, architecture: Architecture, what: &'static str) -> Self {
        let line = format!("{} root=/dev/vda rw init=/sbin/init", basics(architecture));
        Self {
            code: Code(code),
            what,
            architecture,
            shows: Shows::Fails,
            kernel: Part::File(repository(&format!("kernel/vmlinuz-{architecture}"))),
            initramfs: None,
            root: None,
            line,
            options: Vec::new(),
        }
    }

    pub fn kernel(mut self, kernel: Part) -> Self {
        self.kernel = kernel;
        self
    }

    pub fn initramfs(mut self, bytes: Vec<u8>) -> Self {
        self.initramfs = Some(Part::Made(bytes));
        self
    }

    pub fn initramfs_file(mut self, path: PathBuf) -> Self {
        self.initramfs = Some(Part::File(path));
        self
    }

    pub fn root(mut self, bytes: Vec<u8>) -> Self {
        self.root = Some(Part::Made(bytes));
        self
    }

    pub fn root_file(mut self, path: PathBuf) -> Self {
        self.root = Some(Part::File(path));
        self
    }

    /// The command line behind what every boot here needs.
    pub fn line(mut self, line: &str) -> Self {
        self.line = format!("{} {line}", basics(self.architecture));
        self
    }

    /// The whole command line.
    pub fn whole_line(mut self, line: impl Into<String>) -> Self {
        self.line = line.into();
        self
    }

    pub fn option(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(ToString::to_string));
        self
    }

    pub fn shows(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    /// What tells it from others.
    pub fn title(&self) -> String {
        format!("{} {}, {}", self.code, self.architecture, self.what)
    }
}

/// A console, and an end as soon as there is one.
fn basics(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Aarch64 => "console=ttyAMA0 panic=-1",
        _ => "console=ttyS0 panic=-1 reboot=t",
    }
}

/// Boots the cases, some at once, and gives what they showed in their order.
pub fn run_all(cases: &[Case]) -> Vec<Result<Row, String>> {
    let next = Mutex::new(cases.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap().next();
                    let Some((number, case)) = taken else { break };
                    let result = run(case).map_err(|why| format!("{}: {why}", case.title()));
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn run(case: &Case) -> Result<Row, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let log = folder.path().join("console");
    let report = boot(case, folder.path(), &log)?;
    let console = std::fs::read(&log).unwrap_or_default();
    let problem = |what: &str| {
        let tail = String::from_utf8_lossy(&console);
        let tail: Vec<&str> = tail.lines().rev().take(14).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!(
            "{what}\n  predicted {}\n  observed {}\n  {}\n",
            report["predicted"],
            report["observed"],
            tail.join("\n  ")
        )
    };
    let cause = cause::by_code(case.code).ok_or("there is no such cause")?;
    let seen = watched(&console)?;
    let stage = judged(case, cause, &report, &seen).map_err(|what| problem(&what))?;
    Ok(Row {
        code: case.code,
        name: cause.name,
        architecture: case.architecture.name(),
        what: case.what,
        stage,
        line: decisive(cause, &seen),
    })
}

/// Runs `kelpie-check boot`.
fn boot(case: &Case, folder: &Path, log: &Path) -> Result<Value, String> {
    let place = |name: &str, part: &Part| -> Result<PathBuf, String> {
        match part {
            Part::File(path) => Ok(path.clone()),
            Part::Made(bytes) => {
                let path = folder.join(name);
                std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
                Ok(path)
            }
        }
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.arg("boot").arg(place("kernel", &case.kernel)?);
    if let Some(initramfs) = &case.initramfs {
        command
            .arg("--initramfs")
            .arg(place("initramfs", initramfs)?);
    }
    if let Some(root) = &case.root {
        command.arg("--rootfs").arg(place("root", root)?);
    }
    command.args(["--cmdline", &case.line, "--log"]).arg(log);
    command.args(["--backend", "qemu", "--accelerator", "tcg"]);
    command.args(["--format", "json", "--settle", "0.2"]);
    let has = |name: &str| case.options.iter().any(|word| word == name);
    if !has("--ram-mib") {
        command.args(["--ram-mib", "128"]);
    }
    if !has("--timeout") {
        command.args(["--timeout", &TIMEOUT_SECONDS.to_string()]);
    }
    command.args(&case.options);
    let output = command.output().map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        format!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// The console as `diagnose` reads it, without the files.
fn watched(console: &[u8]) -> Result<Observed, String> {
    let mut watch = Watch::new(&Limits::default()).map_err(|error| error.to_string())?;
    watch.push(console);
    watch.finish(EndKind::Exited);
    Ok(watch.current().cloned().unwrap_or_default())
}

/// The stage at which the cause showed, if it showed as it was expected and predicted.
fn judged(
    case: &Case,
    cause: &Cause,
    report: &Value,
    seen: &Observed,
) -> Result<&'static str, String> {
    let code = case.code.to_string();
    let (predicted, observed) = (&report["predicted"], &report["observed"]);
    let expect = |what: &str, value: &Value, wanted: &str| {
        if value == wanted {
            Ok(())
        } else {
            Err(format!("{what} is {value}, not {wanted}"))
        }
    };
    match case.shows {
        Shows::Fails => {
            expect("the prediction", &predicted["outcome"], "fails")?;
            expect("the predicted cause", &predicted["code"], &code)?;
            expect("the boot", &observed["outcome"], "failed")?;
            expect("the cause that is seen", &observed["code"], &code)?;
            expect(
                "the stage",
                &observed["stage"],
                predicted["stage"].as_str().unwrap_or("told"),
            )?;
        }
        Shows::Warns => {
            expect("the prediction", &predicted["outcome"], "boots")?;
            expect("the boot", &observed["outcome"], "reached")?;
            let is_predicted = report["findings"]
                .as_array()
                .is_some_and(|findings| findings.iter().any(|finding| finding["code"] == code));
            if !is_predicted {
                return Err("the files do not tell of it".to_owned());
            }
            if !seen.findings.iter().any(|found| found.code == case.code) {
                return Err("the console does not tell of it".to_owned());
            }
        }
        Shows::OnlyWhenRun => {
            expect("the prediction", &predicted["outcome"], "boots")?;
            expect("the boot", &observed["outcome"], "failed")?;
            expect("the cause that is seen", &observed["code"], &code)?;
        }
    }
    if report["agrees"] != true {
        return Err("prediction and boot do not agree".to_owned());
    }
    let shown = match case.shows {
        Shows::Warns => cause.stage.name(),
        Shows::Fails | Shows::OnlyWhenRun => observed["stage"].as_str().unwrap_or_default(),
    };
    kelpie_check::stage::Stage::ALL
        .into_iter()
        .map(kelpie_check::stage::Stage::name)
        .find(|name| *name == shown)
        .ok_or_else(|| format!("there is no stage {shown}"))
}

/// The line that tells of the cause; of several, the first; where none does, the one that ended it.
fn decisive(cause: &Cause, seen: &Observed) -> Option<String> {
    let tells: Vec<Pattern> = cause
        .tells
        .iter()
        .map(|tell| Pattern::parse(tell.text))
        .collect();
    let is_told = |text: &&String| {
        tells
            .iter()
            .any(|pattern| pattern.find(text.as_bytes()).is_some())
    };
    let mut lines = seen.lines.iter().map(|line| &line.text);
    lines
        .clone()
        .find(is_told)
        .or_else(|| lines.next())
        .cloned()
}
