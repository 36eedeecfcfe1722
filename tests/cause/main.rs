//! The causes, a module a cause: each fires, stays quiet, and is blocked by whoever owns the fact
//! that it could not have.

mod check;
mod consistency;
mod console;
mod disks;
mod facts;
#[path = "../forge/mod.rs"]
mod forge;
mod gaps;
#[cfg(unix)]
mod init;
mod initramfs;
mod kernels;
mod ladder;
mod load;
mod minimal;
mod owners;
mod read;
mod root_device;
mod root_mount;
mod run;
mod selection;
mod start;
mod trace;
