//! Initramfs that are damaged or have no init: excerpts of logs that people posted.

use super::Excerpt;

pub(super) const EXCERPTS: &[Excerpt] = &[
    Excerpt {
        source: "linuxkit/linuxkit#3123",
        truth: "initrd cut off",
        code: "KC020",
        lines: &[
            "[    1.695081] rtc_cmos 00:00: setting system clock to 2018-07-17 19:44:59 UTC (1531856699)",
            "[    1.760459] RAMDISK: gzip image found at block 0",
            "[    1.800889] RAMDISK: EOF while reading compressed data",
            "[    1.800892] uncompression error",
            "[    1.802731] VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6",
            "[    1.804209] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    1.879398] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Excerpt {
        source: "xvisor/xvisor#199",
        truth: "initramfs without /init (rdinit access -2)",
        code: "KC303",
        lines: &[
            "[guest0/uart0] [    1.859726] check access for rdinit=/init failed: -2, ignoring",
            "[guest0/uart0] [    1.866960] /dev/root: Can't open blockdev",
            "[guest0/uart0] [    1.869647] VFS: Cannot open root device \"/dev/ram\" or unknown-block(1,0): error -6",
            "[guest0/uart0] [    1.872885] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[guest0/uart0] [    1.876779] List of all bdev filesystems:",
            "[guest0/uart0] [    1.878464]  ext3",
            "[guest0/uart0] [    1.878494]  ext4",
            "[guest0/uart0] [    1.879565]  ext2",
            "[guest0/uart0] [    1.880488]  vfat",
            "[guest0/uart0] [    1.881403]  msdos",
            "[guest0/uart0] [    1.882319]  iso9660",
            "[guest0/uart0] [    1.883359]",
            "[guest0/uart0] [    1.885337] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(1,0)",
            "[guest0/uart0] [    1.889359] CPU: 1 UID: 0 PID: 1 Comm: swapper/0 Not tainted 6.17.0-rc2-00060-g068a56e56fa8 #1 NONE",
            "[guest0/uart0] [    1.893237] Hardware name: Virt64 (DT)",
            "[guest0/uart0] [    1.895008] Call Trace:",
            "[guest0/uart0] [    1.896331] [<ffffffff800151e0>] dump_backtrace+0x1c/0x24",
        ],
    },
    Excerpt {
        source: "u-root/u-root#710",
        truth: "/init of initramfs not runnable",
        code: "KC304",
        lines: &[
            "Failed to execute /init (error -2)",
            "Kernel panic - not syncing: No working init found. [...]",
        ],
    },
    Excerpt {
        source: "SikkiLadho/Leo#2",
        truth: "initrd address holds the kernel",
        code: "KC020",
        lines: &[
            "[ 1.750626] rootfs image is not initramfs (invalid magic at start of compress ed archive); looks like an initrd",
            "[ 1.810959] Unable to handle kernel write to read-only memory at virtual addr ess ffffff8000400000",
        ],
    },
    Excerpt {
        source: "linuxkit/linuxkit#2415",
        truth: "initrd damaged by loader",
        code: "KC020",
        lines: &[
            "[    5.172247] Unpacking initramfs...",
            "[    6.199089] Initramfs unpacking failed: uncompression error",
        ],
    },
    Excerpt {
        source: "amluto/virtme#51",
        truth: "interpreter of /init missing",
        code: "KC304",
        lines: &[
            "[    0.755127] Run /init as init process",
            "[    0.756056] Failed to execute /init (error -2)",
            "[    0.757149] Run /usr/bin/sh as init process",
            "[    0.757869] Kernel panic - not syncing: Requested init /usr/bin/sh failed (error -2).",
            "[    0.759166] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 5.3.4-1-default #1 openSUSE Tumbleweed (unreleased)",
            "[    0.760747] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS rel-1.12.1-0-ga5cab58-rebuilt.opensuse.org 04/01/2014",
            "[    0.762685] Call Trace:",
            "[    0.763217]  dump_stack+0x85/0xc0",
            "[    0.765115]  panic+0x106/0x2e1",
            "[    0.766287]  kernel_init+0xab/0x106",
            "[    0.769520] Rebooting in 90 seconds..",
        ],
    },
    Excerpt {
        source: "cyberkernelofficial/docker-in-termux#18",
        truth: "initramfs gone, all drivers are modules",
        code: "KC401",
        lines: &[
            "1) VFS: Cannot open root device",
            "or unknown-block(0,0): error -19",
            "2) Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    5.022423] Can't find any bdev filesystem to be used for mount!",
            "[    5.024308] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "[    5.027323] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.6.49-0-virt #1-Alpine",
        ],
    },
];
