//! Root file systems, a module a format.

mod ext4;
#[path = "../forge/mod.rs"]
mod forge;
#[path = "../support/mod.rs"]
mod support;
