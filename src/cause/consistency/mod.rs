//! KC7xx: whether the artefacts belong together.

pub(crate) mod alpine_release_mismatch;
pub(crate) mod fstab_mount_fails;
pub(crate) mod metadata_mismatch;
pub(crate) mod module_vermagic_mismatch;
pub(crate) mod no_alpine_release;
pub(crate) mod required_parameter_missing;
pub(crate) mod root_modules_missing;
