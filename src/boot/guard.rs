//! The guard: a process of our own between who asks for a machine and the machine. It makes the
//! scratch folder and starts the VMM; when the asker is gone, in whatever way, it ends the VMM and
//! removes the folder.
//!
//! The asker holds the guard's standard input for as long as it wants the machine, and writes one
//! [`Job`] to it. The VMM's standard output is the guard's own, and carries only the console. On
//! standard error the guard tells [`Event`]s, among them the lines that the VMM writes to its own.

use super::jail::{Layer, Needs};
use super::leash::{self, LEASH, Report};
use super::scratch::{self, Scratch};
use rustix::process::{Pid, Signal, WaitOptions};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// The word that makes the program the guard.
pub const GUARD: &str = "boot-guard";
/// How often the guard looks whether the VMM has ended.
const LOOK: Duration = Duration::from_millis(5);
/// How long the guard waits for processes that it has killed.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest line of the VMM's that is passed on.
const LINE_BYTES: usize = 4096;

/// What the guard is to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What is added to its environment.
    pub environment: Vec<(OsString, OsString)>,
}

/// A machine to start, and the jail around it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// What is started.
    pub order: Order,
    /// What it needs of the host; `None` starts it without a jail.
    pub jail: Option<Needs>,
}

/// What the guard tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// It is there, and this is its scratch folder.
    Ready(OsString),
    /// It could not come so far.
    Unable(String),
    /// The VMM is about to run, in these layers of a jail.
    Jailed(Vec<Layer>),
    /// A line on the VMM's standard error.
    Log(String),
    /// The VMM has ended.
    Ended {
        /// Its exit status, where it ended by itself.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
}

/// Is the guard. Returns the exit status.
pub fn guard() -> u8 {
    // What is typed at the asker's terminal is for the asker.
    rustix::process::setsid().ok();
    // A VMM whose leash is killed becomes this process's child, which waits for it.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
    scratch::sweep();
    let scratch = match Scratch::make() {
        Ok(scratch) => scratch,
        Err(error) => {
            let place = std::env::temp_dir();
            tell(&Event::Unable(format!(
                "cannot make a folder in {}: {error}",
                place.display()
            )));
            return 1;
        }
    };
    tell(&Event::Ready(scratch.path().as_os_str().to_owned()));
    let (send, messages) = mpsc::channel();
    std::thread::spawn(move || listen(&send));
    let mut machine: Option<Child> = None;
    loop {
        let message = match &machine {
            Some(_) => messages.recv_timeout(LOOK),
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match message {
            Ok(job) if machine.is_none() => match start(&job) {
                Ok(child) => machine = Some(child),
                Err(error) => tell(&Event::Unable(error)),
            },
            Ok(_) | Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = machine
                    .as_mut()
                    .and_then(|child| child.try_wait().ok().flatten())
                {
                    tell(&ended(status));
                    machine = None;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Some(mut child) = machine {
        end(&mut child);
    }
    end_survivors();
    0
}

/// Reads orders until the asker is gone.
fn listen(send: &Sender<Job>) {
    for line in BufReader::new(io::stdin()).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(job) => {
                if send.send(job).is_err() {
                    return;
                }
            }
            Err(error) => tell(&Event::Unable(error.to_string())),
        }
    }
}

fn start(job: &Job) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own);
    if let Some(needs) = &job.jail {
        // Nothing of the user's environment is for the VMM.
        command
            .env_clear()
            .env("LANG", "C")
            .env("TMPDIR", &needs.scratch);
    }
    let mut child = command
        .arg(LEASH)
        .arg(std::process::id().to_string())
        .envs(
            job.order
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::inherit())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(input) = child.stdin.take() {
        leash::send(input, job).map_err(|error| error.to_string())?;
    }
    if let Some(log) = child.stderr.take() {
        std::thread::spawn(move || pass_on(log));
    }
    // The console is the VMM's alone: who reads it sees its end when the VMM has ended.
    if let Ok(nowhere) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        rustix::stdio::dup2_stdout(nowhere).ok();
    }
    Ok(child)
}

/// Tells the report of the leash, then every line that the VMM writes, cut where it is long.
fn pass_on(log: impl Read) {
    let mut log = BufReader::new(log);
    match leash::read_report(&mut log) {
        Ok(Report::Jailed(layers)) => tell(&Event::Jailed(layers)),
        Ok(Report::Refused(why)) => tell(&Event::Unable(why)),
        Err(line) if line.is_empty() => {}
        Err(line) => tell(&Event::Log(line)),
    }
    let mut line = Vec::new();
    loop {
        let most = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX);
        match (&mut log).take(most).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if !text.is_empty() {
            tell(&Event::Log(text));
        }
        line.clear();
    }
}

/// Ends the VMM and all that it started.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        rustix::process::kill_process_group(group, Signal::KILL).ok();
    }
    child.wait().ok();
}

/// Ends what the VMM has left behind: a process that left the group of the VMM. Without a PID
/// namespace it outlives the VMM, and becomes a child of this process, which is its subreaper.
fn end_survivors() {
    let deadline = Instant::now().checked_add(PATIENCE);
    while deadline.is_some_and(|deadline| Instant::now() < deadline) {
        match rustix::process::wait(WaitOptions::NOHANG) {
            // No child is left.
            Err(_) => return,
            Ok(Some(_)) => {}
            Ok(None) => {
                for child in children() {
                    rustix::process::kill_process(child, Signal::KILL).ok();
                }
                std::thread::sleep(LOOK);
            }
        }
    }
}

/// Returns the children of this process, by `/proc/PID/stat`. Empty on a system without it.
fn children() -> Vec<Pid> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| {
            let number = process.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read(process.path().join("stat")).ok()?;
            (parent(&stat)? == own.as_bytes()).then(|| Pid::from_raw(number))?
        })
        .collect()
}

/// Returns the fourth field of `/proc/PID/stat`. The second, the name in parentheses, may hold blanks
/// and parentheses (proc_pid_stat(5)).
fn parent(stat: &[u8]) -> Option<&[u8]> {
    let end_of_name = stat.iter().rposition(|byte| *byte == b')')?;
    let (_, after) = stat.split_at_checked(end_of_name)?;
    after.split(|byte| *byte == b' ').nth(2)
}

fn ended(status: ExitStatus) -> Event {
    Event::Ended {
        code: status.code(),
        signal: status.signal(),
    }
}

/// Writes an event; where nobody listens any more, the loop is about to end.
fn tell(event: &Event) {
    if let Ok(mut line) = serde_json::to_vec(event) {
        line.push(b'\n');
        io::stderr().lock().write_all(&line).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::parent;

    #[test]
    fn the_parent_comes_after_a_name_with_blanks_and_parentheses() {
        assert_eq!(parent(b"7 (a) S 1 b) R 42 7 7"), Some(b"42".as_slice()));
        assert_eq!(parent(b"7"), None);
    }
}
