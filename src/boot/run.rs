//! One boot, watched from the order to the end: how far it came, when, and why no further.

use super::guard::{Event, Job};
use super::jail::Layer;
use super::scratch;
use super::vm::{Incoming, RunningVm};
use crate::console::EndKind;
use crate::diagnose::{Observed, Watch};
use crate::error::Result;
use crate::finding::Code;
use crate::limits::Limits;
use crate::stage::Stage;
use memchr::memmem::Finder;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a run looks at its clock when nothing comes.
const LOOK: Duration = Duration::from_millis(20);
/// How long a program that is tried as init may take to fail.
const TRY: Duration = Duration::from_millis(200);
/// How many lines of the VMM's own are kept.
const LOG_LINES: usize = 64;
/// How much of the console that is not read is kept.
const ASIDE_BYTES: usize = 64 * 1024;
/// How x86 panics where timer interrupts do not come (`arch/x86/kernel/apic/io_apic.c`).
const LATE_TIMER: &str = "IO-APIC + timer doesn't work!";
/// No other VMM helps against it.
const LATE_TIMER_FIX: &str = "Boot again when the host has less to do, or with no_timer_check on the \
    command line, which has Linux believe the timer.";
/// How long a hypervisor that gave up may still say why.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How many times as long as asked for the settle time may last on a busy host.
const MOST_DELAY: u32 = 10;
/// How often a run looks at what its machine has written.
const LOOK_AT_SCRATCH: Duration = Duration::from_millis(100);
/// SIGXFSZ, by which the kernel ends a VMM that writes beyond the length that a file may have. It has
/// this number on every architecture of Linux but MIPS and PA-RISC, and on macOS.
const FILE_TOO_LONG: i32 = 25;
/// With less room than that, a guest that fails may fail for it.
const ROOM_BYTES: u64 = 1024 * 1024;

/// What is asked of a boot.
pub struct Request<'a> {
    /// The stage at which it is let go.
    pub until: Stage,
    /// A text on the console at which it is let go, in place of the stage.
    pub expect: Option<&'a [u8]>,
    /// A text on the console that fails it.
    pub deny: Option<&'a [u8]>,
    /// How long init has to live to count as alive.
    pub settle: Duration,
    /// How long what waits, or stumbles, is given to go on.
    pub grace: Duration,
    /// The deadline.
    pub timeout: Duration,
    /// The deadline that such a machine gets by default. A shorter one decides nothing.
    pub usual_timeout: Duration,
    /// Returns true if the init of the root tells on the console that it reaches its first target.
    pub tells_first_target: &'a dyn Fn() -> bool,
    /// Whether the init asked for is that of the initramfs: there is no root behind it. Asked once the
    /// initramfs runs, since it takes a look into it.
    pub is_initramfs_the_system: &'a dyn Fn() -> bool,
    /// The programs that the command line names as init, of the initramfs and of the root: of a
    /// kernel that is kept quiet, a shell may be all that speaks.
    pub named: &'a [&'a str],
    /// Whether the initramfs is ours, whose init says that it was reached.
    pub has_marker: bool,
    /// Asked again and again; `true` ends the run.
    pub is_interrupted: &'a dyn Fn() -> bool,
    /// How much the machine may write.
    pub room: Room,
    /// What the log may cost.
    pub limits: &'a Limits,
}

/// How much a machine may write to the scratch folder.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// What its files may take of the disk together.
    pub scratch_bytes: u64,
    /// How long each of its files may be.
    pub file_bytes: u64,
}

