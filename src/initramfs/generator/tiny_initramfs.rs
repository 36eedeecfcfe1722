//! tiny-initramfs: one small program.
//!
//! Source: `tiny_initramfs.c`, `devices.c` and `tiny_initramfs.h` of tiny-initramfs.

use super::model::{Model, MountType, OnFailure, Usr};
use super::{Known, Told};

pub(super) static TINY_INITRAMFS: Known = Known {
    name: "tiny-initramfs",
    recognise: |traces| {
        let texts = [
            "No root filesystem (root=) specified",
            "Timeout while waiting for devices for / (and possibly /usr)",
        ];
        Ok(traces.init_has(&texts)?.then_some(Told {
            evidence: "/init contains the messages of tiny-initramfs",
            version: None,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

pub(super) static MODEL: Model = Model {
    always: &[],
    // Each line a path, loaded as it stands there: nothing resolves what one needs.
    lists: &["/modules"],
    on_uevent: false,
    by_rootfstype: false,
    modules_parameter: None,
    // It tries what /proc/filesystems lists.
    mount_type: MountType::Stated,
    type_file: None,
    // Without ENABLE_UUID the first alone.
    root_forms: &["/dev/", "UUID=", "0x"],
    unmodelled_roots: &[],
    root_by_number: false,
    ignores_uuid_case: true,
    looks_up_by_link: false,
    // DEVICE_TIMEOUT; rootwait lets it wait for ever.
    waits_seconds: Some(180),
    shell_words: &[],
    blacklist_parameter: None,
    loads_by_kmod: false,
    usr: Usr::Ignored,
    helper: None,
    tools: &[],
    sourced: &[],
    settings: &[],
    hook_folders: &[],
    hook_list: None,
    known_hooks: &[],
    unmodelled_words: &[],
    device_tables: &[],
    wants_of_root: &[],
    switches: &[],
    init_parameter: true,
    skips_empty_init: false,
    default_init: "/sbin/init",
    other_inits: &["/etc/init", "/bin/init", "/bin/sh"],
    tests_init_from_outside: false,
    replaces_missing_init: false,
    leaves_proc: false,
    on_missing_root: OnFailure {
        says: "Timeout while waiting for devices for / (and possibly /usr) filesystems to appear",
        shell: false,
    },
    on_missing_init: OnFailure {
        says: "No working init found. Try passing init= option to kernel.",
        shell: false,
    },
    source: "tiny-initramfs, tiny_initramfs.c and devices.c",
};
