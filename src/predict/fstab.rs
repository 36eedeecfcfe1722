//! The mounts of the root's `/etc/fstab`: which of them work on this machine with this disk.
//!
//! Sources: systemd 252 `src/shared/fstab-util.c` (`fstab_node_to_udev_node`) and `src/core/mount.c`;
//! `rules.d/60-persistent-storage.rules`; those of [`Named`]; Linux 6.1 `fs/namespace.c`
//! (`do_new_mount`).

use super::boot::{Boot, RootMounter};
use super::drivers::Supply;
use super::gap::Gap;
use super::recorder::Recorder;
use crate::bytes::escaped;
use crate::cause::consistency::fstab_mount_fails;
use crate::cause::root_device::usr_device_missing;
use crate::cmdline::{Named, Root, Tag, encode_link};
use crate::error::Result;
use crate::finding::Finding;
use crate::initramfs::Usr;
use crate::kernel::options::{Driver, OPTIONS};
use crate::magic::{Class, Mount as MountedAs};
use crate::rootfs::{Names, Partition, RootFs};
use crate::stage::Stage;
use crate::tree::resolve;
use crate::userland::modules;
use crate::userland::system::{self, Mount, MountFails, needed_mounts};

/// Whether a mount works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MountState {
    /// It does.
    Works,
    /// It fails, for this reason.
    Fails(String),
    /// This is not known of it.
    Unknown(String),
}

/// Disks of any machine. Without its driver and its device none of them appears.
const DISKS: [&str; 6] = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk"];
/// File systems that the kernel mounts without a device, and that systemd needs itself.
const OF_MEMORY: [&str; 4] = ["tmpfs", "proc", "sysfs", "devpts"];
/// The type of a partition that holds the code of a boot loader.
const BIOS_BOOT: &str = "21686148-6449-6e6f-744e-656564454649";

/// What is not modelled of a /usr that the initramfs mounts.
pub(super) static USR_GAPS: [Gap; 2] = [
    Gap {
        what: "A /usr of /etc/fstab that the initramfs mounts, or that mkinitfs and mkinitcpio do not find.",
        from: Stage::Init,
        met: |boot| match (boot.early_usr(), boot.model()) {
            (Ok(Some((mount, MountState::Works))), _) => {
                vec![format!(
                    "the content of {}, the /usr of /etc/fstab",
                    mount.device
                )]
            }
            (Ok(Some((mount, MountState::Fails(_)))), Ok(Some(model)))
                if model.usr == Usr::Mounted =>
            {
                vec![format!(
                    "the boot without {}, the /usr of /etc/fstab",
                    mount.device
                )]
            }
            _ => Vec::new(),
        },
    },
    Gap {
        what: "A /usr of /etc/fstab on a device that is not modelled.",
        from: Stage::RootMount,
        met: |boot| match boot.early_usr() {
            Ok(Some((_, MountState::Unknown(what)))) => vec![what],
            _ => Vec::new(),
        },
    },
];

/// What is not modelled of the mounts of `/etc/fstab`.
pub(super) static GAPS: [Gap; 1] = [Gap {
    what: "A mount of /etc/fstab on LVM, LUKS, md or another device that is made of disks; of a type, or \
           by an init system, of which it is not known whether it fails.",
    from: Stage::Userspace,
    // What cannot be read blocks KC707.
    met: |boot| boot.undecided_mounts().unwrap_or_default(),
}];

/// The init of an initramfs looks for the /usr of the root.
pub(super) fn find_usr(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask(408, || missing_usr(boot));
    Ok(())
}

fn missing_usr(boot: &Boot<'_>) -> Result<Option<Finding>> {
    if boot.initramfs()?.is_none() {
        return Ok(None);
    }
    boot.kernel()?;
    let RootMounter::Initramfs(generator) = boot.root_mounter()? else {
        return Ok(None);
    };
    let is_required = generator
        .model
        .is_some_and(|model| model.usr == Usr::Required);
    Ok(match boot.early_usr()?.filter(|_| is_required) {
        Some((mount, MountState::Fails(why))) => {
            Some(usr_device_missing::of(&mount.device, &why, generator.name))
        }
        _ => None,
    })
}

