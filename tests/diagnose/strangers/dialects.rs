//! What the generators of initramfs say as they give up: excerpts of logs that people posted.

use super::Excerpt;

pub(super) const EXCERPTS: &[Excerpt] = &[
    Excerpt {
        source: "pavolelsig/passthrough_helper_manjaro#11",
        truth: "encrypt hook / device not found",
        code: "KC306",
        lines: &[
            "Starting version 249.7-2-manjaro",
            "ERROR: device 'UUID = 5f488651-.......' not found. Skipping fsck.",
            "mount: new_root: cant find UUID= 5f488651-.......",
            "You are now being dropped into an emergency shell.",
        ],
    },
    Excerpt {
        source: "sigboe/GPD-ArchISO#15",
        truth: "PARTUUID wrong",
        code: "KC406",
        lines: &[
            "ERROR: device 'PARTUUID=xxxxxxxxxxxx` not found. Skipping fsck.",
            "mount: /new_root: can't find PARTUUID=xxxxxxxxx.",
            "You are now being dropped into an emergency shell.",
            "sh: can't access tty; job control turned off",
            "[rootfs ]#",
        ],
    },
    Excerpt {
        source: "radxa-build/radxa-cubie-a7z#3",
        truth: "SD/UFS driver",
        code: "KC306",
        lines: &[
            "[    1.422055][  T104] sunxi-ufs-pltfm 4520000.ufs: dev_reset[0] = 0x0 at 479762 us",
            "[    1.430343][  T104] sunxi-ufs-pltfm 4520000.ufs: dev_reset: total cnt=1",
            "[    1.437757][  T104] sunxi-ufs-pltfm 4520000.ufs: No record of host_reset",
            "[    1.445266][  T104] sunxi-ufs-pltfm 4520000.ufs: No record of task_abort",
            "[    3.074511][    T9] sunxi:pcie-rc-6000000.pcie:[ERR]: Speed change timeout",
            "[    3.111667][    T9] et7304 14-004e: et7304_probe successful",
            "Gave up waiting for root file system device.  Common problems:",
            " - Boot args (cat /proc/cmdline)",
            "   - Check rootdelay= (did the system wait long enough?)",
            " - Missing modules (cat /proc/modules; ls /dev)",
            "ALERT!  UUID=b2651b3e-4cae-4bbf-a5bc-0ba86eff213e does not exist.  Dropping to a shell!",
        ],
    },
    Excerpt {
        source: "pop-os/distinst#53",
        truth: "root=UUID=None",
        code: "KC405",
        lines: &[
            "Gave up waiting for root file system device. Common problems:",
            "- Boot args (cat /proc/cmdline)",
            " - Check rootdelay= (did the system wait long enough?)",
            "- Missing modules (cat /proc/modules; ls /dev)",
            "ALERT! UUID=None does not exist. Dropping to a shell!",
            "",
            "BusyBox v1.27.2 (Ubuntu 1:1.27-2-2ubuntu3) built-in shell (ash)",
            "Enter 'help for a list of built-in commands.",
            "",
            "(initramfs)",
        ],
    },
    Excerpt {
        source: "dracut-ng/dracut#1843",
        truth: "systemd-cryptsetup missing in initrd",
        code: "KC317",
        lines: &[
            "[    1.346253] host dracut-initqueue[663]: Failed to start systemd-cryptsetup@luks\\x2d0f85b48e\\x2d89d8\\x2d407d\\x2d9924\\x2d4f16de817207.service: Unit systemd-cryptsetup@luks\\x2d0f85b48e\\x2d89d8\\x2d407d\\x2d9924\\x2d4f16de817207.service not found.",
            "---//---",
            "[  128.471305] host dracut-initqueue[535]: Warning: dracut-initqueue: timeout, still waiting for following initqueue hooks:",
            "[  128.473563] host dracut-initqueue[535]: Warning: /lib/dracut/hooks/initqueue/finished/90-crypt.sh: \"[ -e /dev/disk/by-id/dm-uuid-CRYPT-LUKS?-*0f85b48e89d8407d99244f16de817207*-* ] || exit 1\"",
            "[  128.475081] host dracut-initqueue[535]: Warning: /lib/dracut/hooks/initqueue/finished/devexists-\\x2fdev\\x2fVG\\x2fsys.sh: \"if ! grep -qs After=remote-fs-pre.target /run/systemd/generator/systemd-cryptsetup@*.service; then",
            "[  128.475081] host dracut-initqueue[535]:     [ -e \"/dev/VG/sys\" ]",
            "[  128.475081] host dracut-initqueue[535]: fi\"",
        ],
    },
    Excerpt {
        source: "firecracker-microvm/firecracker#2021",
        truth: "PARTUUID not found: no EFI partitions in kernel",
        code: "KC406",
        lines: &[
            "[   92.708060] ] Started Setup Virtual Console.systemd[1]: dev-disk-by\\x2ddiskuuid-00000000\\x2d0000\\x2d0000\\x2d0000\\x2d000000000001.device: Job dev-disk-by\\x2ddiskuuid-00000000\\x2d0000\\x2d0000\\x2d0000\\x2d000000000001.device/start failed with result 'timeout'.",
            "[",
            "[   92.719636] systemd  OK  ] [   92.859068] audit: type=1131 audit(1594655048.608:9): pid=1 uid=0 auid=4294967295 ses=4294967295 subj=kernel msg='unit=dracut-initqueue comm=\"systemd\" exe=\"/usr/lib64/systemd/systemd\" hostname=? addr=? terminal=? res=success'",
            "Started Emergency Shell.[1]: dev-disk-by\\x2dpartuuid-7130c94a\\x2d213a\\x2d4e5a\\x2d8e26\\x2d6cce9662f132.device: Job dev-disk-by\\x2dpartuuid-7130c94a\\x2d213a\\x2d4e5a\\x2d8e26\\x2d6cce9662f132.device/start timed out.",
            "[  OK  ] Reached target Emergency Mode.",
            "[   92.735306] systemd[1]:",
            "[  OK  Timed out waiting for device /dev/disk/by-partuuid/7130c94a-213a-4e5a-8e26-6cce9662f132.] Reached target Remote File Systems (Pre).",
            "[  OK  ] Reached target Remote File Systems.",
            "[   92.743544] systemd[1]: Dependency failed for Verity Setup for /dev/mapper/usr.",
            "Warning: /dev/disk/by-partuuid/cf6a426f-c175-42b9-a165-fd3bab6a652c does not exist",
        ],
    },
    Excerpt {
        source: "dracutdevs/dracut#36",
        truth: "root image cut off, init not found",
        code: "KC011",
        lines: &[
            "<30>dracut: Mounted root filesystem /dev/mapper/live-rw",
            "//lib/dracut/hooks/pre-pivot/85-write-ifcfg.sh: line 278: echo: write error: No space left on device",
            "//lib/dracut/hooks/pre-pivot/85-write-ifcfg.sh: line 279: echo: write error: No space left on device",
            "attempt to access beyond end of device",
            "dm-0: rw=0, want=4177936, limit=4054792",
            "attempt to access beyond end of device",
            "dm-0: rw=0, want=4177936, limit=4054792",
            "Cannot find init!",
            "<28>dracut Warning:  sure you passed a valid root filesystem!",
        ],
    },
    Excerpt {
        source: "anatol/booster#163",
        truth: "module signature rejected",
        code: "KC321",
        lines: &[
            "booster: finit(crc32,generic): key was rejected by service",
            "booster: finit(crc32_pclmull: key was rejected by service",
            "booster: finit(lz4hc_compress): key was rejected by service",
            "booster: finit(lz4_compress): key was rejected by service",
            "booster: finit(video): key was rejected by service",
        ],
    },
    Excerpt {
        source: "t2linux/nixos-overlay#4",
        truth: "/dev/root never appears",
        code: "KC306",
        lines: &[
            "Timed out waiting for device /dev/root, trying to mount anyway.",
            "mounting /dev/root on /iso...",
            "mount: ... failed ... No such file or directory",
        ],
    },
    Excerpt {
        source: "nix-community/disko#386",
        truth: "stage 1 gives up (reason not in excerpt)",
        code: "KC315",
        lines: &[
            "loading module dm-snapshot...",
            "running udev...",
            "Starting systemd-udevd version 253.6",
            "Passphrase for /dev/disk/by-partlabel/luks:",
            "Verifying passphrase for /dev/disk/by-partlabel/luks...",
            "starting device mapper and LVM...",
            "success",
            "",
            "An error occurred in stage 1 of the boot process, which must mount the root filesystem on /mnt-root' and then start stage 2. Press one",
            "of the following keys:",
            "  i) to launch an interactive",
        ],
    },
    Excerpt {
        source: "crabgrass.riseup.net/wikis/10651",
        truth: "md/LVM not assembled: SCSI module late",
        code: "KC316",
        lines: &[
            "Begin: Assembling all MD arrays ... mdadm: No devices listed in conf file were found.",
            "Failure: failed to assemble all arrays.",
            "done.",
            "Begin: Waiting for udev to process events ... done.",
            "[   11.218869] device-mapper: uevent: version 1.0.3",
            "[   11.224825] device-mapper: ioctl: 4.13.0-ioctl (2007-10-18) initialised: dm-devel@redhat.com",
            "  Volume group \"vg0\" not found",
            "cryptsetup: source device /dev/md2 not found",
            "done.",
            "Gave up waiting for root device.  Common problems:",
            " - Boot args (cat /proc/cmdline)",
            "   - Check rootdelay= (did the system wait long enough?)",
            "   - Check root= (did the system wait for the right device?)",
            " - Missing modules (cat /proc/modules; ls /dev)",
            "ALERT! /dev/mapper/vg0-root does not exist. Dropping to a shell!",
            "",
            "",
            "BusyBox v1.10.2 (Debian 1:1.10.2-2) built-in shell (ash)",
            "Enter 'help' for a list of built-in commands.",
            "",
            "/bin/sh: can't access tty; job control turned off",
            "(initramfs)",
        ],
    },
    Excerpt {
        source: "QubesOS/qubes-issues#3911",
        truth: "whole disk mounted, has partitions",
        code: "KC013",
        lines: &[
            "mount: wrong fs type, bad option, bad superblock on /dev/xvda,",
            "       missing codepage or helper program, or other error",
            "",
            "       In some cases useful info is found in syslog - try",
            "       dmesg | tail or so.",
            "Waiting for /dev/xvdd device...",
            "mount: /dev/xvdd is write-protected, mounting read-only",
            "[    1.128679] EXT4-fs (xvdd): mounting ext3 file system using the ext4 subsystem",
            "[    1.134261] EXT4-fs (xvdd): mounted filesystem with ordered data mode. Opts: (null)",
            "mount: /sysroot not mounted or bad option",
            "",
            "       In some cases useful info is found in syslog - try",
            "       dmesg | tail or so.",
            "[    2.045019] random: crng init done",
            "switch_root: failed to mount moving /sysroot to /: Invalid argument",
            "switch_root: failed. Sorry.",
            "[    4.495545] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100",
            "[    4.495545]",
            "[    4.495600] CPU: 0 PID: 1 Comm: switch_root Not tainted 4.14.35-1.pvops.qubes.x86_64 #1",
            "[    4.495643] Call Trace:",
        ],
    },
];

