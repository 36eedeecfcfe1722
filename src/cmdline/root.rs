//! What `root=` names.
//!
//! Source: `init/do_mounts.c` (`parse_root_device`, `mount_root`, `mount_nodev_root`),
//! `block/early-lookup.c` (`early_lookup_bdev`; before 6.5 `name_to_dev_t` in `init/do_mounts.c`).

use super::number;

/// File systems that need no block device, which `rootfstype=` can name.
const WITHOUT_DEVICE: [&str; 9] = [
    "virtiofs", "9p", "tmpfs", "ramfs", "overlay", "nfs", "nfs4", "cifs", "ubifs",
];

/// Disks whose own names end in a digit, so that a partition has a `p` before its number.
const NUMBERED: [&str; 9] = [
    "nvme", "mmcblk", "loop", "nbd", "md", "ram", "zram", "dm-", "pmem",
];

/// The longest name of a device behind `/dev/`.
const NAME_BYTES: usize = 31;

/// The longest `root=` that is kept: `saved_root_name` has room for its NUL too.
const KEPT_BYTES: usize = 63;

/// What the root is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `/dev/NAME`.
    Device {
        /// The name, without `/dev/`.
        name: String,
        /// The disk that it is most likely on.
        disk: String,
        /// The partition of that.
        partition: Option<u32>,
    },
    /// A device number, as `254:0` or as hexadecimal digits, which any name of hexadecimal digits
    /// is taken for.
    MajorMinor {
        /// The driver.
        major: u32,
        /// The device.
        minor: u32,
    },
    /// `UUID=`: only an initramfs can find it.
    Uuid(String),
    /// `LABEL=`: only an initramfs can find it.
    Label(String),
    /// `PARTUUID=`.
    PartUuid {
        /// The UUID of the partition; the kernel compares as many characters as are given.
        uuid: String,
        /// How many partitions behind that (`/PARTNROFF=`).
        offset: i64,
    },
    /// `PARTLABEL=`.
    PartLabel(String),
    /// `/dev/nfs`.
    Nfs,
    /// `/dev/cifs`.
    Cifs,
    /// `/dev/ram`.
    Ram,
    /// The source of a file system that needs no block device: the tag of virtiofs or 9p.
    Tag {
        /// The tag.
        tag: String,
        /// The file systems of `rootfstype=` that are tried with it.
        types: Vec<String>,
    },
    /// `mtd…` or `ubi…`, which their file systems resolve.
    Flash(String),
    /// The kernel refuses it.
    Other {
        /// What stands there.
        text: String,
        /// Why, as the end of a sentence about it.
        why: &'static str,
    },
}

impl Root {
    /// What a value of `root=` is with these file systems in `rootfstype=`; an empty one is none.
    pub fn parse(value: &str, types: &[&str]) -> Option<Self> {
        let value = kept(value);
        if value.is_empty() {
            return None;
        }
        let without_device: Vec<String> = types
            .iter()
            .filter(|name| Self::is_without_device(name))
            .map(|name| (*name).to_owned())
            .collect();
        let all_without_device = !types.is_empty() && without_device.len() == types.len();
        let root = known(value).unwrap_or_else(|| {
            if let Some(name) = value.strip_prefix("/dev/") {
                return device(name);
            }
            number_of(value).unwrap_or_else(|| Self::Other {
                text: value.to_owned(),
                why: "is not a name, number or tag that a kernel can resolve",
            })
        });
        Some(match root {
            Self::Other { .. } if !without_device.is_empty() => tag(value, without_device),
            Self::Device { .. } if all_without_device => tag(value, without_device),
            other => other,
        })
    }

    /// Whether a file system of that name needs no block device.
    pub fn is_without_device(name: &str) -> bool {
        WITHOUT_DEVICE.contains(&name)
    }

    /// Whether the kernel can find it by itself, given the device.
    pub fn needs_initramfs(&self) -> bool {
        matches!(self, Self::Uuid(_) | Self::Label(_) | Self::Other { .. })
    }

    /// How the kernel takes `/dev/NAME` apart, in the order in which it tries: the name is a disk;
    /// it is a disk and digits; it is a disk that ends in a digit, `p` and digits.
    pub fn readings(&self) -> Vec<(&str, Option<u32>)> {
        let Self::Device { name, .. } = self else {
            return Vec::new();
        };
        let mut readings = vec![(name.as_str(), None)];
        let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let digits = name.get(stem.len()..).unwrap_or_default();
        if stem.is_empty() || digits.is_empty() || digits.starts_with('0') {
            return readings;
        }
        let partition =
            number::leading(digits, Some(10)).and_then(|(number, _)| u32::try_from(number).ok());
        readings.push((stem, partition));
        if let Some(disk) = stem.strip_suffix('p')
            && disk.ends_with(|digit: char| digit.is_ascii_digit())
        {
            readings.push((disk, partition));
        }
        readings
    }

