//! libkrun on this host.

use super::skip;
use serde_json::Value;
use std::process::Command;

/// How this host runs guests by libkrun.
pub enum Host {
    Runs,
    Emulates,
}

pub fn host() -> Option<Host> {
    if !cfg!(feature = "boot") {
        skip("libkrun", "this build has no libkrun in it");
        return None;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["doctor", "--format", "json"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kvm = json["host"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["subject"] == "/dev/kvm")?;
    let found = kvm["found"].as_str().unwrap();
    if kvm["good"] == true {
        return Some(Host::Runs);
    }
    if found.contains("emulates") {
        return Some(Host::Emulates);
    }
    skip("libkrun", found);
    None
}
