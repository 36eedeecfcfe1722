//! How long servers may take in all.
//!
//! A client waits for its allowance, and for one second more for each [`SLOWEST_BYTES_PER_SECOND`] that
//! it received. So the wait for all files of a run is bounded by their announced sizes, and by the
//! limits on those. Bytes that are received again, after a broken connection, do not count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The slowest average speed at which files may come: half a Mbit/s.
const SLOWEST_BYTES_PER_SECOND: u64 = 64 * 1024;

/// What all transfers of a client took so far, and what they brought.
pub(super) struct Pace {
    allowance: Duration,
    spent_ms: AtomicU64,
    received_bytes: AtomicU64,
}

/// One transfer, with all its requests.
pub(super) struct Transfer<'a> {
    pace: &'a Pace,
    started: Instant,
    best_bytes: u64,
}

impl Pace {
    /// Nothing was asked for yet.
    pub fn new(allowance: Duration) -> Self {
        Self {
            allowance,
            spent_ms: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
        }
    }

    /// Starts a transfer of which `there_bytes` are there.
    pub fn begin(&self, there_bytes: u64) -> Transfer<'_> {
        Transfer {
            pace: self,
            started: Instant::now(),
            best_bytes: there_bytes,
        }
    }
}

impl Transfer<'_> {
    /// The file has so many bytes now.
    pub fn reached(&mut self, done_bytes: u64) {
        let more = done_bytes.saturating_sub(self.best_bytes);
        self.best_bytes = self.best_bytes.max(done_bytes);
        self.pace.received_bytes.fetch_add(more, Ordering::Relaxed);
    }

    /// How long servers may still take; zero when the deadline has passed.
    pub fn left(&self) -> Duration {
        let received_bytes = self.pace.received_bytes.load(Ordering::Relaxed);
        let earned_ms = received_bytes
            .saturating_mul(1000)
            .checked_div(SLOWEST_BYTES_PER_SECOND)
            .unwrap_or(0);
        let spent_ms = self.pace.spent_ms.load(Ordering::Relaxed);
        self.pace
            .allowance
            .saturating_add(Duration::from_millis(earned_ms))
            .saturating_sub(Duration::from_millis(spent_ms))
            .saturating_sub(self.started.elapsed())
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        let spent_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.pace.spent_ms.fetch_add(spent_ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_come_again_earn_no_time() {
        let pace = Pace::new(Duration::from_secs(10));
        let mut transfer = pace.begin(1 << 20);
        let near = |transfer: &Transfer<'_>, seconds: u64| {
            let left = transfer.left();
            left <= Duration::from_secs(seconds)
                && left + Duration::from_secs(1) > Duration::from_secs(seconds)
        };
        assert!(near(&transfer, 10));
        transfer.reached(1 << 20);
        assert!(near(&transfer, 10));
        transfer.reached(2 << 20);
        assert!(near(&transfer, 26));
        transfer.reached(1 << 10);
        transfer.reached(2 << 20);
        assert!(near(&transfer, 26));
    }

    #[test]
    fn transfers_share_the_allowance() {
        let pace = Pace::new(Duration::from_millis(50));
        let first = pace.begin(0);
        std::thread::sleep(Duration::from_millis(60));
        drop(first);
        assert_eq!(pace.begin(0).left(), Duration::ZERO);
    }
}
