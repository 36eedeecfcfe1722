//! A progress bar for what comes from servers, on a terminal, once it takes more than a second.

use super::output::Stream;
use indicatif::{ProgressBar, ProgressStyle};
use kelpie_check::fetch::Watch;
use kelpie_check::printable::escape;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a transfer is given before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far the files are.
pub struct Transfer {
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Transfer {
    pub fn new() -> Self {
        Self {
            bar: Arc::default(),
        }
    }

    /// What is told of each piece that came.
    pub fn watch(&self) -> Box<Watch> {
        let bar = Arc::clone(&self.bar);
        let started = Instant::now();
        let is_watched = Stream::Error.is_terminal();
        Box::new(move |url, done_bytes, total_bytes| {
            if !is_watched || started.elapsed() < PATIENCE {
                return;
            }
            let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
            let bar = bar.get_or_insert_with(new_bar);
            if let Some(total_bytes) = total_bytes {
                bar.set_length(total_bytes);
            }
            let name = url.rsplit('/').next().unwrap_or(url);
            bar.set_message(escape(name).into_owned());
            bar.set_position(done_bytes);
        })
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = bar.as_ref() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
