//! Of the root: its device, and what is on it.

use super::{MOUNTED, RUN, VDA, says};

const SDA: &str = "sd 0:0:0:0: [sda] 32768 512-byte logical blocks (16.8 MB/16.0 MiB)";
const NET: &str = "virtio_net virtio1: registered";
const LIST: &str =
    "Please append a correct \"root=\" boot option; here are the available partitions:";
const LISTED_VDA: &str = "fe00           16384 vda ";
const LISTED_SDA: &str = "0800           16384 sda ";

fn open(name: &str, block: &str, error: i32) -> String {
    format!("VFS: Cannot open root device \"{name}\" or unknown-block({block}): error {error}")
}

fn panic(block: &str) -> String {
    format!("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block({block})")
}

#[test]
fn a_disk_that_is_not_there_speaks_for_its_driver_its_transport_and_its_name() {
    let vda = open("vda", "0,0", -6);
    let none = panic("0,0");
    for lines in [&[&*vda, &none][..], &[&*vda, LIST, &none]] {
        says("KC401+ KC402+ KC405? KC501?", "root=/dev/vda", lines);
    }
    // Other devices of virtio are reached.
    for lines in [&[NET, &*vda, &none][..], &[NET, &*vda, LIST, &none]] {
        says("KC401! KC405? KC501?", "root=/dev/vda", lines);
    }
    // Another kind of disk has another transport.
    let sda = open("sda", "0,0", -6);
    says(
        "KC401+ KC402? KC405? KC501?",
        "root=/dev/sda",
        &[&sda, LIST, &none],
    );
    // An initramfs may have brought drivers, and has no more to do with what the kernel finds.
    says("KC405? KC501?", "root=/dev/vda", &[RUN, &vda, LIST, &none]);
}

#[test]
fn other_disks_speak_for_the_name() {
    let none = panic("0,0");
    let vda = open("vda", "0,0", -6);
    let lines = [SDA, &vda, LIST, LISTED_SDA, &none];
    says("KC401? KC402? KC405! KC501?", "root=/dev/vda", &lines);
    let sdb = open("sdb", "0,0", -6);
    let lines = [SDA, &sdb, LIST, LISTED_SDA, &none];
    says("KC405! KC501?", "root=/dev/sdb", &lines);
    // Its like is there: nothing is wrong with the driver.
    let vdb = open("vdb", "0,0", -6);
    let lines = [VDA, &vdb, LIST, LISTED_VDA, &none];
    says("KC405! KC501?", "root=/dev/vdb", &lines);
    let lines = [VDA, &vda, LIST, LISTED_VDA, &none];
    says("KC501?", "root=/dev/vda", &lines);
}

#[test]
fn the_line_of_the_log_goes_before_what_the_panic_names_unless_it_is_cut() {
    let vdb = open("vdb", "0,0", -6);
    let none = panic("0,0");
    let padding = "x".repeat(950);
    let with_root = format!("root=/dev/vda {padding}");
    let failed = [SDA, &vdb, LIST, LISTED_SDA, &none];
    says("KC403! KC501?", "quiet", &failed);
    let vdb_and_vda = [VDA, &vdb, LIST, LISTED_VDA, &none];
    says("KC501?", &with_root, &vdb_and_vda);
    says("KC405! KC501?", &padding, &vdb_and_vda);
    // Nothing names it, and the line may go on.
    says("KC403+ KC501?", &padding, &[&none]);
}

#[test]
fn a_name_out_of_a_table_wants_its_disk_first() {
    let named = "root=PARTUUID=1-01";
    let open = open("PARTUUID=1-01", "0,0", -6);
    let none = panic("0,0");
    says("KC401? KC402? KC406+ KC501?", named, &[&open, &none]);
    says("KC401+ KC402? KC406? KC501?", named, &[&open, LIST, &none]);
    says("KC401! KC406? KC501?", named, &[NET, &open, LIST, &none]);
    let listed = [VDA, &open, LIST, LISTED_VDA, &none];
    says("KC406! KC501?", named, &listed);
    let waits = "Waiting for root device PARTUUID=1-01...";
    let named = "root=PARTUUID=1-01 rootwait";
    says("KC401? KC402? KC406+", named, &[waits]);
    says("KC406!", named, &[VDA, waits]);
}

#[test]
fn what_is_looked_up_by_content_is_no_matter_of_disks() {
    let none = panic("0,0");
    let uuid = open("UUID=0f", "0,0", -6);
    says("KC404! KC501?", "root=UUID=0f", &[&uuid, LIST, &none]);
    says("KC404? KC501?", "root=UUID=0f", &[RUN, &uuid, LIST, &none]);
    let null = open("(null)", "0,0", -6);
    says("KC403! KC501?", "quiet", &[&null, LIST, &none]);
    says("KC501?", "quiet", &[RUN, &null, LIST, &none]);
}

#[test]
fn a_disk_that_is_there_may_have_been_named_otherwise_where_the_line_is_not_shown() {
    let open = open("vda", "0,0", -6);
    let none = panic("0,0");
    let lines = [VDA, &open, LIST, LISTED_VDA, &none];
    let unnamed = super::said(super::unnamed_boot(&lines));
    assert_eq!(unnamed, "KC405? KC501?");
    says("KC501?", "root=/dev/vda", &lines);
}

