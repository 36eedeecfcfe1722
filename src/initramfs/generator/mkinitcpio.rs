//! Arch's mkinitcpio: a script for BusyBox, or systemd with the `systemd` hook.
//!
//! Source: `init`, `init_functions`, `hooks/` and `install/` of mkinitcpio 39.2 and 41.

use super::model::{Helper, Model, MountType, Needed, OnFailure, ShellWord, Sourced, Tool, Usr};
use super::{Known, Told};

/// The script.
pub(super) static MKINITCPIO: Known = Known {
    name: "mkinitcpio",
    recognise: |traces| {
        let is_script = traces.init_has(&["/init_functions", "run_hookfunctions"])?;
        Ok((is_script && traces.has(b"/config")?).then_some(Told {
            evidence: "/config, and /init reads /init_functions",
            version: None,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

/// An archive whose init is another, such as systemd.
pub(super) static WITH_ANOTHER_INIT: Known = Known {
    name: "mkinitcpio",
    recognise: |traces| {
        let is_whole = traces.has(b"/config")?
            && (traces.has(b"/buildconfig")? || traces.has(b"/init_functions")?);
        Ok(is_whole.then_some(Told {
            evidence: "/config, with /buildconfig or /init_functions",
            version: None,
        }))
    },
    model: None,
    mounts_root: true,
};

pub(super) static MODEL: Model = Model {
    always: &[],
    lists: &[],
    // udevd, which hooks/udev starts.
    on_uevent: true,
    by_rootfstype: false,
    modules_parameter: Some("earlymodules"),
    // mount -t auto of util-linux.
    mount_type: MountType::Detected,
    type_file: None,
    root_forms: &["/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="],
    unmodelled_roots: &[],
    root_by_number: true,
    ignores_uuid_case: false,
    // blkid, and the links of udev after it.
    looks_up_by_link: false,
    waits_seconds: Some(10),
    shell_words: &[ShellWord {
        name: "break",
        bare: true,
        values: &["y", "premount", "postmount"],
    }],
    blacklist_parameter: None,
    loads_by_kmod: true,
    // hooks/usr, if it is in the archive.
    usr: Usr::Mounted,
    helper: Some(Helper::udevd(false, Some("/hooks/udev"))),
    tools: &[
        Tool::MODPROBE,
        Tool {
            paths: &[
                "/usr/local/sbin/udevadm",
                "/usr/local/bin/udevadm",
                "/usr/bin/udevadm",
            ],
            when: Needed::ForDeviceModules,
            ..Tool::UDEVADM
        },
        Tool::always(
            &[
                "/usr/local/sbin/mount",
                "/usr/local/bin/mount",
                "/usr/bin/mount",
            ],
            None,
            "The root is not mounted, and a shell of the initramfs starts.",
        ),
        Tool::always(
            &["/usr/bin/switch_root"],
            None,
            "The init of the initramfs cannot hand over to the root, and ends.",
        ),
    ],
    sourced: &[
        Sourced {
            path: "/init_functions",
            holds: "default_mount_handler",
        },
        Sourced {
            path: "/config",
            holds: "EARLYHOOKS=\"udev",
        },
    ],
    settings: &[],
    hook_folders: &["/hooks"],
    hook_list: None,
    known_hooks: &[
        "consolefont",
        "encrypt",
        "keymap",
        "lvm2",
        "plymouth",
        "resume",
        "shutdown",
        "sleep",
        "udev",
        "usr",
    ],
    unmodelled_words: &[
        "cryptdevice",
        "disablehooks",
        "disablemodules",
        "mount_handler",
    ],
    device_tables: &["/etc/crypttab"],
    wants_of_root: &[],
    switches: &[],
    init_parameter: true,
    skips_empty_init: false,
    default_init: "/sbin/init",
    other_inits: &[],
    tests_init_from_outside: true,
    replaces_missing_init: false,
    leaves_proc: true,
    on_missing_root: OnFailure {
        says: "Failed to mount",
        shell: true,
    },
    on_missing_init: OnFailure {
        says: "Root device mounted successfully, but",
        shell: true,
    },
    source: "mkinitcpio 39.2, init and init_functions",
};
