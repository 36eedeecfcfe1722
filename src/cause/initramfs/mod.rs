//! KC020 and KC3xx: the initramfs is not unpacked, its init does not run, or it cannot load what the
//! root needs.

pub(crate) mod corrupt_initramfs;
pub(crate) mod early_microcode_order;
pub(super) mod encrypted_volume_not_opened;
pub(crate) mod initramfs_codec_not_built_in;
pub(crate) mod initramfs_exceeds_ram;
pub(crate) mod initramfs_init_not_runnable;
pub(super) mod initramfs_mount_failed;
pub(crate) mod initramfs_program_missing;
pub(crate) mod initramfs_unsupported;
pub(crate) mod module_compression_unreadable;
pub(crate) mod module_forbidden;
pub(super) mod module_signature_rejected;
pub(crate) mod modules_for_another_kernel;
pub(crate) mod needed_module_missing;
pub(crate) mod no_init_in_initramfs;
pub(super) mod raid_not_assembled;
pub(super) mod root_handover_failed;
pub(super) mod root_never_appears;
pub(crate) mod root_type_unstated;
pub(crate) mod shell_requested;
pub(super) mod volume_group_not_activated;
pub(crate) mod xz_settings_unsupported;

use super::{capital, listed};
use crate::bundle::Bundle;
use crate::finding::Severity;

/// How a failure hurts, and how the boot goes on: the end of a sentence.
pub(crate) struct Sequel {
    pub(crate) severity: Severity,
    pub(crate) then: String,
}

impl Sequel {
    pub(crate) fn new(severity: Severity, then: impl Into<String>) -> Self {
        Self {
            severity,
            then: then.into(),
        }
    }

    /// The sequel of an initramfs that is not used: the kernel mounts the root, if it can.
    pub(crate) fn without_initramfs(can_mount_root: bool) -> Self {
        if can_mount_root {
            Self::new(
                Severity::Warn,
                "and the kernel mounts the root itself, with its built-in drivers",
            )
        } else {
            Self::new(
                Severity::Fatal,
                "the kernel cannot mount the root without it, and panics with \
                 \"VFS: Unable to mount root fs\"",
            )
        }
    }
}

/// What the kernel prints when unpacking stops. One that also takes images of disks for an initrd
/// has other words around its reason.
fn unpacking_failed(bundle: &Bundle, reason: &str) -> String {
    if matches!(bundle.builds_in("BLK_DEV_RAM"), Ok(true)) {
        format!("\"rootfs image is not initramfs ({reason}); looks like an initrd\"")
    } else {
        format!("\"Initramfs unpacking failed: {reason}\"")
    }
}
