//! The causes, a module a cause: each fires, stays quiet, and is blocked by whoever owns the fact
//! that it could not have.

mod check;
mod consistency;
mod console;
mod disks;
mod facts;
#[path = "../forge/mod.rs"]
mod forge;
#[cfg(unix)]
mod init;
mod initramfs;
mod kernels;
mod ladder;
mod left_open;
mod load;
mod minimal;
mod owners;
mod read;
mod root_device;
mod root_mount;
mod run;
mod selection;
mod start;
