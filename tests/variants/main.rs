//! The variants of the minimal kernels (testdata/kernels): what is read of them is what was built, and
//! what they lack shows in a real boot as it was predicted.

#![cfg(all(unix, feature = "cli"))]

mod boots;
mod built;
#[allow(dead_code)]
#[path = "../boot/runs.rs"]
mod runs;
#[path = "../support/mod.rs"]
mod support;

/// Why a variant is left out.
fn unbuilt(name: &str) -> String {
    format!("testdata/kernels has no {name}; kernel/build-minimal.sh --variants {name} makes it")
}
