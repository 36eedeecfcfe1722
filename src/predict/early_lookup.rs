//! What `root=` names on the machine: the given disk, a partition of it, a shared folder, or nothing.
//!
//! Source: Linux `init/do_mounts.c`, `block/early-lookup.c`; the first virtio disk is `vda`
//! (`drivers/block/virtio_blk.c`).

use super::boot::{Boot, RootMounter};
use crate::bundle::{by_number, by_partuuid, unescaped};
use crate::bytes::escaped;
use crate::cmdline::Root;
use crate::error::{Error, Result};
use crate::rootfs::{LabelBits, Partition, RootFs};
use crate::vmm;

/// From here on a kernel keeps 7 bits of each character of a partition's label. Stable releases of
/// older versions changed to that as well.
const SEVEN_BITS: (u16, u16) = (6, 14);

/// From here on a kernel without `ROOT_NFS` passes over `/dev/nfs` (`mount_root`); before, it is the
/// number of a device like any other.
const MOUNTS_NOTHING: (u16, u16) = (6, 5);

/// What `root=` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootDevice {
    /// There is no `root=`.
    Unstated,
    /// The given disk as a whole.
    Disk,
    /// A partition of the given disk.
    Partition(u32),
    /// The given folder, shared by virtiofs.
    Share,
    /// Nothing on this machine is called so.
    Absent {
        /// What `root=` says.
        named: String,
        /// What is there instead, as the end of "there is …".
        instead: String,
    },
}

