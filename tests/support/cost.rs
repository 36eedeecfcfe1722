//! What a piece of work costs the thread that does it: processor time, and memory at its peak.
//!
//! A test binary that measures memory declares the allocator:
//! `#[global_allocator] static ALLOCATOR: cost::Counting = cost::Counting;`. It counts what Rust
//! code allocates. Memory that a codec written in C allocates is not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, with a count of bytes per thread.
pub struct Counting;

fn count(bytes: i64) {
    // A thread that ends still frees memory when its cells are gone.
    let _ = LIVE_BYTES.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK_BYTES.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

// SAFETY: every call is passed to `System`, which keeps the contract of `GlobalAlloc`. The counters
// are plain cells: they allocate nothing, and do not unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The cost of one piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Processor time of this thread, which other processes of a busy machine do not lengthen.
    pub cpu: Duration,
    /// The most memory that this thread held at once beyond what it held before.
    pub peak_bytes: u64,
}

/// Runs `work` once and returns what it cost.
pub fn of(work: impl FnOnce()) -> Cost {
    let before_bytes = LIVE_BYTES.get();
    PEAK_BYTES.set(before_bytes);
    let before = cpu();
    work();
    Cost {
        cpu: cpu() - before,
        peak_bytes: u64::try_from(PEAK_BYTES.get() - before_bytes).unwrap_or(0),
    }
}

/// The cheapest of several runs: what disturbs a run only ever adds to it.
pub fn least(runs: u32, mut work: impl FnMut()) -> Cost {
    let costs = (0..runs).map(|_| of(&mut work));
    costs.min_by_key(|cost| cost.cpu).expect("at least one run")
}

/// Processor time of this thread so far.
#[cfg(unix)]
fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

/// Where there is no such clock, time on the wall.
#[cfg(not(unix))]
fn cpu() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