#[test]
fn a_subvolume_that_is_missing_is_an_option_of_the_root() {
    let start =
        "[    0.000000] Linux version 6.9.1-arch1-1 (linux@archlinux) (gcc 14.1.1) #1 SMP\n";
    let line = "[    0.0] Command line: root=UUID=0f rootflags=subvol=@bad rw\n";
    let mounts = "[    0.9] Run /init as init process\n:: running early hook [udev]\n:: mounting 'UUID=0f' on real root\n";
    let kernel = "[    2.0] BTRFS info (device vda2): first mount of filesystem 0f\n";
    let end = "ERROR: Failed to mount 'UUID=0f' on real root\nYou are now being dropped into an emergency shell.\n\
        sh: can't access tty; job control turned off\n[rootfs ~]# ";
    for said in [
        "mount: /new_root: fsconfig() failed: No such file or directory.\n       dmesg(1) may have more information",
        "mount: /new_root: fsconfig system call failed: No such file or directory.",
        "mount: /new_root: mount(2) system call failed: No such file or directory.",
        "[    2.1] BTRFS error (device vda2): '@bad' is not a valid subvolume\nmount: /new_root: wrong fs type, bad \
         option, bad superblock on /dev/vda2, missing codepage or helper program, or other error.",
    ] {
        for before in [
            [start, line, mounts, kernel].concat(),
            [start, mounts, kernel].concat(),
            mounts.to_owned(),
            String::new(),
        ] {
            let log = format!("{before}{said}\n{end}");
            assert_eq!(super::codes(&log), "KC510", "{log}");
        }
    }
    // A root that was found, with nothing that was asked of it.
    let line = "[    0.0] Command line: root=UUID=0f rw\n";
    let said = "mount: /new_root: mount(2) system call failed: No such file or directory.\n";
    let log = [start, line, mounts, kernel, said, end].concat();
    assert_eq!(super::codes(&log), "KC319");
}