/// What a run tells while it goes on.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A piece of the console.
    Console(&'a [u8]),
    /// A stage is reached.
    Reached(&'a Reach),
    /// A line of the VMM's own.
    Log(&'a str),
}

/// A stage that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The stage.
    pub stage: Stage,
    /// How long after the order.
    pub at: Duration,
    /// The line that shows it.
    pub text: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It came as far as it was asked to.
    Reached,
    /// It did not; [`Observation::observed`] says why.
    Failed,
    /// The text that may not come came.
    Denied,
    /// The host could not run it: no fault of what is booted.
    Host {
        /// The cause, KC905 or KC909.
        code: Code,
        /// What the host or the VMM says.
        why: String,
        /// What helps, where it isn't what helps against the cause as a rule.
        fix: Option<&'static str>,
    },
    /// Somebody ended it.
    Interrupted,
}

/// What was seen of a boot.
#[derive(Debug)]
pub struct Observation {
    /// How it ended.
    pub ending: Ending,
    /// The stages, in order.
    pub reached: Vec<Reach>,
    /// What its console tells.
    pub observed: Observed,
    /// How long it ran.
    pub elapsed: Duration,
    /// How much its console said.
    pub console_bytes: u64,
    /// True if its deadline came before the usual one.
    pub is_cut_short: bool,
    /// The last lines of the VMM's own, and of a console that was not read.
    pub log: Vec<String>,
    /// The layers of its jail; empty if it was not started.
    pub jail: Vec<Layer>,
}

/// Init ended, whatever for.
const INIT_EXITS: Code = Code(611);
/// The hypervisor's own trouble.
const HYPERVISOR_FAULT: Code = Code(905);
/// The VMM could not set the machine up.
const SETUP_FAILED: Code = Code(909);

/// Starts `job` on a machine that is prepared, watches it, and ends it. An error is a
/// table of causes that can't be read.
pub fn run(
    mut machine: RunningVm,
    job: &Job,
    request: &Request<'_>,
    notify: &mut dyn FnMut(Notice<'_>),
) -> Result<Observation> {
    let mut watching = Watching::new(request)?;
    machine.bound_files(request.room.file_bytes);
    let ending = match machine.start(job) {
        Ok(()) => watching.watch(&machine, notify),
        Err(error) => Some(host(SETUP_FAILED, error.to_string())),
    };
    watching.await_jail(&machine);
    let has_room = scratch::free_bytes(machine.scratch()).is_none_or(|free| free >= ROOM_BYTES);
    let elapsed = watching.started.elapsed();
    machine.end();
    Ok(watching.finish(ending, has_room, elapsed))
}

fn host(code: Code, why: String) -> Ending {
    Ending::Host {
        code,
        why,
        fix: None,
    }
}

impl Room {
    /// Returns true if the files take more than they may, or one cannot grow further: the VMM then
    /// reports errors to the guest.
    fn is_exceeded(&self, folder: &Path) -> bool {
        let used = scratch::used(folder);
        used.disk_bytes > self.scratch_bytes || used.longest_bytes >= self.file_bytes
    }
}

fn too_much_written() -> Ending {
    Ending::Host {
        code: SETUP_FAILED,
        why: "the machine wrote more than the limit scratch_bytes allows".to_owned(),
        fix: Some("Raise it: --limit scratch_bytes=N, with K, M or G after N."),
    }
}

struct Watching<'a> {
    request: &'a Request<'a>,
    watch: Watch,
    started: Instant,
    reached: Vec<Reach>,
    /// Stages of which the next line may say that they were not reached.
    tried: VecDeque<Reach>,
    /// How many such stages there were.
    untold: usize,
    console_bytes: u64,
    log: VecDeque<String>,
    jail: Vec<Layer>,
    aside_bytes: usize,
    expect: Option<Seeker<'a>>,
    deny: Option<Seeker<'a>>,
    /// Since when init lives.
    alive: Option<Alive>,
    /// When the host was last asked how long the VMM waits for a CPU.
    measured: Option<Instant>,
    /// When the console last said anything.
    heard: Instant,
    /// Whether it lived as long as it was asked to, or ended in order.
    lives: bool,
    /// What the boot waits at or stumbled over, how far it was, and since when.
    doubt: Option<(EndKind, usize, Instant)>,
    gone: Option<Gone>,
    /// When the scratch folder was measured last.
    looked: Instant,
    /// Since when the hypervisor goes on no more.
    fault: Option<Instant>,
}

/// Since when init lives, and how long the VMM had waited for a CPU by then.
#[derive(Clone, Copy)]
struct Alive {
    since: Instant,
    delayed: Duration,
}

/// How the VMM ended.
struct Gone {
    code: Option<i32>,
    signal: Option<i32>,
}

/// Looks for a text in pieces.
struct Seeker<'a> {
    finder: Finder<'a>,
    tail: Vec<u8>,
}

