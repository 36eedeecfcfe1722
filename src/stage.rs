//! The ladder of stages that every boot climbs; everything here speaks in it.

use std::fmt;

/// A stage of a boot, in the order in which they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The artefact can be read.
    Read,
    /// The VMM takes the kernel and places it in memory.
    Load,
    /// The kernel begins to run.
    Start,
    /// The kernel is seen to run.
    Console,
    /// The initramfs is unpacked and its init runs.
    Initramfs,
    /// The block device of the root appears.
    RootDevice,
    /// The root file system is mounted.
    RootMount,
    /// The init asked for is started.
    Init,
    /// Init lives.
    Userspace,
}

impl Stage {
    /// All stages, from the bottom of the ladder.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Load,
        Self::Start,
        Self::Console,
        Self::Initramfs,
        Self::RootDevice,
        Self::RootMount,
        Self::Init,
        Self::Userspace,
    ];

    /// The name in machine formats: one word, hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Load => "load",
            Self::Start => "start",
            Self::Console => "console",
            Self::Initramfs => "initramfs",
            Self::RootDevice => "root-device",
            Self::RootMount => "root-mount",
            Self::Init => "init",
            Self::Userspace => "userspace",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let english = match self {
            Self::RootDevice => "root device",
            Self::RootMount => "root mount",
            other => other.name(),
        };
        out.pad(english)
    }
}
