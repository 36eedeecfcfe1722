//! What a report states about its artefacts: plain values, `None` where a fact could not be had.

mod cmdline;
mod init;
mod initramfs;
mod kernel;
mod rootfs;

pub use cmdline::{CmdlineFacts, ParameterFacts};
pub use init::InitFacts;
pub use initramfs::{InitramfsFacts, ModulesFacts, SegmentFacts};
pub use kernel::{BannerFacts, KernelFacts, OptionFact, SectionFact};
pub use rootfs::{ExtFacts, PartitionFacts, RootfsFacts};

use crate::predict::Boot;
use crate::role::Role;

/// The facts of one artefact.
#[derive(Debug, Clone)]
pub enum Facts {
    /// Of a kernel image.
    Kernel(Box<KernelFacts>),
    /// Of an initramfs.
    Initramfs(Box<InitramfsFacts>),
    /// Of a root file system.
    Rootfs(Box<RootfsFacts>),
    /// Of a command line.
    Cmdline(Box<CmdlineFacts>),
}

impl Facts {
    /// The facts of an artefact of which none could be had.
    pub fn none(role: Role) -> Self {
        match role {
            Role::Kernel => Self::Kernel(Box::default()),
            Role::Initramfs => Self::Initramfs(Box::default()),
            Role::Rootfs => Self::Rootfs(Box::default()),
            Role::Cmdline => Self::Cmdline(Box::default()),
        }
    }

    /// The facts of the artefact that plays this part.
    pub fn of(role: Role, boot: &Boot<'_>) -> Self {
        match role {
            Role::Kernel => Self::Kernel(Box::new(KernelFacts::of(boot))),
            Role::Initramfs => Self::Initramfs(Box::new(InitramfsFacts::of(boot))),
            Role::Rootfs => Self::Rootfs(Box::new(RootfsFacts::of(boot))),
            Role::Cmdline => Self::Cmdline(Box::new(CmdlineFacts::of(boot))),
        }
    }

    /// The part that an artefact of such facts plays.
    pub fn role(&self) -> Role {
        match self {
            Self::Kernel(_) => Role::Kernel,
            Self::Initramfs(_) => Role::Initramfs,
            Self::Rootfs(_) => Role::Rootfs,
            Self::Cmdline(_) => Role::Cmdline,
        }
    }

    /// Whether the artefact is what it was taken for.
    pub fn are_recognised(&self) -> bool {
        match self {
            Self::Kernel(facts) => facts.container.is_some(),
            Self::Initramfs(facts) => !facts.segments.is_empty(),
            Self::Rootfs(facts) => facts.filesystem.is_some() || !facts.references.is_empty(),
            Self::Cmdline(_) => true,
        }
    }

    /// Whether it was read to its core.
    pub fn are_whole(&self) -> bool {
        match self {
            Self::Kernel(facts) => facts.layers_whole,
            Self::Initramfs(facts) => facts.whole,
            Self::Rootfs(facts) => facts.readable,
            Self::Cmdline(_) => true,
        }
    }

    /// The facts of a kernel.
    pub fn kernel(&self) -> Option<&KernelFacts> {
        match self {
            Self::Kernel(facts) => Some(facts),
            _ => None,
        }
    }
}
