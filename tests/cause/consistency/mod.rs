//! KC7xx.

#[cfg(unix)]
mod alpine_release_mismatch;
mod fstab_mount_fails;
mod metadata_mismatch;
mod module_vermagic_mismatch;
#[cfg(unix)]
mod no_alpine_release;
mod required_parameter_missing;
mod root_modules_missing;
