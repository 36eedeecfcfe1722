//! Will this Linux image boot, and if not, exactly why?
//!
//! kelpie-check reads the files of a microVM and predicts its boot along a ladder of stages
//! ([`stage::Stage`]): `read → load → start → console → initramfs → root device → root mount →
//! init → userspace`. Files become facts ([`kernel::Kernel`]), the causes ([`cause::CAUSES`]) check
//! the facts, and each cause that applies becomes a [`finding::Finding`].
//!
//! ```
//! use kelpie_check::{kernel::Kernel, limits::Limits, source::Source};
//!
//! let kernel = Kernel::new(Source::from_bytes(b"<!DOCTYPE html>".to_vec()), Limits::default());
//! assert!(kernel.header().is_err());
//! ```
//!
//! Input is hostile: every count, offset and length of a file is checked before use,
//! [`limits::Limits`] bounds memory and time, and artefacts are never written to.

// libkrun is a C interface, and a jail closes descriptors and leaves namespaces; nothing else here is
// unsafe.
#![cfg_attr(not(feature = "machines"), forbid(unsafe_code))]
#![cfg_attr(feature = "machines", deny(unsafe_code))]
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
#[cfg(feature = "machines")]
pub mod confine;
pub mod console;
pub mod convert;
pub mod diagnose;
pub mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod finding;
pub mod guest;
pub mod identify;
pub mod initramfs;
pub mod kernel;
pub mod limits;
pub mod machine;
pub mod magic;
pub mod metadata;
pub mod predict;
pub mod printable;
pub mod project;
pub mod report;
pub mod role;
pub mod rootfs;
mod similar;
pub mod source;
pub mod stage;
pub mod tree;
pub mod userland;
pub mod vmm;
