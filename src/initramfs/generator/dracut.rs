//! dracut, with systemd or with its own init.
//!
//! Source: `modules.d/99base/init.sh`, `95rootfs-block` and `98dracut-systemd` of dracut 059.

use super::model::{Model, MountType, OnFailure};
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
    root_by_number: false,
    // rd.retry.
    waits_seconds: Some(180),
    shell_words: &["rd.break", "rd.break="],
    wants_of_root: &["/proc", "/sys", "/dev"],
    init_parameter: true,
    default_init: "/sbin/init",
    other_inits: &[],
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
