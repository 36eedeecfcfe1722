//! What a log shows of the root's device, for the causes that end in the same panic.

use crate::cause::Belief;
use crate::cmdline::{CommandLine, Root};
use crate::console::{Block, Clues, EndKind};

/// Block devices that are no disks of the machine's: they are there without any driver of a disk.
const NO_DISKS: [&str; 7] = ["ram", "loop", "zram", "nbd", "fd", "sr", "mtdblock"];

/// As much of a command line as a kernel whose lines hold 1024 bytes, prefix included, is sure to
/// print.
pub const PRINTED_BYTES: usize = 900;

/// Whether the command line may go on behind what the log has of it.
pub fn is_line_cut(clues: &Clues) -> bool {
    let line = clues.command_line.as_ref();
    line.is_some_and(|line| line.len() >= PRINTED_BYTES)
}

/// The command line in the log.
pub fn command_line(clues: &Clues) -> Option<CommandLine> {
    let text = clues.command_line.as_deref()?;
    Some(CommandLine::parse(text.as_bytes()))
}

/// What `root=` names, without `/dev/`: empty where it is missing, `None` where that is not known.
pub fn named(clues: &Clues) -> Option<String> {
    let whole = command_line(clues).filter(|line| {
        line.value("root").is_some() || !is_line_cut(clues) || clues.root_failure.is_none()
    });
    let text = match whole {
        Some(line) => line.value("root").unwrap_or_default().to_owned(),
        None => clues
            .root_failure
            .as_ref()
            .map(|failure| failure.named.clone())
            .or_else(|| clues.waits_for.clone())?,
    };
    let text = text.trim_matches('"');
    Some(text.strip_prefix("/dev/").unwrap_or(text).to_owned())
}

/// Whether `root=` has a name without `/dev/`: no kernel takes that for a disk's, be it there or not.
pub fn is_bare(clues: &Clues) -> bool {
    command_line(clues).is_some_and(|line| {
        let root = line.value("root").unwrap_or_default();
        !root.is_empty() && !root.trim_matches('"').starts_with("/dev/")
    })
}

/// Whether the boot ended over the root's device: none was found, or it is waited for.
pub fn misses_device(clues: &Clues) -> bool {
    match block(clues) {
        Some(block) => block == Block::NONE,
        None => clues.end == Some(EndKind::Waiting),
    }
}

/// The device that the kernel took for the root's.
pub fn block(clues: &Clues) -> Option<Block> {
    clues
        .root_failure
        .as_ref()
        .map(|failure| failure.block)
        .or(clues.root_panic)
}

/// The error with which the root's device was not opened.
pub fn error(clues: &Clues) -> Option<i32> {
    clues.root_failure.as_ref()?.error
}

/// The disks and partitions that the log shows: those that are of no use as a root are none, unless
/// `root=` asks for their like.
pub fn disks(clues: &Clues) -> impl Iterator<Item = &str> {
    let wanted = named(clues).unwrap_or_default();
    let is_disk = move |disk: &&str| {
        NO_DISKS
            .iter()
            .filter(|name| disk.starts_with(**name))
            .all(|name| wanted.starts_with(name))
    };
    clues.disks.iter().map(String::as_str).filter(is_disk)
}

/// Returns true for raw flash and for a server, which have causes of their own.
fn is_no_disk(named: &str) -> bool {
    named.starts_with("ubi") || matches!(named, "nfs" | "cifs")
}

/// Whether `root=` names what only an initramfs can look up.
pub fn is_by_file_system(named: &str) -> bool {
    named.starts_with("UUID=") || named.starts_with("LABEL=")
}

/// Whether `root=` names what stands in a table of partitions.
pub fn is_by_table(named: &str) -> bool {
    named.starts_with("PARTUUID=") || named.starts_with("PARTLABEL=")
}

/// Whether `root=` is a share and no disk.
pub fn is_share(clues: &Clues) -> bool {
    command_line(clues).is_some_and(|line| {
        let types = line.rootfstypes();
        types.iter().any(|name| matches!(*name, "virtiofs" | "9p"))
    })
}

