//! Real boots: what `kelpie-check boot` starts, sees and leaves behind.

#![cfg(all(unix, feature = "cli"))]

mod alone;
#[allow(dead_code)]
#[path = "../forge/references.rs"]
mod forge;
mod inits;
mod jail;
mod libkrun;
mod nothing_left;
mod outcome;
mod reach;
mod real;
mod references;
mod roots;
mod runs;
mod scratch;
#[path = "../support/mod.rs"]
mod support;
