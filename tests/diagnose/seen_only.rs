//! Causes that no file shows before a boot: the lines that tell of each, and those that do not.

use super::{code, one};
use kelpie_check::console::EndKind;

const BANNER: &str = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n";
const UP: &str =
    "[    9.0] systemd[1]: Reached target multi-user.target - Multi-User System.\n\nhost login: ";

/// What is said before any root is mounted.
const EARLY: &[(&str, &str)] = &[
    (
        "KC208",
        "[    2.0] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug and send a report.",
    ),
    (
        "KC209",
        "Error: invalid dtb and unrecognized/unsupported machine ID",
    ),
    (
        "KC209",
        "ERROR: Did not find a cmdline Flattened Device Tree",
    ),
    (
        "KC315",
        "Gave up waiting for root file system device.  Common problems:\n(initramfs) ",
    ),
    (
        "KC315",
        "dracut-initqueue[301]: Warning: dracut-initqueue: timeout, still waiting for following initqueue hooks:",
    ),
    (
        "KC315",
        "An error occurred in stage 1 of the boot process, which must mount the root filesystem",
    ),
    (
        "KC315",
        "Timed out waiting for device dev-gpt\\x2dauto\\x2droot.device.",
    ),
    (
        "KC316",
        "Failure: failed to assemble all arrays.\nALERT!  /dev/md0 does not exist.  Dropping to a shell!",
    ),
    (
        "KC316",
        "[    3.0] md/raid1:md0: not enough operational mirrors.\nALERT!  UUID=0f does not exist.  Dropping to a shell!",
    ),
    (
        "KC317",
        "ERROR: device '/dev/mapper/cryptroot' not found. Skipping fsck.",
    ),
    (
        "KC317",
        "Warning: /dev/mapper/luks-0f does not exist\nEntering emergency mode. Exit the shell to continue.",
    ),
    (
        "KC317",
        "cryptsetup: ERROR: sda3_crypt: maximum number of tries exceeded\nALERT!  /dev/mapper/vg0-root does not exist.  Dropping to a shell!",
    ),
    (
        "KC317",
        "mount: /new_root: unknown filesystem type 'crypto_LUKS'.\nYou are now being dropped into an emergency shell.",
    ),
    (
        "KC318",
        "  Volume group \"vg0\" not found\n  Cannot process volume group vg0\nALERT! /dev/mapper/vg0-root does not exist. Dropping to a shell!",
    ),
    (
        "KC318",
        "mount: /root: unknown filesystem type 'LVM2_member'.\n(initramfs) ",
    ),
    (
        "KC319",
        "[FAILED] Failed to mount sysroot-nix-store.mount - /sysroot/nix/store.",
    ),
    ("KC319", "[FAILED] Failed to mount /sysroot/nix/store."),
    (
        "KC319",
        "[FAILED] Failed to mount /sysroot.\nYou are in emergency mode.",
    ),
    (
        "KC320",
        "[    2.0] Run /init as init process\npivot_root: pivot_root: Invalid argument",
    ),
    (
        "KC320",
        "switch_root: failed to mount moving /sysroot to /: Invalid argument\nswitch_root: failed. Sorry.",
    ),
    ("KC321", "booster: finit(ext4): key was rejected by service"),
    (
        "KC321",
        "[    2.0] Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7",
    ),
    (
        "KC514",
        "[   99.0] VFS: Unable to mount root fs via NFS.\n[   99.1] devtmpfs: mounted",
    ),
    (
        "KC514",
        "[    5.0] VFS: Cannot open root device \"nfs\" or unknown-block(0,255): error -6\n\
      [    5.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,255)",
    ),
    (
        "KC515",
        "UBI error: ubi_attach_mtd_dev: failed to attach by scanning, error -22\nVFS: Cannot open root device \"ubi0:root\" or unknown-block(0,0)",
    ),
    (
        "KC516",
        "[    2.0] XFS (vda3): Metadata corruption detected at xfs_agi_verify+0xf7/0x130 [xfs]\n[FAILED] Failed to mount /sysroot.",
    ),
    (
        "KC516",
        "[    2.0] BTRFS error (device sda2): open_ctree failed: -5",
    ),
    (
        "KC516",
        "/dev/sda2: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.\n(initramfs) ",
    ),
    (
        "KC517",
        "[    2.0] XFS (vda3): Superblock has unknown incompatible features (0x20) enabled.\n[FAILED] Failed to mount /sysroot.",
    ),
    (
        "KC914",
        "[    1.1] Waiting for root device /dev/mmcblk0p3...\n[    1.3] mmc0: error -110 whilst initialising MMC card",
    ),
    ("KC915", "BdsDxe: No bootable option or device was found."),
    (
        "KC915",
        "Booting from Hard Disk...\nBoot failed: not a bootable disk\n\nNo bootable device.",
    ),
    ("KC915", "Bad Linux ARM64 Image magic!"),
];

