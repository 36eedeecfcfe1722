//! What other tools say of real programs: readelf of the files, the loader itself (ldd) of the
//! libraries where it can be run, and lddtree of them in the trees of other systems.

mod copied;
mod ldd;
mod lddtree;
mod readelf;

use super::support::skip;
use kelpie_check::limits::Limits;
use kelpie_check::tree::Tree;
use kelpie_check::userland::{Library, Program, program};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many programs of this machine are looked at.
const PROGRAMS: usize = 400;
/// Names of libraries, each with its file without links; `None` where none is found.
type Found = BTreeMap<String, Option<String>>;

/// The ELF files in a folder that are no links, in order.
fn elf_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.path())
        .filter(|path| {
            let mut magic = [0; 4];
            let mut file = fs::File::open(path).unwrap();
            file.read_exact(&mut magic).is_ok() && magic == *b"\x7fELF"
        })
        .collect();
    files.sort();
    files
}

fn programs_of_this_machine() -> Vec<PathBuf> {
    let mut files = elf_files(Path::new("/usr/bin"));
    files.truncate(PROGRAMS);
    if files.is_empty() {
        skip("machine", "this machine has no programs in /usr/bin");
    }
    files
}

/// What a program prints, in the language of the machine's own messages.
fn output(command: &mut Command) -> String {
    let command = command
        .env("LC_ALL", "C")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("LD_PRELOAD");
    String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn of(tree: &dyn Tree, path: &Path) -> Program {
    let path = path.as_os_str().as_bytes();
    program(tree, path, None, &Limits::default()).unwrap()
}

/// What we find; the loader apart, which others show in ways of their own.
fn ours(program: &Program) -> Found {
    let loader = program.steps.last().map(|step| step.found.path.clone());
    let is_other = |library: &&Library| library.path.is_none() || library.path != loader;
    let libraries = program.libraries.iter().filter(is_other);
    libraries
        .map(|library| (text(&library.name), library.path.as_deref().map(text)))
        .collect()
}
