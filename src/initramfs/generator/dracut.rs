//! dracut, with systemd or with its own init.
//!
//! Source: `modules.d/99base/init.sh`, `95rootfs-block` and `98dracut-systemd` of dracut 059.

use super::model::{Helper, Model, MountType, OnFailure, Settings, ShellWord, Sourced, Tool, Usr};
use super::traces::assigned;
use super::{Known, Told};

pub(super) static DRACUT: Known = Known {
    name: "dracut",
    recognise: |traces| {
        if !traces.has(b"/usr/lib/dracut")? && !traces.has(b"/lib/dracut")? {
            return Ok(None);
        }
        let release = traces.file(b"/etc/initrd-release")?;
        let version = release.and_then(|release| assigned(&release, "DRACUT_VERSION"));
        Ok(Some(Told {
            evidence: "/usr/lib/dracut",
            version,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

/// Where `rd.break=` stops.
const STAGES: &[&str] = &[
    "cmdline",
    "pre-udev",
    "pre-trigger",
    "initqueue",
    "pre-mount",
    "mount",
    "pre-pivot",
    "cleanup",
];

pub(super) static MODEL: Model = Model {
    always: &[],
    lists: &[],
    on_uevent: true,
    by_rootfstype: false,
    modules_parameter: Some("rd.driver.pre"),
    mount_type: MountType::Detected,
    type_file: None,
    root_forms: &[
        "/dev/",
        "UUID=",
        "LABEL=",
        "PARTUUID=",
        "PARTLABEL=",
        "block:/dev/",
        "block:UUID=",
        "block:LABEL=",
        "block:PARTUUID=",
        "block:PARTLABEL=",
    ],
    unmodelled_roots: &["gpt-auto", "tmpfs", "dissect", "virtiofs:", "virtfs:"],
    root_by_number: false,
    ignores_uuid_case: false,
    looks_up_by_link: true,
    // rd.retry.
    waits_seconds: Some(180),
    shell_words: &[
        ShellWord {
            name: "rd.break",
            bare: true,
            values: STAGES,
        },
        ShellWord {
            name: "rdbreak",
            bare: true,
            values: STAGES,
        },
    ],
    blacklist_parameter: Some("rd.driver.blacklist"),
    loads_by_kmod: true,
    usr: Usr::Required,
    helper: Some(Helper::udevd(false, None)),
    tools: &[
        Tool::MODPROBE,
        Tool::UDEVADM,
        Tool::always(
            &["/usr/bin/mount", "/bin/mount"],
            None,
            "The root is not mounted, and a shell of the initramfs starts.",
        ),
        Tool::always(
            &["/usr/bin/systemctl", "/bin/systemctl"],
            Some(true),
            "initrd-switch-root.service fails, and a shell of the initramfs starts.",
        ),
        Tool::always(
            &[
                "/sbin/switch_root",
                "/usr/sbin/switch_root",
                "/bin/switch_root",
                "/usr/bin/switch_root",
            ],
            Some(false),
            "The init of the initramfs cannot hand over to the root, and ends.",
        ),
    ],
    sourced: &[Sourced {
        path: "/lib/dracut-lib.sh",
        holds: "getarg",
    }],
    settings: &[
        Settings {
            paths: &["/etc/cmdline", "/etc/cmdline.d"],
            are_words: true,
            harmless: &["rd.driver.pre", "ro", "rw"],
        },
        Settings {
            paths: &["/etc/conf.d"],
            are_words: false,
            harmless: &[
                "systemdsystemconfdir",
                "systemdsystemunitdir",
                "systemdutildir",
            ],
        },
    ],
    hook_folders: &[
        "/lib/dracut/hooks/cmdline",
        "/lib/dracut/hooks/pre-udev",
        "/lib/dracut/hooks/pre-trigger",
        "/lib/dracut/hooks/initqueue",
        "/lib/dracut/hooks/initqueue/settled",
        "/lib/dracut/hooks/initqueue/timeout",
        "/lib/dracut/hooks/initqueue/finished",
        "/lib/dracut/hooks/initqueue/online",
        "/lib/dracut/hooks/pre-mount",
        "/lib/dracut/hooks/mount",
        "/lib/dracut/hooks/pre-pivot",
        "/lib/dracut/hooks/cleanup",
    ],
    hook_list: None,
    known_hooks: &[
        "settled",
        "timeout",
        "finished",
        "online",
        "block-genrules.sh",
        "crypt-cleanup.sh",
        "dm-pre-udev.sh",
        "mount-root.sh",
        "mount-usr.sh",
        "mount-virtfs.sh",
        "mount-virtiofs.sh",
        "overlay-mount.sh",
        "parse-block.sh",
        "parse-crypt.sh",
        "parse-dm.sh",
        "parse-kernel.sh",
        "parse-keydev.sh",
        "parse-lunmask.sh",
        "parse-lvm.sh",
        "parse-md.sh",
        "parse-resume.sh",
        "parse-root.sh",
        "parse-root-opts.sh",
        "parse-virtfs.sh",
        "parse-virtiofs.sh",
        "rootfallback.sh",
        "btrfs_device_ready.sh",
        "btrfs_finished.sh",
        "btrfs_timeout.sh",
        "multipathd.sh",
        "multipathd-stop.sh",
        "nvdimm.sh",
        "dmraid.sh",
        "parse-keymap.sh",
        "plymouth-pretrigger.sh",
        "plymouth-newroot.sh",
        "plymouth-populate-initrd.sh",
        "console_init.sh",
        "mdraid-needshutdown.sh",
        "mdraid-waitclean.sh",
        // Makes /run/mdadm.
        "mdmon-pre-udev.sh",
        "lvm-monitor.sh",
        "wait-fstab.sh",
    ],
    unmodelled_words: &[
        "rd.lvm.lv",
        "rd_LVM_LV",
        "rd.luks.uuid",
        "rd_LUKS_UUID",
        "rd.luks.partuuid",
        "rd.luks.serial",
        "rd.luks.name",
        "rd.md.uuid",
        "rd_MD_UUID",
        "rootfallback",
        "rootovl",
        "rd.overlay",
        "rd.overlayfs",
        "rd.live.image",
        "rd.live.overlay.overlayfs",
        "systemd.volatile",
    ],
    device_tables: &["/etc/crypttab"],
    wants_of_root: &["/proc", "/sys", "/dev"],
    switches: &[],
    init_parameter: true,
    skips_empty_init: true,
    default_init: "/sbin/init",
    other_inits: &["/sbin/init"],
    tests_init_from_outside: false,
    replaces_missing_init: true,
    leaves_proc: true,
    on_missing_root: OnFailure {
        says: "Could not boot.",
        shell: true,
    },
    on_missing_init: OnFailure {
        says: "Cannot find init!",
        shell: true,
    },
    source: "dracut 059, modules.d/99base/init.sh",
};
