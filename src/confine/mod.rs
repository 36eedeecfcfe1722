//! Confines the calling process: what it may write, open and run from now on.
//!
//! Sources: Linux `Documentation/userspace-api/landlock.rst` and
//! `Documentation/userspace-api/seccomp_filter.rst`.
//!
//! The library never calls [`confine`]: a restriction holds until the process ends, and it would hold
//! for the program that uses the library. The command calls it before it starts threads, since both
//! layers apply to the calling thread and to the threads and programs that it starts later.
//!
//! A host without a layer goes without it. [`available`] says which layers the host has.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
))]
mod seccomp;
mod simulate;

pub use simulate::is_simulated_absent;

use std::path::PathBuf;

/// The network sockets that a process needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sockets {
    /// It opens no socket at all.
    #[default]
    None,
    /// It opens Unix sockets only.
    Unix,
    /// It connects to servers.
    Network,
}

/// What a process needs after it is confined. Reading is never restricted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// It starts programs. They inherit every restriction, so none on files is made.
    pub programs: bool,
    /// The sockets that it opens.
    pub sockets: Sockets,
    /// The folders in which it creates, replaces and removes files, and the devices and pipes that it
    /// writes to.
    pub writes: Vec<PathBuf>,
}

/// The layers that a host has, or that a process is confined by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers {
    /// The version of Landlock's interface; `None` without Landlock.
    pub landlock_abi: Option<u8>,
    /// Whether a process can filter its system calls.
    pub seccomp: bool,
}

/// Returns the layers that this host has.
pub fn available() -> Layers {
    Layers {
        landlock_abi: landlock_abi(),
        seccomp: has_seccomp(),
    }
}

/// Confines the calling thread, and every thread and program that it starts later, to `needs`. Returns
/// the layers that hold now.
pub fn confine(needs: &Needs) -> Layers {
    Layers {
        landlock_abi: if needs.programs {
            None
        } else {
            restrict_files(needs)
        },
        // Last, for it forbids the system calls of further layers.
        seccomp: filter_calls(needs),
    }
}

#[cfg(target_os = "linux")]
fn landlock_abi() -> Option<u8> {
    if is_simulated_absent("landlock") {
        return None;
    }
    landlock::abi()
}

#[cfg(target_os = "linux")]
fn restrict_files(needs: &Needs) -> Option<u8> {
    if is_simulated_absent("landlock") {
        return None;
    }
    landlock::restrict(needs).ok().flatten()
}

#[cfg(not(target_os = "linux"))]
fn landlock_abi() -> Option<u8> {
    None
}

#[cfg(not(target_os = "linux"))]
fn restrict_files(_needs: &Needs) -> Option<u8> {
    None
}

#[cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
))]
fn has_seccomp() -> bool {
    !is_simulated_absent("seccomp") && seccomp::is_available()
}

#[cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
))]
fn filter_calls(needs: &Needs) -> bool {
    !is_simulated_absent("seccomp") && seccomp::filter(needs).is_ok()
}

#[cfg(not(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
)))]
fn has_seccomp() -> bool {
    false
}

#[cfg(not(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
)))]
fn filter_calls(_needs: &Needs) -> bool {
    false
}
