//! The place of an artefact in a bundle: given, known not to be there, or not told.

use crate::error::{Error, Result};
use crate::role::Role;

/// One artefact of a bundle. That there is no initramfs is a fact; that nobody said whether there
/// is one is a fact that is missing.
#[derive(Debug, Clone, Default)]
pub enum Slot<T> {
    /// It is there.
    Given(T),
    /// It is known that there is none.
    None,
    /// Nobody said.
    #[default]
    NotTold,
}

impl<T> Slot<T> {
    /// The artefact; an error where nobody said, `None` where there is none.
    pub fn known(&self, role: Role) -> Result<Option<&T>> {
        match self {
            Self::Given(artefact) => Ok(Some(artefact)),
            Self::None => Ok(None),
            Self::NotTold => Err(Error::not_given(role)),
        }
    }

    /// The artefact; an error where it was not given.
    pub fn given(&self, role: Role) -> Result<&T> {
        match self {
            Self::Given(artefact) => Ok(artefact),
            Self::None | Self::NotTold => Err(Error::not_given(role)),
        }
    }

    /// The artefact, where there is one.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Given(artefact) => Some(artefact),
            Self::None | Self::NotTold => None,
        }
    }

    /// Whether nobody said.
    pub fn is_not_told(&self) -> bool {
        matches!(self, Self::NotTold)
    }
}
