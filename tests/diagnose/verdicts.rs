//! From the lines of a boot to its cause. Lines with a minimal kernel's or Alpine's wording were
//! printed by those kernels (6.1 and 6.18, QEMU 7.2); the rest follows the sources that the causes
//! name.

use super::{code, one};
use kelpie_check::console::EndKind;
use kelpie_check::stage::Stage;

/// A boot of that command line, up to these lines.
fn boot(command_line: &str, lines: &[&str]) -> String {
    let mut log = String::from("[    0.000000] Linux version 6.1.170 (a@b) (gcc 12) #1\n");
    log += &format!("[    0.000000] Command line: {command_line}\n");
    for line in lines {
        log += &format!("[    1.000000] {line}\n");
    }
    log
}

const VDA: &str = "virtio_blk virtio0: [vda] 32768 512-byte logical blocks (16.8 MB/16.0 MiB)";
const LIST: &str =
    "Please append a correct \"root=\" boot option; here are the available partitions:";
const NO_DEVICE: &str =
    "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)";
const REFUSED: &str =
    "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,0)";
const MOUNTED: &str = "VFS: Mounted root (ext4 filesystem) on device 254:0.";
const NO_INIT: &str =
    "Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.";

#[track_caller]
fn comes_to(expected: &str, command_line: &str, lines: &[&str]) {
    assert_eq!(code(boot(command_line, lines)), expected, "{lines:#?}");
}

#[test]
fn a_root_that_is_not_found_is_told_apart_by_what_else_is_there() {
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    comes_to("KC401", "root=/dev/vda", &[open, LIST, NO_DEVICE]);
    // Other devices of virtio are reached: it is not the transport.
    let net = "virtio_net virtio1: registered";
    let certain = one(boot("root=/dev/vda", &[net, open, LIST, NO_DEVICE]));
    assert_eq!(certain.code().unwrap().to_string(), "KC401");
    assert!(certain.possible.is_empty());
    let unknown = "virtio_mmio: unknown parameter 'device' ignored";
    comes_to("KC402", "root=/dev/vda", &[unknown, open, LIST, NO_DEVICE]);
    let null = "VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6";
    comes_to("KC403", "console=ttyS0", &[VDA, null, LIST, NO_DEVICE]);
    let uuid = "VFS: Cannot open root device \"UUID=0f\" or unknown-block(0,0): error -6";
    comes_to("KC404", "root=UUID=0f", &[VDA, uuid, LIST, NO_DEVICE]);
    let disk = "fe00           16384 vda ";
    let vdb = "VFS: Cannot open root device \"vdb\" or unknown-block(0,0): error -6";
    comes_to("KC405", "root=/dev/vdb", &[vdb, LIST, disk, NO_DEVICE]);
    let vda1 = "VFS: Cannot open root device \"vda1\" or unknown-block(254,1): error -6";
    let panic = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,1)";
    comes_to("KC405", "root=/dev/vda1", &[vda1, LIST, disk, panic]);
    let part = "VFS: Cannot open root device \"PARTUUID=1-01\" or unknown-block(0,0): error -6";
    comes_to(
        "KC406",
        "root=PARTUUID=1-01",
        &[part, LIST, disk, NO_DEVICE],
    );
    let share = "VFS: Cannot open root device \"myfs\" or unknown-block(0,0): error -19";
    comes_to(
        "KC407",
        "root=myfs rootfstype=virtiofs",
        &[share, LIST, NO_DEVICE],
    );
}

#[test]
fn a_line_that_is_printed_in_part_leaves_open_whether_root_was_cut_off() {
    let long = "x".repeat(950);
    let null = "VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6";
    let cut = one(boot(&long, &[VDA, null, LIST, NO_DEVICE]));
    assert_eq!(cut.code().unwrap().to_string(), "KC111");
    let possible: Vec<String> = cut.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC403"]);
    // The kernel found a root= that the log does not show.
    let vdb = "VFS: Cannot open root device \"vdb\" or unknown-block(0,0): error -6";
    comes_to("KC405", &long, &[VDA, vdb, LIST, NO_DEVICE]);
}

