//! What an artefact is in a boot.

use std::fmt;

/// The part that an artefact plays, in the order in which reports list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The kernel image.
    Kernel,
    /// The archive that the kernel unpacks into its first root.
    Initramfs,
    /// The root file system: an image of a disk, or a directory.
    Rootfs,
    /// The kernel command line.
    Cmdline,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Kernel, Self::Initramfs, Self::Rootfs, Self::Cmdline];

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Initramfs => "initramfs",
            Self::Rootfs => "rootfs",
            Self::Cmdline => "cmdline",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Rootfs => "root file system",
            Self::Cmdline => "command line",
            other => other.name(),
        })
    }
}
