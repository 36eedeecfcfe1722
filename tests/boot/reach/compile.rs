//! Compiles the guests of these tests from C.

use crate::runs::Bench;
use crate::support::{program, repository, skip};
use std::path::PathBuf;
use std::process::Command;

/// Static x86_64 code without a library, at a fixed address.
const FLAGS: &[&str] = &[
    "-std=gnu11",
    "-O1",
    "-ffreestanding",
    "-nostdlib",
    "-static",
    "-no-pie",
    "-fno-pie",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fcf-protection=none",
    // The kernel enables no SIMD registers, and interrupts must not need a red zone.
    "-mgeneral-regs-only",
    "-mno-red-zone",
    "-Wl,--build-id=none,-Ttext-segment=0x200000,-z,max-page-size=4096,-e,start",
];

/// Compiles the folder of this name; skips with a message if that is not possible here.
pub fn compile(bench: &Bench, name: &str) -> Option<PathBuf> {
    if std::env::consts::ARCH != "x86_64" {
        skip("cc", "the test guests need a compiler for x86_64");
        return None;
    }
    let compiler = program("cc", "cc")?;
    let guest = bench.path(&format!("reach-{name}"));
    let output = Command::new(compiler)
        .args(FLAGS)
        .arg("-o")
        .arg(&guest)
        .args(sources(name))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(guest)
}

fn sources(name: &str) -> Vec<PathBuf> {
    let folder = repository(&format!("tests/boot/reach/{name}"));
    let mut sources: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|name| name == "c" || name == "S")
        })
        .collect();
    sources.sort();
    sources
}
