//! The search for the device of the root: by the kernel, or by the init of an initramfs.
//!
//! Source: Linux `init/do_mounts.c` (`prepare_namespace`, `name_to_dev_t`, `mount_root`),
//! `block/early-lookup.c` (`early_lookup_bdev`, since 6.5), `drivers/virtio/virtio_mmio.c`.

use super::boot::{Boot, RootMounter};
use super::drivers::{self, Lacking};
use super::early_lookup::RootDevice;
use super::ending::{initramfs_misses_root, kernel_misses_root, kernel_refuses_root, panics};
use super::gap::{Gap, given_line, words};
use super::recorder::Recorder;
use crate::cause::root_device::{
    UnreadTable, block_driver_not_built_in, no_root_parameter, no_such_partuuid,
    no_such_root_device, root_by_uuid_without_initramfs, transport_not_built_in,
    virtiofs_root_unsupported,
};
use crate::cause::root_mount::are_types_left_open;
use crate::cmdline::{Root, RootWait};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::kernel::options::Driver;
use crate::machine::Machine;
use crate::rootfs::{RootFs, Scheme};
use crate::stage::Stage;
use crate::tree::{FileType, Tree, resolve};
use crate::vmm::{FoundBy, partition_name};

/// Partitions below this have a number beside the disk's, whether they exist or not (`PART_BITS` in
/// `drivers/block/virtio_blk.c`).
const NUMBERED_PARTITIONS: u32 = 16;
/// The option that lets the kernel read `virtio_mmio.device=`.
const COMMAND_LINE_DEVICES: &str = "VIRTIO_MMIO_CMDLINE_DEVICES";

/// What is not modelled of the search.
pub(super) static GAPS: [Gap; 3] = [
    Gap {
        what: "`root=/dev/` and `root=PARTUUID=` without a name.",
        from: Stage::RootDevice,
        met: |boot| {
            words(boot, |word| {
                word.is("root") && matches!(word.value.as_deref(), Some("/dev/" | "PARTUUID="))
            })
        },
    },
    Gap {
        what: "A `rootfstype=` with file systems of the kernel itself, or with both file systems \
            that need a disk and file systems that do not.",
        from: Stage::RootDevice,
        met: types,
    },
    Gap {
        what: "An archive without init and without the directory /root, or with a node /dev/root.",
        from: Stage::RootDevice,
        met: archive,
    },
];

/// `rootfstype=` with types that mount whatever `root=` names, or with none.
fn types(boot: &Boot<'_>) -> Vec<String> {
    let Some(line) = given_line(boot) else {
        return Vec::new();
    };
    let value = line.value("rootfstype").filter(|value| !value.is_empty());
    match value {
        Some(value)
            if matches!(boot.root_mounter(), Ok(RootMounter::Kernel))
                && are_types_left_open(&line.rootfstypes()) =>
        {
            vec![format!("the file system that rootfstype={value} mounts")]
        }
        _ => Vec::new(),
    }
}

/// An archive beside a root that the kernel mounts over /root, by a node that it makes as /dev/root.
fn archive(boot: &Boot<'_>) -> Vec<String> {
    let initramfs = boot.initramfs().ok().flatten();
    let Some(archive) = initramfs.and_then(|initramfs| initramfs.archive().ok()) else {
        return Vec::new();
    };
    if !matches!(boot.root_mounter(), Ok(RootMounter::Kernel)) {
        return Vec::new();
    }
    let own = archive.lookup(archive.root(), b"root").ok().flatten();
    let is_folder = own
        .and_then(|node| archive.stat(node).ok())
        .is_some_and(|stat| stat.file_type == FileType::Directory);
    let what = if !is_folder {
        "the mount over /root, which is not a directory in the initramfs"
    } else if matches!(resolve(archive, b"/dev/root"), Ok(Ok(_))) {
        "whether the kernel can make /dev/root, which is in the initramfs"
    } else {
        return Vec::new();
    };
    vec![what.to_owned()]
}

/// The drivers of the machine find its devices, before anything looks for the root.
pub(super) fn probe(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    let Some(device) = needed(boot)? else {
        return Ok(());
    };
    recorder.ask(402, || transport(boot));
    match device {
        Device::Disk => recorder.ask(401, || disk(boot)),
        Device::Share => recorder.ask(407, || share(boot)),
    }
    Ok(())
}

/// The device that the given root is.
#[derive(Clone, Copy)]
enum Device {
    Disk,
    Share,
}

