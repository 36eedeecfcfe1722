//! The partition that the command line names, as far as the disk tells.

use super::{Bundle, Slot};
use crate::bytes::escaped;
use crate::cmdline::{Named, Root, Tag, encode_link};
use crate::rootfs::{LabelBits, Partition, RootFs};

impl Bundle {
    /// The root, opened at the partition that the command line names, where it names one.
    pub(super) fn partition_by_command_line(&self, root: RootFs) -> RootFs {
        // One that is assumed follows the root, not the root it.
        let Slot::Given(line) = &self.command_line else {
            return root;
        };
        let number = match line.root() {
            Some(named @ Root::Device { .. }) => named
                .find(&[self.disk_name().as_str()])
                .and_then(|(_, partition)| partition),
            Some(Root::PartUuid { uuid, offset }) => {
                let table = root.partitions().ok().flatten();
                table.and_then(|table| by_partuuid(&table.partitions, &uuid, offset))
            }
            Some(Root::PartLabel(label)) => number_by(&root, |partition| {
                let wanted = unescaped(&label);
                let kept =
                    [LabelBits::Seven, LabelBits::Eight].map(|bits| partition.kernel_label(bits));
                partition.label.as_ref() == Some(&label) || kept.contains(&Some(wanted))
            }),
            Some(Root::MajorMinor { major, minor }) => {
                let usual = self.disk_kind().major.number;
                (usual == major).then_some(minor)
            }
            _ => None,
        };
        let number = number.or_else(|| number_by_name(&root, line.value("root")?));
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

/// The number of the partition that `PARTUUID=` names, which need not exist; 0 is the whole disk.
///
/// Models `match_dev_by_uuid`, which compares as much as is given and no case, and `part_devt`,
/// which takes a number of 8 bits.
pub(crate) fn by_partuuid(partitions: &[Partition], uuid: &str, offset: i64) -> Option<u32> {
    let found = partitions.iter().find(|partition| {
        let start = partition
            .uuid
            .as_ref()
            .and_then(|own| own.get(..uuid.len()));
        start.is_some_and(|start| start.eq_ignore_ascii_case(uuid))
    })?;
    if offset == 0 {
        return Some(found.number);
    }
    let number = i64::from(found.number).wrapping_add(offset);
    u32::try_from(number.rem_euclid(1 << 8)).ok()
}

/// The bytes that a word of the command line stands for.
pub(crate) fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let code = rest.strip_prefix("\\x").and_then(|code| code.get(..2));
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = rest.get(4..).unwrap_or_default();
        } else {
            bytes.extend(first.encode_utf8(&mut [0; 4]).as_bytes());
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    bytes
}

/// The partition of this number.
pub(crate) fn by_number(partitions: &[Partition], number: u32) -> Option<&Partition> {
    partitions
        .iter()
        .find(|partition| partition.number == number)
}

/// The partition that a program of an initramfs finds by this value of `root=`.
fn number_by_name(root: &RootFs, value: &str) -> Option<u32> {
    let (tag, value, is_link) = match Named::parse(value) {
        Named::Tag {
            tag,
            value,
            is_link,
        } => (tag, value, is_link),
        Named::Path { partition, .. } => return partition,
        Named::Link | Named::Stacked | Named::Other => return None,
    };
    let is_wanted = |name: &str| match is_link {
        true => encode_link(name) == value,
        false => name.eq_ignore_ascii_case(&value),
    };
    match tag {
        Tag::PartUuid => number_by(root, |partition| {
            let uuid = partition.uuid.as_ref();
            uuid.is_some_and(|uuid| is_wanted(&uuid.to_lowercase()))
        }),
        Tag::PartLabel => number_by(root, |partition| {
            partition
                .label
                .as_ref()
                .is_some_and(|label| is_wanted(label))
        }),
        Tag::Uuid | Tag::Label => {
            let names = root.names().ok()?;
            let found = names.iter().find(|volume| {
                volume.volume.as_ref().is_some_and(|volume| match tag {
                    Tag::Uuid => is_wanted(&volume.uuid),
                    _ => is_wanted(&escaped(&volume.label)),
                })
            });
            found?.partition
        }
    }
}

fn number_by(root: &RootFs, is_wanted: impl Fn(&Partition) -> bool) -> Option<u32> {
    let table = root.partitions().ok().flatten()?;
    table
        .partitions
        .iter()
        .find(|partition| is_wanted(partition))
        .map(|partition| partition.number)
}