    /// The disk among these that the kernel finds, with the partition of it that is meant.
    pub fn find<'a>(&self, disks: &[&'a str]) -> Option<(&'a str, Option<u32>)> {
        self.readings().into_iter().find_map(|(disk, partition)| {
            let found = disks.iter().find(|name| **name == disk)?;
            Some((*found, partition))
        })
    }
}

fn tag(value: &str, types: Vec<String>) -> Root {
    Root::Tag {
        tag: value.to_owned(),
        types,
    }
}

/// What is known by a word of its own.
fn known(value: &str) -> Option<Root> {
    let prefixed = |prefix: &str| value.strip_prefix(prefix).map(str::to_owned);
    Some(match value {
        "/dev/nfs" => Root::Nfs,
        "/dev/cifs" => Root::Cifs,
        "/dev/ram" => Root::Ram,
        _ if value.starts_with("mtd") || value.starts_with("ubi") => Root::Flash(value.to_owned()),
        _ => {
            if let Some(uuid) = value.strip_prefix("PARTUUID=") {
                partuuid(uuid, value)
            } else if let Some(label) = prefixed("PARTLABEL=") {
                Root::PartLabel(label)
            } else if let Some(uuid) = prefixed("UUID=") {
                Root::Uuid(uuid)
            } else {
                Root::Label(prefixed("LABEL=")?)
            }
        }
    })
}

/// As much of `root=` as the kernel keeps.
fn kept(value: &str) -> &str {
    let mut end = value.len().min(KEPT_BYTES);
    while !value.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    value.get(..end).unwrap_or(value)
}

fn partuuid(text: &str, value: &str) -> Root {
    let (uuid, offset) = match text.split_once('/') {
        Some((uuid, rest)) => (uuid, rest.strip_prefix("PARTNROFF=").and_then(decimal)),
        None => (text, Some(0)),
    };
    match offset {
        Some(offset) if !uuid.is_empty() => Root::PartUuid {
            uuid: uuid.to_owned(),
            offset,
        },
        _ => Root::Other {
            text: value.to_owned(),
            why: "is not PARTUUID=UUID or PARTUUID=UUID/PARTNROFF=NUMBER",
        },
    }
}

/// A number as `%d` of the kernel's `sscanf` takes it: no plus sign, and 32 bits of what is there.
fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (number, used) = number::leading(digits, Some(10))?;
    if used != digits.len() {
        return None;
    }
    let number = if digits.len() < text.len() {
        number.wrapping_neg()
    } else {
        number
    };
    let [a, b, c, d, ..] = number.to_le_bytes();
    Some(i64::from(i32::from_le_bytes([a, b, c, d])))
}

fn device(name: &str) -> Root {
    if name.is_empty() || name.len() > NAME_BYTES {
        return Root::Other {
            text: format!("/dev/{name}"),
            why: "has no name of 1 to 31 bytes after /dev/",
        };
    }
    // A slash is a `!` in the kernel's own names (cciss/c0d0).
    let name = name.replace('/', "!");
    let mut root = Root::Device {
        disk: name.clone(),
        partition: None,
        name,
    };
    let readings = root.readings();
    let numbered = NUMBERED.iter().any(|prefix| {
        readings
            .first()
            .is_some_and(|(name, _)| name.starts_with(prefix))
    });
    let likely = if numbered {
        readings.get(2).or(readings.first())
    } else {
        readings.last()
    };
    if let Some((likely, number)) = likely.map(|(disk, partition)| ((*disk).to_owned(), *partition))
        && let Root::Device {
            disk, partition, ..
        } = &mut root
    {
        *disk = likely;
        *partition = number;
    }
    root
}

/// `major:minor`, `major:minor:offset`, or hexadecimal digits.
fn number_of(value: &str) -> Option<Root> {
    let parts: Option<Vec<u32>> = value
        .splitn(5, ':')
        .map(|part| part.parse::<u32>().ok())
        .collect();
    match parts.as_deref() {
        Some([major, minor] | [major, minor, _]) if *major < 1 << 12 && *minor < 1 << 20 => {
            return Some(Root::MajorMinor {
                major: *major,
                minor: *minor,
            });
        }
        Some([_, _] | [_, _, _]) => return None,
        _ => {}
    }
    let (number, used) = number::leading(value, Some(16))?;
    if used != value.len() {
        return None;
    }
    // `new_decode_dev` of the low 32 bits.
    let number = number & 0xffff_ffff;
    let major = (number & 0xf_ff00) >> 8;
    let minor = (number & 0xff) | ((number >> 12) & 0xf_ff00);
    Some(Root::MajorMinor {
        major: u32::try_from(major).ok()?,
        minor: u32::try_from(minor).ok()?,
    })
}
