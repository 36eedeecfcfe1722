use super::x86;
use crate::disks::{self, SIGNATURE};
use crate::forge::cpio::{Entry, archive};
use crate::forge::disk;
use crate::initramfs::{alpine_with, busybox};
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::predict::{Boot, RootDevice as Found};
use kelpie_check::stage::Stage::RootDevice;

const TABLE: &str = "CONFIG_MSDOS_PARTITION=y";

fn case(options: &[&str], root: &str) -> Case {
    x86(options)
        .command_line(format!("root={root}"))
        .root(disks::mbr())
}

#[test]
fn the_table_has_no_such_partition() {
    for root in [
        "PARTUUID=1234abcd-02",
        "PARTUUID=c0ffee",
        "PARTUUID=1234abcd/PARTNROFF=+1",
        "PARTLABEL=root",
    ] {
        let finding = case(&[TABLE], root).fires(406, Fatal, RootDevice);
        says(&finding.message, &[root, "there is vda with vda1"]);
        says(&finding.consequence, &["unknown-block(0,0)"]);
        says(&finding.fix, &["of the partition table, or root=/dev/vda1"]);
    }
    case(&[TABLE], &format!("PARTUUID={SIGNATURE}-01")).is_quiet(406);
    case(&[TABLE], "/dev/vda7").is_quiet(406);
}

#[test]
fn with_rootwait_the_kernel_waits_for_ever() {
    let finding = case(&[TABLE], "PARTUUID=c0ffee rootwait").fires(406, Fatal, RootDevice);
    assert_eq!(
        finding.consequence,
        "The kernel says \"Waiting for root device PARTUUID=c0ffee...\" and waits forever."
    );
}

#[test]
fn a_table_that_the_kernel_does_not_read_has_none() {
    let finding = case(&[], &format!("PARTUUID={SIGNATURE}-01")).fires(406, Fatal, RootDevice);
    says(&finding.message, &["an MBR", "does not read"]);
}

#[test]
fn a_bare_file_system_has_none() {
    let finding = x86(&[])
        .command_line("root=PARTUUID=c0ffee")
        .fires(406, Fatal, RootDevice);
    says(&finding.message, &["vda, without partitions"]);
    says(&finding.fix, &["root=/dev/vda"]);
}

#[test]
fn who_mounts_is_blocked_by_the_damage() {
    Case::new(damaged())
        .initramfs(vec![0; 512])
        .command_line("root=PARTUUID=c0ffee")
        .root(disks::ext4())
        .is_blocked(406, 3);
}

#[test]
fn an_initramfs_that_does_not_find_it_has_a_shell_or_none() {
    let with = |initramfs: Vec<u8>| {
        case(&[TABLE, "CONFIG_BLK_DEV_INITRD=y"], "/dev/vdb")
            .initramfs(initramfs)
            .fires(405, Fatal, RootDevice)
            .consequence
    };
    // Neither knows PARTUUID=.
    let alpine = with(alpine_with(&[]));
    says(
        &alpine,
        &["(mkinitfs) does not find it and starts a shell, or ends, and the kernel panics"],
    );
    let mut tiny = busybox();
    tiny.extend(b"No root filesystem (root=) specified\0");
    tiny.extend(b"Timeout while waiting for devices for / (and possibly /usr)\0");
    tiny.extend([0x5a; 64]);
    let tiny = with(archive(&[Entry::file("init", &tiny)]));
    says(
        &tiny,
        &["(tiny-initramfs) does not find it and ends, and the kernel panics"],
    );
}

#[test]
fn a_root_in_memory_needs_no_partition() {
    case(&[TABLE], "PARTUUID=c0ffee rootfstype=tmpfs").is_quiet(406);
}