impl<'a> Seeker<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            finder: Finder::new(text),
            tail: Vec::new(),
        }
    }

    /// Whether the text is in what came so far.
    fn sees(&mut self, piece: &[u8]) -> bool {
        self.tail.extend_from_slice(piece);
        let found = self.finder.find(&self.tail).is_some();
        let kept = self.finder.needle().len().saturating_sub(1);
        let drop = self.tail.len().saturating_sub(kept);
        self.tail.drain(..drop);
        found
    }
}

impl<'a> Watching<'a> {
    fn new(request: &'a Request<'a>) -> Result<Self> {
        Ok(Self {
            request,
            watch: Watch::new(request.limits)?,
            started: Instant::now(),
            reached: Vec::new(),
            tried: VecDeque::new(),
            untold: 0,
            console_bytes: 0,
            log: VecDeque::new(),
            jail: Vec::new(),
            aside_bytes: 0,
            expect: request.expect.map(Seeker::new),
            deny: request.deny.map(Seeker::new),
            alive: None,
            measured: None,
            heard: Instant::now(),
            lives: false,
            doubt: None,
            gone: None,
            looked: Instant::now(),
            fault: None,
        })
    }

    /// Watches until something is decided; `None` where the console has the last word.
    fn watch(&mut self, machine: &RunningVm, notify: &mut dyn FnMut(Notice<'_>)) -> Option<Ending> {
        let mut is_closed = false;
        loop {
            let incoming = machine.next(LOOK.min(self.left()));
            let ending = match incoming {
                Ok(Some(Incoming::Console(piece))) => self.hear(&piece, notify),
                Ok(Some(Incoming::Closed)) => {
                    is_closed = true;
                    None
                }
                Ok(Some(Incoming::Event(event))) => self.note(event, notify),
                Ok(None) => None,
                Err(error) => Some(host(SETUP_FAILED, error.to_string())),
            };
            if ending.is_some() {
                self.settle_tried(true, notify);
                return ending;
            }
            self.settle_tried(false, notify);
            if let Some(ending) = self.decide(machine) {
                let has_end = self.watch.current().is_some_and(|seen| seen.end.is_some());
                if ending.is_none() && !has_end {
                    self.watch.finish(EndKind::Deadline);
                }
                self.settle_tried(true, notify);
                self.live(notify);
                return ending;
            }
            // What was said last may still be on its way.
            if is_closed && self.gone.is_some() {
                self.add_log_to_console();
                self.watch.finish(EndKind::Exited);
                self.reach(notify);
                self.settle_tried(true, notify);
                return None;
            }
            if self.looked.elapsed() >= LOOK_AT_SCRATCH {
                self.looked = Instant::now();
                if self.request.room.is_exceeded(machine.scratch()) {
                    return Some(too_much_written());
                }
            }
            if (self.request.is_interrupted)() {
                return Some(Ending::Interrupted);
            }
            let has_given_up = self
                .fault
                .is_some_and(|since| since.elapsed() >= LAST_WORDS);
            if has_given_up || self.left().is_zero() {
                self.add_log_to_console();
                self.watch.finish(EndKind::Deadline);
                self.reach(notify);
                self.settle_tried(true, notify);
                return None;
            }
        }
    }

    /// Waits for the report of the jail, which was written before the VMM ran, but by another way than
    /// the console.
    fn await_jail(&mut self, machine: &RunningVm) {
        let asked = Instant::now();
        while self.jail.is_empty() && self.gone.is_none() {
            let left = LAST_WORDS.saturating_sub(asked.elapsed());
            match machine.next(left) {
                Ok(Some(Incoming::Event(event))) => {
                    self.note(event, &mut |_| {});
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn left(&self) -> Duration {
        self.request.timeout.saturating_sub(self.started.elapsed())
    }

    fn hear(&mut self, piece: &[u8], notify: &mut dyn FnMut(Notice<'_>)) -> Option<Ending> {
        notify(Notice::Console(piece));
        self.heard = Instant::now();
        self.console_bytes = self
            .console_bytes
            .saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.watch.push(piece);
        self.reach(notify);
        if self.deny.as_mut().is_some_and(|deny| deny.sees(piece)) {
            return Some(Ending::Denied);
        }
        let is_expected = self
            .expect
            .as_mut()
            .is_some_and(|expect| expect.sees(piece));
        is_expected.then_some(Ending::Reached)
    }

    /// Notes down the stages that are new. "Run /sbin/init" is said before it is tried: what fails at
    /// once was not reached.
    fn reach(&mut self, notify: &mut dyn FnMut(Notice<'_>)) {
        let Some(observed) = self.watch.current() else {
            return;
        };
        let known = self
            .reached
            .len()
            .saturating_add(self.tried.len())
            .saturating_add(self.untold);
        for reached in observed.clues.reached.iter().skip(known) {
            self.tried.push_back(Reach {
                stage: reached.stage,
                at: self.started.elapsed(),
                text: reached.text.clone(),
            });
        }
        self.settle_tried(false, notify);
    }

    /// Tells of the stages of which it is known by now that they were reached.
    fn settle_tried(&mut self, is_over: bool, notify: &mut dyn FnMut(Notice<'_>)) {
        let failed = self
            .watch
            .current()
            .and_then(|observed| observed.end.as_ref())
            .filter(|end| end.code.is_some())
            .map(|end| end.stage);
        while let Some(reach) = self.tried.front() {
            let is_a_try = matches!(reach.stage, Stage::Initramfs | Stage::Init);
            let is_young = self.started.elapsed().saturating_sub(reach.at) < TRY;
            let is_passed = self.tried.len() > 1;
            if is_a_try && is_young && !is_passed && !is_over && failed.is_none() {
                return;
            }
            let Some(reach) = self.tried.pop_front() else {
                return;
            };
            if failed.is_none_or(|failed| reach.stage < failed) {
                notify(Notice::Reached(&reach));
                self.reached.push(reach);
            } else {
                self.untold = self.untold.saturating_add(1);
            }
        }
    }

    /// An init that lived as long as it was asked to has reached the last stage, whatever it prints.
    fn live(&mut self, notify: &mut dyn FnMut(Notice<'_>)) {
        let is_told = self
            .reached
            .iter()
            .any(|reach| reach.stage == Stage::Userspace);
        if !self.lives || is_told {
            return;
        }
        let reach = Reach {
            stage: Stage::Userspace,
            at: self.started.elapsed(),
            text: match self.watch.current().and_then(|seen| seen.end.as_ref()) {
                Some(end) => format!("init ran until {}", end.kind),
                None => format!(
                    "init is still running after {} s",
                    self.request.settle.as_secs_f32()
                ),
            },
        };
        notify(Notice::Reached(&reach));
        self.reached.push(reach);
    }

    fn note(&mut self, event: Event, notify: &mut dyn FnMut(Notice<'_>)) -> Option<Ending> {
        match event {
            Event::Log(line) => {
                notify(Notice::Log(&line));
                self.aside_bytes = self.aside_bytes.saturating_add(line.len());
                // QEMU holds such a guest for a debugger, to the end of days.
                if self.fault.is_none()
                    && end_by_vmm(&line, self.request.limits) == Some(EndKind::HypervisorFault)
                {
                    self.fault = Some(Instant::now());
                }
                self.log.push_back(line);
                while self.log.len() > LOG_LINES && self.aside_bytes > ASIDE_BYTES {
                    let gone = self.log.pop_front().map_or(0, |line| line.len());
                    self.aside_bytes = self.aside_bytes.saturating_sub(gone);
                }
                None
            }
            Event::Ended { code, signal } => {
                self.gone = Some(Gone { code, signal });
                None
            }
            Event::Jailed(layers) => {
                self.jail = layers;
                None
            }
            Event::Unable(why) => Some(host(SETUP_FAILED, why)),
            Event::Ready(_) => None,
        }
    }

    /// What the console decides by now: `None` to go on, `Some(None)` where it failed.
    fn decide(&mut self, machine: &RunningVm) -> Option<Option<Ending>> {
        let observed = self.watch.current()?;
        if self.request.expect.is_none() && self.request.until < Stage::Init {
            let is_there = observed.stage() >= Some(self.request.until);
            if is_there {
                return Some(Some(Ending::Reached));
            }
        }
        let is_started = self.is_init_started(observed);
        if observed.has_ended() {
            let is_in_order = observed
                .end
                .as_ref()
                .is_some_and(|end| end.kind.is_in_order());
            // What an init does that was started is its own affair.
            let is_reached = is_started && is_in_order && self.request.expect.is_none();
            self.lives = is_reached && self.request.until == Stage::Userspace;
            return Some(is_reached.then_some(Ending::Reached));
        }
        if self.request.expect.is_none() && is_started && !self.is_target_awaited(observed) {
            let alive = *self.alive.get_or_insert_with(|| Alive {
                since: Instant::now(),
                delayed: machine.delayed(),
            });
            let settle = match self.request.until {
                Stage::Userspace if !self.request.has_marker => self.request.settle,
                _ if self.request.has_marker => Duration::ZERO,
                _ => TRY,
            };
            let waited = alive.since.elapsed();
            if waited >= settle && was_run(&mut self.measured, machine, alive, settle) {
                self.lives = self.request.until == Stage::Userspace;
                return Some(Some(Ending::Reached));
            }
        }
        let far = observed.clues.reached.len();
        let waits_in_initramfs = observed.clues.has_prompt && observed.clues.is_in_initramfs();
        let kind = match observed.end.as_ref().map(|end| end.kind) {
            None if waits_in_initramfs && !is_started => Some(EndKind::EmergencyShell),
            kind => kind,
        };
        match (kind, self.doubt) {
            (None, _) => self.doubt = None,
            (Some(kind), Some((before, at, since))) if (before, at) == (kind, far) => {
                if since.elapsed() >= self.request.grace {
                    return Some(None);
                }
            }
            (Some(kind), _) => self.doubt = Some((kind, far, Instant::now())),
        }
        None
    }

    /// Returns true if an init that tells when it is up has not told so, and is not silent.
    fn is_target_awaited(&self, observed: &Observed) -> bool {
        self.request.until == Stage::Userspace
            && !self.request.has_marker
            && observed.stage() < Some(Stage::Userspace)
            && observed.stage() >= Some(Stage::Init)
            && self.heard.elapsed() < self.request.grace
            && (observed.clues.has_systemd || (self.request.tells_first_target)())
    }

    fn is_init_started(&self, observed: &Observed) -> bool {
        let reached = observed.stage();
        if self.request.has_marker {
            return reached >= Some(Stage::Userspace);
        }
        let shell = observed.clues.shell.as_deref();
        reached >= Some(Stage::Init)
            || shell.is_some_and(|shell| self.request.named.contains(&shell))
            || ((reached >= Some(Stage::Initramfs) || observed.clues.has_prompt)
                && (self.request.is_initramfs_the_system)())
    }

    /// What the VMM says of its own end belongs to the boot; what a console said that was not read
    /// does where the other said nothing.
    fn add_log_to_console(&mut self) {
        let is_silent = self
            .watch
            .current()
            .is_none_or(|observed| observed.clues.is_empty());
        if self.watch.current().is_some_and(Observed::has_ended) {
            return;
        }
        for line in &self.log {
            let end = end_by_vmm(line, self.request.limits);
            let is_of_vmm = matches!(
                end,
                Some(EndKind::VmmFailed | EndKind::TripleFault | EndKind::HypervisorFault)
            );
            if is_silent || is_of_vmm {
                self.watch.push(b"\n");
                self.watch.push(line.as_bytes());
                self.watch.push(b"\n");
            }
        }
    }

    fn finish(self, ending: Option<Ending>, has_room: bool, elapsed: Duration) -> Observation {
        let mut observed = self.watch.current().cloned().unwrap_or_default();
        if observed.clues.ran_initramfs && (self.request.is_initramfs_the_system)() {
            end_in_userspace(&mut observed);
        }
        let ending = ending.unwrap_or_else(|| self.verdict(&observed, has_room));
        let is_late = observed
            .end
            .as_ref()
            .is_some_and(|end| end.kind == EndKind::Deadline);
        Observation {
            is_cut_short: is_late && self.request.timeout < self.request.usual_timeout,
            ending,
            reached: self.reached,
            observed,
            elapsed,
            console_bytes: self.console_bytes,
            log: self.log.into(),
            jail: self.jail,
        }
    }

    /// The guest's failure, or the host's.
    fn verdict(&self, observed: &Observed, has_room: bool) -> Ending {
        if self.gone.as_ref().and_then(|gone| gone.signal) == Some(FILE_TOO_LONG) {
            return too_much_written();
        }
        let said = || self.log.back().cloned().unwrap_or_default();
        let code = observed.code();
        if let Some(code) = code.filter(|code| [HYPERVISOR_FAULT, SETUP_FAILED].contains(code)) {
            let line = observed.end.as_ref().and_then(|end| end.line.as_ref());
            return host(code, line.map_or_else(said, |line| line.text.clone()));
        }
        // The timer that is emulated came late: a busy host, and nothing of the guest's.
        let is_late = observed.end.as_ref().is_some_and(|end| {
            let line = end.line.as_ref().map_or("", |line| &line.text);
            end.kind == EndKind::Panic && line.contains(LATE_TIMER)
        });
        if is_late {
            return Ending::Host {
                code: HYPERVISOR_FAULT,
                why: format!("the host is too busy for the guest's timer (\"{LATE_TIMER}\")"),
                fix: Some(LATE_TIMER_FIX),
            };
        }
        if !has_room {
            let why = "the disk for temporary files is full (TMPDIR names another)".to_owned();
            return host(SETUP_FAILED, why);
        }
        // A VMM that gives up before its kernel said a word did not set the machine up.
        if let Some(gone) = &self.gone
            && observed.clues.is_empty()
            && gone.code != Some(0)
        {
            let how = match (gone.code, gone.signal) {
                (Some(code), _) => format!("the VMM ended with status {code}"),
                (_, Some(signal)) => format!("the VMM was ended by signal {signal}"),
                _ => "the VMM ended".to_owned(),
            };
            let said = said();
            let colon = if said.is_empty() { "" } else { ": " };
            return host(SETUP_FAILED, format!("{how}{colon}{said}"));
        }
        Ending::Failed
    }
}

/// Returns true if the host ran the VMM for this long since init was started: a guest that is not run does not fail
/// either. The host is asked ten times a second at most, and its load is not waited for without an end.
fn was_run(
    measured: &mut Option<Instant>,
    machine: &RunningVm,
    alive: Alive,
    settle: Duration,
) -> bool {
    if settle.is_zero() || alive.since.elapsed() >= settle.saturating_mul(MOST_DELAY) {
        return true;
    }
    if measured.is_some_and(|at| at.elapsed() < LOOK_AT_SCRATCH) {
        return false;
    }
    *measured = Some(Instant::now());
    let delayed = machine.delayed().saturating_sub(alive.delayed);
    alive.since.elapsed().saturating_sub(delayed) >= settle
}

/// With no root behind it, the init of an initramfs is the one asked for: it ends in userspace, not
/// on its way to a root.
fn end_in_userspace(observed: &mut Observed) {
    let is_its_own = observed.code() == Some(INIT_EXITS);
    if let Some(end) = observed.end.as_mut().filter(|_| is_its_own) {
        end.stage = Stage::Userspace;
        for finding in &mut observed.findings {
            if finding.code == INIT_EXITS {
                finding.stage = Stage::Userspace;
            }
        }
    }
}

/// The end of which a VMM's line tells, if it does.
fn end_by_vmm(line: &str, limits: &Limits) -> Option<EndKind> {
    let mut watch = Watch::new(limits).ok()?;
    watch.push(line.as_bytes());
    watch.push(b"\n");
    let end = watch.current()?.end.as_ref()?;
    Some(end.kind)
}

impl Observation {
    /// What an error of the system comes to.
    pub fn of_host(error: &io::Error) -> Self {
        Self {
            ending: host(SETUP_FAILED, error.to_string()),
            reached: Vec::new(),
            observed: Observed::default(),
            elapsed: Duration::ZERO,
            console_bytes: 0,
            is_cut_short: false,
            log: Vec::new(),
            jail: Vec::new(),
        }
    }

    /// The highest stage that was reached.
    pub fn stage(&self) -> Option<Stage> {
        self.reached.iter().map(|reach| reach.stage).max()
    }
}