/// Returns the device that has to be there for the given root; `None` if the boot needs none.
fn needed(boot: &Boot<'_>) -> Result<Option<Device>> {
    let Some(given) = boot.root()? else {
        return Ok(None);
    };
    if boot.root_in_memory()?.is_some() || boot.is_all_initramfs() {
        return Ok(None);
    }
    if given.is_folder() {
        // Another name, or a VMM that shares no folders, is KC405's.
        let is_mounted = boot.root_device()? == RootDevice::Share || falls_back_to_share(boot)?;
        return Ok(is_mounted.then_some(Device::Share));
    }
    Ok(match boot.root_line()?.root() {
        None | Some(Root::Nfs | Root::Cifs | Root::Ram | Root::Flash(_)) => None,
        // The tag of a share is no disk's name.
        Some(Root::Tag { tag, .. }) if !tag.starts_with("/dev/") => None,
        Some(_) => Some(Device::Disk),
    })
}

/// Returns true if the boot needs the disk of the given root.
pub(super) fn needs_disk(boot: &Boot<'_>) -> Result<bool> {
    Ok(matches!(needed(boot)?, Some(Device::Disk)))
}

/// `virtio_dev_probe` and the bus below it.
fn transport(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let machine = boot.machine()?;
    let bus = machine.platform.bus;
    let drivers: Vec<&'static str> = bus
        .for_virtio()
        .filter(|option| *option != COMMAND_LINE_DEVICES)
        .collect();
    let mut lacking = Lacking::of(boot, &drivers);
    lacking.add(COMMAND_LINE_DEVICES, unnamed_devices(boot, &machine));
    if !lacking.is_any()? {
        return Ok(None);
    }
    let consequence = match boot.root_mounter() {
        Ok(_) => misses_root(boot)?,
        // No init brings a driver that is off.
        Err(_) => "The kernel finds no virtio device, and no root.".to_owned(),
    };
    let fix = drivers::fix(boot, &lacking.options)?;
    let reasons = &lacking.reasons;
    Ok(Some(transport_not_built_in::of(reasons, consequence, fix)))
}

/// The kernel, or the init of an initramfs, does not find the root.
fn misses_root(boot: &Boot<'_>) -> Result<String> {
    match boot.root_mounter()? {
        RootMounter::Initramfs(generator) => Ok(initramfs_misses_root(generator)),
        RootMounter::Kernel | RootMounter::Nothing => kernel_misses_root(boot),
    }
}

/// Returns the reason why the kernel does not learn where its devices are, on x86.
fn unnamed_devices(boot: &Boot<'_>, machine: &Machine) -> Result<Option<String>> {
    let by_acpi = match machine.platform.bus.found_by {
        FoundBy::CommandLine => false,
        FoundBy::AcpiOrCommandLine => machine.has_acpi(),
        FoundBy::DeviceTree | FoundBy::Enumeration => return Ok(None),
    };
    let has = |option: &'static str| match boot.driver(option)? {
        Driver::BuiltIn => Ok(true),
        Driver::Unknown(why) => Err(Error::unsupported(option, why.to_owned())),
        Driver::Module | Driver::Absent | Driver::NotBuiltIn => Ok(false),
    };
    let by_line = has(COMMAND_LINE_DEVICES);
    if by_line.as_ref().is_ok_and(|has| *has) {
        return Ok(None);
    }
    if !by_acpi {
        by_line?;
        let title = boot.target.title;
        return Ok(Some(format!(
            "{COMMAND_LINE_DEVICES} is off, and {title} names its devices on the command line"
        )));
    }
    let acpi_is_off = boot
        .command_line()
        .is_ok_and(|line| line.value("acpi") == Some("off"));
    if acpi_is_off {
        by_line?;
        return Ok(Some(format!(
            "{COMMAND_LINE_DEVICES} is off, and the command line turns ACPI off"
        )));
    }
    if has("ACPI")? {
        return Ok(None);
    }
    by_line?;
    Ok(Some(format!(
        "Neither ACPI nor {COMMAND_LINE_DEVICES} is built into it"
    )))
}

/// `virtblk_probe`.
fn disk(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let lacking = Lacking::of(boot, boot.disk_kind().options);
    if !lacking.is_any()? {
        return Ok(None);
    }
    let consequence = misses_root(boot)?;
    let fix = drivers::fix(boot, &lacking.options)?;
    let reasons = &lacking.reasons;
    Ok(Some(block_driver_not_built_in::of(
        reasons,
        consequence,
        fix,
    )))
}

/// `virtio_fs_probe`, and FUSE above it.
fn share(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let lacking = Lacking::of(boot, &["VIRTIO_FS", "FUSE_FS"]);
    if !lacking.is_any()? {
        return Ok(None);
    }
    let consequence = match boot.root_mounter()? {
        RootMounter::Initramfs(generator) => initramfs_misses_root(generator),
        RootMounter::Kernel | RootMounter::Nothing => panics("unknown-block(0,0)"),
    };
    let fix = drivers::fix(boot, &lacking.options)?;
    let reasons = &lacking.reasons;
    Ok(Some(virtiofs_root_unsupported::of(
        reasons,
        consequence,
        fix,
    )))
}

