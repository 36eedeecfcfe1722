//! One case: what is booted, what it comes to, and whether that is what was predicted.

use super::decisive::decisive;
use super::logs::{self, Alone};
use super::support::{mmio_target, repository, say};
use super::table::Row;
use kelpie_check::architecture::Architecture;
use kelpie_check::cause::{self, Cause};
use kelpie_check::console::EndKind;
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
    circumstances: Vec<String>,
    is_silent: bool,
}

/// The files of a boot, where they lie, and its command line.
pub struct Files {
    pub kernel: PathBuf,
    initramfs: Option<PathBuf>,
    root: Option<PathBuf>,
    line: String,
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
            circumstances: Vec::new(),
            is_silent: false,
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

    /// What `boot` alone is told.
    pub fn option(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(ToString::to_string));
        self
    }

    /// What `boot` and `diagnose` are told of the machine.
    pub fn circumstance(mut self, words: &[&str]) -> Self {
        self.circumstances
            .extend(words.iter().map(ToString::to_string));
        self
    }

    /// The console stays empty.
    pub fn silent(mut self) -> Self {
        self.is_silent = true;
        self
    }

    pub fn shows(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// How the cause shows.
    pub fn how(&self) -> Shows {
        self.shows
    }

    /// What the machine is told to be: 128 MiB of RAM unless the case says another.
    pub fn machine(&self) -> Vec<String> {
        let mut words = self.circumstances.clone();
        if !words.iter().any(|word| word == "--ram-mib") {
            words.extend(["--ram-mib".to_owned(), "128".to_owned()]);
        }
        words
    }

    /// Returns the target that starts its machine.
    pub fn target(&self) -> &'static str {
        mmio_target(self.architecture.name())
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
                    // At once: a run of minutes that goes wrong need not be waited for.
                    if let Err(why) = &result {
                        say(why);
                    }
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A boot that came to nothing but a deadline or a machine that did not start is tried once more:
/// on a busy host that may be the host's doing.
fn run(case: &Case) -> Result<Row, String> {
    const OF_THE_HOST: [&str; 3] = ["KC907", "KC908", "KC909"];
    let first = attempt(case);
    match first {
        Err((_, Some(code))) if OF_THE_HOST.contains(&code.as_str()) => {
            attempt(case).map_err(|(why, _)| why)
        }
        first => first.map_err(|(why, _)| why),
    }
}

/// One boot, or why it is not as expected and the cause that was seen.
fn attempt(case: &Case) -> Result<Row, (String, Option<String>)> {
    let bare = |why: String| (why, None);
    let folder = tempfile::tempdir().map_err(|error| bare(error.to_string()))?;
    let log = folder.path().join("console");
    let files = Files::of(case, folder.path()).map_err(bare)?;
    let report = boot(case, &files, &log).map_err(bare)?;
    let console = std::fs::read(&log).unwrap_or_default();
    let problem = |what: String| {
        let tail = String::from_utf8_lossy(&console);
        let tail: Vec<&str> = tail.lines().rev().take(14).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        let text = format!(
            "{what}\n  predicted {}\n  observed {}\n  {}\n",
            report["predicted"],
            report["observed"],
            tail.join("\n  ")
        );
        (text, report["observed"]["code"].as_str().map(str::to_owned))
    };
    let cause = cause::by_code(case.code).ok_or_else(|| bare("no such cause".to_owned()))?;
    let seen = watched(&console).map_err(bare)?;
    let stage = judged(case, cause, &report, &seen).map_err(problem)?;
    let alone: Alone = logs::alone(case, &console).map_err(problem)?;
    logs::joined(case, &files, &log).map_err(problem)?;
    Ok(Row {
        code: case.code,
        name: cause.name,
        architecture: case.architecture.name(),
        what: case.what,
        stage,
        line: decisive(cause.code, &seen),
        alone,
    })
}

impl Files {
    /// Writes what was made into the folder.
    fn of(case: &Case, folder: &Path) -> Result<Self, String> {
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
        let other = |name: &str, part: &Option<Part>| {
            let part = part.as_ref();
            part.map(|part| place(name, part)).transpose()
        };
        Ok(Self {
            kernel: place("kernel", &case.kernel)?,
            initramfs: other("initramfs", &case.initramfs)?,
            root: other("root", &case.root)?,
            line: case.line.clone(),
        })
    }

    /// Names all but the kernel, which each subcommand takes in its own way.
    pub fn add_to(&self, command: &mut Command) {
        for (name, path) in [("--initramfs", &self.initramfs), ("--rootfs", &self.root)] {
            if let Some(path) = path {
                command.arg(name).arg(path);
            }
        }
        command.args(["--cmdline", &self.line]);
    }
}

/// Runs `kelpie-check boot`.
fn boot(case: &Case, files: &Files, log: &Path) -> Result<Value, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.arg("boot").arg(&files.kernel);
    files.add_to(&mut command);
    command.arg("--log").arg(log);
    command.args(["--target", case.target()]);
    command.args(["--backend", "qemu", "--accelerator", "tcg"]);
    // Whoever lives is watched no longer than it takes to see it; what dies may take its time.
    let settle = if case.shows == Shows::Warns {
        "0.2"
    } else {
        "10"
    };
    command.args(["--format", "json", "--settle", settle]);
    if !case.options.iter().any(|word| word == "--timeout") {
        command.args(["--timeout", &TIMEOUT_SECONDS.to_string()]);
    }
    command.args(case.machine()).args(&case.options);
    let output = command.output().map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        format!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// The console of a machine that has ended.
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
            if !logs::has_finding(report, &code) {
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
    // What only a running machine shows is no matter of the prediction.
    let expected = match case.shows {
        Shows::OnlyWhenRun => Value::Null,
        Shows::Fails | Shows::Warns => Value::Bool(true),
    };
    if report["agrees"] != expected {
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
