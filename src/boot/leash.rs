//! The leash: a process between the guard and the VMM. It enters the jail and becomes the VMM.
//!
//! A PID namespace holds only the later children of the process that makes it. So the leash makes the
//! namespaces and waits, and its only child, the inner leash, enters the rest of the jail. The kernel
//! kills each of them when its parent dies. Without namespaces the leash does both.
//!
//! Both read a `Job` from standard input, and write a `Report` as the first line on standard
//! error, before the VMM runs.
//!
//! Source: pid_namespaces(7), PR_SET_PDEATHSIG(2const).

use super::guard::Job;
use super::jail::{self, Layer, Needs};
use super::krun;
use crate::printable::escape;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};

/// The word that makes the program the leash, before the process number of the guard.
pub const LEASH: &str = "boot-leash";
/// The word that makes the program the inner leash.
pub const INNER: &str = "boot-leash-inner";

/// The first argument of an order that only tries the jail.
pub(super) const TRIAL: &str = "boot-trial";

/// The longest report.
const REPORT_BYTES: u64 = 64 * 1024;

/// What the leash says before it becomes the VMM.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The layers in force and those that are missing.
    Jailed(Vec<Layer>),
    /// Why the machine is not started.
    Refused(String),
}

/// What the inner leash reads.
#[derive(Debug, Serialize, Deserialize)]
struct Inner {
    job: Job,
    layers: Vec<Layer>,
    has_user_namespace: bool,
}

/// Writes the leash's input and closes it.
pub(super) fn send(mut input: ChildStdin, job: &impl Serialize) -> io::Result<()> {
    input.write_all(&line_of(job)?)
}

/// Reads the report. The error is a line that is not a report; only a failed start writes one.
pub(super) fn read_report(log: &mut impl BufRead) -> Result<Report, String> {
    let mut line = Vec::new();
    log.take(REPORT_BYTES).read_until(b'\n', &mut line).ok();
    serde_json::from_slice(&line)
        .map_err(|_| String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
}

fn line_of(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Runs the leash. `guard` is the process number of its parent. Returns the exit status of the VMM, or
/// does not return.
pub fn leash(guard: &str) -> u8 {
    #[cfg(target_os = "linux")]
    {
        jail::close_descriptors();
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).ok();
        let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_nonzero);
        if parent.map(|parent| parent.to_string()).as_deref() != Some(guard) {
            // The guard died before its death could be signalled.
            return 1;
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = guard;
    let mut input = Vec::new();
    let job = io::stdin()
        .lock()
        .read_to_end(&mut input)
        .and_then(|_| Ok(serde_json::from_slice::<Job>(&input)?));
    match job.and_then(|job| close_input().map(|()| job)) {
        Ok(job) => run(job),
        Err(error) => refuse(&error.to_string()),
    }
}

fn run(job: Job) -> u8 {
    let Some(needs) = &job.jail else {
        report(&Report::Jailed(jail::given_up()));
        return become_vmm(&job);
    };
    // In a user namespace every user looks like root.
    let user = jail::user();
    let (namespaces, has_user_namespace) = enter_namespaces(needs);
    let is_inside = namespaces.as_ref().is_some_and(|layer| layer.is_in_force);
    let layers = [Some(user), namespaces].into_iter().flatten().collect();
    let inner = Inner {
        job,
        layers,
        has_user_namespace,
    };
    if !is_inside {
        return confine(&inner);
    }
    match start_inner(&inner) {
        Ok(status) => end_as(status),
        Err(error) => refuse(&error.to_string()),
    }
}

#[cfg(target_os = "linux")]
fn enter_namespaces(needs: &Needs) -> (Option<Layer>, bool) {
    let (layer, has_user_namespace) = jail::enter_namespaces(needs);
    (Some(layer), has_user_namespace)
}

#[cfg(not(target_os = "linux"))]
fn enter_namespaces(_: &Needs) -> (Option<Layer>, bool) {
    (None, false)
}

/// Starts the first process of the PID namespace, and waits for its end.
fn start_inner(inner: &Inner) -> io::Result<ExitStatus> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(INNER)
        .stdin(Stdio::piped())
        .spawn()?;
    // The pipe stays open: when it closes, the inner leash knows that this process is gone.
    let pipe = child.stdin.take();
    if let Some(mut pipe) = pipe.as_ref() {
        pipe.write_all(&line_of(inner)?)?;
    }
    // The console ends when its last writer is gone, which is to be the VMM.
    let nowhere = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    let status = child.wait();
    drop(pipe);
    status
}

/// Ends as the VMM has ended.
fn end_as(status: ExitStatus) -> u8 {
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let own = rustix::process::getpid();
        // The runtime catches SIGSEGV and SIGBUS once, and then restores what the system does.
        rustix::process::kill_process(own, signal).ok();
        rustix::process::kill_process(own, signal).ok();
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    std::process::exit(code.unwrap_or(1).into())
}

/// Runs the inner leash. Returns only if the VMM does not start.
pub fn inner() -> u8 {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).ok();
    let mut line = Vec::new();
    let inner = io::stdin()
        .lock()
        .read_until(b'\n', &mut line)
        .and_then(|_| Ok(serde_json::from_slice::<Inner>(&line)?));
    if has_lost_parent() {
        return 1;
    }
    match inner.and_then(|inner| close_input().map(|()| inner)) {
        Ok(inner) => confine(&inner),
        Err(error) => refuse(&error.to_string()),
    }
}

/// Returns true if the writer of standard input is gone. In a PID namespace of its own, a process
/// can't tell by its parent's number.
fn has_lost_parent() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let input = io::stdin();
    let mut polled = [PollFd::new(&input, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut polled, Some(&at_once)).is_err()
        || polled
            .iter()
            .any(|input| input.revents().contains(PollFlags::HUP))
}

/// Enters the rest of the jail and becomes the VMM.
fn confine(inner: &Inner) -> u8 {
    let Some(needs) = &inner.job.jail else {
        return refuse("there is no jail to enter");
    };
    match jail::confine(needs, inner.layers.clone(), inner.has_user_namespace) {
        Ok(layers) => {
            report(&Report::Jailed(layers));
            become_vmm(&inner.job)
        }
        Err(why) => refuse(&why),
    }
}

/// Runs the machine in this process, or replaces it by the VMM. Returns only if that fails.
fn become_vmm(job: &Job) -> u8 {
    let order = &job.order;
    match order.arguments.as_slice() {
        [first, plan] if first == krun::KRUN => krun::enter(&plan.to_string_lossy()),
        [first] if first == TRIAL => 0,
        arguments => {
            let error = Command::new(&order.program).args(arguments).exec();
            let name = Path::new(&order.program);
            let hint = match job.jail {
                Some(_) => "; if it needs files that the jail lacks, use --no-jail",
                None => "",
            };
            let line = format!("cannot start {}: {error}{hint}", name.display());
            writeln!(io::stderr(), "{}", escape(&line)).ok();
            127
        }
    }
}

fn close_input() -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdin(File::open("/dev/null")?)?)
}

fn refuse(why: &str) -> u8 {
    report(&Report::Refused(why.to_owned()));
    1
}

fn report(report: &Report) {
    if let Ok(line) = line_of(report) {
        io::stderr().lock().write_all(&line).ok();
    }
}
