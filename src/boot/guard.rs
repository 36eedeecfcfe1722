//! The guard: a process of our own between who asks for a machine and the machine. It makes the
//! scratch folder and starts the VMM; when the asker is gone, in whatever way, it ends the VMM and
//! removes the folder.
//!
//! The asker holds the guard's standard input for as long as it wants the machine, and writes one
//! [`Order`] to it. The VMM's standard output is the guard's own, and carries the console alone. On
//! standard error the guard tells [`Event`]s, among them the lines that the VMM writes to its own.

use super::scratch::{self, Scratch};
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// The hidden subcommand that is the guard.
pub const GUARD: &str = "boot-guard";
/// The hidden subcommand that dies with the guard, and becomes the VMM.
pub const LEASH: &str = "boot-leash";

/// How often the guard looks whether the VMM has ended.
const LOOK: Duration = Duration::from_millis(5);
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

/// What the guard tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// It is there, and this is its scratch folder.
    Ready(OsString),
    /// It could not come so far.
    Unable(String),
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

/// Is the guard: the hidden subcommand's body. Returns the exit status.
pub fn guard() -> u8 {
    // What is typed at the asker's terminal is for the asker.
    rustix::process::setsid().ok();
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
            Ok(order) if machine.is_none() => match start(&order) {
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
    0
}

/// Reads orders until the asker is gone.
fn listen(send: &Sender<Order>) {
    for line in BufReader::new(io::stdin()).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(order) => {
                if send.send(order).is_err() {
                    return;
                }
            }
            Err(error) => tell(&Event::Unable(error.to_string())),
        }
    }
}

fn start(order: &Order) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(own)
        .arg(LEASH)
        .arg(std::process::id().to_string())
        .arg(&order.program)
        .args(&order.arguments)
        .envs(order.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(log) = child.stderr.take() {
        std::thread::spawn(move || pass_on(log));
    }
    // The console is the VMM's alone: who reads it sees its end when the VMM has ended.
    if let Ok(nowhere) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        rustix::stdio::dup2_stdout(nowhere).ok();
    }
    Ok(child)
}

/// Tells every line that the VMM writes, cut where it is long.
fn pass_on(log: impl Read) {
    let mut log = BufReader::new(log);
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

/// Is the leash: the hidden subcommand's body. `arguments` are the guard's process number, the
/// program and its arguments. Becomes the program, which the kernel kills when the guard dies;
/// returns where that fails.
pub fn leash(arguments: &[OsString]) -> u8 {
    let [guard, program, arguments @ ..] = arguments else {
        return 2;
    };
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).ok();
        let parent = rustix::process::getppid().map(Pid::as_raw_nonzero);
        if parent
            .map(|parent| parent.to_string())
            .as_deref()
            .map(OsStr::new)
            != Some(guard)
        {
            // It died before it could be watched.
            return 1;
        }
    }
    let error = Command::new(program).args(arguments).exec();
    let name = PathBuf::from(program);
    writeln!(io::stderr(), "cannot start {}: {error}", name.display()).ok();
    127
}
