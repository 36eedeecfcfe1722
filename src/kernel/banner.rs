//! The banner, `Linux version …`: the line that the kernel prints first.
//!
//! Source: `init/version.c` (`linux_banner`) and `init/version-timestamp.c`.

use crate::error::{Error, Result};

/// The banner and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// The whole line, without the newline.
    pub text: String,
}

impl Banner {
    /// Finds the banner in a decoded kernel.
    pub fn find(_image: &[u8]) -> Result<Self> {
        Err(Error::absent("banner", "none found"))
    }
}
