//! The machine: what it is made of, and that a guest finds just that.

#![cfg(feature = "cli")]

mod built;
#[path = "../forge/mod.rs"]
mod forge;
#[cfg(all(unix, feature = "machines"))]
mod guest;
#[cfg(all(unix, feature = "machines"))]
mod probe;
#[path = "../support/mod.rs"]
mod support;
