//! The facts of a root file system for people.

use super::super::text::bytes;
use super::init;
use super::page::Entries;
use crate::check::{ExtFacts, PartitionFacts, RootfsFacts};

pub(super) fn write_facts(page: &mut dyn Entries, facts: &RootfsFacts) {
    page.entry("image", &image(facts));
    for reference in &facts.references {
        let name = reference.name.as_deref().unwrap_or("without a name");
        page.entry("refers to", &format!("{} {name}", reference.kind.name()));
    }
    if let Some(ext) = &facts.ext {
        page.entry("state", &state(ext));
        page.entry("size", &size(ext));
        page.entry("features", &ext.features.join(" "));
        page.entry("volume", &volume(ext));
    }
    for partition in &facts.partitions {
        let chosen = facts.partition.as_ref() == Some(partition);
        page.entry(
            &format!("partition {}", partition.number),
            &line(partition, chosen),
        );
    }
    if !facts.readable {
        return;
    }
    page.entry("system", &system(facts));
    page.entry("init", &init::sentence(&facts.init));
    page.entry("modules", &facts.modules.join(" "));
    page.entry("places", &places(facts));
    if let Some((device, kind)) = &facts.fstab_root {
        page.entry("fstab", &format!("/ is {device}, {kind}"));
    }
    page.entry("inittab", &facts.inittab_terminals.join(" "));
    for problem in &facts.problems {
        page.entry("damage", problem);
    }
}

fn image(facts: &RootfsFacts) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(facts.title.clone());
    if let Some(format) = facts.image_format.filter(|format| *format != "directory") {
        words.push(match (facts.file_bytes, facts.disk_bytes) {
            (Some(file), Some(disk)) if file != disk => {
                format!(
                    "{format} file of {} for a disk of {}",
                    bytes(file),
                    bytes(disk)
                )
            }
            (Some(file), _) => format!("{format} file of {}", bytes(file)),
            _ => format.to_owned(),
        });
    }
    if let Some(partition) = &facts.partition {
        words.push(format!("in partition {}", partition.number));
    }
    words.join(", ")
}

fn state(ext: &ExtFacts) -> String {
    let mut words = vec![
        if ext.clean {
            "clean"
        } else {
            "not unmounted cleanly"
        }
        .to_owned(),
    ];
    for (holds, word) in [
        (ext.has_errors, "the kernel found errors"),
        (ext.needs_recovery, "the journal needs recovery"),
        (ext.orphans, "files wait for deletion"),
    ] {
        if holds {
            words.push(word.to_owned());
        }
    }
    words.push(match ext.journal {
        "none" => "no journal".to_owned(),
        journal => format!("{journal} journal"),
    });
    if ext.superblock_checksum == "bad" {
        words.push("the superblock's checksum is wrong".to_owned());
    }
    words.join(", ")
}

fn size(ext: &ExtFacts) -> String {
    let mut text = format!(
        "{} blocks of {}, {} free; {} of {} inodes free",
        ext.block_count,
        bytes(ext.block_size_bytes),
        bytes(ext.free_bytes),
        ext.free_inodes,
        ext.inode_count
    );
    if let Some(present) = ext.blocks_present {
        text.push_str(&format!("; only {present} blocks exist"));
    }
    text
}

fn volume(ext: &ExtFacts) -> String {
    let mut words = vec![format!("UUID {}", ext.uuid)];
    words.extend(ext.label.as_ref().map(|label| format!("label {label}")));
    words.extend(
        ext.last_mounted_on
            .as_ref()
            .map(|place| format!("last mounted on {place}")),
    );
    words.join(", ")
}

fn line(partition: &PartitionFacts, chosen: bool) -> String {
    let mut words = vec![
        format!(
            "{} at {:#x}",
            bytes(partition.length_bytes),
            partition.start_bytes
        ),
        format!("type {}", partition.kind),
    ];
    words.extend(
        partition
            .uuid
            .as_ref()
            .map(|uuid| format!("PARTUUID {uuid}")),
    );
    words.extend(
        partition
            .label
            .as_ref()
            .map(|label| format!("label {label}")),
    );
    if chosen {
        words.push("used as root".to_owned());
    }
    words.join(", ")
}

fn system(facts: &RootfsFacts) -> String {
    let mut words: Vec<String> = Vec::new();
    let name = facts
        .os_release
        .get("PRETTY_NAME")
        .or_else(|| facts.os_release.get("ID"));
    words.extend(name.cloned());
    words.extend(
        facts
            .alpine_release
            .as_ref()
            .map(|release| format!("alpine-release {release}")),
    );
    words.extend(facts.architecture.map(str::to_owned));
    words.extend(facts.init_system.map(str::to_owned));
    words.join(", ")
}

fn places(facts: &RootfsFacts) -> String {
    let with = |there: bool| {
        let names: Vec<&str> = facts
            .places
            .iter()
            .filter(|(_, found)| *found == there)
            .map(|(name, _)| *name)
            .collect();
        names.join(" ")
    };
    match (with(true), with(false)) {
        (there, missing) if missing.is_empty() => there,
        (there, missing) if there.is_empty() => format!("without {missing}"),
        (there, missing) => format!("{there}; without {missing}"),
    }
}