#[test]
fn a_disk_that_is_told_to_init_is_not_the_kernels() {
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    let told = |line| code(boot(line, &[open, LIST, NO_DEVICE]));
    assert_eq!(
        told("root=/dev/vda -- single virtio_mmio.device=512@0xfeb00e00:12"),
        "KC112"
    );
    assert_eq!(
        told("root=/dev/vda virtio_mmio.device=512@0xfeb00e00:12 -- single"),
        "KC401"
    );
}

#[test]
fn a_type_without_a_driver_may_be_the_wrong_one() {
    let xfs = "VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -19";
    let stated = one(boot("root=/dev/vda rootfstype=xfs", &[VDA, xfs, REFUSED]));
    let possible: Vec<String> = stated.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC502"]);
}

#[test]
fn a_disk_that_ends_before_a_superblock_is_no_file_system() {
    let read = "EXT4-fs (vda): unable to read superblock";
    let memory = "VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -12";
    comes_to("KC010", "root=/dev/vda", &[VDA, read, memory, REFUSED]);
}

#[test]
fn ram_disks_are_no_disks() {
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    let ram = "0100            4096 ram0 ";
    comes_to(
        "KC401",
        "root=/dev/vda",
        &[open, LIST, ram, " (driver?)", NO_DEVICE],
    );
}

#[test]
fn newer_kernels_name_the_device_in_the_panic() {
    let panic = "Kernel panic - not syncing: VFS: Unable to mount root fs on \"/dev/vda\" or unknown-block(0,0)";
    comes_to("KC401", "root=/dev/vda", &[panic]);
    let refused = panic.replace("(0,0)", "(254,0)");
    let tried = "No filesystem could mount root, tried: ";
    comes_to(
        "KC010",
        "root=/dev/vda",
        &[VDA, tried, " ext3", " ext4", "", &refused],
    );
}

#[test]
fn a_wait_is_told_apart_likewise() {
    comes_to(
        "KC401",
        "root=/dev/vda rootwait",
        &["Waiting for root device /dev/vda..."],
    );
    comes_to(
        "KC405",
        "root=/dev/vdb rootwait",
        &[VDA, "Waiting for root device /dev/vdb..."],
    );
    comes_to(
        "KC406",
        "root=PARTUUID=1-01 rootwait",
        &[VDA, "Waiting for root device PARTUUID=1-01..."],
    );
    comes_to(
        "KC404",
        "root=UUID=0f rootwait",
        &[VDA, "Waiting for root device UUID=0f..."],
    );
    comes_to(
        "KC404",
        "root=UUID=0f rootwait",
        &["Disabling rootwait; root= is invalid.", NO_DEVICE],
    );
}

#[test]
fn a_root_that_no_file_system_takes_is_told_apart() {
    let xfs = "VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -19";
    comes_to(
        "KC501",
        "root=/dev/vda rootfstype=xfs",
        &[VDA, xfs, REFUSED],
    );
    let bdev = "Can't find any bdev filesystem to be used for mount!";
    let vda = "VFS: Cannot open root device \"/dev/vda\" or unknown-block(254,0): error -19";
    comes_to("KC501", "root=/dev/vda", &[VDA, vda, bdev, REFUSED]);
    let all = "No filesystem could mount root, tried:  ext3 ext2 ext4";
    comes_to("KC010", "root=/dev/vda", &[VDA, all, REFUSED]);
    let one = "No filesystem could mount root, tried:  squashfs";
    comes_to("KC501", "root=/dev/vda", &[VDA, one, REFUSED]);
    let part = "fe01            7168 vda1 0f0f0f0f-01";
    comes_to(
        "KC013",
        "root=/dev/vda",
        &[VDA, "List of all partitions:", part, all, REFUSED],
    );
    comes_to(
        "KC502",
        "root=/dev/vda rootfstype=ext4",
        &[VDA, "No filesystem could mount root, tried:  ext4", REFUSED],
    );
}

