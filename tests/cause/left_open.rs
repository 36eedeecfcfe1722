//! Words after which a boot is not foreseen: the verdict is unknown, and names them. Most were booted
//! on Linux 6.1 or 6.18, which did not come to their init.

use super::forge::cpio::{Entry, archive};
use super::forge::gzip;
use super::ladder::{LINE, WHOLE, boot, together};
use super::run::Case;
use kelpie_check::check::Verdict;
use kelpie_check::stage::Stage;
use liblzma::stream::{LzmaOptions, Stream};
use std::io::Write;

fn missing(case: &Case) -> Option<String> {
    match together(case).verdict() {
        Verdict::Unknown { missing } => Some(missing.join("; ")),
        Verdict::Boots => None,
        fails @ Verdict::Fails { .. } => panic!("{fails:?}"),
    }
}

#[track_caller]
fn is_open(words: &str, what: &str) {
    let told = missing(&boot(&format!("{LINE} {words}")));
    let told = told.unwrap_or_else(|| panic!("{words} boots"));
    assert!(told.contains(what), "{told}");
}

#[track_caller]
fn boots(words: &str) {
    assert_eq!(missing(&boot(&format!("{LINE} {words}"))), None, "{words}");
}

#[test]
fn a_driver_that_is_left_out_may_be_one_that_is_needed() {
    is_open(
        "initcall_blacklist=virtio_blk_init",
        "initcall_blacklist=virtio_blk_init",
    );
    boots("initcall_blacklist=");
    boots("initcall_blacklist");
    is_open("virtio_mmio.device=512@0xfeb00e00:5", "virtio_mmio.device");
}

#[test]
fn a_part_of_the_ram_or_of_the_processor_may_not_do() {
    for words in ["nolapic", "disableapic", "clearcpuid=25", "memmap=exactmap"] {
        is_open(words, words);
    }
    for words in ["mem=5M", "mem=1024K", "mem=65535", "mem=5MB", "mem=much"] {
        is_open(words, words);
    }
    for words in [
        "mem=64M",
        "mem=1G",
        "mem=0",
        "mem=65536k",
        "noapic",
        "acpi=off",
    ] {
        boots(words);
    }
    is_open("clearcpuid=smap,25", "clearcpuid=smap,25");
    boots("clearcpuid=smap,smep,cx16,popcnt");
    is_open(
        "sysctl.vm.overcommit_memory=2",
        "sysctl.vm.overcommit_memory=2",
    );
    boots("sysctl.kernel.panic=5");
}

#[test]
fn init_is_handed_so_many_words_and_no_more() {
    let words = |count: usize, value: &str| -> String {
        (0..count)
            .map(|number| format!("w{number}{value} "))
            .collect()
    };
    boots(&words(31, ""));
    is_open(&words(32, ""), "room for the words");
    is_open(
        &format!("{} init=/sbin/init", words(32, "")),
        "room for the words",
    );
    boots(&words(29, "=1"));
    is_open(&words(30, "=1"), "room for the words");
    // The same name takes the same room, and one with a dot none.
    boots(&"same=1 ".repeat(50));
    boots(&"a.b=1 ".repeat(50));
}

#[test]
fn a_console_of_a_driver_that_is_not_known_here_may_not_come() {
    let with = |words: &str| missing(&boot(&LINE.replace("console=hvc0", words)));
    for words in [
        "console=ttyUSB0",
        "console=TTYS0",
        "console=uart8250,io,0x2f8",
        "console=earlycon",
    ] {
        let told = with(words).unwrap_or_default();
        assert!(told.contains("has the console"), "{words}: {told}");
    }
    assert_eq!(with("console=ttyUSB0 console=hvc0"), None);
    // What is known not to be there is told, and is worse.
    let report = together(&boot(&LINE.replace("hvc0", "ttyAMA0")));
    assert!(matches!(
        report.verdict(),
        Verdict::Fails {
            stage: Stage::Console,
            ..
        }
    ));
    // A driver that is told of no port has none.
    for words in ["8250.nr_uarts=0", "8250_core.nr_uarts=0"] {
        boots(words);
        let told = with(&format!("console=ttyS0 {words}")).unwrap_or_default();
        assert!(told.contains("has the console ttyS0"), "{words}: {told}");
        assert_eq!(with(&format!("console=ttyS0 console=hvc0 {words}")), None);
    }
    assert_eq!(with("console=ttyS0 8250.nr_uarts=2"), None);
}

