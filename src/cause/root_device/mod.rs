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
use crate::role::Role;
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

/// Why the kernel does not read a table of partitions.
pub(crate) enum UnreadTable {
    /// It lacks the option.
    NotBuiltIn {
        /// The table, with its article.
        kind: &'static str,
        /// The option.
        option: &'static str,
    },
    /// Only the copy at the end of the disk is valid.
    Backup,
    /// The table counts in sectors that the disk does not have.
    OtherSectors {
        /// The sectors of the table.
        sector_bytes: u64,
    },
}

/// A finding that the kernel does not read the table that the root's partition stands in.
fn of_unread_table(cause: &super::Cause, table: &UnreadTable, consequence: String) -> Finding {
    let (message, fix, role) = match table {
        UnreadTable::NotBuiltIn { kind, option } => (
            format!("root= names a partition of {kind}, which this kernel does not read."),
            format!("Use a kernel with CONFIG_{option}=y."),
            Role::Kernel,
        ),
        UnreadTable::Backup => (
            "root= names a partition of a GPT that is valid only at the end of the disk. Linux \
             reads that copy only with gpt on the command line."
                .to_owned(),
            "Write the table again from the copy: `sgdisk -e IMAGE`. Or add gpt to the command \
             line."
                .to_owned(),
            Role::Rootfs,
        ),
        UnreadTable::OtherSectors { sector_bytes } => (
            format!(
                "root= names a partition of a GPT that counts in sectors of {sector_bytes} bytes, \
                 and the disk has sectors of 512."
            ),
            format!(
                "Make the table for sectors of 512 bytes, or attach the disk with sectors of \
                 {sector_bytes}."
            ),
            Role::Rootfs,
        ),
    };
    cause.finding(message, consequence, fix).about(role)
}
