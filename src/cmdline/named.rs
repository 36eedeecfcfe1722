//! What `root=` names to a program that reads `/proc/cmdline`: the init of an initramfs, or udev.
//!
//! The kernel's own reading is [`super::Root`]. Userspace reads the whole value, finds the links that
//! udev or mdev makes, and knows devices that the kernel cannot name before an initramfs sets them up.
//!
//! Sources: systemd 252 `rules.d/60-persistent-storage.rules`, `src/shared/fstab-util.c`
//! (`fstab_node_to_udev_node`), `src/shared/device-nodes.c` (`encode_devnode_name`);
//! mdev-conf 4.8 `persistent-storage`.

use std::fmt::Write;

/// The key of a tag: what the value is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// The UUID of a file system.
    Uuid,
    /// The label of a file system.
    Label,
    /// The UUID of a partition.
    PartUuid,
    /// The label of a partition.
    PartLabel,
}

impl Tag {
    /// The folder of `/dev/disk` that has the links of this tag.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Uuid => "by-uuid",
            Self::Label => "by-label",
            Self::PartUuid => "by-partuuid",
            Self::PartLabel => "by-partlabel",
        }
    }
}

/// The tags, as they begin a value.
const TAGS: [(Tag, &str); 4] = [
    (Tag::Uuid, "UUID="),
    (Tag::Label, "LABEL="),
    (Tag::PartUuid, "PARTUUID="),
    (Tag::PartLabel, "PARTLABEL="),
];

/// Names below /dev of devices that a driver makes out of other devices.
const STACKED: [&str; 9] = [
    "mapper/",
    "dm-",
    "md",
    "bcache",
    "drbd",
    "zvol/",
    "disk/by-dm",
    "mpath",
    "nbd",
];

/// What a value of `root=` names to userspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// What has this tag: `UUID=…`, or a link of udev's.
    Tag {
        /// The key.
        tag: Tag,
        /// The value; of a link the name of the link.
        value: String,
        /// Returns true for `/dev/disk/by-…`, which exists only after a program has made the link.
        is_link: bool,
    },
    /// `/dev/disk/by-path/…`: a disk or a partition by the place of its device.
    Path {
        /// The name of the disk's link.
        disk: String,
        /// The number after `-part`.
        partition: Option<u32>,
    },
    /// `/dev/disk/by-id/…` and other links to a disk whose names are not in the image.
    Link,
    /// A device that device-mapper, md or another driver makes of others: `/dev/mapper/…`, `/dev/md0`,
    /// `/dev/VG/LV`.
    Stacked,
    /// A name that the kernel gives, or something that this type does not tell apart.
    Other,
}

impl Named {
    /// Returns what userspace reads in a value of `root=`.
    pub fn parse(value: &str) -> Self {
        let value = value.strip_prefix("block:").unwrap_or(value);
        for (tag, prefix) in TAGS {
            if let Some(value) = value.strip_prefix(prefix) {
                let value = value.trim_matches('"').to_owned();
                return Self::Tag {
                    tag,
                    value,
                    is_link: false,
                };
            }
            let link = value
                .strip_prefix("/dev/disk/")
                .and_then(|rest| rest.strip_prefix(tag.folder())?.strip_prefix('/'));
            if let Some(name) = link {
                let value = name.to_owned();
                return Self::Tag {
                    tag,
                    value,
                    is_link: true,
                };
            }
        }
        let Some(name) = value.strip_prefix("/dev/") else {
            return Self::Other;
        };
        if let Some(link) = name.strip_prefix("disk/by-path/") {
            let (disk, partition) = match link.rsplit_once("-part") {
                Some((disk, number)) => match number.parse() {
                    Ok(number) => (disk, Some(number)),
                    Err(_) => (link, None),
                },
                None => (link, None),
            };
            return Self::Path {
                disk: disk.to_owned(),
                partition,
            };
        }
        if STACKED.iter().any(|begin| name.starts_with(begin)) {
            return Self::Stacked;
        }
        if name.starts_with("disk/") || name.starts_with("block/") {
            return Self::Link;
        }
        // A volume group is a folder of links to its volumes.
        if name.contains('/') {
            return Self::Stacked;
        }
        Self::Other
    }
}

/// Returns the name of the link that udev makes for this value of a tag.
///
/// Letters, digits, `#+-.:=@_` and the characters beyond ASCII stay; other bytes become `\xNN`.
pub fn encode_link(value: &str) -> String {
    let mut name = String::with_capacity(value.len());
    for character in value.chars() {
        let stays = character.is_ascii_alphanumeric()
            || "#+-.:=@_".contains(character)
            || !character.is_ascii();
        if stays {
            name.push(character);
        } else {
            write!(name, "\\x{:02x}", u32::from(character)).ok();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_from_a_value_and_from_a_link() {
        let tag = |value: &str| match Named::parse(value) {
            Named::Tag {
                tag,
                value,
                is_link,
            } => Some((tag, value, is_link)),
            _ => None,
        };
        assert_eq!(
            tag("UUID=c0ffee"),
            Some((Tag::Uuid, "c0ffee".to_owned(), false))
        );
        let link = tag("/dev/disk/by-partlabel/a\\x20b");
        assert_eq!(link, Some((Tag::PartLabel, "a\\x20b".to_owned(), true)));
        assert_eq!(
            tag("block:LABEL=x"),
            Some((Tag::Label, "x".to_owned(), false))
        );
    }

    #[test]
    fn a_path_is_a_disk_and_the_number_of_a_partition() {
        let path = |disk: &str, partition| Named::Path {
            disk: disk.to_owned(),
            partition,
        };
        for (value, named) in [
            ("pci-0000:00:01.0", path("pci-0000:00:01.0", None)),
            ("pci-0000:00:01.0-part2", path("pci-0000:00:01.0", Some(2))),
            (
                "pci-0-part/by-partnum/2",
                path("pci-0-part/by-partnum/2", None),
            ),
        ] {
            let value = format!("/dev/disk/by-path/{value}");
            assert_eq!(Named::parse(&value), named);
        }
    }

    #[test]
    fn devices_that_an_initramfs_makes_are_told_from_the_kernels() {
        for value in [
            "/dev/mapper/vg-root",
            "/dev/vg/root",
            "/dev/md127",
            "/dev/dm-0",
        ] {
            assert_eq!(Named::parse(value), Named::Stacked, "{value}");
        }
        for value in ["/dev/disk/by-id/virtio-1", "/dev/block/254:0"] {
            assert_eq!(Named::parse(value), Named::Link, "{value}");
        }
        for value in ["/dev/vda1", "/dev/nvme0n1p2", "fe01", "share"] {
            assert_eq!(Named::parse(value), Named::Other, "{value}");
        }
    }

    #[test]
    fn a_link_has_its_unusual_bytes_as_numbers() {
        assert_eq!(encode_link("my root/1"), "my\\x20root\\x2f1");
        assert_eq!(encode_link("Wurzel_ä"), "Wurzel_ä");
    }
}
