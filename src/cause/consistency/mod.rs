//! KC7xx: whether the artefacts belong together.

pub(super) mod metadata_mismatch;
pub(super) mod module_vermagic_mismatch;
pub(super) mod root_modules_missing;
