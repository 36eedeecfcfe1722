//! kelpie-check: the archives that `initramfs build` makes, and the one that proves a kernel.
//!
//! Source: `src/guest/mounter/` and `src/guest/marker.rs`.

use super::model::{Model, MountType, OnFailure, Usr};
use super::{Known, Told};

/// Only this init says so, having mounted a root.
const MOUNTED: &str = "kelpie-check: root mounted\n";
/// And only this one so, having mounted none.
const REACHED: &str = "kelpie-check: userspace reached\n";

pub(super) static KELPIE_CHECK: Known = Known {
    name: "kelpie-check",
    recognise: |traces| {
        Ok(traces.init_has(&[MOUNTED])?.then_some(Told {
            evidence: "/init is kelpie-check's own",
            version: None,
        }))
    },
    model: Some(&MODEL),
    mounts_root: true,
};

pub(super) static MARKER: Known = Known {
    name: "kelpie-check-marker",
    recognise: |traces| {
        Ok(traces.init_has(&[REACHED])?.then_some(Told {
            evidence: "/init is kelpie-check's own: it reports that userspace is reached, restarts \
                the machine and mounts no root",
            version: None,
        }))
    },
    model: None,
    mounts_root: false,
};

pub(super) static MODEL: Model = Model {
    always: &[],
    // Each line a path, loaded as it stands there, dependencies first.
    lists: &["/modules"],
    on_uevent: false,
    by_rootfstype: false,
    modules_parameter: None,
    mount_type: MountType::Detected,
    type_file: Some("/rootfstype"),
    root_forms: &["/dev/"],
    unmodelled_roots: &[],
    root_by_number: false,
    ignores_uuid_case: false,
    looks_up_by_link: false,
    // Two hundred times 50 ms; rootwait lets it wait for ever.
    waits_seconds: Some(10),
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
        says: "kelpie-check: cannot open",
        shell: false,
    },
    on_missing_init: OnFailure {
        says: "kelpie-check: cannot",
        shell: false,
    },
    source: "kelpie-check, src/guest/mounter/",
};