#[test]
fn a_share_is_no_disk() {
    let none = panic("0,0");
    let myfs = open("myfs", "0,0", -19);
    let line = "root=myfs rootfstype=virtiofs";
    says(
        "KC010? KC405? KC407! KC501? KC502+",
        line,
        &[&myfs, LIST, &none],
    );
    // A disk that is not there is taken for a share of its name, and one that is there for none; a
    // share that is not there is missed like a disk.
    let vda = open("vda", "0,0", -19);
    let line = "root=/dev/vda rootfstype=virtiofs";
    let expected = "KC010? KC401? KC402? KC405? KC407! KC501? KC502+";
    says(expected, line, &[&vda, LIST, &none]);
    let vda = open("vda", "254,0", -19);
    let refused = [VDA, &vda, LIST, LISTED_VDA, &panic("254,0")];
    says("KC010? KC501+ KC502+", line, &refused);
    let unnamed = open("", "0,0", -19);
    let expected = "KC010? KC013? KC403? KC407! KC501? KC502+";
    says(expected, "rootfstype=virtiofs", &[&unnamed, LIST, &none]);
}

#[test]
fn a_number_is_a_device_whatever_is_behind_it() {
    let nothing = open("254:0", "254,0", -6);
    let refused = panic("254,0");
    let line = "root=254:0";
    says("KC401? KC402? KC405!", line, &[&nothing, LIST, &refused]);
    let lines = [VDA, &nothing, LIST, LISTED_VDA, &refused];
    says("KC405!", line, &lines);
    // No driver of a file system takes it, which is another matter.
    let untyped = open("254:0", "254,0", -19);
    says("KC501!", line, &[&untyped, LIST, &refused]);
    let tried = "No filesystem could mount root, tried:  ext4";
    let lines = [VDA, &nothing, tried, &refused];
    says("KC405!", line, &lines);
}

#[test]
fn a_partition_is_there_where_it_is_listed() {
    let list = "List of all partitions:";
    let vda1 = "root=/dev/vda1";
    let open = open("vda1", "254,1", -6);
    let refused = panic("254,1");
    let lines = [VDA, &open, LIST, LISTED_VDA, &refused];
    says("KC405!", vda1, &lines);
    let mounting = "KC010? KC012? KC013? KC501+ KC502? KC509?";
    says(mounting, vda1, &[VDA, &refused]);
    let with_partition = [VDA, list, LISTED_VDA, " fe01 16320 vda1 0-01", &refused];
    says(mounting, vda1, &with_partition);
    let without = [VDA, list, LISTED_VDA, &refused];
    let expected = format!(
        "KC010? KC012? KC013? KC405! {}",
        &mounting["KC010? KC012? KC013? ".len()..]
    );
    says(&expected, vda1, &without);
    // It is none of that disk's.
    says(mounting, "root=/dev/vdb1", &without);
}

#[test]
fn a_wait_is_over_once_the_disk_is_there() {
    let waits = "Waiting for root device /dev/vda...";
    let line = "root=/dev/vda rootwait";
    says("KC401+ KC402+ KC405?", line, &[waits]);
    says("KC401! KC405?", line, &[NET, waits]);
    says("", line, &[VDA, waits]);
    let vdb = "Waiting for root device /dev/vdb...";
    says("KC405!", "root=/dev/vdb rootwait", &[VDA, vdb]);
    // A name that nobody looks up is waited for like any, and so is a disk that went to init.
    let label = "Waiting for root device LABEL=forged...";
    says("KC404!", "root=LABEL=forged rootwait", &[VDA, label]);
    let line = "root=/dev/vda rootwait -- single virtio_mmio.device=4K@0xd0000000:5";
    says(
        "KC112! KC401+ KC402+ KC405?",
        line,
        &["Waiting for root device /dev/vda..."],
    );
    let init = "Run /sbin/init as init process";
    let ended = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100";
    says("KC611+", line, &[waits, VDA, MOUNTED, init, ended]);
}

#[test]
fn a_root_that_is_refused_speaks_for_its_drivers_by_what_was_tried() {
    let refused = panic("254,0");
    let error = |error| open("vda", "254,0", error);
    let (vda, stated) = ("root=/dev/vda", "root=/dev/vda rootfstype=ext4");
    let lacking = error(-19);
    let lines = [VDA, &lacking, LIST, LISTED_VDA, &refused];
    says("KC501!", vda, &lines);
    says("KC010? KC501+ KC502+", stated, &lines);
    let invalid = error(-22);
    let lines = [VDA, &invalid, LIST, LISTED_VDA, &refused];
    says("KC010? KC012? KC013? KC501? KC509?", vda, &lines);
    // A file system that finds itself damaged, or a checksum that is wrong.
    for damaged in [-117, -74] {
        let damaged = error(damaged);
        let lines = [VDA, &damaged, LIST, LISTED_VDA, &refused];
        says("KC010? KC012+ KC013? KC501? KC509?", vda, &lines);
    }
    let all = "No filesystem could mount root, tried:  ext3 ext2 ext4";
    let squashfs = "No filesystem could mount root, tried:  squashfs";
    let tried = |expected, line, tried| says(expected, line, &[VDA, tried, &refused]);
    let expected = "KC010+ KC012? KC013? KC501+ KC502? KC509?";
    tried(expected, vda, all);
    tried("KC010? KC013? KC501+ KC502? KC509?", vda, squashfs);
    let expected = "KC010? KC012? KC013? KC501? KC502+ KC509?";
    tried(expected, stated, all);
    tried("KC010? KC013? KC501+ KC502+ KC509?", stated, squashfs);
    let expected = "KC010? KC012? KC013? KC501+ KC502? KC509?";
    says(expected, vda, &[VDA, &refused]);
    // Nobody says what it was tried on.
    says("KC501? KC502?", vda, &[VDA, all]);
    let expected = "KC401+ KC402+ KC405? KC501? KC502?";
    says(expected, vda, &[all, &panic("0,0")]);
}
