//! A folder root in libkrun. The guest drives the virtio-fs queue itself and looks up `..`, absolute
//! paths, links and descriptors.

use super::DONE;
use super::attempts::Console;
use super::boot::Boot;
use super::compile::compile;
use crate::runs::{Bench, text};
use crate::support::libkrun::host;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A host with files that the guest must not read, and the console of a guest that tried.
struct Shared {
    console: Console,
    json: serde_json::Value,
    secrets: Secrets,
    before: BTreeMap<PathBuf, String>,
    after: BTreeMap<PathBuf, String>,
}

/// Texts that exist on the host only.
struct Secrets {
    /// In a file beside the shared folder.
    near: String,
    /// In a file elsewhere.
    far: String,
    /// In the environment of kelpie-check.
    environment: String,
}

/// Boots once for all tests of this file; `None` if this host cannot.
fn shared() -> Option<&'static Shared> {
    static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
    SHARED.get_or_init(boot).as_ref()
}

fn boot() -> Option<Shared> {
    host()?;
    let bench = Bench::new();
    let kernel = compile(&bench, "kernel")?;
    let secrets = Secrets {
        near: random("near"),
        far: random("far"),
        environment: random("environment"),
    };
    let (outside, far) = (bench.path("outside"), bench.path("far"));
    let folder = outside.join("shared");
    std::fs::create_dir_all(folder.join("inside")).unwrap();
    std::fs::create_dir(&far).unwrap();
    std::fs::write(folder.join("file"), "the shared file").unwrap();
    symlink("../near.secret", folder.join("escape")).unwrap();
    symlink("..", folder.join("upward")).unwrap();
    std::fs::write(outside.join("near.secret"), &secrets.near).unwrap();
    let far = far.join("far.secret");
    std::fs::write(&far, &secrets.far).unwrap();
    let before = contents(&bench.path("outside"));
    let boot = Boot {
        backend: "libkrun",
        initramfs: None,
        root: Some(&folder),
        parameters: &format!("reach.near=../near.secret reach.far={}", text(&far)),
        timeout_seconds: 60,
        environment: &[("KELPIE_REACH_SECRET", &secrets.environment)],
    };
    let (console, json) = boot.run(&bench, &kernel);
    Some(Shared {
        console,
        json,
        secrets,
        before,
        after: contents(&bench.path("outside")),
    })
}

fn random(name: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{name}-{:016x}", RandomState::new().hash_one(name))
}

/// Each file and folder below `folder`, with its content, mode and time of change.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let state = (metadata.permissions(), metadata.modified().unwrap(), text);
            found.insert(path, format!("{state:?}"));
        }
    }
    found
}

#[test]
fn a_guest_reads_the_folder_that_it_is_given() {
    let Some(shared) = shared() else { return };
    let console = &shared.console;
    assert!(console.lines().any(|line| line == DONE), "{console}");
    assert_eq!(shared.json["observed"]["outcome"], "reached", "{console}");
    assert!(
        console.outcome("LOOKUP file").contains("size 15"),
        "{console}"
    );
    assert!(console.received().contains("the shared file"), "{console}");
}

#[test]
fn a_guest_that_looks_up_dot_dot_reads_no_file_of_the_host() {
    let Some(shared) = shared() else { return };
    let (console, secrets) = (&shared.console, &shared.secrets);
    for tried in [
        "LOOKUP ..",
        "LOOKUP ../near.secret",
        "LOOKUP upward/near.secret",
        "LOOKUP inside/../..",
        "LOOKUP ../../../../../../../../../../../../etc/passwd",
        "LOOKUP /etc/passwd",
        "LOOKUP /proc/self/root/etc/passwd",
        "LOOKUP /proc/self/fd/3/../near.secret",
        "LOOKUP with NUL",
        "LOOKUP long",
    ] {
        console.outcome(tried);
    }
    let received = console.received();
    for secret in [&secrets.near, &secrets.far] {
        assert!(!received.contains(secret.as_str()), "{console}");
    }
    assert!(!received.contains("root:x:0:"), "{console}");
    let entries: Vec<&str> = console.after("entry ").collect();
    assert!(!entries.contains(&"near.secret"), "{console}");
    assert!(!entries.contains(&"far.secret"), "{console}");
}

#[test]
fn a_guest_reads_no_environment_of_the_host() {
    let Some(shared) = shared() else { return };
    let console = &shared.console;
    console.outcome("LOOKUP /proc/self/environ");
    console.outcome("LOOKUP /proc/1/environ");
    let received = console.received();
    assert!(!received.contains(&shared.secrets.environment), "{console}");
    assert!(!received.contains("CARGO_"), "{console}");
}

#[test]
fn a_guest_changes_nothing_in_the_folder_or_beside_it() {
    let Some(shared) = shared() else { return };
    let console = &shared.console;
    for operation in [
        "CREATE", "MKNOD", "MKDIR", "SYMLINK", "RENAME", "RENAME2", "UNLINK", "RMDIR",
    ] {
        for name in ["made", "../made"] {
            console.outcome(&format!("change {operation} {name}"));
        }
    }
    for operation in [
        "LINK",
        "OPEN-WRITE",
        "OPEN-TRUNCATE",
        "SETATTR",
        "SETXATTR",
        "REMOVEXATTR",
        "WRITE",
        "FALLOCATE",
        "COPY_FILE_RANGE",
        "SETUPMAPPING",
    ] {
        console.outcome(&format!("change {operation} file"));
    }
    for attempt in console.attempts("change ") {
        assert!(attempt.failed(), "{} succeeded:\n{console}", attempt.what);
    }
    assert_eq!(shared.before, shared.after, "{console}");
}
