//! What `root=` names where the init of an initramfs looks it up.
//!
//! Sources: initramfs-tools 0.142 `scripts/functions` (`resolve_device`); dracut 059
//! `dracut-lib.sh` (`label_uuid_to_dev`); mkinitfs 3.13 `nlplug-findfs.c` (`searchdev`) and BusyBox
//! `libbb/find_mount_point.c`, whose `mount` comes after it; those of [`Named`].

use super::boot::Boot;
use super::early_lookup::RootDevice;
use crate::bytes::escaped;
use crate::cmdline::{Named, Tag, encode_link};
use crate::error::{Error, Result};
use crate::initramfs::{Initramfs, Links, Model};
use crate::magic::Class;
use crate::rootfs::{Names, RootFs};

/// From here on the kernel tells udev and mdev the PARTUUID of a partition.
const PARTUUID_IN_UEVENT: (u16, u16) = (6, 12);
/// A UUID of a Linux file system; FAT, NTFS and ISO 9660 have shorter ones.
const UUID_BYTES: usize = 36;
/// Words by which the kernel itself makes a device of others.
const MADE_BY_KERNEL: [&str; 3] = ["dm-mod.create", "md", "raid"];

/// Where a look-up ended.
enum Found {
    /// At this partition, or at the whole disk.
    There(Option<u32>),
    /// Nowhere; the inventory of the disk says what is there.
    Nowhere,
    /// Nowhere, for this reason.
    Because(String),
}

