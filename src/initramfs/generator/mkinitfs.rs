//! Alpine's mkinitfs.
//!
//! Source: the init of mkinitfs 3.13.0 as it lies in Alpine 3.23's initramfs;
//! `nlplug-findfs/nlplug-findfs.c` of mkinitfs for how the root is looked for.

use super::model::{Helper, Model, MountType, OnFailure, ShellWord, Tool, Usr};
use super::traces::assigned;
use super::{Known, Told};

pub(super) static MKINITFS: Known = Known {
    name: "mkinitfs",
    recognise: |traces| {
        if !traces.init_has(&["Alpine Init $VERSION", "KOPT_"])? {
            return Ok(None);
        }
        let version = traces.init()?.and_then(|init| assigned(&init, "VERSION"));
        Ok(Some(Told {
            evidence: "/init prints `Alpine Init` with its version",
            version,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

pub(super) static MODEL: Model = Model {
    // modprobe -a of modules=, the type of rootfstype=, and these three.
    always: &["loop", "squashfs", "simpledrm"],
    lists: &["/etc/modules"],
    on_uevent: true,
    by_rootfstype: true,
    modules_parameter: Some("modules"),
    // mount ${rootfstype:+-t}: BusyBox tries what /proc/filesystems lists.
    mount_type: MountType::Stated,
    type_file: None,
    // nlplug-findfs knows PARTUUID= too, but BusyBox's mount, which comes after it, does not.
    root_forms: &["/dev/", "UUID=", "LABEL=", "ZFS="],
    unmodelled_roots: &["ZFS="],
    root_by_number: false,
    // nlplug-findfs compares exactly; BusyBox's mount, which comes after it, does not.
    ignores_uuid_case: true,
    looks_up_by_link: false,
    // MAX_EVENT_TIMEOUT.
    waits_seconds: Some(5),
    shell_words: &[
        ShellWord::flag("s"),
        ShellWord::flag("single"),
        ShellWord::flag("1"),
    ],
    blacklist_parameter: Some("blacklist"),
    // nlplug-findfs, and the modprobe of kmod.
    loads_by_kmod: true,
    usr: Usr::Mounted,
    helper: Some(Helper {
        paths: &[
            "/usr/bin/nlplug-findfs",
            "/bin/nlplug-findfs",
            "/usr/sbin/nlplug-findfs",
            "/sbin/nlplug-findfs",
        ],
        options: &["NET", "SIGNALFD"],
        moves_dev: false,
        hook: None,
    }),
    tools: &[
        Tool::MODPROBE,
        Tool::always(
            &[
                "/usr/bin/mount",
                "/bin/mount",
                "/usr/sbin/mount",
                "/sbin/mount",
            ],
            None,
            "The root is not mounted.",
        )
        .made(),
        Tool::always(
            &[
                "/usr/bin/switch_root",
                "/bin/switch_root",
                "/usr/sbin/switch_root",
                "/sbin/switch_root",
            ],
            None,
            "The init of the initramfs cannot hand over to the root, and ends.",
        )
        .made(),
    ],
    sourced: &[],
    settings: &[],
    hook_folders: &[],
    hook_list: None,
    known_hooks: &[],
    // aoe= waits for its targets without an end.
    unmodelled_words: &["overlaytmpfs", "apkovl", "alpine_dev", "aoe"],
    device_tables: &[],
    wants_of_root: &[],
    switches: &["root", "init", "rootfstype", "rootflags", "modules"],
    init_parameter: true,
    skips_empty_init: true,
    default_init: "/sbin/init",
    other_inits: &[],
    tests_init_from_outside: false,
    replaces_missing_init: false,
    leaves_proc: true,
    on_missing_root: OnFailure {
        says: "Launching initramfs emergency recovery shell.",
        shell: true,
    },
    // exec switch_root: where that fails there is no process 1 any more.
    on_missing_init: OnFailure {
        says: "Attempted to kill init!",
        shell: false,
    },
    source: "mkinitfs 3.13.0, /init; nlplug-findfs.c",
};