/// For what `root=` names, where the log does not have it, as with `quiet`: whatever it was, it may
/// have been that.
pub fn unnamed(clues: &Clues) -> Belief {
    let is_over_root = block(clues).is_some() || clues.end == Some(EndKind::Waiting);
    if named(clues).is_none() && is_over_root && !clues.ran_initramfs {
        Belief::Possible
    } else {
        Belief::No
    }
}

/// Whether `root=` is the number of a device that nothing answers to, and no disk is there.
fn is_number_of_nothing(clues: &Clues) -> bool {
    let by_number = command_line(clues)
        .and_then(|line| line.root())
        .is_some_and(|root| matches!(root, Root::MajorMinor { .. }));
    by_number && error(clues) == Some(-6) && disks(clues).next().is_none()
}

/// Whether the command line in the log says of which type the root is.
pub fn states_type(clues: &Clues) -> bool {
    command_line(clues).is_some_and(|line| !line.rootfstypes().is_empty())
}

/// For the driver of the disk: no disk is there.
pub fn no_disk(clues: &Clues) -> Belief {
    let name = named(clues);
    let is_told_otherwise = match name.as_deref() {
        Some("") => true,
        Some(name) => is_by_file_system(name),
        None => false,
    };
    if is_number_of_nothing(clues) {
        return Belief::Possible;
    }
    if !misses_device(clues) || is_told_otherwise || clues.ran_initramfs {
        return Belief::No;
    }
    if is_share(clues) {
        // A disk that is not there is taken for a share, whatever keeps it away.
        let may_be_a_disk = !is_bare(clues) && disks(clues).next().is_none();
        return Belief::Possible.only_if(may_be_a_disk);
    }
    let is_virtio = name.as_deref().is_none_or(|name| name.starts_with("vd"));
    if disks(clues).next().is_some() {
        // Other disks are there, and none of virtio.
        let has_virtio_disk = disks(clues).any(|disk| disk.starts_with("vd"));
        return if is_virtio && !has_virtio_disk {
            Belief::Possible
        } else {
            Belief::No
        };
    }
    if name.as_deref().is_some_and(is_no_disk) {
        return Belief::Possible;
    }
    let by_table = name.as_deref().is_some_and(is_by_table);
    match (by_table, clues.has_listed_disks) {
        (true, false) => Belief::Possible,
        _ if clues.has_virtio => Belief::Certain,
        _ => Belief::Likely,
    }
}

/// For the transport below the disk: no disk is there, nor anything else of virtio.
pub fn no_transport(clues: &Clues) -> Belief {
    if clues.has_virtio {
        return Belief::No;
    }
    // Another machine's disk is missing with and without a transport.
    let is_virtio = named(clues).is_none_or(|name| name.starts_with("vd"));
    let most = if is_virtio {
        Belief::Likely
    } else {
        Belief::Possible
    };
    no_disk(clues).min(most)
}

/// For what `root=` names: other disks are there, or the partition is not on its disk.
pub fn no_such_device(clues: &Clues) -> Belief {
    let Some(name) = named(clues) else {
        return unnamed(clues);
    };
    if name.is_empty() || is_by_file_system(&name) || is_by_table(&name) {
        return Belief::No;
    }
    if is_no_disk(&name) {
        return Belief::Possible;
    }
    if is_share(clues) {
        // A disk that is not there is taken for the name of a share, and so is the tag of a share
        // that the machine does not have.
        return if misses_device(clues) {
            Belief::Possible
        } else {
            Belief::No
        };
    }
    let is_there = !is_bare(clues) && disks(clues).any(|disk| disk == name);
    match block(clues) {
        // A number that nothing answers to.
        Some(block) if block != Block::NONE && error(clues) == Some(-6) => Belief::Certain,
        // Or a partition with a number, and its disk alone is listed.
        Some(block) if block != Block::NONE => {
            let is_of_disk = disks(clues).any(|disk| name.starts_with(disk));
            if clues.has_listed_disks && is_of_disk && !is_there {
                Belief::Certain
            } else {
                Belief::No
            }
        }
        // A disk that is there, and not by the name that the command line may have had for it.
        Some(_) if misses_device(clues) && is_there && command_line(clues).is_none() => {
            Belief::Possible
        }
        Some(_) | None if !misses_device(clues) || is_there => Belief::No,
        _ if disks(clues).next().is_some() => Belief::Certain,
        _ => Belief::Possible,
    }
}