#[test]
fn what_ext4_says_decides() {
    for (expected, line) in [
        (
            "KC011",
            "EXT4-fs (vda): bad geometry: block count 4096 exceeds size of device (2048 blocks)",
        ),
        (
            "KC012",
            "EXT4-fs (vda): VFS: Found ext4 filesystem with invalid superblock checksum.  Run e2fsck?",
        ),
        (
            "KC503",
            "EXT4-fs (vda): Couldn't mount because of unsupported optional features (80000000)",
        ),
        (
            "KC505",
            "EXT4-fs (vda): Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE",
        ),
        (
            "KC506",
            "EXT4-fs (vda): write access unavailable, cannot proceed (try mounting with noload)",
        ),
        ("KC507", "EXT4-fs (vda): bad block size 65536"),
        ("KC012", "EXT4-fs (vda): invalid inodes per group: 0"),
        (
            "KC012",
            "ext4_check_descriptors: Inode table for group 0 not in group (block 4294967295)!",
        ),
        ("KC012", "JBD2: no valid journal superblock found"),
        ("KC510", "ext4: Unknown parameter 'nonsense'"),
        ("KC510", "ext4: Bad value for 'commit'"),
        ("KC510", "EXT4-fs: dax option not supported"),
        (
            "KC510",
            "EXT4-fs (vda): can't mount with commit=9, fs mounted w/o journal",
        ),
        ("KC511", "JBD2: Unrecognised features on journal"),
        (
            "KC512",
            "EXT4-fs (vda): failed to open journal device unknown-block(8,1) -6",
        ),
    ] {
        let all = "No filesystem could mount root, tried:  ext3 ext2 ext4";
        comes_to(expected, "root=/dev/vda", &[VDA, line, all, REFUSED]);
    }
}

#[test]
fn a_broken_initramfs_is_the_cause_of_what_follows() {
    let unpack = "Unpacking initramfs...";
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    let then = [open, LIST, NO_DEVICE];
    let after = |line: &'static str| [&[unpack, line][..], &then[..]].concat();
    for (expected, line) in [
        (
            "KC020",
            "Initramfs unpacking failed: invalid magic at start of compressed archive",
        ),
        (
            "KC020",
            "Initramfs unpacking failed: junk within compressed archive",
        ),
        (
            "KC301",
            "Initramfs unpacking failed: compression method zstd not configured",
        ),
        ("KC310", "Initramfs unpacking failed: write error"),
        (
            "KC311",
            "Initramfs unpacking failed: Input was encoded with settings that are not supported by this XZ decoder",
        ),
    ] {
        comes_to(expected, "root=/dev/vda", &after(line));
    }
    comes_to(
        "KC303",
        "root=/dev/vda",
        &after("Freeing initrd memory: 1024K"),
    );
    let cut = [
        "Run /init as init process",
        "Failed to execute /init (error -26)",
        NO_INIT,
    ];
    comes_to("KC020", "root=/dev/vda", &cut);
    let broken = [
        "Run /init as init process",
        "Failed to execute /init (error -2)",
        NO_INIT,
    ];
    comes_to("KC304", "root=/dev/vda", &broken);
    let folder = [
        "Trying to unpack rootfs image as initramfs...",
        "Run /dev as init process",
        "Failed to execute /dev (error -13)",
        NO_INIT,
    ];
    comes_to("KC304", "rdinit=/dev", &folder);
}

#[test]
fn junk_behind_an_initramfs_that_works_is_not_the_cause() {
    let lines = [
        "Initramfs unpacking failed: junk at the end of compressed archive",
        "Run /init as init process",
        MOUNTED,
        "Run /sbin/init as init process",
        "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100",
    ];
    comes_to("KC611", "root=/dev/vda", &lines);
}

