//! A progress bar, and only where work takes more than a second on a terminal.

use super::output::Stream;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long work is given before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

static IS_HIDDEN: AtomicBool = AtomicBool::new(false);

/// Counts finished files.
pub struct Progress {
    started: Instant,
    total: u64,
    is_watched: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows no bar from now on.
    pub fn hide() {
        IS_HIDDEN.store(true, Ordering::Relaxed);
    }

    /// For that many files.
    pub fn new(total: usize) -> Self {
        Self {
            started: Instant::now(),
            total: u64::try_from(total).unwrap_or(u64::MAX),
            is_watched: Stream::Error.is_terminal() && !IS_HIDDEN.load(Ordering::Relaxed),
            bar: None,
        }
    }

    /// How long to wait for the next file before asking again; for good where nobody watches, as
    /// to ask again and again would cost the cores that do the work.
    pub fn wait(&self) -> Duration {
        if self.is_watched {
            PATIENCE.saturating_sub(self.started.elapsed()).max(STEP)
        } else {
            Duration::MAX
        }
    }

    /// Shows where things stand, once there is reason to.
    pub fn show(&mut self, done: usize) {
        if !self.is_watched || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(self.total);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:30} {pos}/{len} kernels, {elapsed}")
            {
                bar.set_style(style);
            }
            bar
        });
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.tick();
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(is_watched: bool) -> Progress {
        Progress {
            started: Instant::now() - 2 * PATIENCE,
            total: 16,
            is_watched,
            bar: None,
        }
    }

    #[test]
    fn waiting_never_turns_into_asking_all_the_time() {
        assert_eq!(progress(true).wait(), STEP);
        assert_eq!(progress(false).wait(), Duration::MAX);
    }
}
