//! Records the commit that a release is built from, for `--version --verbose`. Other builds record none: they
//! would be compiled anew after each commit.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    // The sources may lie in the repository of something else.
    let top = git(&["rev-parse", "--show-toplevel"]);
    if top.as_deref() != std::env::var("CARGO_MANIFEST_DIR").ok().as_deref() {
        return;
    }
    // HEAD is rewritten by a checkout, its log by each commit.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    if let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) {
        let is_changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some();
        let mark = if is_changed { " with changes" } else { "" };
        println!("cargo::rustc-env=KELPIE_CHECK_COMMIT={commit}{mark}");
    }
}

/// What git says, if it says anything.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