/// The search for the name that `root=` gives: `prepare_namespace` and `early_lookup_bdev` in the kernel,
/// the search of its own in an initramfs.
pub(super) fn look_up(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    match &boot.root_line()?.root() {
        None => recorder.ask(403, || no_name(boot)),
        Some(root) => {
            recorder.ask(404, || foreign_name(boot, root));
            let code = match named_table_entry(root) {
                Some(_) => 406,
                None => 405,
            };
            recorder.ask(code, || absent(boot, root));
        }
    }
    Ok(())
}

/// What looks for the root.
enum Searcher<'a> {
    Kernel,
    Initramfs(&'a crate::initramfs::Generator),
}

impl<'a> Searcher<'a> {
    /// Returns what looks for the root; `None` if nothing does, because the initramfs is the system, or
    /// the kernel mounts something whatever `root=` says.
    fn of(boot: &'a Boot<'_>) -> Result<Option<Self>> {
        Ok(match boot.root_mounter()? {
            RootMounter::Nothing => None,
            RootMounter::Kernel => {
                let needs_device = boot.root_in_memory()?.is_none() && !falls_back_to_share(boot)?;
                needs_device.then_some(Self::Kernel)
            }
            RootMounter::Initramfs(generator) => Some(Self::Initramfs(generator)),
        })
    }

    /// Returns true if it makes anything of the form of `root=`.
    fn understands(&self, boot: &Boot<'_>, root: &Root) -> Result<bool> {
        Ok(match self {
            Self::Kernel => !root.needs_initramfs(),
            Self::Initramfs(generator) => {
                let named = boot.root_line()?.value("root").unwrap_or_default();
                let model = generator.model;
                model.is_none_or(|model| model.understands_root(named))
            }
        })
    }
}

fn no_name(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let consequence = match Searcher::of(boot)? {
        None => return Ok(None),
        Some(Searcher::Kernel) => panics("unknown-block(0,0)"),
        Some(Searcher::Initramfs(generator)) => initramfs_misses_root(generator),
    };
    let parameters = parameters(boot)?;
    let found = no_root_parameter::of(parameters.as_deref(), consequence);
    Ok(Some(found))
}

/// A name in a file system or in a table, of which nothing in this boot makes anything.
fn foreign_name(boot: &Boot<'_>, root: &Root) -> Result<Option<Finding>> {
    let is_by_content = matches!(
        root,
        Root::Uuid(_) | Root::Label(_) | Root::PartUuid { .. } | Root::PartLabel(_)
    );
    if !is_by_content {
        return Ok(None);
    }
    let Some(searcher) = Searcher::of(boot)? else {
        return Ok(None);
    };
    if searcher.understands(boot, root)? {
        return Ok(None);
    }
    let (generator, consequence) = match searcher {
        Searcher::Kernel => (None, kernel_refuses_root(boot)?),
        Searcher::Initramfs(generator) => (Some(generator.name), initramfs_misses_root(generator)),
    };
    let parameters = parameters(boot)?.unwrap_or_else(|| default_parameters(boot));
    let found = root_by_uuid_without_initramfs::of(root, generator, &parameters, consequence);
    Ok(Some(found))
}

/// A name that is understood, and that nothing on the machine has.
fn absent(boot: &Boot<'_>, root: &Root) -> Result<Option<Finding>> {
    let is_by_content = is_by_table(root) || matches!(root, Root::Uuid(_) | Root::Label(_));
    if is_by_content {
        match Searcher::of(boot)? {
            Some(searcher) if searcher.understands(boot, root)? => {}
            _ => return Ok(None),
        }
    }
    let device = boot.root_device()?;
    let table = unread_table(boot, &device)?;
    if table.is_none() && !matches!(device, RootDevice::Absent { .. }) {
        return Ok(None);
    }
    let consequence = match Searcher::of(boot)? {
        None => return Ok(None),
        Some(Searcher::Kernel) => by_kernel(boot, root)?,
        Some(Searcher::Initramfs(generator)) => initramfs_misses_root(generator),
    };
    let finding = match (table, &device, root) {
        (Some(table), _, root) if is_by_table(root) => {
            no_such_partuuid::of_unread_table(&table, consequence)
        }
        (Some(table), ..) => no_such_root_device::of_unread_table(&table, consequence),
        (None, RootDevice::Absent { named, instead }, root) => {
            let parameters = parameters(boot)?;
            let parameters = parameters.as_deref();
            match named_table_entry(root) {
                Some(what) => no_such_partuuid::of(what, named, instead, parameters, consequence),
                None => no_such_root_device::of(named, instead, parameters, consequence),
            }
        }
        (None, ..) => return Ok(None),
    };
    Ok(Some(finding))
}

