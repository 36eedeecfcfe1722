//! Real boots: what `kelpie-check boot` starts, sees and leaves behind.

#![cfg(all(unix, feature = "cli"))]

mod alone;
mod inits;
mod libkrun;
mod nothing_left;
mod outcome;
mod real;
mod roots;
mod runs;
#[path = "../support/mod.rs"]
mod support;
