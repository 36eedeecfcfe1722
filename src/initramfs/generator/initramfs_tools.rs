//! Debian's initramfs-tools.
//!
//! Source: `init`, `scripts/local` and `scripts/functions` of initramfs-tools 0.142.

use super::model::{
    Helper, Model, MountType, Needed, OnFailure, Settings, ShellWord, Sourced, Tool, Usr,
};
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
    unmodelled_roots: &[],
    root_by_number: true,
    // blkid -t compares exactly.
    ignores_uuid_case: false,
    looks_up_by_link: false,
    waits_seconds: Some(30),
    shell_words: &[ShellWord {
        name: "break",
        bare: true,
        values: &[
            "top",
            "modules",
            "premount",
            "mount",
            "mountroot",
            "bottom",
            "init",
        ],
    }],
    // scripts/init-top/blacklist.
    blacklist_parameter: Some("blacklist"),
    loads_by_kmod: true,
    usr: Usr::Required,
    // What scripts/init-top/udev runs; scripts/init-bottom/udev stops it, and then moves /dev.
    helper: Some(Helper::udevd(true, Some("/scripts/init-top/udev"))),
    tools: &[
        Tool::MODPROBE,
        Tool::UDEVADM,
        Tool::always(
            &[
                "/sbin/mount",
                "/usr/sbin/mount",
                "/bin/mount",
                "/usr/bin/mount",
            ],
            None,
            "Without /proc the init of the initramfs does not read the command line, and mounts no root.",
        ),
        Tool::always(
            &[
                "/sbin/run-init",
                "/usr/sbin/run-init",
                "/bin/run-init",
                "/usr/bin/run-init",
            ],
            None,
            "The init of the initramfs cannot hand over to the root, and ends or starts a shell.",
        ),
        Tool {
            paths: &[
                "/sbin/blkid",
                "/usr/sbin/blkid",
                "/bin/blkid",
                "/usr/bin/blkid",
            ],
            when: Needed::ForNames,
            is_for_systemd: None,
            is_made: false,
            then: "The init of the initramfs says that the root does not exist, and starts a shell.",
        },
    ],
    sourced: &[
        Sourced {
            path: "/conf/initramfs.conf",
            holds: "",
        },
        Sourced {
            path: "/scripts/functions",
            holds: "run_scripts",
        },
        Sourced {
            path: "/scripts/local",
            holds: "local_mount_root",
        },
        Sourced {
            path: "/scripts/nfs",
            holds: "",
        },
    ],
    settings: &[Settings {
        paths: &["/conf/arch.conf", "/conf/initramfs.conf", "/conf/conf.d"],
        are_words: false,
        harmless: &[
            "BUSYBOX",
            "BUSYBOXDIR",
            "COMPRESS",
            "COMPRESSLEVEL",
            "CRYPTSETUP",
            "DPKG_ARCH",
            "FRAMEBUFFER",
            "FSTYPE",
            "KEYMAP",
            "MODULES",
            // Of a root on NFS.
            "NFSROOT",
            // Without the device, scripts/local-premount/resume does nothing.
            "RESUME",
            "RUNSIZE",
            "UMASK",
        ],
    }],
    hook_folders: &[
        "/scripts/init-top",
        "/scripts/init-premount",
        "/scripts/local-top",
        "/scripts/local-block",
        "/scripts/local-premount",
        "/scripts/local-bottom",
        "/scripts/init-bottom",
    ],
    hook_list: Some("ORDER"),
    known_hooks: &[
        // Mounts efivarfs, if the firmware is EFI (kmod 34).
        "mount_efivarfs",
        "all_generic_ide",
        "blacklist",
        "btrfs",
        "console_setup",
        "cryptgnupg-sc",
        "cryptopensc",
        "cryptroot",
        "framebuffer",
        "keymap",
        "lvm2",
        "mdadm",
        "ntfs_3g",
        "plymouth",
        "resume",
        "udev",
    ],
    unmodelled_words: &["ubi.mtd", "overlayroot", "cryptopts"],
    device_tables: &["/cryptroot/crypttab"],
    wants_of_root: &[],
    switches: &[],
    init_parameter: true,
    skips_empty_init: false,
    default_init: "/sbin/init",
    other_inits: &["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"],
    tests_init_from_outside: false,
    replaces_missing_init: true,
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
