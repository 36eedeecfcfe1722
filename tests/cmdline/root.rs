//! `init/do_mounts.c`, `parse_root_device`; `block/early-lookup.c`.

use super::line;
use kelpie_check::cmdline::Root;

fn root(text: &str) -> Root {
    line(text).root().unwrap()
}

fn device(name: &str, disk: &str, partition: Option<u32>) -> Root {
    Root::Device {
        name: name.to_owned(),
        disk: disk.to_owned(),
        partition,
    }
}

#[test]
fn a_device_is_a_disk_with_a_partition_or_without() {
    assert_eq!(root("root=/dev/vda"), device("vda", "vda", None));
    assert_eq!(root("root=/dev/vda12"), device("vda12", "vda", Some(12)));
    assert_eq!(
        root("root=/dev/nvme0n1"),
        device("nvme0n1", "nvme0n1", None)
    );
    assert_eq!(
        root("root=/dev/nvme0n1p2"),
        device("nvme0n1p2", "nvme0n1", Some(2))
    );
    assert_eq!(
        root("root=/dev/cciss/c0d0p1"),
        device("cciss!c0d0p1", "cciss!c0d0", Some(1))
    );
    // A partition has no leading zero.
    assert_eq!(root("root=/dev/vda01"), device("vda01", "vda01", None));
}

// devt_from_devname looks for the whole name first, then without digits, then without `p`.
#[test]
fn the_disks_that_there_are_decide_between_readings() {
    let nvme = root("root=/dev/nvme0n1p2");
    assert_eq!(
        nvme.readings(),
        [
            ("nvme0n1p2", None),
            ("nvme0n1p", Some(2)),
            ("nvme0n1", Some(2))
        ]
    );
    assert_eq!(nvme.find(&["nvme0n1"]), Some(("nvme0n1", Some(2))));
    let vda1 = root("root=/dev/vda1");
    assert_eq!(vda1.find(&["vda", "vdb"]), Some(("vda", Some(1))));
    assert_eq!(vda1.find(&["vda1", "vda"]), Some(("vda1", None)));
    assert_eq!(vda1.find(&["sda"]), None);
    assert!(root("root=UUID=1").readings().is_empty());
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let name = "a".repeat(32);
    assert!(matches!(
        root(&format!("root=/dev/{name}")),
        Root::Other { .. }
    ));
    assert!(matches!(
        root(&format!("root=/dev/{}", &name[1..])),
        Root::Device { .. }
    ));
}

// devt_from_devnum and new_decode_dev.
#[test]
fn numbers_are_decimal_pairs_or_hexadecimal_digits() {
    let number = |major, minor| Root::MajorMinor { major, minor };
    assert_eq!(root("root=254:1"), number(254, 1));
    assert_eq!(root("root=8:1:0"), number(8, 1));
    assert_eq!(root("root=fe01"), number(254, 1));
    assert_eq!(root("root=0xfe00"), number(254, 0));
    assert_eq!(
        root("root=cafe"),
        number(0xca, 0xfe),
        "a name of hexadecimal digits"
    );
    assert!(matches!(root("root=4096:0"), Root::Other { .. }));
    assert!(matches!(root("root=8:1048576"), Root::Other { .. }));
    assert!(matches!(root("root=fe01x"), Root::Other { .. }));
}

#[test]
fn uuids_and_labels_of_partitions_are_the_kernels_and_others_the_initramfss() {
    let part = |uuid: &str, offset| Root::PartUuid {
        uuid: uuid.to_owned(),
        offset,
    };
    assert_eq!(root("root=PARTUUID=12ab-01"), part("12ab-01", 0));
    assert_eq!(root("root=PARTUUID=12ab/PARTNROFF=-1"), part("12ab", -1));
    for bad in [
        "PARTUUID=",
        "PARTUUID=1/",
        "PARTUUID=1/PARTNROFF=x",
        "PARTUUID=1/PARTNROFF=1x",
    ] {
        assert!(
            matches!(root(&format!("root={bad}")), Root::Other { .. }),
            "{bad}"
        );
    }
    assert_eq!(
        root("root=PARTLABEL=root"),
        Root::PartLabel("root".to_owned())
    );
    assert_eq!(root("root=UUID=ab"), Root::Uuid("ab".to_owned()));
    assert_eq!(root("root=LABEL=x"), Root::Label("x".to_owned()));
    assert!(root("root=LABEL=x").needs_initramfs());
    assert!(!root("root=PARTLABEL=x").needs_initramfs());
}

#[test]
fn three_devices_are_words() {
    assert_eq!(root("root=/dev/nfs"), Root::Nfs);
    assert_eq!(root("root=/dev/cifs"), Root::Cifs);
    assert_eq!(root("root=/dev/ram"), Root::Ram);
    assert_eq!(root("root=/dev/ram0"), device("ram0", "ram0", None));
    assert_eq!(root("root=ubi0:root"), Root::Flash("ubi0:root".to_owned()));
}

// mount_root: mount_nodev_root where no device was found and rootfstype= is given.
#[test]
fn a_tag_needs_a_file_system_without_a_device() {
    let tag = |tag: &str| Root::Tag {
        tag: tag.to_owned(),
        types: vec!["virtiofs".to_owned()],
    };
    assert_eq!(root("root=myfs rootfstype=virtiofs"), tag("myfs"));
    assert_eq!(root("root=/dev/root rootfstype=virtiofs"), tag("/dev/root"));
    assert!(matches!(
        root("root=myfs rootfstype=ext4"),
        Root::Other { .. }
    ));
    assert!(matches!(root("root=myfs"), Root::Other { .. }));
    assert!(matches!(
        root("root=/dev/vda rootfstype=ext4,virtiofs"),
        Root::Device { .. }
    ));
    assert!(matches!(
        root("root=face rootfstype=virtiofs"),
        Root::MajorMinor { .. }
    ));
}

#[test]
fn an_empty_root_is_none_and_a_long_one_is_cut() {
    assert_eq!(line("root=").root(), None);
    assert_eq!(line("root").root(), None);
    assert_eq!(line("").root(), None);
    let long = format!("root=LABEL={}", "é".repeat(40));
    let Root::Label(label) = root(&long) else {
        panic!()
    };
    assert!(label.len() <= 57);
}

#[test]
fn a_name_of_digits_alone_or_of_none_has_one_reading() {
    assert_eq!(root("root=/dev/vda").readings(), [("vda", None)]);
    assert_eq!(root("root=/dev/9").readings(), [("9", None)]);
    assert_eq!(root("root=/dev/vda01").readings(), [("vda01", None)]);
}