#[test]
fn a_module_that_is_refused_is_the_reason_that_its_disk_is_missing() {
    let start = "[    0.000000] Linux version 6.9.1 (a@b) (gcc 14.1.1) #1 SMP\n[    0.9] Run /init as init process\n";
    let refused = [
        "[    1.0] Loading of module with unavailable key is rejected",
        "modprobe: ERROR: could not insert 'nvme': Key was rejected by service",
        "insmod: ERROR: could not insert module /lib/nvme.ko: Key was rejected by service",
        "modprobe: FATAL: Error inserting nvme (/lib/nvme.ko): Required key not available",
    ];
    let ends = [
        "Gave up waiting for root file system device.  Common problems:\n\
         ALERT!  UUID=0f does not exist.  Dropping to a shell!\n(initramfs) ",
        "ERROR: device 'UUID=0f' not found. Skipping fsck.\nmount: /new_root: can't find UUID=0f.\n\
         You are now being dropped into an emergency shell.\n",
        "dracut-initqueue[301]: Warning: dracut-initqueue: timeout, still waiting\n\
         Warning: /dev/disk/by-uuid/0f does not exist\nGenerating \"/run/initramfs/rdsosreport.txt\"\n",
        "Timed out waiting for device /dev/disk/by-uuid/0f.\n[DEPEND] Dependency failed for Initrd Root Device.\n\
         You are in emergency mode.\n",
    ];
    for refused in refused {
        for end in ends {
            let log = format!("{start}{refused}\n{end}");
            assert_eq!(super::codes(&log), "KC321", "{log}");
        }
    }
}
