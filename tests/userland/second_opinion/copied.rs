//! A root of programs and libraries of this machine, of which something is missing.

use super::super::forge::program::{Program as Forged, library};
use super::super::real::Machine;
use super::{of, programs_of_this_machine, text};
use kelpie_check::userland::Loader;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// How many of them are copied, with their libraries.
const COPIED: usize = 24;
const COPIED_BYTES: u64 = 24 << 20;
/// Libraries of a program at most: lddtree lists a library once for each path that leads to it, so
/// its time grows exponentially for programs such as QEMU.
const LIBRARIES: usize = 6;

/// Copies a file of this machine to the same place below `root`, and the links that lead to it.
fn copy(root: &Path, path: &Path) {
    let to = root.join(path.strip_prefix("/").unwrap());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    if !to.exists() {
        fs::copy(path, to).unwrap();
    }
}

/// Programs of this machine with their libraries in a folder, laid out as a Debian is; some
/// libraries are missing, some are links to nowhere, one is another machine's. The programs.
pub fn copied(root: &Path) -> Vec<PathBuf> {
    let machine = Machine::default();
    let mut programs = Vec::new();
    let mut libraries = BTreeMap::new();
    let mut left_bytes = COPIED_BYTES;
    for folder in ["bin", "lib", "lib64", "sbin"] {
        if let Ok(target) = fs::read_link(Path::new("/").join(folder)) {
            fs::create_dir_all(root.join(&target)).unwrap();
            symlink(target, root.join(folder)).unwrap();
        }
    }
    let all = programs_of_this_machine();
    for path in all.iter().step_by((all.len() / 100).max(1)) {
        let program = of(&machine, path);
        if program.loader != Some(Loader::Glibc) || program.trouble.is_some() {
            continue;
        }
        let wanted = program.libraries.iter();
        let wanted = wanted.map(|library| {
            let path = PathBuf::from(OsStr::from_bytes(library.path.as_deref().unwrap()));
            (text(&library.name), path)
        });
        let wanted: BTreeMap<String, PathBuf> = wanted.collect();
        let new = wanted
            .values()
            .filter(|path| !root.join(path.strip_prefix("/").unwrap()).exists());
        let bytes: u64 = new
            .chain([path])
            .map(|path| fs::metadata(path).unwrap().len())
            .sum();
        if programs.len() == COPIED || bytes > left_bytes || wanted.len() > LIBRARIES {
            continue;
        }
        left_bytes -= bytes;
        let loader = &program.steps.last().unwrap().found.path;
        for path in wanted.values().chain([path]) {
            copy(root, path);
        }
        copy(root, Path::new(OsStr::from_bytes(loader)));
        let named = program.interpreter.as_deref().unwrap();
        let named = root.join(
            Path::new(OsStr::from_bytes(named))
                .strip_prefix("/")
                .unwrap(),
        );
        if fs::symlink_metadata(&named).is_err() {
            fs::create_dir_all(named.parent().unwrap()).unwrap();
            symlink(Path::new(OsStr::from_bytes(loader)), named).unwrap();
        }
        libraries.extend(wanted);
        programs.push(path.clone());
    }
    for (number, (name, path)) in libraries.iter().enumerate() {
        let at = root.join(path.strip_prefix("/").unwrap());
        let named = at.with_file_name(name);
        if name == "libc.so.6" || name.starts_with("ld-linux") {
            continue;
        }
        match number % 7 {
            1 => fs::remove_file(&at).unwrap(),
            3 => {
                fs::remove_file(&at).unwrap();
                symlink("/nowhere", &at).unwrap();
            }
            5 => {
                let machine = 183;
                let other = Forged {
                    machine,
                    ..library("other", &[])
                };
                fs::write(&at, other.build()).unwrap();
            }
            _ => {}
        }
        if fs::symlink_metadata(&named).is_err() {
            symlink(at.file_name().unwrap(), named).unwrap();
        }
    }
    list_directories(root);
    programs
}

/// The directories of libraries that lddtree does not know of itself.
fn list_directories(root: &Path) {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(
        root.join("etc/ld.so.conf"),
        format!("/lib/{triplet}\n/usr/lib/{triplet}\n"),
    )
    .unwrap();
}
