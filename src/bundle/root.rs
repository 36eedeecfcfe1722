//! What `root=` names on the machine: the given disk, a partition of it, a shared folder, or nothing.
//!
//! Source: Linux `init/do_mounts.c`, `block/early-lookup.c`; the first virtio disk is `vda`
//! (`drivers/block/virtio_blk.c`).

use super::{Bundle, Slot};
use crate::bytes::escaped;
use crate::cmdline::Root;
use crate::error::{Error, Result};
use crate::rootfs::{Partition, RootFs};
use crate::vmm;

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

impl Bundle {
    /// What `root=` names. An error where files can't tell.
    pub fn root_device(&self) -> Result<RootDevice> {
        let line = self.command_line()?;
        let Some(root) = line.root() else {
            return Ok(RootDevice::Unstated);
        };
        let root = device_first(root);
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
                (_, None) => absent("a folder, which this VMM does not share".to_owned()),
            };
        }
        let table = given.partitions()?;
        let partitions = table.map_or(&[][..], |table| table.partitions.as_slice());
        match &root {
            Root::Device { .. } => {
                let disk = vmm::disk_name(0);
                match root.find(&[disk.as_str()]) {
                    Some((_, None)) => Ok(RootDevice::Disk),
                    Some((_, Some(number))) => match by_number(partitions, number) {
                        Some(_) => Ok(RootDevice::Partition(number)),
                        None => absent(inventory(&disk, partitions)),
                    },
                    None => absent(inventory(&disk, partitions)),
                }
            }
            Root::PartUuid { uuid, offset } => {
                let found = partitions.iter().find(|partition| {
                    partition.uuid.as_ref().is_some_and(|found| {
                        found
                            .get(..uuid.len())
                            .is_some_and(|start| start.eq_ignore_ascii_case(uuid))
                    })
                });
                let number = found.and_then(|partition| {
                    i64::from(partition.number)
                        .checked_add(*offset)
                        .and_then(|number| u32::try_from(number).ok())
                });
                match number.and_then(|number| by_number(partitions, number)) {
                    Some(partition) => Ok(RootDevice::Partition(partition.number)),
                    None => absent(inventory(&vmm::disk_name(0), partitions)),
                }
            }
            Root::PartLabel(label) => {
                match partitions
                    .iter()
                    .find(|partition| partition.label.as_ref() == Some(label))
                {
                    Some(partition) => Ok(RootDevice::Partition(partition.number)),
                    None => absent(inventory(&vmm::disk_name(0), partitions)),
                }
            }
            Root::Uuid(wanted) => self.by_file_system(given, named.clone(), |uuid, _| {
                uuid.eq_ignore_ascii_case(wanted)
            }),
            Root::Label(wanted) => {
                self.by_file_system(given, named.clone(), |_, label| label == wanted)
            }
            Root::Tag { .. } | Root::Other { .. } => {
                absent(inventory(&vmm::disk_name(0), partitions))
            }
            Root::Nfs | Root::Cifs | Root::Ram if !self.may_be_elsewhere(&root)? => {
                absent(inventory(&vmm::disk_name(0), partitions))
            }
            Root::MajorMinor { .. } | Root::Nfs | Root::Cifs | Root::Ram | Root::Flash(_) => {
                Err(elsewhere(&named))
            }
        }
    }

    /// The option behind the file system of the root; `None` where it is nothing that Linux mounts.
    pub fn root_option(&self) -> Result<Option<&'static str>> {
        let Some(root) = self.root()? else {
            return Ok(None);
        };
        if root.is_folder() {
            return Ok(Some("VIRTIO_FS"));
        }
        Ok(root.contents()?.mount().map(|mount| mount.kconfig))
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
                "the names of this file system are not read",
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

    /// The root, opened at the partition that the command line names, where it names one.
    pub(super) fn partition_by_command_line(&self, root: RootFs) -> RootFs {
        // One that is assumed follows the root, not the root it.
        let Slot::Given(line) = &self.command_line else {
            return root;
        };
        let number = match line.root() {
            Some(named @ Root::Device { .. }) => named
                .find(&[vmm::disk_name(0).as_str()])
                .and_then(|(_, partition)| partition),
            Some(Root::PartUuid { uuid, .. }) => number_by(&root, |partition| {
                partition
                    .uuid
                    .as_ref()
                    .is_some_and(|found| found.eq_ignore_ascii_case(&uuid))
            }),
            Some(Root::PartLabel(label)) => {
                number_by(&root, |partition| partition.label.as_ref() == Some(&label))
            }
            _ => None,
        };
        let exists = |number| {
            let table = root.partitions().ok().flatten();
            table.is_some_and(|table| by_number(&table.partitions, number).is_some())
        };
        match number {
            Some(number) if exists(number) => root.with_partition(number),
            _ => root,
        }
    }
}

/// A device that is there is opened, whatever `rootfstype=` names: what stands in `root=` is the source
/// of a file system without a device only where there is none of that name.
fn device_first(root: Root) -> Root {
    let Root::Tag { tag, .. } = &root else {
        return root;
    };
    match Root::parse(tag, &[]) {
        Some(device) if device.find(&[vmm::disk_name(0).as_str()]).is_some() => device,
        _ => root,
    }
}

fn by_number(partitions: &[Partition], number: u32) -> Option<&Partition> {
    partitions
        .iter()
        .find(|partition| partition.number == number)
}

fn number_by(root: &RootFs, is_wanted: impl Fn(&Partition) -> bool) -> Option<u32> {
    let table = root.partitions().ok().flatten()?;
    table
        .partitions
        .iter()
        .find(|partition| is_wanted(partition))
        .map(|partition| partition.number)
}

fn inventory(disk: &str, partitions: &[Partition]) -> String {
    let names: Vec<String> = partitions
        .iter()
        .map(|partition| format!("{disk}{}", partition.number))
        .collect();
    if names.is_empty() {
        format!("{disk}, without partitions")
    } else {
        format!("{disk} with {}", names.join(", "))
    }
}

fn elsewhere(named: &str) -> Error {
    Error::unsupported("root=", format!("files don't tell what {named} is"))
}
