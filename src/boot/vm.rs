//! A machine as who asks for it holds it: the guard, the console as it comes, and the end of all
//! when this is dropped.

use super::guard::{Event, GUARD, Job};
use super::pace;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

/// How much of the console is read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// How many pieces may wait; a guest that prints faster than they are taken is held up.
const PIECES: usize = 16;
/// How long the guard may take to come, and to go.
const PATIENCE: Duration = Duration::from_secs(20);

/// What comes from a machine.
#[derive(Debug)]
pub enum Incoming {
    /// A piece of the console.
    Console(Vec<u8>),
    /// The console is closed: the VMM has ended, or is about to.
    Closed,
    /// What the guard tells.
    Event(Event),
}

/// A guard, and the machine that it starts.
pub struct RunningVm {
    guard: Child,
    lifeline: Option<ChildStdin>,
    scratch: PathBuf,
    incoming: Receiver<Incoming>,
}

impl RunningVm {
    /// Starts a guard. `own` is the program that can be the guard.
    pub fn prepare(own: &Path) -> io::Result<Self> {
        let mut guard = Command::new(own)
            .arg(GUARD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (send, incoming) = mpsc::sync_channel(PIECES);
        if let Some(console) = guard.stdout.take() {
            let send = send.clone();
            std::thread::spawn(move || read_console(console, &send));
        }
        if let Some(events) = guard.stderr.take() {
            std::thread::spawn(move || read_events(events, &send));
        }
        let mut machine = Self {
            lifeline: guard.stdin.take(),
            guard,
            scratch: PathBuf::new(),
            incoming,
        };
        machine.scratch = machine.ready()?;
        Ok(machine)
    }

    fn ready(&self) -> io::Result<PathBuf> {
        let started = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(started.elapsed());
            match self.next(left) {
                Ok(Some(Incoming::Event(Event::Ready(folder)))) => return Ok(folder.into()),
                Ok(Some(Incoming::Event(Event::Unable(why)))) => return Err(io::Error::other(why)),
                Ok(Some(_)) => {}
                Ok(None) => return Err(io::ErrorKind::TimedOut.into()),
                Err(gone) => return Err(gone),
            }
        }
    }

    /// The folder for what this run writes.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Bounds each file that the machine writes. The VMM inherits the limit from its guard.
    pub fn bound_files(&self, bytes: u64) {
        #[cfg(target_os = "linux")]
        if let Some(guard) = i32::try_from(self.guard.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let limit = rustix::process::Rlimit {
                current: Some(bytes),
                maximum: Some(bytes),
            };
            rustix::process::prlimit(Some(guard), rustix::process::Resource::Fsize, limit).ok();
        }
        #[cfg(not(target_os = "linux"))]
        let _ = bytes;
    }

    /// Has the machine started.
    pub fn start(&mut self, job: &Job) -> io::Result<()> {
        let mut line = serde_json::to_vec(job)?;
        line.push(b'\n');
        match &mut self.lifeline {
            Some(lifeline) => lifeline.write_all(&line).and_then(|()| lifeline.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// What comes next, within that time. An error where nothing can come any more.
    pub fn next(&self, wait: Duration) -> io::Result<Option<Incoming>> {
        match self.incoming.recv_timeout(wait) {
            Ok(incoming) => Ok(Some(incoming)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other(
                "the process that guards the machine is gone",
            )),
        }
    }

    /// How long the VMM has waited for a CPU of the host: no guest makes progress in that time.
    pub fn delayed(&self) -> Duration {
        pace::delayed(self.guard.id())
    }

    /// Ends the machine, and waits until nothing of it is left.
    pub fn end(self) {
        drop(self);
    }
}

impl Drop for RunningVm {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Readers that wait for room would keep the guard from telling its last.
        let asked = Instant::now();
        loop {
            while self.incoming.try_recv().is_ok() {}
            match self.guard.try_wait() {
                Ok(Some(_)) => break,
                _ if asked.elapsed() > PATIENCE => {
                    self.guard.kill().ok();
                    self.guard.wait().ok();
                    break;
                }
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        if !self.scratch.as_os_str().is_empty() {
            std::fs::remove_dir_all(&self.scratch).ok();
        }
    }
}

fn read_console(mut console: impl Read, send: &SyncSender<Incoming>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        match console.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                piece.truncate(count);
                if send.send(Incoming::Console(piece)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    send.send(Incoming::Closed).ok();
}

fn read_events(events: impl Read, send: &SyncSender<Incoming>) {
    for line in BufReader::new(events).lines().map_while(Result::ok) {
        let event = serde_json::from_str(&line).unwrap_or(Event::Log(line));
        if send.send(Incoming::Event(event)).is_err() {
            return;
        }
    }
}