#[test]
fn the_init_of_an_initramfs_fails_in_its_own_ways() {
    let run = "Run /init as init process";
    let end = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000";
    let mount = "mount: mounting /dev/vda on /sysroot failed: No such file or directory";
    comes_to(
        "KC308",
        "root=/dev/vda",
        &[run, VDA, mount, "Mounting root: failed.", end],
    );
    let device = "mount: mounting /dev/vda on /sysroot failed: No such device";
    comes_to("KC306", "root=/dev/vda", &[run, VDA, device, end]);
    let shell = "Launching initramfs emergency recovery shell. Type exit to continue boot";
    comes_to("KC306", "root=/dev/vda", &[run, shell]);
    let lookup = "/dev/vdb: Can't lookup blockdev";
    let vdb = "mount: mounting /dev/vdb on /sysroot failed: No such file or directory";
    comes_to(
        "KC405",
        "root=/dev/vdb",
        &[run, VDA, lookup, vdb, "Mounting root: failed.", end],
    );
    let looked = "EXT4-fs (vda): mounted filesystem 48ac060d ro with ordered data mode.";
    let again = "EXT4-fs (vda): unmounting filesystem 48ac060d.";
    let media = "Mounting boot media: failed. ";
    comes_to("KC403", "rw", &[run, VDA, looked, again, media, end]);
    let alert = "ALERT!  /dev/vdb does not exist.  Dropping to a shell!";
    comes_to("KC405", "root=/dev/vdb", &[run, VDA, alert]);
    comes_to("KC306", "root=/dev/vda", &[run, alert]);
    let modules = "modprobe: FATAL: Module virtio_blk not found in directory /lib/modules/6.1.0";
    comes_to("KC305", "root=/dev/vda", &[run, modules, alert]);
    let library = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00";
    comes_to("KC304", "root=/dev/vda", &[run, library]);
}

#[test]
fn an_init_that_cannot_be_run_is_told_by_its_error() {
    let fails = |error: i32| {
        format!("Kernel panic - not syncing: Requested init /sbin/init failed (error {error}).")
    };
    let run = "Run /sbin/init as init process";
    for (expected, error) in [
        ("KC601", -2),
        ("KC601", -20),
        ("KC602", -13),
        ("KC603", -40),
        ("KC604", -8),
        ("KC604", -80),
    ] {
        comes_to(expected, "init=/sbin/init", &[MOUNTED, run, &fails(error)]);
    }
    let exists = |path: &str, error: i32| {
        format!("Starting init: {path} exists but couldn't execute it (error {error})")
    };
    for (expected, error) in [("KC602", -13), ("KC603", -40), ("KC604", -8)] {
        let first = exists("/sbin/init", error);
        comes_to(expected, "root=/dev/vda", &[MOUNTED, run, &first, NO_INIT]);
    }
    comes_to("KC601", "root=/dev/vda", &[MOUNTED, run, NO_INIT]);
    let both = [exists("/sbin/init", -8), exists("/bin/sh", -8)];
    let log = boot("root=/dev/vda", &[MOUNTED, &both[0], &both[1], NO_INIT]);
    assert_eq!(code(&log), "KC604");
    assert!(one(&log).possible.is_empty());
}

#[test]
fn a_file_of_no_format_may_be_another_machines_or_a_script() {
    let run = "Run /sbin/init as init process";
    let fails = "Kernel panic - not syncing: Requested init /sbin/init failed (error -8).";
    let boot = one(boot("init=/sbin/init", &[MOUNTED, run, fails]));
    let possible: Vec<String> = boot.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC606"]);
}

#[test]
fn what_error_2_leaves_open_is_said() {
    let run = "Run /sbin/init as init process";
    let fails = "Kernel panic - not syncing: Requested init /sbin/init failed (error -2).";
    let boot = one(boot("init=/sbin/init", &[MOUNTED, run, fails]));
    let possible: Vec<String> = boot.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC603", "KC605", "KC606"]);
    let notes = boot.notes.join("\n");
    assert!(notes.contains("error -2 is ENOENT"), "{notes}");
    assert!(notes.contains("KC605 init-loader-missing"), "{notes}");
}

#[test]
fn an_init_that_ends_is_told_by_how_it_ended() {
    let ended = |code: &str| {
        format!("Kernel panic - not syncing: Attempted to kill init! exitcode=0x{code}")
    };
    let run = "Run /sbin/init as init process";
    for (expected, line, code) in [
        ("KC611", "bye", "00000300"),
        ("KC611", "bye", "0000000b"),
        ("KC611", "bye", "00007f00"),
        ("KC610", "bye", "00000004"),
        (
            "KC610",
            "Fatal glibc error: CPU does not support x86-64-v3",
            "00007f00",
        ),
        (
            "KC607",
            "/sbin/init: error while loading shared libraries: libx.so.1: cannot open shared object file: No such file or directory",
            "00007f00",
        ),
        (
            "KC607",
            "Error loading shared library libx.so: No such file or directory (needed by /sbin/init)",
            "00007f00",
        ),
    ] {
        comes_to(
            expected,
            "root=/dev/vda",
            &[MOUNTED, run, line, &ended(code)],
        );
    }
    let boot = one(boot("", &[MOUNTED, run, &ended("00007f00")]));
    assert!(boot.notes[0].contains("status 127"), "{:?}", boot.notes);
}

