//! Root file systems, a module a format.

mod ext4;
#[path = "../support/mod.rs"]
mod support;
