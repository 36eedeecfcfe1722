//! What a report states about its artefacts: plain values, `None` where a fact could not be had.

mod kernel;

pub use kernel::{BannerFacts, KernelFacts, OptionFact, SectionFact};

use crate::role::Role;

/// The facts of one artefact.
#[derive(Debug, Clone)]
pub enum Facts {
    /// Of a kernel image.
    Kernel(Box<KernelFacts>),
}

impl Facts {
    /// The part that an artefact of such facts plays.
    pub fn role(&self) -> Role {
        match self {
            Self::Kernel(_) => Role::Kernel,
        }
    }

    /// Whether the artefact is what it was taken for.
    pub fn are_recognised(&self) -> bool {
        match self {
            Self::Kernel(facts) => facts.container.is_some(),
        }
    }

    /// Whether it was read to its core.
    pub fn are_whole(&self) -> bool {
        match self {
            Self::Kernel(facts) => facts.layers_whole,
        }
    }

    /// The facts of a kernel.
    pub fn kernel(&self) -> Option<&KernelFacts> {
        match self {
            Self::Kernel(facts) => Some(facts),
        }
    }
}