#[test]
fn what_is_known_only_by_booting_is_named() {
    let run = "Run /sbin/init as init process";
    for (expected, lines) in [
        (
            "KC901",
            &["Kernel panic - not syncing: stack-protector: Kernel stack is corrupted"][..],
        ),
        (
            "KC902",
            &[
                "kernel BUG at mm/slub.c:1!",
                "Kernel panic - not syncing: Fatal exception",
            ],
        ),
        (
            "KC902",
            &[
                "Unable to handle kernel paging request at virtual address 0",
                "Internal error: Oops: 96000004",
            ],
        ),
        (
            "KC903",
            &["Out of memory: Killed process 42 (init) total-vm:1kB"],
        ),
        (
            "KC903",
            &["Kernel panic - not syncing: System is deadlocked on memory"],
        ),
        (
            "KC904",
            &["watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]"],
        ),
        (
            "KC904",
            &["rcu: INFO: rcu_sched self-detected stall on CPU"],
        ),
        ("KC905", &["Received KVM_EXIT_INTERNAL_ERROR signal"]),
        ("KC906", &["Received KVM_EXIT_SHUTDOWN signal"]),
        ("KC908", &["random: crng init done"]),
        ("KC910", &["reboot: machine restart"]),
        // A log that ends there does not tell what came of it.
        ("-", &[run]),
        ("KC911", &[run, "You are in emergency mode."]),
    ] {
        comes_to(expected, "root=/dev/vda", lines);
    }
    for (expected, log) in [
        (
            "KC909",
            "qemu-system-x86_64: -drive file=root.ext4: Could not open 'root.ext4': No such file or directory\n",
        ),
        (
            "KC909",
            "[2026-11-25T10:00:00Z ERROR krun] Building the microVM failed: InternalError\n",
        ),
        (
            "KC102",
            "Error: Kernel Loader: Invalid Elf magic number\nFirecracker exiting with error\n",
        ),
        (
            "KC106",
            "qemu-system-x86_64: Error loading uncompressed kernel without PVH ELF Note\n",
        ),
    ] {
        assert_eq!(code(log), expected, "{log}");
    }
}

#[test]
fn a_vmm_that_only_warns_has_not_failed() {
    let log = "qemu-system-x86_64: warning: TCG doesn't support requested feature\n".to_owned()
        + &boot("root=/dev/vda", &[])
        + "kelpie-check: userspace reached\n\
           qemu-system-x86_64: terminating on signal 15 from pid 1 (timeout)\n";
    assert_eq!(code(&log), "-");
}

#[test]
fn what_only_hurts_is_told_beside() {
    let line = "EXT4-fs (vda): couldn't mount RDWR because of unsupported optional features (400)";
    let boot = one(boot(
        "root=/dev/vda",
        &[
            VDA,
            line,
            MOUNTED,
            "Run /sbin/init as init process",
            "kelpie-check: userspace reached",
        ],
    ));
    // The log ends, and the boot with it, where it should.
    assert_eq!(boot.code(), None);
    let codes: Vec<String> = boot
        .findings
        .iter()
        .map(|found| found.code.to_string())
        .collect();
    assert_eq!(codes, ["KC504"]);
    assert_eq!(boot.lines[0].text, line);
}

