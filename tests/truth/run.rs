//! Boots the cases, two at once.

use super::choose::Case;
use super::judge::{Booted, Judgement};
use super::kept::Kept;
use super::space::What;
use super::store::{Files, Store};
use super::support::say;
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::{Observed, Watch};
use kelpie_check::guest::marker;
use kelpie_check::limits::Limits;
use serde_json::Value as Json;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many machines run at once.
const AT_ONCE: usize = 2;
/// How long a boot may take that ends by itself, where nothing else runs.
const ENDS_SECONDS: u32 = 20;
/// How long one takes that succeeds, where nothing else runs.
const USUAL: Duration = Duration::from_millis(1800);
/// How much slower a machine may seem.
const SLOWEST: u32 = 6;
/// How many times as long one is given that met its deadline, against what was predicted.
const PATIENCE: u32 = 3;

/// What the cases came to, in their order. `tells` has each told as it ends.
///
/// After `most`, no further case begins.
pub fn all<'a>(cases: &[Case<'a>], tells: bool, most: Option<Duration>) -> Vec<Booted<'a>> {
    let store = Store::new();
    let kept = Kept::from_environment();
    let slowness = cases.first().map_or(1, |case| slowness(case, &store));
    let started = Instant::now();
    let next = Mutex::new(cases.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while most.is_none_or(|most| started.elapsed() < most) {
                    let taken = next.lock().unwrap().next();
                    let Some((number, case)) = taken else { break };
                    let booted = kept_or_booted(case, &store, kept.as_ref(), slowness);
                    if tells || booted.judgement.is_wrong() {
                        say(&booted.to_string());
                    }
                    done.lock().unwrap().push((number, booted));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, booted)| booted).collect()
}

fn kept_or_booted<'a>(
    case: &Case<'a>,
    store: &Store,
    kept: Option<&Kept>,
    slowness: u32,
) -> Booted<'a> {
    if let Some((report, console)) = kept.and_then(|kept| kept.get(case, store)) {
        return judged(case, &report, &console);
    }
    let mut booted = one(case, store, kept, slowness);
    if matches!(booted.judgement, Judgement::NotRun(_)) {
        booted = one(case, store, kept, slowness);
    }
    // The host may have become slower meanwhile.
    let given = deadline_seconds(case, slowness);
    if booted.met_the_deadline(given) && booted.judgement.is_wrong() {
        booted = one(case, store, kept, slowness * PATIENCE);
    }
    booted
}

/// How many times as long a boot takes here as where nothing else runs: the deadlines grow with it.
fn slowness(case: &Case, store: &Store) -> u32 {
    let base = Case {
        space: case.space,
        picks: vec![0; case.picks.len()],
    };
    let started = Instant::now();
    one(&base, store, None, SLOWEST);
    let times = started.elapsed().as_millis() / USUAL.as_millis();
    u32::try_from(times).unwrap_or(SLOWEST).clamp(1, SLOWEST)
}

fn one<'a>(case: &Case<'a>, store: &Store, kept: Option<&Kept>, slowness: u32) -> Booted<'a> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("console");
    let mut command = command(case, store, slowness);
    command.arg("--log").arg(&log);
    let output = command.output().unwrap();
    let console = std::fs::read(&log).unwrap_or_default();
    if let Some(folder) = std::env::var_os("KELPIE_CHECK_TRUTH_LOGS") {
        let name = format!("{}.log", case.title().replace('/', "_"));
        let whole = [
            format!("{command:?}\n").as_bytes(),
            &console,
            &output.stdout,
        ]
        .concat();
        std::fs::write(std::path::Path::new(&folder).join(name), whole).unwrap();
    }
    let Ok(report) = serde_json::from_slice::<Json>(&output.stdout) else {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Booted::without_a_boot(case, Judgement::NotRun(why));
    };
    let booted = judged(case, &report, &console);
    let is_settled =
        !booted.judgement.is_wrong() && !matches!(booted.judgement, Judgement::NotRun(_));
    if let Some(kept) = kept.filter(|_| is_settled) {
        kept.put(case, store, &report, &console);
    }
    booted
}

fn judged<'a>(case: &Case<'a>, report: &Json, console: &[u8]) -> Booted<'a> {
    let text = String::from_utf8_lossy(console);
    Booted::of(case, report, &watched(console), &text)
}

/// How it is booted: what `KELPIE_CHECK_TRUTH_ONLY` prints can be repeated by hand.
fn command(case: &Case, store: &Store, slowness: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.arg("boot");
    let files = describe(case, store, &mut command);
    if case.space.speaks && (files.root.is_some() || files.initramfs.is_some()) {
        // On a busy host, how long an init has lived says little: ours says a word.
        command.args(["--expect", marker::TEXT]);
    }
    command.args(["--backend", "qemu", "--accelerator", "tcg", "--force"]);
    command.args(["--format", "json", "--settle", "1"]);
    let seconds = deadline_seconds(case, slowness);
    command.args(["--timeout", &seconds.to_string()]);
    command
}

/// Adds the kernel, the other artefacts and the machine of a case.
pub fn describe(case: &Case, store: &Store, command: &mut Command) -> Files {
    let files = store.files(case);
    let mut words = vec![case.space.basics.to_owned()];
    command.arg(files.kernel.as_deref().unwrap());
    for (_, value) in case.values() {
        match &value.what {
            What::Words(part) => words.push(part.clone()),
            What::Options(options) => {
                command.args(*options);
            }
            _ => {}
        }
    }
    if let Some(initramfs) = &files.initramfs {
        command.arg("--initramfs").arg(initramfs);
    }
    if let Some(root) = &files.root {
        command.arg("--rootfs").arg(root);
    }
    words.retain(|part| !part.is_empty());
    // `-- WORD` ends what the kernel reads.
    words.sort_by_key(|part| part.contains(" -- "));
    command.args(["--cmdline", &words.join(" ")]);
    command.args(["--arch", case.space.architecture.name()]);
    command.args(["--target", case.space.target]);
    files
}

/// How long it may take.
fn deadline_seconds(case: &Case, slowness: u32) -> u32 {
    case.waits_seconds().unwrap_or(ENDS_SECONDS) * slowness
}

/// The console as `diagnose` reads it, without the files.
fn watched(console: &[u8]) -> Observed {
    let mut watch = Watch::new(&Limits::default()).unwrap();
    watch.push(console);
    watch.finish(EndKind::Exited);
    watch.current().cloned().unwrap_or_default()
}
