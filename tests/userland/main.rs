//! What runs in a tree of files, a module a file of `src/userland`, and `tree` for the paths.

#[path = "../forge/mod.rs"]
mod forge;
mod hostile;
mod libraries;
mod modules;
mod program;
#[cfg(unix)]
mod real;
mod script;
#[cfg(unix)]
mod second_opinion;
#[path = "../support/mod.rs"]
mod support;
mod system;
mod tree;

use forge::program::{dynamic, library};
use forge::tree::Forest;
use kelpie_check::architecture::Architecture;
use kelpie_check::limits::Limits;
use kelpie_check::userland::{InitChain, Program, Trouble};

/// What becomes of a path on an x86_64 kernel.
fn run(tree: &Forest, path: &str) -> Program {
    let machine = Some(Architecture::X86_64);
    kelpie_check::userland::program(tree, path.as_bytes(), machine, &Limits::default()).unwrap()
}

/// What becomes of init on an x86_64 kernel.
fn init(tree: &Forest, requested: Option<&str>) -> InitChain {
    let requested = requested.map(str::as_bytes);
    let machine = Some(Architecture::X86_64);
    kelpie_check::userland::init(tree, requested, machine, &Limits::default()).unwrap()
}

/// The number that the kernel prints, and the trouble in words.
fn trouble(program: &Program) -> (Option<i32>, String) {
    let trouble = program.trouble.as_ref().expect("no trouble");
    (trouble.errno(), trouble.to_string())
}

fn errno(program: &Program) -> Option<i32> {
    program.trouble.as_ref().and_then(Trouble::errno)
}

/// Where musl's loader is.
const MUSL: &str = "/lib/ld-musl-x86_64.so.1";
/// Where glibc's loader is.
const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";

/// A tree with busybox as Alpine has it.
fn alpine() -> Forest {
    let busybox = dynamic(MUSL, &["libc.musl-x86_64.so.1"]);
    Forest::default()
        .program("/bin/busybox", busybox.build())
        .program(MUSL, library("libc.musl-x86_64.so.1", &[]).build())
        .link("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")
        .link("/bin/sh", "/bin/busybox")
        .link("/sbin/init", "/bin/busybox")
}

/// A tree with glibc as Debian has it.
fn debian() -> Forest {
    let loader = library("ld-linux-x86-64.so.2", &[]);
    Forest::default()
        .link("/lib", "usr/lib")
        .link("/lib64", "usr/lib64")
        .link(
            "/usr/lib64/ld-linux-x86-64.so.2",
            "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        )
        .program(
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            loader.build(),
        )
        .file(
            "/usr/lib/x86_64-linux-gnu/libc.so.6",
            library("libc.so.6", &["ld-linux-x86-64.so.2"]).build(),
        )
}