/// What is said once init was started.
const LATE: &[(&str, &str)] = &[
    (
        "KC615",
        "[   76.0] systemd[1]: segfault at 8150 ip 55bc sp 7ffd error 4 in systemd[55bc+144000]\nCaught <SEGV>, dumped core as pid 27069.\nFreezing execution.",
    ),
    (
        "KC616",
        "[    1.0] Run /sbin/init as init process\nFATAL: kernel too old\n\
      [    1.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00",
    ),
    (
        "KC913",
        "[  OK  ] Finished File System Check on /dev/vdc.\n[FAILED] Failed to mount /mnt.\n[DEPEND] Dependency failed for Local File Systems.\nYou are in emergency mode.",
    ),
    (
        "KC913",
        "Nov 25 10:00:00 host systemd[1]: Timed out waiting for device dev-vdb.device.\n\
      Nov 25 10:00:00 host systemd[1]: Dependency failed for /data.\n\
      Nov 25 10:00:00 host systemd[1]: Dependency failed for Local File Systems.",
    ),
];

#[test]
fn excerpts_are_told_with_and_without_their_beginning() {
    for (expected, lines) in EARLY.iter().chain(LATE) {
        assert_eq!(code(lines), *expected, "{lines}");
        // Without the line's end, and behind the banner unless a firmware speaks.
        let named = code(format!("{lines}\n"));
        assert_eq!(named, *expected, "{lines}");
    }
    for (expected, lines) in EARLY.iter().filter(|(code, _)| *code != "KC915") {
        assert_eq!(code(format!("{BANNER}{lines}")), *expected, "{lines}");
    }
}

#[test]
fn what_a_system_got_over_is_no_cause() {
    for lines in [
        "[    2.0] md/raid1:md0: not enough operational mirrors.",
        "[    2.0] XFS (sdb1): Metadata corruption detected at xfs_agi_verify+0xf7/0x130 [xfs]",
        "[    2.0] I/O error, dev sr0, sector 0 op 0x0:(READ) flags 0x0",
        "[    2.0] Loading of module with unavailable key is rejected",
        "[FAILED] Failed to start NetworkManager.service - Network Manager.",
        "[DEPEND] Dependency failed for /backup.",
    ] {
        assert_eq!(code(format!("{BANNER}{lines}\n{UP}")), "-", "{lines}");
    }
}

#[test]
fn a_greeting_of_an_initramfs_is_no_userspace_and_what_follows_counts() {
    let greeting =
        "Welcome to NixOS 24.11 (Vicuna) (Initrd)!\n[  OK  ] Reached target Basic System.\n";
    let failed = format!("{greeting}[FAILED] Failed to mount /sysroot/nix.\n");
    assert_eq!(code(failed), "KC319");
    let emergency = format!("{greeting}You are in emergency mode.\n");
    assert_eq!(code(emergency), "KC315");
    let frozen =
        "Welcome to Ubuntu 16.04!\n[!!!!!!] Failed to allocate manager object, freezing.\n";
    let frozen = one(frozen);
    assert_eq!(frozen.end.as_ref().unwrap().kind, EndKind::Frozen);
    assert!(frozen.code().is_some());
}

#[test]
fn a_log_without_an_end_says_so() {
    let boot = one("[    2.0] BTRFS error (device sda2): open_ctree failed: -5\n");
    assert!(
        boot.notes[0].contains("neither the beginning nor the end"),
        "{:?}",
        boot.notes
    );
    let boot = one(format!("{BANNER}[    2.0] random: crng init done\n"));
    let fix = &boot.findings[0].fix;
    assert!(fix.contains("save the console to its end"), "{fix}");
}

#[test]
fn the_driver_that_is_missing_is_that_of_the_name() {
    for (name, option) in [
        ("sda2", "CONFIG_BLK_DEV_SD"),
        ("nvme0n1p2", "CONFIG_BLK_DEV_NVME"),
        ("mmcblk1p2", "CONFIG_MMC_BLOCK"),
        ("xvda1", "CONFIG_XEN_BLKDEV_FRONTEND"),
        ("pmem0p1", "CONFIG_BLK_DEV_PMEM"),
        ("vda1", "CONFIG_VIRTIO_BLK"),
    ] {
        let boot = one(format!(
            "VFS: Cannot open root device \"{name}\" or unknown-block(0,0): error -6\n\
             Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
        ));
        assert_eq!(boot.code().unwrap().to_string(), "KC401", "{name}");
        let fix = &boot.findings[0].fix;
        assert!(fix.contains(option), "{name}: {fix}");
    }
}

