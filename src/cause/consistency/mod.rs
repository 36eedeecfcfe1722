//! KC7xx: whether the artefacts belong together.

pub(super) mod alpine_release_mismatch;
pub(super) mod metadata_mismatch;
pub(super) mod module_vermagic_mismatch;
pub(super) mod no_alpine_release;
pub(super) mod required_parameter_missing;
pub(super) mod root_modules_missing;
