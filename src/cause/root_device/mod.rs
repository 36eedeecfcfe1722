//! KC4xx: whether the device that is to be the root is found.

pub(crate) mod block_driver_not_built_in;
pub(crate) mod no_root_parameter;
pub(crate) mod no_such_partuuid;
pub(crate) mod no_such_root_device;
pub(crate) mod root_by_uuid_without_initramfs;
pub(super) mod seen;
pub(crate) mod transport_not_built_in;
pub(crate) mod usr_device_missing;
pub(crate) mod virtiofs_root_unsupported;

use super::{Says, Tell};
use crate::bundle::Bundle;
use crate::finding::Finding;
use crate::guest::assembler;
use crate::printable::shell;
use crate::userland::modules;

/// What a kernel prints that does not find the root's device.
const CANNOT_OPEN: &[Tell] = &[
    Tell {
        text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(0,0): error -6",
        by: "Linux; since 6.5 with /dev/ before the name, and error -19 if rootfstype= also names \
            a missing file system",
        says: Says::When(seen::no_disk),
    },
    Tell {
        text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(0,0)",
        by: "Linux before 3.14, without the error",
        says: Says::When(seen::no_disk),
    },
    Tell {
        text: "VFS: Cannot open root device \"‹hda1›\" or ‹03:01›",
        by: "Linux before 2.6.19, with its number in hexadecimal",
        says: Says::When(seen::no_disk),
    },
    Tell {
        text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
        by: "Linux, in its panic",
        says: Says::When(seen::no_disk),
    },
    Tell {
        text: "Waiting for root device ‹/dev/vda›...",
        by: "Linux, with rootwait",
        says: Says::When(seen::no_disk),
    },
];

/// The command that makes an initramfs for this boot; `None` where there is no init of ours for the
/// machine, or something of it is not known.
pub(crate) fn build_command(bundle: &Bundle) -> Option<String> {
    let machine = bundle.machine_architecture().ok()?;
    if !assembler::serves(machine) {
        return None;
    }
    let root = bundle.root().ok()??;
    let release = bundle.kernel().ok()?.release().ok()?;
    let has_modules = root
        .tree()
        .and_then(modules::releases)
        .is_ok_and(|releases| releases.contains(&release));
    let from = root.path().file_name().filter(|_| has_modules);
    let from = from.map_or("FROM".to_owned(), |name| {
        shell::path(name.as_encoded_bytes())
    });
    let root_type = if root.is_folder() {
        "virtiofs"
    } else {
        root.contents().ok()?.mount()?.rootfstype
    };
    let kernel = match bundle.file_name.as_str() {
        "" | "-" => "KERNEL".to_owned(),
        name => shell::path(name.as_bytes()),
    };
    let disk = match bundle.disk {
        Some(kind) => format!(" --disk {}", kind.name),
        None => String::new(),
    };
    Some(format!(
        "kelpie-check initramfs build --modules {from} --kernel {kernel} --root {root_type} \
         --target {}{disk} -o initramfs",
        bundle.target.name
    ))
}

/// A finding that the kernel does not read the table that the root's partition stands in.
fn of_unread_table(
    cause: &super::Cause,
    (table, option): (&str, &str),
    consequence: String,
) -> Finding {
    cause.finding(
        format!("root= names a partition of {table}, which this kernel does not read."),
        consequence,
        format!("Use a kernel with CONFIG_{option}=y."),
    )
}
