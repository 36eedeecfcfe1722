//! Each test once, to see which mutants it meets; then each mutant under the tests that meet it.

use crate::list::Mutant;
use crate::tree::Binary;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// A mutant that counts without end is stopped here, and a test that takes so long is left out.
const DEADLINE: Duration = Duration::from_secs(60);

/// A mutant that fills memory without end is stopped here.
const MEMORY_KIB: u64 = 6 << 20;

/// How many tests a mutant meets at most, those that are about it first, and how long one may take:
/// `MOST` and `SLOWEST_MS`, for machines that are busy. What is left out can only miss more.
static BOUNDS: LazyLock<(usize, Duration)> = LazyLock::new(|| {
    let bound = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let most = bound("MOST").and_then(|most| usize::try_from(most).ok());
    let slowest = bound("SLOWEST_MS").map_or(DEADLINE, Duration::from_millis);
    (most.unwrap_or(usize::MAX), slowest)
});

/// So many tests run each by itself before others run together: most mutants end there.
const ALONE: usize = 3;

/// One test of one binary, and the mutants that it meets.
pub struct Test<'a> {
    pub binary: &'a Binary,
    pub name: String,
    met: Vec<usize>,
    took: Duration,
}

impl Test<'_> {
    /// How many parts of the path of a file the test is named after: what every test meets is caught
    /// by those that were written for it.
    fn parts_named_after(&self, file: &str) -> usize {
        let parts = file.trim_end_matches(".rs").split('/');
        parts
            .filter(|part| self.name.split("::").any(|name| name == *part))
            .count()
    }
}

/// What is kept of a test from one run to the next.
#[derive(Serialize, Deserialize)]
struct Traced {
    met: Vec<usize>,
    took_ms: u64,
}

/// What became of a mutant.
#[derive(Clone, PartialEq, Eq)]
pub enum End {
    Caught(String),
    TimedOut(String),
    Missed,
    NeverMet,
}

/// Runs every test without a mutant. What fails even so is left out.
pub fn trace<'a>(tree: &Path, binaries: &'a [Binary], jobs: usize) -> Vec<Test<'a>> {
    let mut names = Vec::new();
    for binary in binaries {
        let listed = Command::new(&binary.path)
            .args(["--list", "--format", "terse"])
            .current_dir(tree)
            .output()
            .unwrap();
        for line in String::from_utf8(listed.stdout).unwrap().lines() {
            if let Some(name) = line.strip_suffix(": test") {
                names.push((binary, name.to_owned()));
            }
        }
    }
    let kept = tree.join("traced.json");
    let known: BTreeMap<String, Option<Traced>> = fs::read(&kept)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let traced = in_parallel(jobs, &names, |number, (binary, name)| {
        let key = format!("{} {name}", binary.name);
        if let Some(Some(known)) = known.get(&key) {
            let (met, took_ms) = (known.met.clone(), known.took_ms);
            return (key, Some(Traced { met, took_ms }));
        }
        let met = tree.join(format!("met-{number}"));
        let mut command = test(tree, binary, &[name]);
        command.env("KELPIE_CHECK_MUTANTS_MET", &met);
        let started = Instant::now();
        let ended = end(command);
        let lines = fs::read_to_string(&met).unwrap_or_default();
        let _ = fs::remove_file(&met);
        if ended != Some(true) {
            eprintln!("left out, it fails without a mutant: {key}");
            return (key, None);
        }
        let traced = Traced {
            met: lines.lines().filter_map(|line| line.parse().ok()).collect(),
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap(),
        };
        (key, Some(traced))
    });
    let mut tests: Vec<Test> = names
        .into_iter()
        .zip(&traced)
        .filter_map(|((binary, name), (_, traced))| {
            let traced = traced.as_ref()?;
            Some(Test {
                binary,
                name,
                met: traced.met.clone(),
                took: Duration::from_millis(traced.took_ms),
            })
        })
        .collect();
    let all: BTreeMap<_, _> = traced.into_iter().collect();
    fs::write(&kept, serde_json::to_vec(&all).unwrap()).unwrap();
    // Those that meet little are about what they meet; a process of the tool itself costs more.
    tests.sort_by_key(|test| (test.binary.name == "cli", test.met.len()));
    tests
}

/// Runs these of the mutants.
pub fn run(
    tree: &Path,
    tests: &[Test],
    mutants: &[Mutant],
    numbers: &[usize],
    jobs: usize,
    tell: impl Fn(usize, &End) + Sync,
) -> Vec<End> {
    in_parallel(jobs, numbers, |_, number| {
        let ended = one(tree, tests, &mutants[*number].file, *number);
        tell(*number, &ended);
        ended
    })
}

fn one(tree: &Path, tests: &[Test], file: &str, number: usize) -> End {
    let (most, slowest) = *BOUNDS;
    let mut meeting: Vec<_> = tests
        .iter()
        .filter(|test| test.met.contains(&number) && test.took <= slowest)
        .collect();
    meeting.sort_by_key(|test| Reverse(test.parts_named_after(file)));
    meeting.truncate(most);
    if meeting.is_empty() {
        return End::NeverMet;
    }
    let (alone, together) = meeting.split_at(meeting.len().min(ALONE));
    let mut rest: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in together {
        rest.entry(&test.binary.name).or_default().push(test);
    }
    for tests in alone
        .iter()
        .map(|test| vec![*test])
        .chain(rest.into_values())
    {
        let names: Vec<&str> = tests.iter().map(|test| &*test.name).collect();
        let mut command = test(tree, tests[0].binary, &names);
        command.env("KELPIE_CHECK_MUTANT", number.to_string());
        let by = match &names[..] {
            [name] => format!("{} {name}", tests[0].binary.name),
            several => format!("{}, {} tests", tests[0].binary.name, several.len()),
        };
        match end(command) {
            Some(true) => {}
            Some(false) => return End::Caught(by),
            None => return End::TimedOut(by),
        }
    }
    End::Missed
}

/// A command that runs these tests, with memory bounded.
fn test(tree: &Path, binary: &Binary, names: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit -v {MEMORY_KIB}; exec \"$@\""))
        .arg("sh")
        .arg(&binary.path)
        .args(["--exact", "--test-threads=1"])
        .args(names)
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether it succeeds; none where it does not end.
fn end(mut command: Command) -> Option<bool> {
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            // The shell's own: there was no binary, and nothing was tested.
            assert!(!matches!(status.code(), Some(126 | 127)), "{command:?}");
            return Some(status.success());
        }
        if started.elapsed() > DEADLINE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Does a piece of work for each item, several at once; results in the order of the items.
fn in_parallel<T: Sync, R: Send>(
    jobs: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else {
                        return;
                    };
                    let result = work(number, item);
                    results.lock().unwrap().insert(number, result);
                }
            });
        }
    });
    results.into_inner().unwrap().into_values().collect()
}