impl Boot<'_> {
    /// Returns what `root=` names to this init; `None` where it reads a name that the kernel gives.
    pub(super) fn root_by_initramfs(
        &self,
        given: &RootFs,
        model: &Model,
        inventory: &str,
    ) -> Result<Option<RootDevice>> {
        let value = self.command_line()?.value("root").unwrap_or_default();
        let found = match self.find_by_initramfs(given, model, value)? {
            Some(found) => found,
            None => return Ok(None),
        };
        let absent = |instead: String| RootDevice::Absent {
            named: value.to_owned(),
            instead,
        };
        Ok(Some(match found {
            Found::There(Some(number)) => RootDevice::Partition(number),
            Found::There(None) => RootDevice::Disk,
            Found::Nowhere => absent(inventory.to_owned()),
            Found::Because(why) => absent(why),
        }))
    }

    fn find_by_initramfs(
        &self,
        given: &RootFs,
        model: &Model,
        value: &str,
    ) -> Result<Option<Found>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        // One that makes no links knows what the kernel calls a device.
        let has_links = || -> Result<bool> { Ok(initramfs.links("by-uuid")? != Links::None) };
        Ok(match Named::parse(value) {
            Named::Other => {
                self.is_modelled(model, value)?;
                None
            }
            Named::Path { disk, partition } => {
                Some(self.find_path(given, initramfs, &disk, partition)?)
            }
            Named::Link if has_links()? => {
                let why = format!("the image does not show which disk {value} is");
                return Err(Error::unsupported("root=", why));
            }
            Named::Link => Some(Found::Nowhere),
            Named::Stacked => {
                if let Some(maker) = self.maker_of_stacked(initramfs)? {
                    let why = format!("no model of {maker} and this disk ({value})");
                    return Err(Error::unsupported("root=", why));
                }
                Some(Found::Nowhere)
            }
            Named::Tag {
                tag,
                value,
                is_link,
            } => {
                let by_link = is_link || model.looks_up_by_link;
                let has_link = || -> Result<bool> {
                    Ok(self.has_link(initramfs, tag)?
                        && self.sees_to_devices(model, initramfs.archive()?)?)
                };
                if by_link && !has_link()? {
                    let folder = tag.folder();
                    return Ok(Some(Found::Because(format!(
                        "no program in the initramfs that makes links in /dev/disk/{folder}"
                    ))));
                }
                let link = by_link.then(|| match is_link {
                    true => value.clone(),
                    false => value.replace('/', "\\x2f").replace(' ', "\\x20"),
                });
                Some(self.find_tag(given, model, initramfs, (tag, &value, link.as_deref()))?)
            }
        })
    }

    /// The disk or the partition to which a link in `/dev/disk/by-path` leads.
    fn find_path(
        &self,
        given: &RootFs,
        initramfs: &Initramfs,
        disk: &str,
        partition: Option<u32>,
    ) -> Result<Found> {
        if initramfs.links("by-path")? == Links::None {
            let why = "no program in the initramfs that makes links in /dev/disk/by-path";
            return Ok(Found::Because(why.to_owned()));
        }
        Ok(match self.is_place_of_disk(disk)? {
            true => match partition {
                None => Found::There(None),
                Some(number) => match given.partitions()?.and_then(|table| table.get(number)) {
                    Some(_) => Found::There(Some(number)),
                    None => Found::Nowhere,
                },
            },
            false => Found::Nowhere,
        })
    }

    /// Returns true if udev gives the machine's disk this link in `/dev/disk/by-path`.
    pub(super) fn is_place_of_disk(&self, name: &str) -> Result<bool> {
        let links = self.machine()?.disk_links();
        match links.filter(|_| !name.contains('/')) {
            Some(links) => Ok(links.iter().any(|link| link == name)),
            None => Err(Error::unsupported(
                "by-path",
                format!("whether udev calls the disk of this machine {name}"),
            )),
        }
    }

    /// An error if the init may make something of this value of `root=` that is not modelled: by itself,
    /// or by a hook of its archive.
    fn is_modelled(&self, model: &Model, value: &str) -> Result<()> {
        let error = |what: String| Err(Error::unsupported("root=", what));
        let mut forms = model.unmodelled_roots.iter();
        if forms.any(|form| value.starts_with(form)) {
            return error(format!(
                "what the initramfs makes of {value} is not modelled"
            ));
        }
        if model.understands_root(value) {
            return Ok(());
        }
        match self.unmodelled_hooks(model)?.into_iter().next() {
            Some(hook) => error(hook),
            None => Ok(()),
        }
    }

    /// The program or the word that may make a device of others before the root is mounted.
    fn maker_of_stacked(&self, initramfs: &Initramfs) -> Result<Option<String>> {
        let line = self.command_line()?;
        // Alpine's nlplug-findfs opens LUKS without another program.
        let mut words = MADE_BY_KERNEL
            .into_iter()
            .chain(["cryptroot", "nbd", "aoe"]);
        if let Some(word) = words.find(|word| line.has(word)) {
            return Ok(Some(format!("{word}=")));
        }
        Ok(initramfs.stacking_tool()?.map(str::to_owned))
    }

    fn has_link(&self, initramfs: &Initramfs, tag: Tag) -> Result<bool> {
        Ok(match initramfs.links(tag.folder())? {
            Links::None => false,
            Links::Made => true,
            Links::FromUevent => {
                let version = self.kernel()?.version().ok_or_else(|| {
                    Error::unsupported("root=", "the version of the kernel is unknown")
                })?;
                version >= PARTUUID_IN_UEVENT
            }
        })
    }

    fn find_tag(
        &self,
        given: &RootFs,
        model: &Model,
        initramfs: &Initramfs,
        (tag, value, link): (Tag, &str, Option<&str>),
    ) -> Result<Found> {
        let is_named = |name: &str| match link {
            Some(link) => link == encode_link(name),
            None if tag == Tag::Uuid && model.ignores_uuid_case => name.eq_ignore_ascii_case(value),
            None => name == value,
        };
        if matches!(tag, Tag::PartUuid | Tag::PartLabel) {
            let table = given.partitions()?;
            let partitions = table.map_or(&[][..], |table| table.partitions.as_slice());
            let found = partitions.iter().find(|partition| {
                let name = match tag {
                    Tag::PartUuid => partition.uuid.as_ref().map(|uuid| uuid.to_lowercase()),
                    _ => partition.label.clone(),
                };
                name.is_some_and(|name| is_named(&name))
            });
            let labels = partitions
                .iter()
                .filter_map(|partition| partition.label.as_ref());
            if found.is_none() && tag == Tag::PartLabel && labels.clone().any(|label| is_odd(label))
            {
                let why = "the way in which the initramfs writes a label with unusual characters";
                return Err(Error::unsupported("root=", why));
            }
            return Ok(found.map_or(Found::Nowhere, |partition| {
                Found::There(Some(partition.number))
            }));
        }
        let names = given.names()?;
        let name = |names: &Names| {
            names.volume.as_ref().map(|volume| match tag {
                Tag::Uuid => volume.uuid.clone(),
                _ => escaped(&volume.label),
            })
        };
        let named = names
            .iter()
            .find(|volume| name(volume).is_some_and(|name| !name.is_empty() && is_named(&name)));
        if let Some(volume) = named {
            return Ok(Found::There(volume.partition));
        }
        // A damaged superblock is its own finding.
        given.ext4()?;
        for volume in &names {
            self.may_have_name(volume, initramfs, (tag, value))?;
            if tag == Tag::Label && name(volume).is_some_and(|label| is_odd(&label)) {
                let why = "the way in which the initramfs writes a label with unusual characters";
                return Err(Error::unsupported("root=", why));
            }
        }
        Ok(instead(&names))
    }

    /// An error where this volume may have the tag, or may become a device that has it.
    fn may_have_name(
        &self,
        volume: &Names,
        initramfs: &Initramfs,
        (tag, value): (Tag, &str),
    ) -> Result<()> {
        if volume.volume.is_some() {
            return Ok(());
        }
        let contents = &volume.contents;
        let class = contents.kind.map(|kind| kind.class);
        match class {
            Some(Class::FileSystem | Class::ForeignFileSystem) => {
                let is_short = contents.is("fat") || contents.is("exfat") || contents.is("iso9660");
                if tag == Tag::Uuid && is_short && value.len() == UUID_BYTES {
                    return Ok(());
                }
                Err(Error::unsupported(
                    "root=",
                    format!(
                        "kelpie-check does not read the names of {}",
                        contents.title()
                    ),
                ))
            }
            Some(Class::Volume) | None if !contents.is("swap") => {
                match self.maker_of_stacked(initramfs)? {
                    Some(maker) => Err(Error::unsupported(
                        "root=",
                        format!("no model of {maker} and {}", contents.title()),
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// Returns true if udev, mdev and the init do not agree on how such a name is written.
fn is_odd(name: &str) -> bool {
    let plain = |character: char| " /".contains(character) || character.is_ascii();
    let encoded = encode_link(&name.replace([' ', '/'], ""));
    encoded.contains('\\') || !name.chars().all(plain)
}

fn instead(names: &[Names]) -> Found {
    let mut told: Vec<String> = Vec::new();
    for volume in names.iter().filter_map(|volume| volume.volume.as_ref()) {
        let (uuid, label) = (&volume.uuid, escaped(&volume.label));
        match (uuid.as_str(), label.as_str()) {
            ("", "") => {}
            (uuid, "") => told.push(format!("a file system with UUID {uuid}")),
            ("", label) => told.push(format!("a file system with label {label}")),
            (uuid, label) => {
                told.push(format!("a file system with UUID {uuid} and label {label}"));
            }
        }
    }
    match told.as_slice() {
        [] => Found::Nowhere,
        told => Found::Because(told.join(", ")),
    }
}