#[test]
fn what_comes_before_is_told_all_the_same_and_what_comes_behind_is_not() {
    let without_root = LINE.replace("root=/dev/vda", "root=/dev/vdb");
    let stage = |words: &str| match together(&boot(&format!("{without_root} {words}"))).verdict() {
        Verdict::Fails { stage, .. } => Some(stage),
        _ => None,
    };
    assert_eq!(stage(""), Some(Stage::RootDevice));
    assert_eq!(stage("nolapic"), None);
    assert_eq!(stage("sysctl.vm.x=1"), Some(Stage::RootDevice));
}

#[test]
fn types_of_the_kernel_itself_mount_whatever_root_names() {
    let with = |words: &str| missing(&boot(&LINE.replace("rootfstype=ext4", words)));
    for words in [
        "rootfstype=,",
        "rootfstype=proc",
        "rootfstype=ext4,sysfs",
        "rootfstype=virtiofs,ext4",
        "rootfstype=ext3,9p",
    ] {
        let told = with(words).unwrap_or_default();
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(with("rootfstype=ext4,ext4"), None);
    assert_eq!(with("rootfstype=ext4,"), None);
}

#[test]
fn options_of_ext4_that_depend_on_more_are_not_known() {
    for option in [
        "noacl",
        "seclabel",
        "smackfsroot=x",
        "journal_dev=1",
        "inode_readahead_blks=33",
        "mb_optimize_scan=2",
        "barrier=junk",
        "barrier=",
        "resuid=010",
        "stripe=-1",
        "nobarrier=1",
        "dax=sometimes",
    ] {
        is_open(
            &format!("rootflags={option}"),
            &format!("whether {option} is refused"),
        );
    }
    for option in [
        "barrier=1",
        "inode_readahead_blks=32",
        "inode_readahead_blks=0",
        "mb_optimize_scan=1",
        "resuid=0",
        "errors=remount-ro",
        "user_xattr",
    ] {
        boots(&format!("rootflags={option}"));
    }
}

#[test]
fn an_initramfs_without_an_init_may_stand_in_the_way_of_the_root() {
    let with = |entries: &[Entry]| missing(&boot(LINE).initramfs(archive(entries)));
    assert_eq!(
        with(&[Entry::directory("root"), Entry::directory("dev")]),
        None
    );
    for entry in [Entry::file("root", b"x"), Entry::link("root", "/nowhere")] {
        let told = with(&[entry]).unwrap_or_default();
        assert!(told.contains("mounted over /root"), "{told}");
    }
    let told = with(&[Entry::directory("dev/root")]).unwrap_or_default();
    assert!(told.contains("/dev/root"), "{told}");
}

#[test]
fn modules_that_are_not_loaded_may_be_needed() {
    let with = |words: &str| {
        let case = boot(&format!("{LINE} {words}"));
        missing(&case.initramfs(archive(&[Entry::directory("root")])))
    };
    assert_eq!(with(""), None);
    for words in [
        "module_blacklist=virtio_blk",
        "blacklist=ext4",
        "virtio_blk.queue_depth=junk",
    ] {
        assert!(with(words).unwrap_or_default().contains(words), "{words}");
        // Without an initramfs nothing is a module.
        boots(words);
    }
}

#[test]
fn a_stream_that_the_kernel_decodes_otherwise_is_not_known() {
    let plain = archive(&[Entry::directory("root"), Entry::file("etc/motd", b"hello")]);
    let codecs = format!("{WHOLE}\nCONFIG_RD_LZMA=y");
    let with = |bytes: &[u8]| missing(&boot(LINE).config(&codecs).initramfs(bytes.to_vec()));
    let whole = gzip(&plain);
    assert_eq!(with(&whole), None);
    for cut in [1, 4, 8] {
        let told = with(&whole[..whole.len() - cut]).unwrap_or_default();
        assert!(told.contains("reads on behind its end"), "{cut}: {told}");
    }
    let lzma = lzma(&plain);
    assert_eq!(with(&lzma), None);
    let told = with(&lzma[..lzma.len() - 20]).unwrap_or_default();
    assert!(told.contains("drops more than what is damaged"), "{told}");
}

fn lzma(plain: &[u8]) -> Vec<u8> {
    let options = LzmaOptions::new_preset(0).unwrap();
    let stream = Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