/// Returns the kind of name in a table of partitions that `root=` gives, if it is one. The kernel says
/// "VFS: PARTUUID= is invalid." of one that it cannot parse.
fn named_table_entry(root: &Root) -> Option<&'static str> {
    match root {
        Root::PartUuid { .. } => Some("PARTUUID"),
        Root::PartLabel(_) => Some("PARTLABEL"),
        Root::Other { text, .. } if text.starts_with("PARTUUID=") => Some("PARTUUID"),
        _ => None,
    }
}

fn is_by_table(root: &Root) -> bool {
    matches!(root, Root::PartUuid { .. } | Root::PartLabel(_))
}

/// How the kernel ends over a name that leads to no device.
fn by_kernel(boot: &Boot<'_>, root: &Root) -> Result<String> {
    match root {
        Root::Other { .. } | Root::Tag { .. } => return kernel_refuses_root(boot),
        Root::Nfs => return Ok(panics("unknown-block(0,255)")),
        Root::Cifs => return Ok(panics("unknown-block(0,254)")),
        Root::Ram => return Ok(panics("unknown-block(1,0)")),
        Root::MajorMinor { major, minor } => {
            return Ok(panics(&format!("unknown-block({major},{minor})")));
        }
        _ => {}
    }
    let disk = boot.disk_name();
    let has_disk = boot.root()?.is_some_and(|given| !given.is_folder());
    match root.find(&[disk.as_str()]) {
        Some((_, Some(number))) if has_disk && number < NUMBERED_PARTITIONS => {
            let major = boot.disk_kind().major.number;
            Ok(panics(&format!("unknown-block({major},{number})")))
        }
        _ => kernel_misses_root(boot),
    }
}

/// The sectors that a disk of every machine has.
const SECTOR_BYTES: u64 = 512;

/// Why the kernel does not read the table that it has to read for `root=`.
///
/// Models `find_valid_gpt` in `block/partitions/efi.c`.
fn unread_table(boot: &Boot<'_>, device: &RootDevice) -> Result<Option<UnreadTable>> {
    let RootDevice::Partition(_) = device else {
        return Ok(None);
    };
    let table = match boot.root()? {
        Some(root) => root.partitions()?,
        None => None,
    };
    let Some(table) = table else { return Ok(None) };
    let (kind, option) = match table.scheme {
        Scheme::Gpt => ("a GPT", "EFI_PARTITION"),
        Scheme::Mbr => ("an MBR", "MSDOS_PARTITION"),
    };
    if !boot.builds_in(option)? {
        return Ok(Some(UnreadTable::NotBuiltIn { kind, option }));
    }
    if table.sector_bytes != SECTOR_BYTES {
        let sector_bytes = table.sector_bytes;
        return Ok(Some(UnreadTable::OtherSectors { sector_bytes }));
    }
    // Each word that begins with it sets `force_gpt`.
    let is_forced = || -> Result<bool> {
        let mut words = boot.command_line()?.parameters.iter();
        Ok(words.any(|word| word.name.starts_with("gpt")))
    };
    let is_passed_over = table.is_backup && !is_forced()?;
    Ok(is_passed_over.then_some(UnreadTable::Backup))
}

/// Returns the parameters that name the given root; `None` if none is given.
fn parameters(boot: &Boot<'_>) -> Result<Option<String>> {
    let platform = boot.platform()?;
    let Some(root) = boot.root()? else {
        return Ok(None);
    };
    if root.is_folder() {
        let tag = platform.virtio_fs.as_ref().map_or("TAG", |share| share.tag);
        return Ok(Some(format!("root={tag} rootfstype=virtiofs")));
    }
    let device = boot.disk_kind().first_device();
    Ok(Some(match root.partition() {
        Ok(Some(partition)) => {
            format!("root={}", partition_name(&device, partition.number))
        }
        _ => format!("root={device}"),
    }))
}

fn default_parameters(boot: &Boot<'_>) -> String {
    format!("root={}", boot.disk_kind().first_device())
}

/// Returns true if the kernel mounts the share whatever `root=` says: it names its source /dev/root if
/// `root=` leads nowhere, which is the tag of libkrun's own share.
fn falls_back_to_share(boot: &Boot<'_>) -> Result<bool> {
    if !boot.root()?.is_some_and(RootFs::is_folder) {
        return Ok(false);
    }
    let tag = boot.platform()?.virtio_fs.as_ref().map(|share| share.tag);
    let line = boot.command_line()?;
    Ok(tag == Some("/dev/root")
        && line.rootfstypes().contains(&"virtiofs")
        && line.rootwait() == RootWait::No)
}