impl Boot<'_> {
    /// What `root=` names. An error where files can't tell.
    pub fn root_device(&self) -> Result<RootDevice> {
        let line = self.root_line()?;
        let Some(root) = line.root() else {
            return Ok(RootDevice::Unstated);
        };
        let root = device_first(root, &self.disk_name());
        let named = line.value("root").unwrap_or_default().to_owned();
        let Some(given) = self.root()? else {
            return match root {
                Root::Nfs | Root::Cifs | Root::Ram | Root::Flash(_)
                    if self.may_be_elsewhere(&root)? =>
                {
                    Err(elsewhere(&named))
                }
                _ => Ok(RootDevice::Absent {
                    named,
                    instead: "no disk".to_owned(),
                }),
            };
        };
        let absent = |instead: String| {
            Ok(RootDevice::Absent {
                named: named.clone(),
                instead,
            })
        };
        if given.is_folder() {
            let share = self.platform()?.virtio_fs.as_ref();
            return match (&root, share) {
                (Root::Tag { tag, .. }, Some(share)) if tag == share.tag => Ok(RootDevice::Share),
                (_, Some(share)) => absent(format!("a shared folder with the tag {}", share.tag)),
                (_, None) => absent("a folder, which this VMM cannot share".to_owned()),
            };
        }
        let table = given.partitions()?;
        let partitions = table.map_or(&[][..], |table| table.partitions.as_slice());
        if let Ok(RootMounter::Initramfs(generator)) = self.root_mounter()
            && let Some(model) = generator.model
        {
            let there = inventory(&self.disk_name(), partitions);
            if let Some(device) = self.root_by_initramfs(given, model, &there)? {
                return Ok(device);
            }
        }
        let at = |number: Option<u32>| match number {
            Some(number) if by_number(partitions, number).is_some() => {
                Ok(RootDevice::Partition(number))
            }
            _ => absent(inventory(&self.disk_name(), partitions)),
        };
        match &root {
            Root::Device { .. } => match root.find(&[self.disk_name().as_str()]) {
                Some((_, None)) => Ok(RootDevice::Disk),
                found => at(found.and_then(|(_, number)| number)),
            },
            Root::PartUuid { uuid, offset } => match by_partuuid(partitions, uuid, *offset) {
                Some(0) => Ok(RootDevice::Disk),
                number => at(number),
            },
            Root::PartLabel(label) => {
                let found = if self.has_kernel() && self.kernel_mounts_root()? {
                    self.by_kernel_label(partitions, label)?
                } else {
                    let mut all = partitions.iter();
                    all.find(|partition| partition.label.as_ref() == Some(label))
                };
                at(found.map(|partition| partition.number))
            }
            Root::MajorMinor { major, minor } if self.usual_major()? == Some(*major) => match minor
            {
                0 => Ok(RootDevice::Disk),
                number => at(Some(*number)),
            },
            Root::Uuid(wanted) => self.by_file_system(given, named.clone(), |uuid, _| {
                uuid.eq_ignore_ascii_case(wanted)
            }),
            Root::Label(wanted) => {
                self.by_file_system(given, named.clone(), |_, label| label == wanted)
            }
            Root::Tag { .. } | Root::Other { .. } => at(None),
            Root::Nfs | Root::Cifs | Root::Ram if !self.may_be_elsewhere(&root)? => at(None),
            Root::MajorMinor { .. } | Root::Nfs | Root::Cifs | Root::Ram | Root::Flash(_) => {
                Err(elsewhere(&named))
            }
        }
    }

    /// Returns the major number of the root's disk, if the kernel mounts it and no driver that is
    /// initialised before the disk's takes the number.
    fn usual_major(&self) -> Result<Option<u32>> {
        let kind = self.disk_kind();
        let major = kind.major;
        if !self.has_kernel() || !self.kernel_mounts_root()? {
            return Ok(None);
        }
        for option in kind.options {
            if !self.builds_in(option)? {
                return Ok(None);
            }
        }
        for option in major.before {
            if self.builds_in(option)? {
                return Ok(None);
            }
        }
        Ok(Some(major.number))
    }

    /// The first partition with that label, as the kernel compares it. An error where releases of
    /// this version differ.
    fn by_kernel_label<'a>(
        &self,
        partitions: &'a [Partition],
        label: &str,
    ) -> Result<Option<&'a Partition>> {
        let wanted = unescaped(label);
        let find = |bits: LabelBits| {
            partitions
                .iter()
                .find(|partition| partition.kernel_label(bits).as_ref() == Some(&wanted))
        };
        let seven = find(LabelBits::Seven);
        let version = self.kernel()?.version();
        let eight = find(LabelBits::Eight);
        if version.is_some_and(|version| version >= SEVEN_BITS) || seven == eight {
            return Ok(seven);
        }
        Err(Error::unsupported(
            "root=",
            format!("the part of a label that this kernel keeps, for PARTLABEL={label}"),
        ))
    }

    /// The device of the partition that holds a system, if `root=` names another one: an EFI system partition, /boot,
    /// or data.
    pub fn system_elsewhere(&self) -> Result<Option<String>> {
        let Some(root) = self.root()?.filter(|root| !root.is_folder()) else {
            return Ok(None);
        };
        let RootDevice::Partition(named) = self.root_device()? else {
            return Ok(None);
        };
        let system = root.system_partition()?;
        Ok(system
            .filter(|partition| partition.number != named)
            .map(|partition| {
                let name = vmm::partition_name(&self.disk_name(), partition.number);
                format!("/dev/{name}")
            }))
    }

    /// Whether a root that no file holds may be there: whoever mounts it is another, or not known, or
    /// the kernel was built for it.
    fn may_be_elsewhere(&self, root: &Root) -> Result<bool> {
        let option = match root {
            Root::Nfs => "ROOT_NFS",
            Root::Cifs => "CIFS_ROOT",
            Root::Ram => "BLK_DEV_RAM",
            _ => return Ok(true),
        };
        if !self.has_kernel() || !self.kernel_mounts_root()? {
            return Ok(true);
        }
        // Later ones mount nothing, say nothing, and go on with their first, empty root.
        let is_block = *root == Root::Ram;
        let version = self.kernel()?.version();
        if !is_block && version.is_none_or(|version| version >= MOUNTS_NOTHING) {
            return Ok(true);
        }
        // What is not known may be.
        Ok(self.builds_in(option).unwrap_or(true))
    }

    /// The volume by its file system's own name, which an initramfs looks up.
    fn by_file_system(
        &self,
        given: &RootFs,
        named: String,
        is_wanted: impl Fn(&str, &str) -> bool,
    ) -> Result<RootDevice> {
        let Some(ext4) = given.ext4()? else {
            return Err(Error::unsupported(
                "root=",
                "kelpie-check does not read the names of this file system",
            ));
        };
        let (uuid, label) = (ext4.uuid(), escaped(&ext4.label()));
        if is_wanted(&uuid, &label) {
            return Ok(match given.partition()? {
                Some(partition) => RootDevice::Partition(partition.number),
                None => RootDevice::Disk,
            });
        }
        let mut instead = format!("a file system with UUID {uuid}");
        if !label.is_empty() {
            instead.push_str(&format!(" and label {label}"));
        }
        Ok(RootDevice::Absent { named, instead })
    }
}

/// A device that is there is opened, whatever `rootfstype=` names: what stands in `root=` is the source
/// of a file system without a device only where there is none of that name.
fn device_first(root: Root, disk: &str) -> Root {
    let Root::Tag { tag, .. } = &root else {
        return root;
    };
    match Root::parse(tag, &[]) {
        Some(device) if device.find(&[disk]).is_some() => device,
        _ => root,
    }
}

fn inventory(disk: &str, partitions: &[Partition]) -> String {
    let names: Vec<String> = partitions
        .iter()
        .map(|partition| vmm::partition_name(disk, partition.number))
        .collect();
    if names.is_empty() {
        format!("{disk}, without partitions")
    } else {
        format!("{disk} with {}", names.join(", "))
    }
}

fn elsewhere(named: &str) -> Error {
    Error::unsupported("root=", format!("files do not show what {named} is"))
}