/// Follows the system after init starts.
pub(super) fn run_system(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask_facts(&[701, 703, 704]);
    recorder.ask(707, || failed_mount(boot));
    Ok(())
}

/// The first mount that fails and that init waits for.
fn failed_mount(boot: &Boot<'_>) -> Result<Option<Finding>> {
    boot.kernel()?;
    for (mount, state, then) in boot.needed_mounts()? {
        if let (MountState::Fails(why), MountFails::Stops(then)) = (state, then) {
            return Ok(Some(fstab_mount_fails::of(&mount, &why, then)));
        }
    }
    Ok(None)
}

impl Boot<'_> {
    /// Returns what is not known of the mounts that init waits for.
    pub(super) fn undecided_mounts(&self) -> Result<Vec<String>> {
        let mounts = self.needed_mounts()?.into_iter();
        Ok(mounts
            .filter_map(|(mount, state, then)| match (state, then) {
                (MountState::Unknown(what), _) => Some(what),
                (MountState::Fails(why), MountFails::Unknown(what)) => Some(format!(
                    "{what} {}, the {} of /etc/fstab: {why}",
                    mount.device, mount.mount_point
                )),
                _ => None,
            })
            .collect())
    }

    /// Returns the `/usr` that the init of the initramfs mounts, by the root's `/etc/fstab`.
    pub(super) fn early_usr(&self) -> Result<Option<(Mount, MountState)>> {
        let RootMounter::Initramfs(generator) = self.root_mounter()? else {
            return Ok(None);
        };
        let (Some(root), true) = (
            self.root()?,
            generator
                .model
                .is_some_and(|model| model.usr != Usr::Ignored),
        ) else {
            return Ok(None);
        };
        // A root that is not read is another cause.
        let Ok(tree) = root.tree() else {
            return Ok(None);
        };
        let fstab = system::fstab(tree)?;
        let mounts = fstab.map(|fstab| fstab.mounts).unwrap_or_default();
        let usr = mounts.into_iter().find(|mount| mount.mount_point == USR);
        usr.map(|mount| {
            let state = self.device_of(root, &mount)?;
            let state = match state {
                Device::There(_) | Device::None => MountState::Works,
                Device::Missing(why) => MountState::Fails(why),
                Device::Unknown(what) => MountState::Unknown(what),
            };
            Ok((mount, state))
        })
        .transpose()
    }

    fn needed_mounts(&self) -> Result<Vec<(Mount, MountState, MountFails)>> {
        if !self.has_kernel() {
            return Ok(Vec::new());
        }
        let (Some((_, init)), Some(root)) = (self.started_init()?, self.root()?) else {
            return Ok(Vec::new());
        };
        let Some(needed) = needed_mounts(root.as_linux()?, init, &self.target_words())? else {
            return Ok(Vec::new());
        };
        let is_early = self.early_usr()?.is_some();
        let mounts = needed.mounts.into_iter();
        mounts
            .filter(|mount| !(is_early && mount.mount_point == USR))
            .map(|mount| {
                let state = self.mount_state(root, &mount)?;
                Ok((mount, state, needed.then.clone()))
            })
            .collect()
    }

    fn mount_state(&self, root: &RootFs, mount: &Mount) -> Result<MountState> {
        let volume = match self.device_of(root, mount)? {
            Device::There(volume) => volume,
            Device::Missing(why) => return Ok(MountState::Fails(why)),
            Device::Unknown(what) => return Ok(MountState::Unknown(what)),
            Device::None => return self.without_device(root, mount),
        };
        let Some(mounted_as) = volume.contents.mount() else {
            let title = volume.contents.title();
            return Ok(match volume.contents.kind {
                Some(_) => MountState::Fails(format!("it holds {title}, which is not mounted")),
                None => unknown(mount, "what it holds"),
            });
        };
        match type_of(mount, &mounted_as) {
            Some(true) => {}
            Some(false) => {
                return Ok(MountState::Fails(format!(
                    "it holds {}, and not {}",
                    volume.contents.title(),
                    mount.file_system
                )));
            }
            None => return Ok(unknown(mount, "whether it is mounted with that type")),
        }
        if let Some(lack) = self.lacks_driver(root, &mounted_as)? {
            return Ok(lack);
        }
        self.mount_point(root, mount)
    }

    /// The driver of a file system that init mounts: built in, loaded by the initramfs, or a module on
    /// the root.
    fn lacks_driver(&self, root: &RootFs, mounted_as: &MountedAs) -> Result<Option<MountState>> {
        let option = mounted_as.kconfig;
        if self.root_option()? == Some(option) {
            return Ok(None);
        }
        let driver = self.driver(option)?;
        let why = match driver {
            Driver::BuiltIn => return Ok(None),
            Driver::Unknown(why) => {
                return Ok(Some(MountState::Unknown(format!(
                    "whether the kernel has {option}, which /etc/fstab needs: {why}"
                ))));
            }
            Driver::Module => "is a module, which neither the root nor the initramfs has",
            Driver::Absent | Driver::NotBuiltIn => "is off in this kernel",
        };
        if matches!(self.supply(option)?, Supply::Module { .. }) {
            return Ok(None);
        }
        let spec = OPTIONS.iter().find(|spec| spec.name == option);
        let names = spec.map_or(&[][..], |spec| spec.modules);
        let release = self.kernel()?.release()?;
        let there = modules::modules(root.tree()?, &release, &self.limits)?;
        if there.is_some_and(|there| names.iter().any(|name| there.get(name).is_some())) {
            return Ok(None);
        }
        Ok(Some(MountState::Fails(format!("CONFIG_{option} {why}"))))
    }

    /// systemd makes a mount point that is missing, if it can write to the root.
    fn mount_point(&self, root: &RootFs, mount: &Mount) -> Result<MountState> {
        if resolve(root.tree()?, mount.mount_point.as_bytes())?.is_ok() {
            return Ok(MountState::Works);
        }
        let fstab = system::fstab(root.tree()?)?;
        let of_root = fstab.as_ref().and_then(system::Fstab::root);
        let is_writable = match of_root {
            Some(line) => !line.options.iter().any(|option| option == "ro"),
            None => self.command_line()?.has("rw"),
        };
        Ok(if is_writable {
            MountState::Works
        } else {
            unknown(mount, "whether init can make its mount point")
        })
    }

    fn without_device(&self, root: &RootFs, mount: &Mount) -> Result<MountState> {
        let kind = mount.file_system.as_str();
        let is_bind = mount
            .options
            .iter()
            .any(|option| matches!(option.as_str(), "bind" | "rbind"));
        if is_bind && resolve(root.tree()?, mount.device.as_bytes())?.is_ok() {
            return self.mount_point(root, mount);
        }
        if OF_MEMORY.contains(&kind) {
            return self.mount_point(root, mount);
        }
        let share = self.machine()?.share();
        if kind == "virtiofs" && share == Some(mount.device.as_str()) {
            return self.mount_point(root, mount);
        }
        if matches!(kind, "virtiofs" | "9p") {
            return Ok(MountState::Fails(
                "the machine shares no folder of that name".to_owned(),
            ));
        }
        Ok(unknown(mount, "whether it is mounted"))
    }

    /// The device that a line names, on the machine and the disk that were given.
    fn device_of(&self, root: &RootFs, mount: &Mount) -> Result<Device> {
        let value = mount.device.as_str();
        let disk = self.disk_name();
        Ok(match Named::parse(value) {
            Named::Tag {
                tag,
                value,
                is_link,
            } => {
                let link = match is_link {
                    true => value,
                    false => encode_link(&value),
                };
                by_tag(root, tag, &link, mount)?
            }
            Named::Path { disk, partition } => match self.is_place_of_disk(&disk) {
                Err(error) => undecided(mount, error.found()),
                Ok(true) => by_number(root, partition, mount)?,
                Ok(false) => Device::Missing("no disk is at that place".to_owned()),
            },
            Named::Link | Named::Stacked => undecided(mount, "what makes that device"),
            Named::Other if !value.starts_with("/dev/") => Device::None,
            Named::Other => {
                let named = Root::parse(value, &[]);
                let found = named
                    .as_ref()
                    .and_then(|named| named.find(&[disk.as_str()]));
                let name = value.strip_prefix("/dev/").unwrap_or(value);
                match found {
                    Some((_, number)) if !root.is_folder() => by_number(root, number, mount)?,
                    _ if DISKS.iter().any(|begin| name.starts_with(begin)) => {
                        Device::Missing(format!("the machine has no {name}"))
                    }
                    _ => undecided(mount, "whether that device is there"),
                }
            }
        })
    }
}

