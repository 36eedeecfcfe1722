//! How much work reading an artefact took so far, and the order to stop.

use super::Limits;
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts the work of one artefact, or of one job that reads several. Clones share the count.
///
/// [`Meter::default`] counts nothing: [`Limits::metered`] starts the count. The readers of a kernel,
/// an initramfs and a root file system do so themselves.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    count: Option<Arc<Count>>,
    stop: Stop,
}

#[derive(Debug, Default)]
struct Count {
    spent_bytes: AtomicU64,
    /// Whether a reader was refused more work, and so may have missed something.
    has_refused: AtomicBool,
}

/// Meters are state and not a limit: two sets of limits with the same numbers are the same.
impl PartialEq for Meter {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Meter {}

/// An order to stop reading, which every reader obeys at its next charge. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops every reader whose limits have this order.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns true after [`Stop::stop`].
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Meter {
    /// A meter that counts nothing, whose readers end with `limit seconds` when `stop` is set.
    pub fn with_stop(stop: &Stop) -> Self {
        Self {
            count: None,
            stop: stop.clone(),
        }
    }

    /// The work that was charged so far.
    pub fn spent_bytes(&self) -> u64 {
        self.count
            .as_ref()
            .map_or(0, |count| count.spent_bytes.load(Ordering::Relaxed))
    }
}

/// The meter with the limits that it is held to: what charges the work of one reader.
#[derive(Debug, Clone)]
pub struct Work {
    meter: Meter,
    work_bytes: u64,
    seconds: u64,
}

impl Work {
    /// Charges `bytes` of work. Fails with the limit's name when they exceed `work_bytes`, or after
    /// an order to stop.
    pub fn charge(&self, bytes: u64) -> Result<()> {
        if let Some(count) = &self.meter.count {
            let before = count.spent_bytes.fetch_add(bytes, Ordering::Relaxed);
            if before.saturating_add(bytes) > self.work_bytes {
                // Spent stays spent: what asks again is refused again.
                let spent_bytes = self.work_bytes.saturating_add(1);
                count.spent_bytes.store(spent_bytes, Ordering::Relaxed);
            }
        }
        self.check()
    }

    /// Fails when the work is used up, or after an order to stop.
    pub fn check(&self) -> Result<()> {
        let Some(error) = self.refusal() else {
            return Ok(());
        };
        if let Some(count) = &self.meter.count {
            count.has_refused.store(true, Ordering::Relaxed);
        }
        Err(error)
    }

    /// The limit that refused a reader more work, if one did. A reader that ended before the order to
    /// stop was refused nothing.
    pub fn overrun(&self) -> Option<Error> {
        let count = self.meter.count.as_ref();
        self.refusal()
            .filter(|_| count.is_none_or(|count| count.has_refused.load(Ordering::Relaxed)))
    }

    fn refusal(&self) -> Option<Error> {
        if self.meter.stop.is_set() {
            return Some(Error::limit("seconds", self.seconds));
        }
        (self.meter.spent_bytes() > self.work_bytes)
            .then(|| Error::limit("work_bytes", self.work_bytes))
    }
}

impl Limits {
    /// The same limits with a count of work that begins at 0. Limits that have a count keep it: a
    /// job that reads several artefacts has one count for all of them.
    #[must_use]
    pub fn metered(&self) -> Self {
        let mut metered = self.clone();
        metered.meter.count.get_or_insert_with(Arc::default);
        metered
    }

    /// What charges work to these limits.
    pub fn work(&self) -> Work {
        Work {
            meter: self.meter.clone(),
            work_bytes: self.work_bytes,
            seconds: self.seconds,
        }
    }

    /// Charges `bytes` of work, as [`Work::charge`] does.
    pub fn charge_work(&self, bytes: u64) -> Result<()> {
        self.work().charge(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            work_bytes: 10,
            seconds: 7,
            ..Limits::default()
        }
    }

    #[test]
    fn clones_share_one_count_of_work() {
        let limits = limits().metered();
        limits.charge_work(6).unwrap();
        let clone = limits.metered();
        clone.charge_work(4).unwrap();
        assert_eq!(limits.meter.spent_bytes(), 10);
        let error = clone.charge_work(1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "limit work_bytes: expected at most 10, found more"
        );
        assert!(limits.charge_work(0).is_err());
    }

    #[test]
    fn limits_without_a_meter_count_nothing() {
        let limits = limits();
        limits.charge_work(100).unwrap();
        assert_eq!(limits.meter.spent_bytes(), 0);
    }

    #[test]
    fn an_order_to_stop_ends_every_reader() {
        let stop = Stop::default();
        let limits = Limits {
            meter: Meter::with_stop(&stop),
            ..limits()
        };
        let metered = limits.metered();
        metered.charge_work(1).unwrap();
        stop.stop();
        // What was read before is whole.
        assert_eq!(metered.work().overrun(), None);
        for limits in [limits, metered] {
            let error = limits.charge_work(0).unwrap_err();
            assert_eq!(
                error.to_string(),
                "limit seconds: expected at most 7, found more"
            );
            assert_eq!(limits.work().overrun(), Some(error));
        }
    }
}
