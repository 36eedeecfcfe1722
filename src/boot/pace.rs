//! How long the processes of a machine wait for a CPU of the host.
//!
//! Source: Linux `Documentation/scheduler/sched-stats.rst`, `/proc/PID/schedstat`; proc(5), `/proc/PID/stat`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest time that a thread of this process or of its descendants was ready to run and had no CPU. Zero where
/// the system does not tell.
pub(super) fn delayed(process: u32) -> Duration {
    let parents = parents();
    let mut found = vec![process];
    let mut longest = Duration::ZERO;
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        next = next.saturating_add(1);
        let delays = threads(process);
        longest = delays
            .iter()
            .filter_map(|thread| delay_of(thread))
            .fold(longest, Duration::max);
        let children = parents
            .iter()
            .filter(|(child, parent)| *parent == process && !found.contains(child));
        let children: Vec<u32> = children.map(|(child, _)| *child).collect();
        found.extend(children);
    }
    longest
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name, in parentheses, may hold blanks and parentheses.
            let (_, rest) = stat.rsplit_once(')')?;
            let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect()
}

fn threads(process: u32) -> Vec<PathBuf> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// Nanoseconds on a CPU, nanoseconds in wait for one, and turns.
fn delay_of(thread: &Path) -> Option<Duration> {
    let text = fs::read_to_string(thread.join("schedstat")).ok()?;
    let nanoseconds = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_process_that_sleeps_waits_for_no_cpu() {
        let mut sleeper = std::process::Command::new("sleep").arg("5").spawn();
        let sleeper = sleeper.as_mut().expect("sleep runs");
        let before = delayed(sleeper.id());
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(50) {}
        let after = delayed(sleeper.id());
        sleeper.kill().ok();
        sleeper.wait().ok();
        assert!(after.saturating_sub(before) < Duration::from_millis(40));
    }

    #[test]
    fn a_child_is_known_by_its_parent() {
        let mut child = std::process::Command::new("sleep").arg("5").spawn();
        let child = child.as_mut().expect("sleep runs");
        let known = parents();
        let pair = (child.id(), std::process::id());
        child.kill().ok();
        child.wait().ok();
        assert!(known.contains(&pair), "{known:?}");
    }
}