#[test]
fn findings_speak_in_whole_sentences() {
    let boot = one(boot("root=/dev/vda", &[MOUNTED, NO_INIT]));
    let finding = &boot.findings[0];
    assert!(finding.consequence.contains("line 4"), "{finding:?}");
    for sentence in [&finding.message, &finding.consequence, &finding.fix] {
        assert!(sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn a_disk_that_is_there_is_not_found_by_a_name_without_dev() {
    let refused = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    let lines = [VDA, refused, LIST, "fe00           16384 vda", NO_DEVICE];
    comes_to("KC405", "root=vda rw", &lines);
}

#[test]
fn a_partition_of_a_disk_that_is_listed_without_any_is_not_there() {
    let option = "ext4: Unknown parameter 'subvol'";
    let panic = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,1)";
    let lines = [
        VDA,
        option,
        "List of all partitions:",
        "fe00           16384 vda",
        panic,
    ];
    comes_to("KC405", "root=/dev/vda1 rootflags=subvol=@", &lines);
    let lines = [
        VDA,
        option,
        "List of all partitions:",
        "fe00           16384 vda",
        "  fe01           16320 vda1 00000000-01",
        panic,
    ];
    comes_to("KC510", "root=/dev/vda1 rootflags=subvol=@", &lines);
}

#[test]
fn a_wait_for_a_label_of_a_partition_is_told() {
    let lines = [VDA, "Waiting for root device PARTLABEL=data..."];
    comes_to("KC406", "root=PARTLABEL=data rootwait", &lines);
}

/// A boot by an initramfs that `initramfs build` made, up to these lines.
fn by_our_initramfs(command_line: &str, lines: &[&str]) -> String {
    let mut log = boot(command_line, &["Run /init as init process", VDA]);
    for line in lines {
        log += &format!("kelpie-check: {line}\n");
    }
    log + "[    3.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n"
}

#[test]
fn what_our_own_init_cannot_do_is_told_by_its_own_line() {
    let comes_to = |expected: &str, line: &str, says: &[&str]| {
        assert_eq!(code(by_our_initramfs(line, says)), expected, "{says:?}");
    };
    let no_root = "cannot mount a root: no root= on the command line";
    comes_to("KC403", "ro", &[no_root]);
    for (code, root) in [
        ("KC404", "UUID=0f"),
        ("KC404", "PARTLABEL=a"),
        ("KC405", "vda"),
    ] {
        let says = format!("cannot find root={root}: this initramfs knows /dev/NAME alone");
        comes_to(code, &format!("root={root}"), &[&says]);
    }
    let vdb = "cannot open /dev/vdb (error -2)";
    comes_to("KC405", "root=/dev/vdb", &[vdb]);
    let ext4 = "cannot load /lib/modules/6.1.170/kernel/ext4.ko (error -2)";
    comes_to("KC306", "root=/dev/vda", &[ext4]);
    let mount = "cannot mount /dev/vda as ext4 on /root (error -22)";
    comes_to("KC502", "root=/dev/vda rootfstype=ext4", &[mount]);
}

#[test]
fn an_init_that_our_initramfs_cannot_run_is_told_by_the_error() {
    for (expected, error) in [
        ("KC601", -2),
        ("KC602", -13),
        ("KC603", -40),
        ("KC604", -8),
        ("KC604", -80),
    ] {
        let says = format!("cannot run /sbin/x (error {error})");
        let lines = ["root mounted", "starting /sbin/x", &says];
        let seen = one(by_our_initramfs("root=/dev/vda init=/sbin/x", &lines));
        assert_eq!(seen.code().unwrap().to_string(), expected, "{error}");
        assert_eq!(seen.end.unwrap().stage, Stage::Init);
    }
    let none = "cannot find an init on the root";
    assert_eq!(
        code(by_our_initramfs("root=/dev/vda", &["root mounted", none])),
        "KC601"
    );
}

#[test]
fn our_initramfs_tells_which_init_it_starts() {
    let log = boot(
        "root=/dev/vda init=/sbin/x",
        &["Run /init as init process", VDA],
    );
    let log = log + "kelpie-check: root mounted\nkelpie-check: starting /sbin/x\n";
    let seen = one(&log);
    assert_eq!(seen.stage(), Some(Stage::Init));
    assert_eq!(seen.clues.init.as_deref(), Some("/sbin/x"));
    // A shell that nobody asked for is none.
    let seen = one(log
        .replace("init=/sbin/x", "quiet")
        .replace("/sbin/x", "/bin/sh"));
    assert_eq!(seen.stage(), Some(Stage::RootMount));
    assert_eq!(seen.end.unwrap().kind, EndKind::FallbackShell);
}

/// A boot by Alpine's initramfs, up to these lines.
fn by_alpine(command_line: &str, lines: &[&str]) -> String {
    let mut log = boot(command_line, &["Run /init as init process", VDA]);
    for line in lines {
        log += &format!("{line}\n");
    }
    log
}

const ALPINE_MOUNTED: &str = "[    2.000000] Mounting root: ok.";
/// Its init gave up.
const ENDED: &str =
    "[    3.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000";
const SHELL: &str = "/bin/sh: can't access tty; job control turned off";

#[test]
fn what_switch_root_cannot_execute_is_told_by_its_words() {
    for (expected, words) in [
        ("KC601", "No such file or directory"),
        ("KC602", "Permission denied"),
        ("KC603", "Symbolic link loop"),
        ("KC604", "Exec format error"),
    ] {
        let says = format!("switch_root: can't execute '/sbin/x': {words}");
        let panic = "[    3.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100";
        let log = by_alpine(
            "root=/dev/vda init=/sbin/x",
            &[ALPINE_MOUNTED, &says, panic],
        );
        let seen = one(log);
        assert_eq!(seen.code().unwrap().to_string(), expected, "{words}");
        assert_eq!(seen.end.unwrap().stage, Stage::Init);
    }
}

#[test]
fn a_shell_that_an_initramfs_hands_over_to_is_the_init_that_was_asked_for() {
    let asked = one(by_alpine(
        "root=/dev/vda init=/bin/sh",
        &[ALPINE_MOUNTED, SHELL],
    ));
    assert_eq!(asked.stage(), Some(Stage::Init));
    assert_eq!(asked.clues.init.as_deref(), Some("/bin/sh"));
    let dash = SHELL.replace("sh:", "sh: 0:");
    let asked = one(by_alpine(
        "root=/dev/vda init=/bin/sh",
        &[ALPINE_MOUNTED, &dash],
    ));
    assert_eq!(asked.clues.init.as_deref(), Some("/bin/sh"));
    // Before there is a root it is somebody else's.
    let early = one(by_alpine("root=/dev/vda init=/bin/sh", &[SHELL]));
    assert_eq!(early.stage(), Some(Stage::RootDevice));
    assert_eq!(early.clues.shell.as_deref(), Some("/bin/sh"));
}

#[test]
fn a_file_system_that_an_initramfs_has_no_driver_of_may_be_the_wrong_one() {
    let failed = "mount: mounting /dev/vda on /sysroot failed: No such device";
    let stated = one(by_alpine("root=/dev/vda rootfstype=xfs", &[failed, ENDED]));
    assert_eq!(stated.code().unwrap().to_string(), "KC306");
    assert_eq!(stated.possible.len(), 1);
    assert_eq!(stated.possible[0].to_string(), "KC502");
    let unstated = one(by_alpine("root=/dev/vda", &[failed, ENDED]));
    assert_eq!(unstated.code().unwrap().to_string(), "KC306");
    assert!(unstated.possible.is_empty());
}

#[test]
fn what_the_init_of_an_initramfs_looks_up_tells_whether_the_disk_or_its_name_is_missing() {
    let failed = |name: &str| {
        let lookup = format!("{name}: Can't lookup blockdev");
        let mount = format!("mount: mounting {name} on /sysroot failed: No such file or directory");
        [lookup, mount]
    };
    let code = |line: &str, name: &str| {
        let [lookup, mount] = failed(name);
        let log = by_alpine(line, &[&lookup, &mount, "Mounting root: failed.", ENDED]);
        one(log).code().unwrap().to_string()
    };
    // The disk was seen, and has /dev/ before its name.
    assert_eq!(code("root=vda rootfstype=ext4", "vda"), "KC405");
    assert_eq!(code("root=/dev/vdb rootfstype=ext4", "/dev/vdb"), "KC405");
    // None was seen at all: its driver, or the disk.
    let [lookup, mount] = failed("/dev/vda");
    let lines = ["Run /init as init process", &lookup, &mount, ENDED];
    let unseen = one(boot("root=/dev/vda rootfstype=ext4", &lines));
    assert_eq!(unseen.code().unwrap().to_string(), "KC306");
    assert!(
        unseen
            .possible
            .iter()
            .any(|code| code.to_string() == "KC405")
    );
    // The name of a partition is looked up by nobody.
    let mount =
        "mount: mounting PARTUUID=00000007-01 on /sysroot failed: No such file or directory";
    let lines = [mount, "Mounting root: failed.", ENDED];
    let named = one(by_alpine(
        "root=PARTUUID=00000007-01 rootfstype=ext4",
        &lines,
    ));
    assert_eq!(named.code().unwrap().to_string(), "KC404");
}

#[test]
fn a_disk_that_nothing_takes_for_its_own_may_be_of_another_kind() {
    let failed = "mount: mounting /dev/vda on /sysroot failed: Invalid argument";
    let boot = one(by_alpine("root=/dev/vda rootfstype=ext4", &[failed, ENDED]));
    assert_eq!(boot.code().unwrap().to_string(), "KC010");
    let possible: Vec<_> = boot.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC013", "KC502"]);
    // A file system that knows why says so.
    let knows = "EXT4-fs (vda): Couldn't mount because of unsupported optional features (80000000)";
    let lines = [knows, failed, ENDED];
    let boot = one(by_alpine("root=/dev/vda rootfstype=ext4", &lines));
    assert_eq!(boot.code().unwrap().to_string(), "KC503");
}

#[test]
fn a_disk_that_is_there_is_no_share_whatever_type_is_asked_for() {
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -19";
    let boot = one(boot(
        "root=/dev/vda rootfstype=virtiofs",
        &[VDA, open, LIST, REFUSED],
    ));
    assert_eq!(boot.code().unwrap().to_string(), "KC501");
    assert_eq!(boot.possible.len(), 1, "{:?}", boot.possible);
    assert_eq!(boot.possible[0].to_string(), "KC502");
}

#[test]
fn a_shell_that_is_left_in_place_of_init_says_that_none_was_run() {
    let tried = [
        VDA,
        MOUNTED,
        "Run /sbin/init as init process",
        "Run /etc/init as init process",
        "Run /bin/init as init process",
        "Run /bin/sh as init process",
    ];
    comes_to("KC601", "root=/dev/vda", &tried);
    let refused = [
        VDA,
        MOUNTED,
        "Run /sbin/init as init process",
        "Starting init: /sbin/init exists but couldn't execute it (error -13)",
        "Run /bin/sh as init process",
    ];
    comes_to("KC602", "root=/dev/vda", &refused);
    // One that was asked for is an init like any other.
    let asked = [VDA, MOUNTED, "Run /bin/sh as init process"];
    let asked = one(boot("root=/dev/vda init=/bin/sh", &asked));
    assert_eq!(asked.code(), None);
    assert_eq!(asked.stage(), Some(Stage::Init));
}

#[test]
fn the_disk_of_a_partition_may_be_what_is_wrong_where_its_type_is_lacking_too() {
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -19";
    let lines = [
        VDA,
        " vda: vda1",
        open,
        LIST,
        "fe00 60 vda ",
        " fe01 40 vda1",
        REFUSED,
    ];
    let told = one(boot("root=/dev/vda rootfstype=xfs", &lines));
    assert!(told.tells().any(|(code, _)| code.to_string() == "KC013"));
}

#[test]
fn a_device_number_that_nothing_answers_to_may_want_a_driver() {
    let open = "VFS: Cannot open root device \"254:0\" or unknown-block(254,0): error -6";
    let without = one(boot("root=254:0", &[open, LIST, REFUSED]));
    assert!(without.tells().any(|(code, _)| code.to_string() == "KC401"));
    comes_to("KC405", "root=254:0", &[VDA, open, LIST, REFUSED]);
}

#[test]
fn an_initramfs_that_sees_no_device_of_virtio_may_lack_interrupts() {
    let lines = [
        "APIC: ACPI MADT or MP tables are not detected",
        "Trying to unpack rootfs image as initramfs...",
        "Run /init as init process",
        "kelpie-check: cannot open /dev/vda: error -2",
    ];
    let told = |more: &[&str]| {
        let boot = one(boot("root=/dev/vda", &[&lines[..], more].concat()));
        boot.tells().count() > 0
            && kelpie_check::cause::by_code(kelpie_check::finding::Code(206))
                .unwrap()
                .tells
                .iter()
                .any(|tell| tell.says.belief(&boot.clues) == kelpie_check::cause::Belief::Possible)
    };
    assert!(told(&[]));
    assert!(!told(&[VDA, MOUNTED]));
}
