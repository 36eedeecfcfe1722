//! Files that are no programs at all: disk images, archives, what a failed download leaves.

use super::NearMiss;

/// The registry, the special before the general.
pub(super) static DATA: &[NearMiss] = &[];
