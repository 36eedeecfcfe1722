//! Programs of ours for a guest: their instructions, what they do where they run, and the archives
//! that they lie in.

mod assembler;
mod build;
mod command;
#[path = "../forge/mod.rs"]
mod forge;
mod machine;
mod marker;
mod mounter;
mod real;
#[path = "../support/mod.rs"]
mod support;

use kelpie_check::architecture::Architecture;

/// The architectures that programs are made for.
const ARCHITECTURES: [Architecture; 3] = [
    Architecture::X86_64,
    Architecture::Aarch64,
    Architecture::Riscv64,
];
