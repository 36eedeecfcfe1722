//! ldd: the loader of this machine, which looks for the libraries of each of its programs.

use super::super::real::Machine;
use super::super::support::{program as tool, skip};
use super::{Found, of, ours, output, programs_of_this_machine, text};
use kelpie_check::userland::Loader;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// The path without links.
fn canonical(path: &str) -> Option<String> {
    let path = fs::canonicalize(path).ok()?;
    Some(path.to_str().unwrap().to_owned())
}

/// What `ldd` prints of a program: the loader starts, looks for everything, and tells.
fn ldd(listed: &str, loader: &str) -> Found {
    let mut found = Found::new();
    for line in listed.lines() {
        let Some((name, path)) = line.trim().split_once(" => ") else {
            // The kernel's own library, and the loader.
            continue;
        };
        let path = path.rsplit_once(" (0x").map_or(path, |(path, _)| path);
        let path = canonical(path);
        if path.as_deref() != Some(loader) {
            found.insert(name.to_owned(), path);
        }
    }
    found
}

#[test]
fn programs_of_this_machine_find_what_their_loader_finds() {
    let Some(tool) = tool("ldd", "tools") else {
        return;
    };
    let tree = Machine::default();
    let programs = programs_of_this_machine();
    // Names of programs stand before what is said of each.
    let listed = output(Command::new(tool).args(&programs).arg("/dev/null"));
    let mut theirs = BTreeMap::new();
    let mut at = None;
    for line in listed.lines() {
        match line.strip_suffix(':').filter(|line| line.starts_with('/')) {
            Some(path) => at = Some(path),
            None => {
                let lines: &mut String = theirs.entry(at.unwrap()).or_default();
                *lines += &format!("{line}\n");
            }
        }
    }
    let mut compared = 0;
    for path in &programs {
        let program = of(&tree, path);
        if program.loader != Some(Loader::Glibc) {
            continue;
        }
        let loader = text(&program.steps.last().unwrap().found.path);
        let theirs = ldd(&theirs[path.to_str().unwrap()], &loader);
        assert_eq!(ours(&program), theirs, "{}", path.display());
        compared += 1;
    }
    if compared == 0 {
        skip("machine", "no program of this machine has glibc's loader");
    }
}
