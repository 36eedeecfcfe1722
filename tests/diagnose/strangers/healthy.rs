//! Systems that came up, with the warnings and errors that such systems print.
//!
//! The lines are those of Linux 5.10 to 6.12, Alpine 3.19 (OpenRC 0.52), Debian 12 (systemd 252), Ubuntu 22.04,
//! Fedora 40 (dracut 059), Arch (mkinitcpio 37), NixOS 24.05, BusyBox 1.36 and Buildroot 2023.02 on QEMU,
//! Firecracker and boards, shortened.

pub(super) const LOGS: &[(&str, &str)] = &[
    (
        "Alpine, virt kernel",
        "\
[    0.000000] Linux version 6.6.41-0-virt (buildozer@build) (gcc 13.2.1) #1-Alpine SMP\n\
[    0.000000] Command line: root=/dev/vda3 modules=sd-mod,usb-storage,ext4 console=ttyS0\n\
[    0.512000] ACPI: _OSC evaluation for CPUs failed, trying _PDC\n\
[    0.700000] Run /init as init process\n\
Alpine Init 3.9.0-r1\n\
 * Loading boot drivers: ok.\n\
[    1.100000] virtio_blk virtio1: [vda] 4194304 512-byte logical blocks (2.15 GB/2.00 GiB)\n\
[    1.110000]  vda: vda1 vda2 vda3\n\
[    1.400000] EXT4-fs (vda3): mounted filesystem 0f ro with ordered data mode. Quota mode: none.\n\
 * Mounting root: ok.\n\
\n   OpenRC 0.52.1 is starting up Linux 6.6.41-0-virt (x86_64)\n\n\
 * Mounting /proc ... * /proc is already mounted\n * Setting hostname ... [ ok ]\n\
 * ERROR: networking failed to start\n\nWelcome to Alpine Linux 3.19\nKernel 6.6.41-0-virt on an x86_64 (/dev/ttyS0)\n\nalpine login: ",
    ),
    (
        "Alpine, quiet",
        "\
Alpine Init 3.9.0-r1\n * Loading boot drivers: ok.\n * Mounting root: ok.\n\
\n   OpenRC 0.52.1 is starting up Linux 6.6.41-0-lts (x86_64)\n\n * Caching service dependencies ... [ ok ]\n\
\nWelcome to Alpine Linux 3.19\n\nalpine login: ",
    ),
    (
        "Debian 12 with initramfs-tools, without RAID or resume",
        "\
[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP\n\
[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=0f ro console=ttyS0\n\
[    0.100000] pci 0000:00:01.0: can't claim BAR 4 [io  0xb000-0xb00f]: no compatible bridge window\n\
[    0.900000] Run /init as init process\n\
Loading, please wait...\n\
[    1.2] ata1.00: exception Emask 0x0 SAct 0x0 SErr 0x0 action 0x0\n\
Begin: Loading essential drivers ... done.\nBegin: Running /scripts/init-premount ... done.\n\
Begin: Mounting root file system ... Begin: Running /scripts/local-top ... mdadm: No arrays found in config file or automatically\n\
done.\nBegin: Running /scripts/local-premount ... Begin: Waiting for suspend/resume device ... Gave up waiting for suspend/resume device\n\
done.\n[    3.0] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.\n\
Begin: Running /scripts/init-bottom ... done.\n\
[    3.4] systemd[1]: systemd 252.22-1~deb12u1 running in system mode (+PAM +AUDIT)\n\
\nWelcome to Debian GNU/Linux 12 (bookworm)!\n\n\
[FAILED] Failed to start apparmor.service - Load AppArmor profiles.\n\
[  OK  ] Reached target local-fs.target - Local File Systems.\n\
[  OK  ] Reached target sysinit.target - System Initialization.\n\
[  OK  ] Reached target multi-user.target - Multi-User System.\n\nDebian GNU/Linux 12 debian ttyS0\n\ndebian login: ",
    ),
    (
        "Fedora in the journal, with an initramfs and a program that crashed",
        "\
Feb 01 12:00:01 host kernel: Linux version 6.8.5-301.fc40.x86_64 (mockbuild@x) (gcc) #1 SMP PREEMPT_DYNAMIC\n\
Feb 01 12:00:02 host systemd[1]: Running in initrd.\nFeb 01 12:00:04 host systemd[1]: Switching root.\n\
Feb 01 12:00:08 host systemd[1]: Reached target multi-user.target - Multi-User System.\n\
Feb 01 12:00:09 host kernel: traps: shell[1200] general protection fault ip:7f sp:7f error:0 in libc.so.6\n\
Feb 01 12:00:19 host systemd-coredump[1300]: Process 1200 (shell) of user 42 dumped core.\n",
    ),
    (
        "Debian in the journal, with a disk that is optional",
        "\
Nov 25 10:00:00 host kernel: Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP\n\
Nov 25 10:00:01 host kernel: EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.\n\
Nov 25 10:00:01 host systemd[1]: systemd 252.22-1~deb12u1 running in system mode (+PAM +AUDIT)\n\
Nov 25 10:00:02 host kernel: I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0\n\
Nov 25 10:00:02 host systemd[1]: Reached target local-fs.target - Local File Systems.\n\
Nov 25 10:00:03 host systemd[1]: Reached target sysinit.target - System Initialization.\n\
Nov 25 10:01:33 host systemd[1]: dev-disk-by\\x2duuid-0f.device: Job dev-disk-by\\x2duuid-0f.device/start timed out.\n\
Nov 25 10:01:33 host systemd[1]: Timed out waiting for device /dev/disk/by-uuid/0f.\n\
Nov 25 10:01:33 host systemd[1]: Dependency failed for /backup.\n\
Nov 25 10:01:34 host systemd[1]: Reached target multi-user.target - Multi-User System.\n",
    ),
    (
        "Ubuntu cloud image",
        "\
[    0.000000] Linux version 5.15.0-91-generic (buildd@lcy02) (gcc 11.4.0) #101-Ubuntu SMP\n\
[    0.000000] Command line: root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0\n\
[    0.5] Run /init as init process\n\
[    1.0] virtio_blk virtio2: [vda] 20971520 512-byte logical blocks (10.7 GB/10.0 GiB)\n\
Begin: Mounting root file system ... done.\n\
[    2.0] EXT4-fs (vda1): mounted filesystem with ordered data mode. Opts: (null). Quota mode: none.\n\
done.\nBegin: Running /scripts/init-bottom ... Warning: overlayroot: debug is busted\ndone.\n\
[    2.5] systemd[1]: systemd 249.11-0ubuntu3.11 running in system mode (+PAM)\nWelcome to Ubuntu 22.04.3 LTS!\n\
[  OK  ] Reached target Local File Systems.\n[FAILED] Failed to start Wait for Network to be Configured.\n\
[DEPEND] Dependency failed for /mnt/data.\n[  OK  ] Reached target Basic System.\n\
[  OK  ] Reached target Multi-User System.\n\nUbuntu 22.04.3 LTS ubuntu ttyS0\n\nubuntu login: ",
    ),
    (
        "Fedora with dracut",
        "\
[    0.000000] Linux version 6.8.5-301.fc40.x86_64 (mockbuild@fedora) (gcc 14.0.1) #1 SMP\n\
[    0.000000] Command line: root=UUID=0f ro rootflags=subvol=root console=ttyS0\n\
[    0.8] systemd[1]: systemd 255.4-1.fc40 running in system mode (+PAM)\n\
Welcome to Fedora Linux 40 dracut-101-1.fc40 (Initramfs)!\n\
[    0.9] systemd[1]: Running in initrd.\n\
[  OK  ] Reached target basic.target - Basic System.\n\
[    1.4] BTRFS info (device vda4): first mount of filesystem 0f\n\
[  OK  ] Reached target initrd-root-fs.target - Initrd Root File System.\n\
         Starting initrd-switch-root.service - Switch Root...\n\
[    2.0] systemd[1]: systemd 255.4-1.fc40 running in system mode (+PAM)\n\
Welcome to Fedora Linux 40 (Server Edition)!\n\
[  OK  ] Stopped target initrd-root-fs.target - Initrd Root File System.\n\
[  OK  ] Stopped target initrd.target - Initrd Default Target.\n\
[  OK  ] Reached target sysinit.target - System Initialization.\n\
[  OK  ] Reached target multi-user.target - Multi-User System.\n\nFedora Linux 40 (Server Edition)\n\nhost login: ",
    ),
    (
        "Arch with mkinitcpio",
        "\
[    0.000000] Linux version 6.9.1-arch1-1 (linux@archlinux) (gcc 14.1.1) #1 SMP\n\
[    0.000000] Command line: root=/dev/nvme0n1p2 rw console=ttyS0\n\
[    0.9] Run /init as init process\n\
:: running early hook [udev]\nStarting systemd-udevd version 255.6-1-arch\n:: running hook [udev]\n\
:: Triggering uevents...\n[    1.5]  nvme0n1: p1 p2\n/dev/nvme0n1p2: clean, 200000/1000000 files\n\
:: mounting '/dev/nvme0n1p2' on real root\n\
[    2.0] EXT4-fs (nvme0n1p2): mounted filesystem 0f r/w with ordered data mode. Quota mode: none.\n\
:: running cleanup hook [udev]\n\
[    2.2] systemd[1]: systemd 255.6-1-arch running in system mode (+PAM)\nWelcome to Arch Linux!\n\
[    2.9] module verification failed: signature and/or required key missing - tainting kernel\n\
[  OK  ] Reached target System Initialization.\n[  OK  ] Reached target Graphical Interface.\n\nArch Linux 6.9.1-arch1-1 (ttyS0)\n\nhost login: ",
    ),
    (
        "NixOS with its two stages",
        "\
[    0.000000] Linux version 6.6.30 (nixbld@localhost) (gcc 13.2.0) #1-NixOS SMP\n\
[    0.000000] Command line: init=/nix/store/0f/init loglevel=4 console=ttyS0\n\
[    0.8] Run /init as init process\n\n<<< NixOS Stage 1 >>>\n\nloading module dm_mod...\nrunning udev...\n\
starting device mapper and LVM...\nchecking /dev/disk/by-label/nixos...\nmounting /dev/disk/by-label/nixos on /...\n\
[    2.0] EXT4-fs (vda1): mounted filesystem 0f r/w with ordered data mode. Quota mode: none.\n\
\n<<< NixOS Stage 2 >>>\n\nrunning activation script...\nsetting up /etc...\nstarting systemd...\n\
[    4.0] systemd[1]: systemd 255.4 running in system mode (+PAM)\nWelcome to NixOS 24.05 (Uakari)!\n\
[  OK  ] Reached target System Initialization.\n[  OK  ] Reached target Multi-User System.\n\
\n<<< Welcome to NixOS 24.05 (x86_64) - ttyS0 >>>\n\nnixos login: ",
    ),
    (
        "NixOS with systemd in its initramfs",
        "\
[    0.5] systemd[1]: systemd 255.4 running in system mode (+PAM)\nWelcome to NixOS 24.05 (Uakari) (Initrd)!\n\
[  OK  ] Reached target Initrd Root Device.\n         Mounting /sysroot...\n[  OK  ] Mounted /sysroot.\n\
[    1.5] EXT4-fs (vda1): mounted filesystem 0f r/w with ordered data mode. Quota mode: none.\n\
[  OK  ] Reached target Initrd Root File System.\n         Starting Switch Root...\n\
[    2.5] systemd[1]: systemd 255.4 running in system mode (+PAM)\nWelcome to NixOS 24.05 (Uakari)!\n\
[  OK  ] Reached target System Initialization.\n[  OK  ] Reached target Multi-User System.\n",
    ),
    (
        "Firecracker's guest with BusyBox",
        "\
2026-11-25T10:00:00.123456789 [anonymous-instance:main] Running Firecracker v1.7.0\n\
[    0.000000] Linux version 5.10.210 (root@host) (gcc 10.2.1) #1 SMP\n\
[    0.000000] Command line: console=ttyS0 reboot=k panic=1 pci=off root=/dev/vda rw\n\
[    0.1] i8042: Can't read CTR while initializing i8042\n[    0.1] i8042: probe of i8042 failed with error -5\n\
[    0.2] VFS: Mounted root (ext4 filesystem) on device 254:0.\n[    0.2] devtmpfs: mounted\n\
[    0.3] Run /sbin/init as init process\ninit started: BusyBox v1.36.1 (2023-11-07 18:53:09 UTC)\n\
can't run '/etc/init.d/rcS': No such file or directory\n\nPlease press Enter to activate this console. \n/ # ",
    ),
    (
        "a minimal initramfs with a shell that was asked for",
        "\
[    0.000000] Linux version 6.12.1 (user@host) (gcc 13.2.0) #1 SMP\n\
[    0.000000] Command line: console=ttyS0 rdinit=/bin/sh\n\
[    0.5] clocksource: tsc: mask: 0xffffffffffffffff\n[    0.6] Run /bin/sh as init process\n\
/bin/sh: can't access tty; job control turned off\n~ # ",
    ),
    (
        "Buildroot on an arm64 board with an SD card",
        "\
U-Boot 2023.01 (Jan 01 2023 - 00:00:00 +0000)\n\nMMC:   mmc@0: 0\nCard did not respond to voltage select! : -110\n\
switch to partitions #0, OK\nStarting kernel ...\n\n\
[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd034]\n\
[    0.000000] Linux version 6.1.44 (user@host) (aarch64-buildroot-linux-gnu-gcc 12.3.0) #1 SMP\n\
[    0.000000] Kernel command line: console=ttyS0,115200 root=/dev/mmcblk0p2 rootwait\n\
[    1.4] Waiting for root device /dev/mmcblk0p2...\n[    1.5] mmc1: error -110 whilst initialising SDIO card\n\
[    1.6]  mmcblk0: p1 p2\n\
[    1.7] EXT4-fs (mmcblk0p2): INFO: recovery required on readonly filesystem\n\
[    1.9] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none.\n\
[    1.9] VFS: Mounted root (ext4 filesystem) readonly on device 179:2.\n[    2.0] Run /sbin/init as init process\n\
Starting syslogd: OK\nStarting klogd: OK\nStarting network: ip: SIOCGIFFLAGS: No such device\nFAIL\n\n\
Welcome to Buildroot\nbuildroot login: ",
    ),
    (
        "OpenWrt on flash",
        "\
[    0.000000] Linux version 5.15.134 (builder@buildhost) (mips-openwrt-linux-musl-gcc 12.3.0) #0\n\
[    0.5] Creating 4 MTD partitions on \"spi0.0\":\n[    0.6] mtd: partition \"rootfs\" doesn't start on an erase/write block boundary\n\
[    0.9] VFS: Mounted root (squashfs filesystem) readonly on device 31:3.\n[    1.0] Run /sbin/init as init process\n\
[    2.0] init: Console is alive\n[    8.0] procd: - init complete -\n\
\n\nBusyBox v1.36.1 (2023-10-09 21:45:35 UTC) built-in shell (ash)\n\nroot@OpenWrt:/# ",
    ),
    (
        "CentOS 7, with LVM, in a page that collapsed blanks",
        "\
[ 0.000000] Linux version 3.10.0-1160.el7.x86_64 (mockbuild@kbuilder) (gcc 4.8.5) #1 SMP\n\
[ 0.000000] Command line: root=/dev/mapper/centos-root ro rd.lvm.lv=centos/root console=ttyS0\n\
[ 1.0] systemd[1]: Running in initial RAM disk.\n[ OK ] Reached target Basic System.\n\
[ 2.0] XFS (dm-0): Mounting V5 Filesystem\n[ 2.1] XFS (dm-0): Ending clean mount\n\
[ OK ] Reached target Initrd Root File System.\n[ 2.6] systemd[1]: Switching root.\n\
Welcome to CentOS Linux 7 (Core)!\n[ OK ] Reached target Local File Systems.\n[ OK ] Reached target Basic System.\n\
[FAILED] Failed to start Postfix Mail Transport Agent.\n[ OK ] Reached target Multi-User System.\n\nCentOS Linux 7 (Core)\n\nhost login: ",
    ),
    (
        "a guest that hung for a while and came up",
        "\
[    0.000000] Linux version 6.1.0-18-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP\n\
[   30.0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [swapper/0:1]\n\
[   40.0] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.\n\
[   41.0] systemd[1]: systemd 252.22-1~deb12u1 running in system mode (+PAM +AUDIT)\n\
[   60.0] INFO: task systemd-udevd:100 blocked for more than 120 seconds.\n\
[  OK  ] Reached target sysinit.target - System Initialization.\n\
[  OK  ] Reached target multi-user.target - Multi-User System.\n\nhost login: ",
    ),
    (
        "systemd that was powered off in order, from the middle on",
        "\
[  OK  ] Reached target multi-user.target - Multi-User System.\n\
[  OK  ] Stopped target multi-user.target - Multi-User System.\n\
[FAILED] Failed unmounting /home.\n[  OK  ] Reached target umount.target - Unmount All Filesystems.\n\
[  120.0] systemd-shutdown[1]: Powering off.\n[  120.1] reboot: Power down\n",
    ),
];
