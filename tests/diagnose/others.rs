//! Logs of other people's kernels: a few lines each, as their reports on GitHub have them, and the
//! cause that their threads came to.

use super::one;

struct Report {
    /// Repository and number of the report.
    source: &'static str,
    /// The kernel, as far as it is told.
    kernel: &'static str,
    code: &'static str,
    lines: &'static [&'static str],
}

const REPORTS: [Report; 25] = [
    Report {
        source: "cyberkernelofficial/docker-in-termux#18",
        kernel: "6.6.49",
        code: "KC401",
        lines: &[
            "[    5.022423] Can't find any bdev filesystem to be used for mount!",
            "[    5.024308] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "[    5.027323] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.6.49-0-virt #1-Alpine",
        ],
    },
    Report {
        source: "boundarydevices/buildroot-external-boundary#1",
        kernel: "4.x",
        code: "KC401",
        lines: &["[    4.478060] Waiting for root device /dev/mmcblk0p1..."],
    },
    Report {
        source: "libreswan/libreswan#562",
        kernel: "5.14.10",
        code: "KC403",
        lines: &[
            "[    0.937149] VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6",
            "[    0.937815] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    0.938558] 0b00         2180096 sr0 ",
            "[    0.938560]  driver: sr",
            "[    0.939112] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Report {
        source: "Ultramarine-Linux/bootc#4",
        kernel: "6.11.2",
        code: "KC404",
        lines: &[
            "[    0.980404] /dev/root: Can't open blockdev",
            "[    0.981116] VFS: Cannot open root device \"UUID=96991ead-b3b0-48ef-a347-f8c3c0f86bf1\" or unknown-block(0,0): error -6",
            "[    0.982578] Please append a correct \"root=\" boot option; here are the available partitions:",
            "[    0.983625] 0b00         1048575 sr0 ",
            "[    0.983627]  driver: sr",
            "[    0.987030] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Report {
        source: "Lamobo/Lamobo-D1#3",
        kernel: "3.x",
        code: "KC405",
        lines: &[
            "VFS: Cannot open root device \"mtdblock1\" or unknown-block(0,0): error -6",
            "Please append a correct \"root=\" boot option; here are the available partitions:",
            "1f00 16384 mtdblock0 (driver?)",
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Report {
        source: "JeffyCN/meta-rockchip#154",
        kernel: "not told",
        code: "KC406",
        lines: &["Waiting for root device PARTUUID=614e0000-0000..."],
    },
    Report {
        source: "Compass-All/SHELTER#4",
        kernel: "5.3.0",
        code: "KC011",
        lines: &[
            "[    8.821053] EXT4-fs (vda2): bad geometry: block count 766976 exceeds size of device (474064 blocks)",
            "[    8.821609] EXT2-fs (vda2): error: couldn't mount because of unsupported optional features (240)",
            "[    8.824252] List of all partitions:",
            "[    8.824333] 0100           65536 ram0 ",
            "[    8.827355] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,2)",
            "[    8.827463] CPU: 6 PID: 1 Comm: swapper/0 Not tainted 5.3.0 #2",
        ],
    },
    Report {
        source: "TianheMICALab/SimCXL#11",
        kernel: "not told",
        code: "KC011",
        lines: &[
            "EXT4-fs (hda1): bad geometry: block count 6290944 exceeds size of device (1561712 blocks)",
            "EXT2-fs (hda1): error: couldn't mount because of unsupported optional features (2c0)",
        ],
    },
    Report {
        source: "lgeek/okreader#17",
        kernel: "2.6.35",
        code: "KC504",
        lines: &[
            "Uncompressing Linux... done, booting the kernel.",
            "EXT4-fs (mmcblk0p1): couldn't mount RDWR because of unsupported optional features (400)",
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(179,1)",
        ],
    },
    Report {
        source: "ipxe/ipxe#1454",
        kernel: "5.14.0-427.50.1.el9_4",
        code: "KC020",
        lines: &[
            "Initramfs unpacking failed: invalid magic at start of compressed archive",
            "[    1.923393] List of all partitions:",
            "[    1.924035] No filesystem could mount root, tried: ",
            "[    1.925236] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Report {
        source: "FOGProject/fogproject#727",
        kernel: "6.12.25",
        code: "KC020",
        lines: &[
            "[1.1007521 Initramfs unpacking failed: invalid magic at start of compressed archive",
            "[1.708424] /dev/root: Can't open blockdev",
            "[1.708448] List of all bdev filesystems:",
            "[1.708460] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ],
    },
    Report {
        source: "OpenXiangShan/XiangShan-doc#17",
        kernel: "4.18",
        code: "KC304",
        lines: &[
            "[    0.030000] Unpacking initramfs...",
            "[    2.540000] Failed to execute /init (error -8)",
            "[    2.540000] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.",
        ],
    },
    Report {
        source: "u-root/u-root#710",
        kernel: "4.x",
        code: "KC304",
        lines: &[
            "Failed to execute /init (error -2)",
            "Kernel panic - not syncing: No working init found. [...]",
        ],
    },
    Report {
        source: "ShaoxunZeng/DKernel-Plus#2",
        kernel: "5.13.0",
        code: "KC306",
        lines: &[
            "[    0.000000] Linux version 5.13.0 (root@zsx) (gcc (Ubuntu 7.5.0-3ubuntu1~18.04) 7.5.0) #1 SMP Mon Aug 9 201",
            "[    0.000000] Command line: nokaslr root=/dev/vda1 rw console=ttyS0",
            "Begin: Will now check root file system ... fsck from util-linux 2.31.1",
            "mount: mounting /dev/vda1 on /root failed: No such device",
            "mount: mounting /run on /root/run failed: No such file or directory",
            "Target filesystem doesn't have requested /sbin/init.",
        ],
    },
    Report {
        source: "JaKooLit/Arch-Hyprland#370",
        kernel: "6.19.11",
        code: "KC601",
        lines: &[
            "[    0.547163] Run /bin/sh as init process",
            "[    0.547183] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.",
        ],
    },
    Report {
        source: "runninglinuxkernel/runninglinuxkernel_5.15#4",
        kernel: "5.15.0",
        code: "KC601",
        lines: &[
            "[    1.858473] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.",
            "[    1.860793] Hardware name: riscv-virtio,qemu (DT)",
        ],
    },
    Report {
        source: "firmadyne/firmadyne#8",
        kernel: "2.6.32",
        code: "KC601",
        lines: &[
            "[    0.940000] VFS: Mounted root (ext2 filesystem) on device 8:1.",
            "[    0.948000] Freeing unused kernel memory: 220k freed",
            "[    0.960000] Kernel panic - not syncing: No init found.  Try passing init= option to kernel.",
        ],
    },
    Report {
        source: "larkmjc/busybear-linux#12",
        kernel: "5.0.0",
        code: "KC607",
        lines: &[
            "[ 0.000000] Linux version 5.0.0 (lu@lu-thinkpad) (gcc version 8.3.0 (GCC)) #1 SMP Tue Jun 18 22:52:44 PDT 2019",
            "[ 0.000000] Kernel command line: root=/dev/vda ro console=ttyS0",
            "/sbin/init: error while loading shared libraries: libm.so.6: cannot open shared object file: No such file or directory",
        ],
    },
    Report {
        source: "kvmtool/kvmtool#5",
        kernel: "5.17.0-rc1",
        code: "KC610",
        lines: &[
            "[    0.450127] Run /sbin/init as init process",
            "/lib64/libc.so.6: CPU ISA level is lower than required",
            "[    0.451931] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00",
        ],
    },
    Report {
        source: "bootlin/toolchains-builder#40",
        kernel: "not told",
        code: "KC610",
        lines: &[
            "Run /sbin/init as init process",
            "/lib/libc.so.6: CPU ISA level is lower than required",
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00",
        ],
    },
    Report {
        source: "OpenNuvoton/NUC970_Buildroot#11",
        kernel: "3.10",
        code: "KC611",
        lines: &[
            "---[ end trace 557b6545dd4e5fa2 ]---",
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
        ],
    },
    Report {
        source: "Dronolab/meta-drono#24",
        kernel: "3.18.11",
        code: "KC611",
        lines: &[
            "[    2.736699] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000                ",
            "[    2.745841] CPU: 0 PID: 1 Comm: sh Not tainted 3.18.11 #15",
        ],
    },
    Report {
        source: "tempesta-tech/tempesta#1789",
        kernel: "5.10.35",
        code: "KC903",
        lines: &[
            "[ 3893.943876] Out of memory and no killable processes...",
            "[ 3893.943877] Kernel panic - not syncing: System is deadlocked on memory",
        ],
    },
    Report {
        source: "RobertCNelson/bb-kernel#23",
        kernel: "4.1.18",
        code: "KC903",
        lines: &[
            "[   74.699457] Kernel panic - not syncing: Out of memory and no killable processes...",
            "[   74.708550] CPU: 0 PID: 65 Comm: capemgr-load",
        ],
    },
    Report {
        source: "OscarLGH/Oscar-Kernel#1",
        kernel: "not Linux; the host 5.2.2",
        code: "KC905",
        lines: &[
            "KVM internal error. Suberror: 1",
            "emulation failure",
            "RAX=ffff8000fee000f0 RBX=0000000000000000 RCX=000000000000001b RDX=00000000fee000f0",
        ],
    },
];

#[test]
fn logs_of_other_peoples_kernels_come_to_the_cause_of_their_reports() {
    let mut wrong = Vec::new();
    for report in &REPORTS {
        let boot = one(report.lines.join("\n"));
        let code = boot.code().map_or("-".to_owned(), |code| code.to_string());
        if code != report.code {
            let (source, kernel) = (report.source, report.kernel);
            wrong.push(format!("{source} ({kernel}): {code}, not {}", report.code));
        }
        // The lines are shown with their numbers.
        for line in &boot.lines {
            let number = usize::try_from(line.number).unwrap();
            assert!(report.lines[number - 1].contains(&line.text), "{line:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
