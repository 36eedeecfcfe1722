//! Debian's initramfs-tools.
//!
//! Source: `init`, `scripts/local` and `scripts/functions` of initramfs-tools 0.142.

use super::model::{Model, MountType, OnFailure};
use super::{Known, Told};

pub(super) static INITRAMFS_TOOLS: Known = Known {
    name: "initramfs-tools",
    recognise: |traces| {
        let is_whole = traces.has(b"/conf/initramfs.conf")? && traces.has(b"/scripts/functions")?;
        Ok(is_whole.then_some(Told {
            evidence: "/conf/initramfs.conf and /scripts/functions",
            version: None,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

pub(super) static MODEL: Model = Model {
    always: &[],
    lists: &["/conf/modules"],
    // udevd, which scripts/init-top/udev starts.
    on_uevent: true,
    by_rootfstype: false,
    modules_parameter: None,
    // fstype and blkid; mount -t then lets the kernel ask modprobe for the file system.
    mount_type: MountType::Detected,
    type_file: None,
    root_forms: &["/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="],
    root_by_number: true,
    waits_seconds: Some(30),
    shell_words: &["break", "break="],
    wants_of_root: &[],
    init_parameter: true,
    default_init: "/sbin/init",
    other_inits: &["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"],
    leaves_proc: true,
    on_missing_root: OnFailure {
        says: "does not exist.  Dropping to a shell!",
        shell: true,
    },
    on_missing_init: OnFailure {
        says: "No init found. Try passing init= bootarg.",
        shell: true,
    },
    source: "initramfs-tools 0.142, init and scripts/local",
};
