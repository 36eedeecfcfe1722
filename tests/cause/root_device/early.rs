//! What `root=` names to the init of an initramfs.

use crate::forge::cpio::{Entry, archive};
use crate::forge::ext4::Ext4;
use crate::initramfs::{MODULAR, NEEDED, RELEASE, boot, debian, debian_with, modules_of};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

const UUID: &str = "666f7267-6564-2d72-6f6f-742d75756964";

fn with(root: &str) -> Case {
    boot(MODULAR, debian_with(&[]))
        .root(Ext4::new().build())
        .command_line(format!("root={root} rootfstype=ext4"))
}

#[test]
fn links_of_udev_lead_to_the_disk() {
    for root in [
        format!("/dev/disk/by-uuid/{UUID}"),
        "/dev/disk/by-label/forged".to_owned(),
        format!("UUID={UUID}"),
        "LABEL=forged".to_owned(),
    ] {
        with(&root).is_quiet(405);
        with(&root).is_quiet(404);
    }
}

#[test]
fn a_uuid_in_capitals_is_another_to_blkid_and_udev() {
    let capitals = UUID.to_uppercase();
    for root in [
        format!("/dev/disk/by-uuid/{capitals}"),
        format!("UUID={capitals}"),
    ] {
        let finding = with(&root).fires(405, Fatal, RootDevice);
        says(&finding.message, &[&root, UUID]);
    }
}

#[test]
fn a_link_that_nothing_makes_is_not_there() {
    let mut entries = [debian(), modules_of(RELEASE, NEEDED)].concat();
    entries.retain(|entry| !entry.name.ends_with(b".rules"));
    let finding = boot(MODULAR, archive(&entries))
        .root(Ext4::new().build())
        .command_line(format!("root=/dev/disk/by-uuid/{UUID}"))
        .fires(405, Fatal, RootDevice);
    says(&finding.message, &["no program", "/dev/disk/by-uuid"]);
}

#[test]
fn links_to_a_disk_by_its_number_or_place_are_not_known() {
    for root in [
        "/dev/disk/by-id/virtio-root",
        "/dev/disk/by-path/pci-0000:00:03.0",
    ] {
        with(root).is_blocked(405, None);
    }
}

#[test]
fn a_device_made_of_others_is_absent_only_where_nothing_makes_it() {
    for root in ["/dev/mapper/vg-root", "/dev/vg/root", "/dev/md0"] {
        with(root).fires(405, Fatal, RootDevice);
        for tool in ["sbin/lvm", "sbin/mdadm", "sbin/cryptsetup"] {
            boot(MODULAR, debian_with(&[Entry::file(tool, b"\x7fELF")]))
                .root(Ext4::new().build())
                .command_line(format!("root={root}"))
                .is_blocked(405, None);
        }
        with(&format!("{root} dm-mod.create=x")).is_blocked(405, None);
    }
}

#[test]
fn a_uuid_may_be_inside_what_the_initramfs_opens() {
    let mut luks = vec![0; 0x1_0000];
    luks[..6].copy_from_slice(b"LUKS\xba\xbe");
    let case = |more: &[Entry]| {
        boot(MODULAR, debian_with(more))
            .root(luks.clone())
            .command_line(format!("root=UUID={UUID}"))
    };
    case(&[]).fires(405, Fatal, RootDevice);
    case(&[Entry::file("sbin/cryptsetup", b"\x7fELF")]).is_blocked(405, None);
}