/// A disk with a GPT and a partition of each of these names.
fn gpt(names: &[&'static str]) -> Vec<u8> {
    let uuids = [FIRST, SECOND].into_iter();
    let partitions: Vec<_> = uuids
        .zip(names)
        .map(|(unique, name)| (LINUX, unique, *name, disks::ext4()))
        .collect();
    disk::gpt(&partitions)
}

const LINUX: &str = "0fc63daf-8483-4772-8e79-3d69d8477de4";
const FIRST: &str = "67726f66-6465-702d-6172-746974696f01";
const SECOND: &str = "77726f66-6465-702d-6172-746974696f02";

/// Which device `root=` is found to name, by a kernel that mounts it itself.
fn found(root: &str, image: Vec<u8>) -> Result<Found, String> {
    x86(&[TABLE, "CONFIG_EFI_PARTITION=y"])
        .command_line(format!("root={root}"))
        .root(image)
        .with_bundle(|bundle| {
            Boot::new(bundle)
                .root_device()
                .map_err(|error| error.to_string())
        })
}

fn partition(root: &str, image: Vec<u8>) -> Option<u32> {
    match found(root, image) {
        Ok(Found::Partition(number)) => Some(number),
        Ok(Found::Disk) => Some(0),
        Ok(_) => None,
        Err(error) => panic!("{root}: {error}"),
    }
}

#[test]
fn an_offset_counts_from_the_partition_of_that_uuid() {
    let two = || gpt(&["a", "b"]);
    let with = |rest: &str| partition(&format!("PARTUUID={FIRST}{rest}"), two());
    assert_eq!(with(""), Some(1));
    assert_eq!(with("/PARTNROFF=1"), Some(2));
    assert_eq!(with("/PARTNROFF=2"), None);
    // Before the first is the disk, and the number has 8 bits.
    assert_eq!(with("/PARTNROFF=-1"), Some(0));
    assert_eq!(with("/PARTNROFF=257"), Some(2));
    let wraps = "PARTUUID=67726f66/PARTNROFF=4294967297";
    assert_eq!(partition(wraps, two()), Some(2));
    // No plus sign, and nothing after the number.
    for rest in [
        "/PARTNROFF=+1",
        "/PARTNROFF=1x",
        "/PARTNROFF=",
        "/PARTNROFF",
    ] {
        assert_eq!(with(rest), None, "{rest}");
    }
    // A beginning will do, in whatever case.
    let upper = format!("PARTUUID={}", &FIRST.to_uppercase()[..9]);
    assert_eq!(partition(&upper, two()), Some(1));
    assert_eq!(partition(&format!("{upper}/PARTNROFF=1"), two()), Some(2));
}

#[test]
fn the_partition_that_is_named_by_an_offset_is_the_one_that_is_read() {
    let case = x86(&["CONFIG_EFI_PARTITION=y"])
        .command_line("root=PARTUUID=67726f66/PARTNROFF=1")
        .root(gpt(&["a", "b"]));
    let number = case.with_bundle(|bundle| {
        let root = bundle.root().unwrap().unwrap();
        root.partition().unwrap().map(|partition| partition.number)
    });
    assert_eq!(number, Some(2));
}

#[test]
fn a_label_outside_ascii_is_compared_as_the_kernel_keeps_it() {
    let label =
        |label: &str, name: &'static str| found(&format!("PARTLABEL={label}"), gpt(&["x", name]));
    assert_eq!(label("root", "root"), Ok(Found::Partition(2)));
    assert_eq!(label("ro!ot", "ro\tot"), Ok(Found::Partition(2)));
    let absent = |found| matches!(found, Ok(Found::Absent { .. }));
    assert!(absent(label("Root", "root")));
    // One byte is kept of each unit; UTF-8 has two for this letter.
    assert!(absent(label("größe", "größe")));
    // Kept by 7 bits or by 8, a zero ends it: U+0100 and what follows is not there.
    assert_eq!(label("a", "a\u{100}b"), Ok(Found::Partition(2)));
    // Of 7 bits U+00E4 is d; of 8 it is no UTF-8. Releases of one version differ.
    let told = label("gerdt", "gerät").unwrap_err();
    assert!(told.contains("PARTLABEL=gerdt"), "{told}");
}

#[test]
fn virtio_has_its_usual_number_where_nothing_comes_before_it() {
    let with = |root: &str, options: &[&str]| {
        let config = [&[TABLE, "CONFIG_VIRTIO_BLK=y"], options].concat();
        x86(&config)
            .command_line(format!("root={root}"))
            .root(disks::mbr())
            .with_bundle(|bundle| Boot::new(bundle).root_device())
    };
    for root in ["254:0", "fe00", "0xfe00"] {
        assert_eq!(with(root, &[]), Ok(Found::Disk), "{root}");
    }
    assert_eq!(with("254:1", &[]), Ok(Found::Partition(1)));
    assert!(matches!(with("254:2", &[]), Ok(Found::Absent { .. })));
    for option in ["CONFIG_BLK_DEV_MD=y", "CONFIG_CDROM_PKTCDVD=y"] {
        with("254:0", &[option]).unwrap_err();
    }
    with("8:1", &[]).unwrap_err();
}

#[test]
fn a_number_without_a_disk_is_in_the_panic() {
    let finding = case(&[TABLE, "CONFIG_VIRTIO_BLK=y"], "254:2").fires(405, Fatal, RootDevice);
    says(&finding.consequence, &["unknown-block(254,2)"]);
}
