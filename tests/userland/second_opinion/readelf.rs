//! readelf, of a program and of every library on the way.

use super::super::real::Machine;
use super::super::support::program as tool;
use super::{of, ours, output, programs_of_this_machine, text};
use kelpie_check::tree::Tree;
use kelpie_check::userland::{Loader, Program};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `readelf -dlW` says of one file.
#[derive(Default, Debug, PartialEq)]
struct Sections {
    interpreter: Option<String>,
    needed: Vec<String>,
    soname: Option<String>,
    rpath: Option<String>,
    runpath: Option<String>,
}

/// Runs readelf over files; what it says of each.
fn readelf(files: &[PathBuf]) -> Option<BTreeMap<PathBuf, Sections>> {
    let readelf = tool("readelf", "binutils")?;
    let mut all = BTreeMap::new();
    for files in files.chunks(100) {
        // Of one file it does not print the name.
        let listed = output(
            Command::new(&readelf)
                .arg("-dlW")
                .args(files)
                .arg("/dev/null"),
        );
        for part in listed.split("\nFile: ").skip(1) {
            let (path, part) = part.split_once('\n').unwrap();
            all.insert(PathBuf::from(path), sections(part));
        }
    }
    Some(all)
}

fn sections(listed: &str) -> Sections {
    let mut sections = Sections::default();
    for line in listed.lines() {
        let bracketed = || {
            let inside = line
                .split_once('[')
                .and_then(|(_, rest)| rest.rsplit_once(']'));
            inside.map_or(String::new(), |(inside, _)| inside.to_owned())
        };
        if let Some((_, rest)) = line.split_once("[Requesting program interpreter: ") {
            sections.interpreter = rest.strip_suffix(']').map(str::to_owned);
        } else if line.contains("(NEEDED)") {
            sections.needed.push(bracketed());
        } else if line.contains("(SONAME)") {
            sections.soname = Some(bracketed());
        } else if line.contains("(RPATH)") {
            sections.rpath = Some(bracketed());
        } else if line.contains("(RUNPATH)") {
            sections.runpath = Some(bracketed());
        }
    }
    sections
}

/// Compares the files of programs with what readelf says of them, and what is walked from each with
/// what readelf says of every library on the way. How many asked for libraries.
pub fn same_as_readelf(tree: &dyn Tree, root: &Path, programs: &[PathBuf]) -> Option<usize> {
    let host = |path: &Path| root.join(path.strip_prefix("/").unwrap());
    let walked: Vec<Program> = programs.iter().map(|path| of(tree, path)).collect();
    let on_the_host = programs.iter().map(|path| host(path));
    let libraries = walked
        .iter()
        .flat_map(|program| ours(program).into_values());
    let libraries = libraries.flatten().map(|path| host(Path::new(&path)));
    let files: BTreeSet<PathBuf> = on_the_host.chain(libraries).collect();
    let theirs = readelf(&Vec::from_iter(files))?;
    let mut compared = 0;
    for (path, program) in programs.iter().zip(&walked) {
        let Some(elf) = &program.elf else {
            // What the kernel would not execute: another machine's, and the like.
            continue;
        };
        let facts = Sections {
            interpreter: elf.interpreter.as_deref().map(text),
            needed: elf.needed.iter().map(|name| text(name)).collect(),
            soname: elf.soname.as_deref().map(text),
            rpath: elf.rpath.as_deref().map(text),
            runpath: elf.runpath.as_deref().map(text),
        };
        let theirs_of = |path: &Path| &theirs[&host(path)];
        assert_eq!(&facts, theirs_of(path), "{}", path.display());
        if !matches!(program.loader, Some(Loader::Glibc | Loader::Musl { .. })) {
            continue;
        }
        // Whatever a file on the way asks for is looked for, and nothing else.
        let found = ours(program);
        let reached = found.values().flatten().map(Path::new);
        let asked: BTreeSet<&str> = reached
            .chain([path.as_path()])
            .flat_map(|path| &theirs_of(path).needed)
            .map(String::as_str)
            .collect();
        let looked_for: BTreeSet<&str> = program
            .libraries
            .iter()
            .map(|library| std::str::from_utf8(&library.name).unwrap())
            .collect();
        assert_eq!(looked_for, asked, "{}", path.display());
        compared += usize::from(!asked.is_empty());
    }
    Some(compared)
}

#[test]
fn programs_of_this_machine_ask_for_what_readelf_lists() {
    let programs = programs_of_this_machine();
    let Some(compared) = same_as_readelf(&Machine::default(), Path::new("/"), &programs) else {
        return;
    };
    assert!(
        compared * 2 > programs.len(),
        "{compared} of {}",
        programs.len()
    );
}