const USR: &str = "/usr";

/// The device of a line.
enum Device {
    There(Box<Names>),
    Missing(String),
    Unknown(String),
    /// The line names none.
    None,
}

fn undecided(mount: &Mount, what: &str) -> Device {
    Device::Unknown(about(mount, what))
}

fn unknown(mount: &Mount, what: &str) -> MountState {
    MountState::Unknown(about(mount, what))
}

fn about(mount: &Mount, what: &str) -> String {
    format!(
        "{what} ({}, the {} of /etc/fstab)",
        mount.device, mount.mount_point
    )
}

/// The partition of this number, or the whole disk.
fn by_number(root: &RootFs, number: Option<u32>, mount: &Mount) -> Result<Device> {
    let mut names = root.names()?.into_iter();
    Ok(
        match (names.find(|names| names.partition == number), number) {
            (Some(names), _) => Device::There(Box::new(names)),
            (None, None) => undecided(mount, "what the whole disk is mounted as"),
            (None, Some(number)) => Device::Missing(format!("the disk has no partition {number}")),
        },
    )
}

/// The volume to which udev makes the link of this tag.
fn by_tag(root: &RootFs, tag: Tag, link: &str, mount: &Mount) -> Result<Device> {
    let names = root.names()?;
    let table = match root.is_folder() {
        true => None,
        false => root.partitions()?,
    };
    let partitions = table.map_or(&[][..], |table| table.partitions.as_slice());
    let of = |volume: &Names| {
        let partition = partitions
            .iter()
            .find(|partition| Some(partition.number) == volume.partition);
        name(tag, volume, partition).filter(|name| !name.is_empty())
    };
    for volume in &names {
        if of(volume).is_some_and(|name| encode_link(&name) == link) {
            return Ok(Device::There(Box::new(volume.clone())));
        }
    }
    if matches!(tag, Tag::PartUuid | Tag::PartLabel) {
        return Ok(Device::Missing("no partition has that name".to_owned()));
    }
    let of_loader = |volume: &Names| {
        let mut partitions = partitions.iter();
        partitions.any(|partition| {
            Some(partition.number) == volume.partition
                && partition.type_id.eq_ignore_ascii_case(BIOS_BOOT)
        })
    };
    let is_open = |volume: &&Names| {
        let is_empty = volume
            .contents
            .kind
            .is_some_and(|kind| kind.class == Class::Failure);
        volume.volume.is_none() && !is_empty && !of_loader(volume)
    };
    Ok(match names.iter().find(is_open) {
        Some(volume) => {
            let title = volume.contents.title();
            undecided(mount, &format!("whether {title} has that name"))
        }
        None => Device::Missing("no file system has that name".to_owned()),
    })
}

/// The value of a tag, as udev takes it for a link.
fn name(tag: Tag, volume: &Names, partition: Option<&Partition>) -> Option<String> {
    match tag {
        Tag::Uuid => volume.volume.as_ref().map(|names| names.uuid.clone()),
        Tag::Label => volume.volume.as_ref().map(|names| escaped(&names.label)),
        Tag::PartUuid => partition?.uuid.as_ref().map(|uuid| uuid.to_lowercase()),
        Tag::PartLabel => partition?.label.clone(),
    }
}

/// Whether the type of a line mounts what is there; `None` if that depends on more.
fn type_of(mount: &Mount, mounted_as: &MountedAs) -> Option<bool> {
    let stated = mount.file_system.as_str();
    let is = mounted_as.rootfstype;
    match (stated, is) {
        ("auto" | "", _) | ("msdos", "vfat") => Some(true),
        _ if stated == is => Some(true),
        ("ext2" | "ext3", "ext4") => None,
        ("ext4" | "xfs" | "btrfs" | "vfat" | "squashfs" | "erofs" | "f2fs", _) => Some(false),
        _ => None,
    }
}
