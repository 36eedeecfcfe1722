//! Devices and file systems of the root: excerpts of logs that people posted.

use super::Excerpt;

pub(super) const EXCERPTS: &[Excerpt] = &[
    Excerpt {
        source: "secnotes/firmware-analysis-plus#40",
        truth: "image left empty",
        code: "KC010",
        lines: &[
            "[    0.418981] No filesystem could mount root, tried:  ext3 ext2 ext4 cramfs squashfs vfat iso9660 romfs udf",
            "[    0.419239] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,1)",
            "[    0.419391] CPU: 0 PID: 1 Comm: swapper Tainted: G        W       4.1.17+ #1",
            "[    0.419511] Hardware name: Generic DT based system",
            "[    0.419648] [<c001c99c>] (unwind_backtrace) from [<c0019d30>] (show_stack+0x10/0x14)",
            "[    0.419787] [<c0019d30>] (show_stack) from [<c0410b78>] (panic+0x70/0x1c8)",
            "[    0.419951] [<c0410b78>] (panic) from [<c05c81bc>] (mount_block_root+0x268/0x2ac)",
            "[    0.420771] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,1)",
        ],
    },
    Excerpt {
        source: "Lamobo/Lamobo-D1#3",
        truth: "mtd partition not there",
        code: "KC405",
        lines: &[
            "VFS: Cannot open root device \"mtdblock1\" or unknown-block(0,0): error -6",
            "Please append a correct \"root=\" boot option; here are the available partitions:",
            "1f00 16384 mtdblock0 (driver?)",
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Excerpt {
        source: "tytso/xfstests-bld#18",
        truth: "virtio options lost in config",
        code: "KC401",
        lines: &[
            "[    1.042661] VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6",
            "[    1.043315] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    1.044047] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "[    1.044766] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 5.0.0-rc2-xfstests #1",
            "[    1.045378] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.11.1-1ubuntu1 04/01/2014",
            "[    1.046155] Call Trace:",
            "[    1.046381]  dump_stack+0x67/0x90",
            "[    1.046677]  panic+0x100/0x2b3",
            "[    1.046952]  mount_block_root+0x214/0x2be",
        ],
    },
    Excerpt {
        source: "xvisor/xvisor#152",
        truth: "root=ram and no RAM disk",
        code: "KC405",
        lines: &[
            "[guest0/uart0] [    0.704205] 9pnet: Installing 9P2000 support",
            "[guest0/uart0] [    0.705210] Key type dns_resolver registered",
            "[guest0/uart0] [    0.706450] debug_vm_pgtable: [debug_vm_pgtable         ]: Validating architecture page table helpers",
            "[guest0/uart0] [    0.709390] VFS: Cannot open root device \"ram\" or unknown-block(1,0): error -6",
            "[guest0/uart0] [    0.710825] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[guest0/uart0] [    0.712485] Kernel p",
        ],
    },
    Excerpt {
        source: "PacktPublishing/Mastering-Embedded-Linux-Programming-Second-Edition#8",
        truth: "NFS root not mounted",
        code: "KC514",
        lines: &[
            "[    7.937753] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
            "[    7.967759] IP-Config: Guessing netmask 255.255.255.0",
            "[    7.972854] IP-Config: Complete:",
            "[    7.976107]      device=eth0, hwaddr=02:00:00:00:00:01, ipaddr=192.0.2.1, mask=255.255.255.0, gw=255.255.255.255",
            "[    7.986738]      host=192.0.2.1, domain=, nis-domain=(none)",
            "[    7.992715]      bootserver=255.255.255.255, rootserver=192.0.2.1, rootpath=",
            "[  474.087947] VFS: Unable to mount root fs via NFS.",
            "[  474.100304] devtmpfs: mounted",
            "[  474.113848] Freeing unused kernel memory: 2048",
        ],
    },
    Excerpt {
        source: "BPI-SINOVOIP/BPI-R2-bsp#5",
        truth: "mmcblk0p2 not there",
        code: "KC405",
        lines: &[
            "[    7.195748] VFS: Cannot open root device \"mmcblk0p2\" or unknown-block(179,2): error -6",
            "[    7.203832] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    7.212340] 0100            4096 ram0  (driver?)",
            "[    7.217049] 0101            4096 ram1  (driver?)",
            "[    7.221771] 0102            4096 ram2  (driver?)",
            "[    7.226475] 0103            4096 ram3  (driver?)",
            "[    7.231195] 0104            4096 ram4  (driver?)",
        ],
    },
    Excerpt {
        source: "kdave/btrfs-progs#1027",
        truth: "btrfs damaged",
        code: "KC516",
        lines: &[
            "[ 5247.044703] BTRFS info (device sdc2): using crc32c (crc32c-intel) checksum algorithm",
            "[ 5247.044711] BTRFS info (device sdc2): using free space tree",
            "[ 5247.049314] BTRFS error (device sdc2): parent transid verify failed on logical 249747406848 mirror 1 wanted 26779 found 25801",
            "[ 5247.049585] BTRFS error (device sdc2): parent transid verify failed on logical 249747406848 mirror 2 wanted 26779 found 25801",
            "[ 5247.049591] BTRFS warning (device sdc2): couldn't read tree root",
            "[ 5247.050249] BTRFS error (device sdc2): open_ctree failed: -22",
        ],
    },
    Excerpt {
        source: "stackoverflow 75355794",
        truth: "UBI attach fails (image sequence)",
        code: "KC515",
        lines: &[
            "UBI error: process_eb: bad image sequence number 1588612812 in PEB 720, expected 1344834100",
            "UBI error: ubi_attach_mtd_dev: failed to attach by scanning, error -22",
            "UBI error: ubi_init: cannot attach mtd9",
            "",
            "UBIFS error (pid 1): ubifs_mount: cannot open \"ubi0:root\", error -19",
            "VFS: Cannot open root device \"ubi0:root\" or unknown-block(0,0)",
            "Please append a correct \"root=\" boot option; here are the available partitions:",
            "",
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Excerpt {
        source: "cirosantilli lkmc not-syncing-vfs (1)",
        truth: "VIRTIO_BLK/PCI off",
        code: "KC401",
        lines: &[
            "<4>[    0.541708] VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6",
            "<4>[    0.542035] Please append a correct \"root=\" boot option; here are the available partitions:",
            "<0>[    0.542562] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Excerpt {
        source: "QubesOS/qubes-issues#7242",
        truth: "XFS damaged (not root)",
        code: "KC516",
        lines: &[
            "Feb 06 19:41:48 host systemd[1]: Mounting /boot...",
            "Feb 06 19:41:48 host kernel: EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: discard",
            "Feb 06 19:41:48 host systemd[1]: Mounted /boot.",
            "Feb 06 19:41:48 host kernel: SGI XFS with ACLs, security attributes, scrub, quota, no debug enabled",
            "Feb 06 19:41:48 host kernel: XFS (dm-2): Mounting V5 Filesystem",
            "Feb 06 19:41:48 host kernel: XFS (dm-2): Starting recovery (logdev: internal)",
            "Feb 06 19:41:49 host kernel: XFS (dm-2): xfs_do_force_shutdown(0x8) called from line 370 of file fs/xfs/xfs_trans.c. Return address = 00000000d2b250f5",
            "Feb 06 19:41:49 host kernel: XFS (dm-2): Corruption of in-m",
        ],
    },
    Excerpt {
        source: "OrangePiLibra/OrangePi_H5SDK#8",
        truth: "no journal superblock",
        code: "KC012",
        lines: &[
            "Waiting for root system /dev/mmcblk0p2, countdown : 5",
            "Rootfs: /dev/mmcblk0p2",
            "[    8.773313] EXT2-fs (mmcblk0p2): error: couldn't mount because of unsupported optional features (240)",
            "[    8.784102] EXT4-fs (mmcblk0p2): couldn't mount as ext3 due to feature incompatibilities",
            "[    8.802788] JBD2: no valid journal superblock found",
            "[    8.808143] EXT4-fs (mmcblk0p2): error loading journal",
            "[    8.847177] UDF-fs: warning (device mmcblk0p2): udf_fill_super: No partition found (2)",
            "mount: mounting /dev/mmcblk0p2 on /mnt/root failed: Invalid argument",
            "umount: can't unmount /mnt/root: Invalid argument",
            "Waiting for root system /dev/mmcblk0p2, countdown : 4",
        ],
    },
    Excerpt {
        source: "open-power/op-build#526",
        truth: "journal damaged",
        code: "KC012",
        lines: &[
            "[    8.624025] EXT4-fs (dm-2): error loading journal",
            "[    8.636469] ------------[ cut here ]------------",
            "[    8.636472] WARNING: at fs/block_dev.c:57",
            "[    8.636473] Modules linked in:",
            "[    8.636476] CPU: 9 PID: 3007 Comm: pb-discover Not tainted 4.2.1-openpower2 #0",
            "[    8.636478] task: c000003faed80000 ti: c000003faee00000 task.ti: c000003faee00000",
        ],
    },
];

#[test]
fn a_disk_that_does_not_answer_is_the_reason_that_its_partition_is_missing() {
    let line =
        |root: &str| format!("[    0.0] Kernel command line: console=ttyS0 root={root} rootwait\n");
    let waits = |root: &str| format!("[    2.0] Waiting for root device {root}...\n");
    let panics = |root: &str| {
        format!(
            "[    2.0] VFS: Cannot open root device \"{root}\" or unknown-block(0,0): error -6\n\
             [    2.0] Please append a correct \"root=\" boot option; here are the available partitions:\n\
             [    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
        )
    };
    let roots = ["PARTUUID=1234abcd-02", "PARTLABEL=root", "/dev/mmcblk0p2"];
    for root in roots {
        for card in ["SD", "MMC"] {
            let error = format!("[    1.3] mmc0: error -110 whilst initialising {card} card\n");
            for log in [
                [line(root), error.clone(), waits(root)].concat(),
                [line(root), waits(root), error.clone()].concat(),
                [line(root), error.clone(), panics(root)].concat(),
                [error.clone(), waits(root)].concat(),
            ] {
                assert_eq!(super::codes(&log), "KC914", "{log}");
            }
        }
    }
    let root = roots[0];
    for error in [
        "[    1.3] nvme nvme0: Device not ready; aborting initialisation, CSTS=0x0",
        "[    1.4] I/O error, dev mmcblk0, sector 0 op 0x0:(READ) flags 0x0",
        "[    1.3] blk_update_request: I/O error, dev sda, sector 0",
    ] {
        let log = format!("{}{error}\n{}", line(root), waits(root));
        assert_eq!(super::codes(&log), "KC914", "{log}");
    }
    // A radio on the bus of cards, and a card that is there.
    let radio =
        "[    1.3] mmc1: error -110 whilst initialising SDIO card\n[    1.4]  mmcblk0: p1 p2\n";
    let log = [&line(root), radio, &waits(root)].concat();
    assert_eq!(super::codes(&log), "KC406", "{log}");
}

#[test]
fn a_root_that_was_waited_for_and_mounted_is_no_warning() {
    let up = "[    1.3] mmc0: new high speed SDHC card at address aaaa\n[    1.5]  mmcblk0: p1 p2\n\
        [    1.7] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none.\n\
        [    1.7] VFS: Mounted root (ext4 filesystem) readonly on device 179:2.\n\
        [    2.0] Run /sbin/init as init process\n\
        [    3.4] systemd[1]: Reached target multi-user.target - Multi-User System.\n\nraspberrypi login: ";
    for root in [
        "PARTUUID=1234abcd-02",
        "PARTLABEL=root",
        "/dev/mmcblk0p2",
        "UUID=0f",
        "LABEL=root",
    ] {
        for line in [
            "",
            "[    0.0] Kernel command line: console=serial0,115200 root=ROOT rootwait\n",
        ] {
            let log = format!(
                "[    0.0] Linux version 6.6.31+rpt-rpi-v8 (serge@raspberrypi.com) (gcc-12)\n{}\
                 [    1.1] Waiting for root device {root}...\n{up}",
                line.replace("ROOT", root)
            );
            let boot = crate::one(&log);
            assert_eq!(boot.code(), None, "{log}");
            assert_eq!(boot.findings, [], "{log}");
        }
    }
}
