//! KC4xx: whether the device that is to be the root is found.

pub(super) mod block_driver_not_built_in;
pub(super) mod no_root_parameter;
pub(super) mod no_such_partuuid;
pub(super) mod no_such_root_device;
pub(super) mod root_by_uuid_without_initramfs;
pub(super) mod seen;
pub(super) mod transport_not_built_in;
pub(super) mod virtiofs_root_unsupported;

use super::{Says, Tell};
use crate::bundle::{Bundle, Mounter, RootDevice, Supply};
use crate::bytes::escaped;
use crate::cmdline::{Root, RootWait};
use crate::error::Result;
use crate::finding::Finding;
use crate::guest::assembler;
use crate::initramfs::Generator;
use crate::kernel::options::Driver;
use crate::rootfs::Scheme;
use crate::userland::modules;

/// What a kernel prints that does not find the root's device.
const CANNOT_OPEN: &[Tell] = &[
    Tell {
        text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(0,0): error -6",
        by: "Linux; since 6.5 with /dev/ before the name, and error -19 where rootfstype= names a \
             file system that is not there either",
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

/// Whether the given root is what the machine is to boot from: a disk or a share over virtio.
pub(super) fn wants_root(bundle: &Bundle) -> Result<bool> {
    let Some(given) = bundle.root()? else {
        return Ok(false);
    };
    if bundle.root_in_memory()?.is_some() || bundle.mounts_none() {
        return Ok(false);
    }
    Ok(match bundle.command_line()?.root() {
        None | Some(Root::Nfs | Root::Cifs | Root::Ram | Root::Flash(_)) => false,
        // The name of a share is none of a disk's.
        Some(Root::Tag { tag, .. }) => given.is_folder() || tag.starts_with("/dev/"),
        Some(_) => true,
    })
}

/// What keeps the kernel from having the driver behind an option when the root is mounted, as the
/// end of a sentence about the option. `None` where it has it, and where an initramfs mounts the
/// root and merely lacks the module, which KC306 tells.
pub(super) fn lack(bundle: &Bundle, option: &'static str) -> Result<Option<&'static str>> {
    Ok(match bundle.supply(option)? {
        Supply::BuiltIn | Supply::Module { .. } | Supply::NotInInitramfs { .. } => None,
        Supply::NoInitramfs => Some(match bundle.driver(option)? {
            Driver::Module => "is a module in this kernel, and no initramfs loads it",
            _ => "is not built into this kernel, and no initramfs loads it",
        }),
        Supply::Absent => Some("is off in this kernel"),
    })
}

/// What to do about drivers that are lacking.
pub(super) fn fix_drivers(bundle: &Bundle, options: &[&'static str]) -> Result<String> {
    let mut loadable = true;
    for option in options {
        if bundle.supply(option)? == Supply::Absent {
            loadable = false;
        }
    }
    let settings: Vec<String> = options
        .iter()
        .map(|option| format!("CONFIG_{option}=y"))
        .collect();
    let kernel = format!("se a kernel with {}", settings.join(" and "));
    Ok(if loadable {
        let give = match build_command(bundle) {
            Some(command) => format!("Run `{command}` and give that with --initramfs"),
            None => "Give an initramfs that loads it with --initramfs".to_owned(),
        };
        format!("{give}, or u{kernel}.")
    } else {
        format!("U{kernel}.")
    })
}

/// The command that makes an initramfs for this boot; `None` where there is no init of ours for the
/// machine, or something of it is not known.
pub(super) fn build_command(bundle: &Bundle) -> Option<String> {
    let machine = bundle.machine().ok()?;
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
        escaped(name.to_string_lossy().as_bytes())
    });
    let root_type = if root.is_folder() {
        "virtiofs"
    } else {
        root.contents().ok()?.mount()?.rootfstype
    };
    let kernel = match bundle.file_name.as_str() {
        "" | "-" => "KERNEL".to_owned(),
        name => escaped(name.as_bytes()),
    };
    Some(format!(
        "kelpie-check initramfs build --modules {from} --kernel {kernel} --root {root_type} \
         --target {} -o initramfs",
        bundle.target.name
    ))
}

/// What the kernel comes to that does not find what `root=` names: it panics, or it waits.
fn kernel_misses_root(bundle: &Bundle) -> Result<String> {
    let line = bundle.command_line()?;
    let named = line.value("root").unwrap_or_default();
    let version = bundle.kernel()?.version();
    Ok(match line.rootwait() {
        RootWait::Forever => {
            format!("The kernel says \"Waiting for root device {named}...\" and waits for ever.")
        }
        RootWait::Seconds(seconds) if version.is_none_or(|version| version >= (6, 6)) => format!(
            "The kernel waits {seconds} seconds and panics: \"VFS: Unable to mount root fs on \
             unknown-block(0,0)\"."
        ),
        RootWait::Seconds(_) | RootWait::No => panics("unknown-block(0,0)"),
    })
}

/// What the kernel comes to that can make nothing of `root=`. Since Linux 6.5 it does not wait.
fn kernel_refuses_root(bundle: &Bundle) -> Result<String> {
    let line = bundle.command_line()?;
    let waits = line.rootwait() != RootWait::No;
    let version = bundle.kernel()?.version();
    if !waits || version.is_some_and(|version| version < (6, 5)) {
        return kernel_misses_root(bundle);
    }
    Ok(
        "The kernel says \"Disabling rootwait; root= is invalid.\" and panics: \"VFS: Unable to \
         mount root fs on unknown-block(0,0)\"."
            .to_owned(),
    )
}

fn panics(block: &str) -> String {
    format!("The kernel panics: \"VFS: Unable to mount root fs on {block}\".")
}

/// Whether who mounts the root makes anything of the form of `root=`. The kernel knows names of
/// devices and partitions, an initramfs what its model says; where there is no root to be named, or
/// nobody knows who mounts it, nothing is refused for its form.
fn is_looked_up(bundle: &Bundle) -> Result<bool> {
    let line = bundle.command_line()?;
    let Some(root) = line.root() else {
        return Ok(true);
    };
    Ok(match bundle.mounter()? {
        Mounter::Kernel => !root.needs_initramfs(),
        Mounter::Archive => true,
        Mounter::Initramfs(generator) => generator
            .model
            .is_none_or(|model| model.understands_root(line.value("root").unwrap_or_default())),
    })
}

/// What the init of an initramfs comes to without the root.
fn initramfs_misses_root(generator: &Generator) -> String {
    let has_shell = generator
        .model
        .is_none_or(|model| model.on_missing_root.shell);
    let then = if has_shell {
        "starts a shell, or ends"
    } else {
        "ends"
    };
    format!(
        "The init of the initramfs ({}) does not find it and {then}, and the kernel panics: \
         \"Attempted to kill init!\".",
        generator.name
    )
}

/// The parameters that name the given root.
fn root_parameters(bundle: &Bundle) -> Result<String> {
    let platform = bundle.platform()?;
    let device = platform.default_root_device();
    let Some(root) = bundle.root()? else {
        return Ok(format!("root={device}"));
    };
    if root.is_folder() {
        let tag = platform.virtio_fs.as_ref().map_or("TAG", |share| share.tag);
        return Ok(format!("root={tag} rootfstype=virtiofs"));
    }
    Ok(match root.partition() {
        Ok(Some(partition)) => format!("root={device}{}", partition.number),
        _ => format!("root={device}"),
    })
}

/// The table of partitions that the kernel would have to read for `root=`, and cannot: its name
/// and its option.
fn unread_table(bundle: &Bundle) -> Result<Option<(&'static str, &'static str)>> {
    let RootDevice::Partition(_) = bundle.root_device()? else {
        return Ok(None);
    };
    let table = match bundle.root()? {
        Some(root) => root.partitions()?,
        None => None,
    };
    let Some(table) = table else { return Ok(None) };
    Ok(match table.scheme {
        Scheme::Gpt if !bundle.builds_in("EFI_PARTITION")? => Some(("a GPT", "EFI_PARTITION")),
        Scheme::Mbr if !bundle.builds_in("MSDOS_PARTITION")? => Some(("an MBR", "MSDOS_PARTITION")),
        Scheme::Gpt | Scheme::Mbr => None,
    })
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

/// Whether the kernel mounts something whatever `root=` says: a share, or an empty file system.
fn needs_no_device(bundle: &Bundle) -> Result<bool> {
    Ok(bundle.root_in_memory()?.is_some() || falls_back_to_share(bundle)?)
}

/// Whether the kernel mounts the share whatever `root=` says: it calls what it mounts /dev/root
/// where `root=` leads nowhere, which is the tag of libkrun's own share.
///
/// Source: Linux `init/do_mounts.c`, `mount_root` and `mount_block_root`.
fn falls_back_to_share(bundle: &Bundle) -> Result<bool> {
    let shares = bundle.root()?.is_some_and(crate::rootfs::RootFs::is_folder);
    if !shares {
        return Ok(false);
    }
    let tag = bundle.platform()?.virtio_fs.as_ref().map(|share| share.tag);
    let line = bundle.command_line()?;
    Ok(tag == Some("/dev/root")
        && line.rootfstypes().contains(&"virtiofs")
        && line.rootwait() == RootWait::No)
}
