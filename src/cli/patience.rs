//! Ends a run that takes too much processor time: `--limit seconds=`.
//!
//! A thread reads the clock of the process. When the time is used up, it orders every reader to
//! stop, and the run ends as after any limit: with a report, the verdict *unknown* and exit status
//! 3. A reader that does not stop soon afterwards is not waited for: the thread writes the report
//! and ends the process.

use kelpie_check::confine::is_simulated_absent;
use kelpie_check::limits::{Limits, Meter, Stop};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Seconds of processor time for each artefact of a run.
const DEFAULT_SECONDS: u64 = 20;
/// Processor time that readers have to stop after the order.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(2);
/// The clock is read at least this often.
#[cfg(unix)]
const INTERVAL: Duration = Duration::from_millis(100);

static STOP: LazyLock<Stop> = LazyLock::new(Stop::default);

/// The thread that ends a run.
const WATCHER: &str = "patience";

/// The writer of the report: still open, the run, or the thread that ends it.
static ANSWERING: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
const RUN: u8 = 1;
#[cfg(unix)]
const WATCH: u8 = 2;

/// The limits of the command: those of the library, and a bound of processor time.
pub fn limits() -> Limits {
    Limits {
        seconds: DEFAULT_SECONDS,
        meter: Meter::with_stop(&STOP),
        ..Limits::default()
    }
}

/// Takes the right to answer for the run. If the time is used up, this waits for the end.
pub fn take_answer() {
    // The thread that ends the run has taken it.
    if std::thread::current().name() == Some(WATCHER) {
        return;
    }
    // For tests: a reader that does not obey the order to stop.
    while is_simulated_absent("end") {
        std::hint::spin_loop();
    }
    let taken = ANSWERING.compare_exchange(OPEN, RUN, Ordering::Relaxed, Ordering::Relaxed);
    if taken.is_err_and(|other| other != RUN) {
        loop {
            std::thread::park();
        }
    }
}

/// Bounds the processor time of a run over `artefacts`: each has `seconds` of [`Limits`]. `answer`
/// writes the report of a run that does not end after the order to stop.
#[cfg(unix)]
pub fn watch(limits: &Limits, artefacts: usize, answer: impl FnOnce() + Send + 'static) {
    let artefacts = u64::try_from(artefacts.max(1)).unwrap_or(u64::MAX);
    let allowed = limits.seconds.saturating_mul(artefacts);
    if allowed == 0 {
        return;
    }
    let allowed = Duration::from_secs(allowed);
    let watching = move || {
        wait_until(allowed);
        STOP.stop();
        wait_until(allowed.saturating_add(GRACE));
        let taken = ANSWERING.compare_exchange(OPEN, WATCH, Ordering::Relaxed, Ordering::Relaxed);
        if taken.is_ok() {
            answer();
            std::process::exit(i32::from(super::Exit::Unreadable as u8));
        }
    };
    let thread = std::thread::Builder::new().name(WATCHER.to_owned());
    // Without a thread the run has no bound of time; its other limits hold.
    thread.spawn(watching).ok();
}

/// Other systems have no such clock: there the other limits bound the run.
#[cfg(not(unix))]
pub fn watch(_limits: &Limits, _artefacts: usize, _answer: impl FnOnce() + Send + 'static) {}

/// Waits until this process has used that much processor time.
#[cfg(unix)]
fn wait_until(time: Duration) {
    while let Some(left) = time.checked_sub(used()).filter(|left| !left.is_zero()) {
        std::thread::sleep(left.min(INTERVAL));
    }
}

/// The processor time of this process so far.
#[cfg(unix)]
fn used() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
