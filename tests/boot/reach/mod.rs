//! A hostile kernel and a hostile init of the tests' own: they try to reach the host from inside the
//! guest by every device that the machine gives them, and must reach nothing.
//!
//! `kernel/` is a freestanding kernel. It drives the virtio queues itself, so it sends what Linux
//! never sends. `init/` is an init for Linux. Both print one line for each attempt; [`attempts`]
//! reads those lines.

mod attempts;
mod boot;
mod compile;
mod devices;
mod disk;
mod linux;
mod process;
mod share;

/// The text that the guest prints last.
const DONE: &str = "the guest has tried everything";
