//! Will this Linux image boot, and if not, exactly why?
//!
//! kelpie-check reads what a microVM boots and reasons about it in one ladder of stages
//! ([`stage::Stage`]): `read → load → start → console → initramfs → root device → root mount →
//! init → userspace`. Bytes become a header, headers become facts ([`kernel::Kernel`]), facts go
//! through the table of causes ([`cause::CAUSES`]), and what fires is a [`finding::Finding`].
//!
//! ```
//! use kelpie_check::{kernel::Kernel, limits::Limits, source::Source};
//!
//! let kernel = Kernel::new(Source::from_bytes(b"<!DOCTYPE html>".to_vec()), Limits::default());
//! assert!(kernel.header().is_err());
//! ```
//!
//! Input is hostile: no count, offset or length of a file is used before it is checked, memory
//! and time are bounded by [`limits::Limits`], and nothing is ever written to an artefact.

// libkrun is a C interface; nothing else here is unsafe.
#![cfg_attr(not(feature = "boot"), forbid(unsafe_code))]
#![cfg_attr(feature = "boot", deny(unsafe_code))]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

#[cfg(not(any(feature = "native-codecs", feature = "pure-codecs")))]
compile_error!("choose how zstd and xz are decoded: feature `native-codecs` or `pure-codecs`");

pub mod architecture;
#[cfg(all(unix, feature = "machines"))]
pub mod boot;
pub mod bundle;
pub mod bytes;
pub mod cause;
pub mod check;
pub mod cmdline;
pub mod codec;
pub mod compat;
pub mod console;
pub mod convert;
pub mod diagnose;
pub mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod finding;
pub mod guest;
pub mod initramfs;
pub mod kernel;
pub mod limits;
pub mod magic;
pub mod metadata;
pub mod project;
pub mod report;
pub mod role;
pub mod rootfs;
pub mod source;
pub mod stage;
pub mod tree;
pub mod userland;
pub mod vmm;