#[test]
fn partitions_in_the_log_are_there() {
    let waits = "[    1.4] Waiting for root device /dev/mmcblk0p2...\n";
    let boot = one(format!("[    1.3]  mmcblk1: p1 p2\n{waits}"));
    assert_eq!(boot.code().unwrap().to_string(), "KC405");
    assert_eq!(boot.clues.disks, ["mmcblk1", "mmcblk1p1", "mmcblk1p2"]);
    let sda = " sda: sda1 sda2 < sda5 >\n";
    let boot = one(format!(
        "{sda}VFS: Cannot open root device \"sdb1\" or unknown-block(0,0)\n"
    ));
    assert_eq!(boot.clues.disks, ["sda", "sda1", "sda2", "sda5"]);
    assert_eq!(boot.code().unwrap().to_string(), "KC405");
}

#[test]
fn other_programs_say_the_same_in_other_words() {
    let panic =
        "[    1.3] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n";
    let no_root =
        "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    for (expected, log) in [
        ("KC020", format!("Initramfs unpacking failed: ZSTD-compressed data is corrupt\n{no_root}")),
        ("KC020", format!("RAMDISK: gzip image found at block 0\n[    1.8] uncompression error\n\
                           [    1.8] RAMDISK: EOF while reading compressed data\n{no_root}")),
        ("KC405", format!("[    0.7] 9pnet_virtio: no channels available for device rootfs\n{no_root}")),
        ("KC607", format!("[    1.2] Run /sbin/init as init process\n/sbin/init: can't load library 'libresolv.so.0'\n{panic}")),
        ("KC612", "traps: systemd[1] general protection fault ip:7fa3 sp:7ffe error:0 in libc.so.6[289]\n\
                   Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n".to_owned()),
        ("KC905", "error: kvm run failed Function not implemented\n".to_owned()),
        ("KC907", "U-Boot 2023.01 (Jan 01 2023 - 00:00:00 +0000)\n\nStarting kernel ...\n\n".to_owned()),
        ("KC601", "Couldn't execute '/sbin/init' inside the vm: No such file or directory\n".to_owned()),
    ] {
        assert_eq!(code(&log), expected, "{log}");
    }
}

#[test]
fn a_line_that_a_terminal_wrapped_is_one_line() {
    let log = "[    4.5] VFS: Cannot open root device \"mmcblk1p2\" or unknown-block(179,98)\n\
        : error -30\n[    4.6] Kernel panic - not syncing: VFS: Unable to mount root fs on unkno\n\
        wn-block(179,98)\n";
    let boot = one(log);
    let failure = boot.clues.root_failure.as_ref().unwrap();
    assert_eq!(failure.error, Some(-30));
    assert_eq!(boot.code().unwrap().to_string(), "KC506");
}

#[test]
fn a_vmm_that_speaks_alone_is_a_boot() {
    for (expected, log) in [
        (
            "KC909",
            "{\n  \"fault_message\": \"The kernel file cannot be opened.\"\n}",
        ),
        (
            "KC909",
            "Error booting VM: VmBoot(KernelLoad(Elf(ReadKernelImage)))",
        ),
        (
            "KC909",
            "Error Domain=VZErrorDomain Code=1 \"The virtual machine failed to start.\"",
        ),
        (
            "KC909",
            "Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_SERVICE_NOT_AVAILABLE",
        ),
        (
            "KC909",
            "[...:ERROR:src/main.rs:50] Panic occurred: PanicInfo { message: Some(Cannot create VMM.: Kvm(Error(2))) }",
        ),
        (
            "KC907",
            "cloud-hypervisor: 112ms: <vcpu0> WARN:devices/src/legacy/debug_port.rs:76 -- [Debug I/O port: Kernel code 0x40] 0.1 seconds",
        ),
        (
            "KC907",
            "Running Firecracker v1.2.0\n2026-11-25T10:00:00.1 [anonymous-instance:fc_api] The request was executed successfully.\n",
        ),
    ] {
        assert_eq!(code(log), expected, "{log}");
    }
    // What a VMM says while its guest runs is about something else.
    let log =
        format!("{BANNER}\"fault_message\": \"The requested operation is not supported\"\n{UP}");
    assert_eq!(code(log), "-");
}

/// A kernel that tries its timer in other ways, and finds one, starts its init.
#[test]
fn a_timer_that_works_another_way_stops_nothing() {
    let early = format!(
        "{BANNER}[    0.4] ..MP-BIOS bug: 8254 timer not connected to IO-APIC\n\
         [    0.4] ...trying to set up timer as Virtual Wire IRQ...\n"
    );
    assert_eq!(code(&early), "KC208");
    let later = format!("{early}[    1.0] Run /init as init process\n");
    assert_ne!(code(&later), "KC208");
}
