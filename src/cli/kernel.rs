//! `kelpie-check kernel`: one report over all the kernel images that were named.

use super::Exit;
use super::extract::open;
use super::output::{complain, print, takes_colour};
use super::progress::Progress;
use kelpie_check::architecture::Architecture;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Facts, Report, Selection};
use kelpie_check::error::{Error, Result};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::report::{self, Format, Style};
use kelpie_check::vmm::{self, Target};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// How a kernel in a folder may be called, before a version.
const NAMES: [&str; 8] = [
    "vmlinuz", "vmlinux", "bzImage", "zImage", "Image", "uImage", "kernel", "linux",
];

/// What lies beside kernels, and is named after them.
const BESIDE: [&str; 9] = [
    ".json", ".txt", ".md", ".sig", ".asc", ".sha256", ".sha512", ".config", ".map",
];

#[derive(clap::Args)]
#[command(
    after_help = "Limits for --limit: file_bytes, decoded_bytes, memory_bytes, \
    codec_memory_bytes, streams, layers, payload_candidates, symbols, sections."
)]
pub struct Arguments {
    /// Kernel images, folders of them, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The virtual machine's architecture; the kernel's own without this
    #[arg(long, value_parser = parse_architecture)]
    arch: Option<Architecture>,
    /// The VMM: libkrun, qemu-microvm, qemu-virt, firecracker, cloud-hypervisor, vz
    #[arg(long, default_value = "libkrun", value_parser = parse_target)]
    target: &'static Target,
    /// The configuration that the kernel was built with; else config-RELEASE or config beside it
    #[arg(long)]
    config: Option<PathBuf>,
    /// kernel-metadata.json; else the one beside the kernel
    #[arg(long)]
    metadata: Option<PathBuf>,
    /// Read headers only: never decompress
    #[arg(long)]
    quick: bool,
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
    let (digits, unit) = match value.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&value[..at], 1 << 10),
        Some((at, 'M' | 'm')) => (&value[..at], 1 << 20),
        Some((at, 'G' | 'g')) => (&value[..at], 1 << 30),
        _ => (value, 1_u64),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
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

pub fn run(arguments: Arguments) -> Exit {
    let mut reports = all(&files(&arguments.paths), &arguments).into_iter();
    let Some(mut report) = reports.next() else {
        return Exit::Clean;
    };
    for next in reports {
        report.append(next);
    }
    let style = Style {
        colour: takes_colour(),
        quick: arguments.quick,
    };
    let text = match (arguments.format.write)(&report, style) {
        Ok(text) => text,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Unreadable;
        }
    };
    print(text.as_bytes(), exit(&report, arguments.fail_on))
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

/// The files that the paths stand for: folders give what is named like a kernel in them. A folder
/// that gives nothing stays itself, and is reported as what cannot be read.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        let mut found = kernels_in(path);
        if found.is_empty() {
            files.push(path.clone());
        }
        files.append(&mut found);
    }
    files
}

fn kernels_in(folder: &Path) -> Vec<PathBuf> {
    // What is no folder, or may not be read, has no entries; opening it will tell why.
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && is_named_like_a_kernel(path))
        .collect();
    found.sort();
    found
}

fn is_named_like_a_kernel(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_a_kernel = name.ends_with(".efi")
        || NAMES.iter().any(|known| {
            name.strip_prefix(known)
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
        });
    is_a_kernel && !BESIDE.iter().any(|ending| name.ends_with(ending))
}

/// Reports on all files, side by side on the cores there are, in the order of the files.
fn all(paths: &[PathBuf], arguments: &Arguments) -> Vec<Report> {
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(paths.len());
    if workers <= 1 && paths.len() <= 1 {
        return paths.iter().map(|path| one(path, arguments)).collect();
    }
    let next = AtomicUsize::new(0);
    let mut reports: Vec<Option<Report>> = paths.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..workers {
            let send = send.clone();
            let next = &next;
            scope.spawn(move || {
                while let Some((number, path)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    paths.get(number).map(|path| (number, path))
                } {
                    if send.send((number, one(path, arguments))).is_err() {
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

fn one(path: &Path, arguments: &Arguments) -> Report {
    let shown = path.display().to_string();
    let selection = Selection {
        select: arguments.select.clone(),
        ignore: arguments.ignore.clone(),
    };
    match bundle(path, arguments) {
        Ok(bundle) => check::kernel(&shown, &bundle, &selection),
        Err(error) => {
            let facts = Facts::Kernel(Box::default());
            check::unreadable(&shown, facts, arguments.target.name, error)
        }
    }
}

fn bundle(path: &Path, arguments: &Arguments) -> Result<Bundle> {
    let limits = limits(&arguments.limits);
    if path.is_dir() && std::fs::read_dir(path).is_ok() {
        let nothing = io::Error::other("no file in it is named like a kernel");
        return Err(Error::io(path.display().to_string(), &nothing));
    }
    let source = open(path, &limits)?;
    let kernel = Kernel::new(source, limits.clone());
    let kernel = if arguments.quick {
        kernel.quick()
    } else {
        kernel
    };
    let surroundings = Surroundings {
        path: path.to_path_buf(),
        config: arguments.config.clone(),
        metadata: arguments.metadata.clone(),
    };
    Ok(Bundle::new(
        kernel,
        surroundings,
        limits,
        arguments.target,
        arguments.arch,
    ))
}
