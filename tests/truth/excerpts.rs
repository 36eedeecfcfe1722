//! Ends of consoles that were seen, and at which stage each failed: what proves the marks.

use super::marks::{self, End, Given};
use Stage::{Console, Init, Initramfs, Load, Read, RootDevice, RootMount, Start, Userspace};
use kelpie_check::stage::Stage;

/// What a system with a disk is given, as far as an excerpt does not change it.
const DISK: Given = Given {
    has_initramfs: false,
    has_disk: true,
    command_line: String::new(),
};

fn told(console: &str, given: &Given) -> Vec<Stage> {
    marks::told(console, given).map_or_else(Vec::new, |told| told.stages)
}

#[track_caller]
fn tells(console: &str, stages: &[Stage]) {
    assert_eq!(told(console, &DISK), stages, "{console}");
}

fn with_initramfs(has_disk: bool, command_line: &str) -> Given {
    Given {
        has_initramfs: true,
        has_disk,
        command_line: command_line.to_owned(),
    }
}

fn with_line(command_line: &str) -> Given {
    Given {
        command_line: command_line.to_owned(),
        ..DISK
    }
}

/// The root is mounted.
const MOUNTED: &str = "\
EXT4-fs (vda): mounted filesystem without journal. Quota mode: disabled.
VFS: Mounted root (ext4 filesystem) on device 254:0.
Run /sbin/init as init process
";
const NO_DEVICE: &str = "\
VFS: Cannot open root device \"PARTLABEL=data\" or unknown-block(0,0): error -6
Please append a correct \"root=\" boot option; here are the available partitions:
fe00              80 vda 
 driver: virtio_blk
Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
";

#[test]
fn an_init_of_a_mounted_root_that_is_refused_fails_at_init() {
    let requested = "Kernel panic - not syncing: Requested init /sbin/init failed (error -2).\n";
    tells(&[MOUNTED, requested].concat(), &[Init]);
    // `quiet` leaves the panic alone.
    tells(requested, &[Init]);
    let none = "Kernel panic - not syncing: No working init found.  Try passing init= option\n";
    tells(&[MOUNTED, none].concat(), &[Init]);
    let shell = "Run /etc/init as init process\nRun /bin/sh as init process\n";
    tells(&[MOUNTED, shell].concat(), &[Init]);
}

#[test]
fn an_init_that_ends_was_started_by_its_loader_or_not() {
    let ended = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\n";
    tells(&[MOUNTED, ended].concat(), &[Init, Userspace]);
    let by_mkinitfs = "[    6.1] Mounting root: ok.\n[    6.4] ";
    tells(&[by_mkinitfs, ended].concat(), &[Init, Userspace]);
    let by_ours = "kelpie-check: root mounted\nkelpie-check: starting /sbin/init\n";
    tells(&[by_ours, ended].concat(), &[Init, Userspace]);
    let early = "Run /init as init process\n";
    tells(&[early, ended].concat(), &[Initramfs]);
}

#[test]
fn an_init_of_an_initramfs_that_is_refused_fails_at_the_initramfs() {
    let console = "\
Run /init as init process
Failed to execute /init (error -13)
Run /sbin/init as init process
Run /bin/sh as init process
Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.
";
    let given = with_initramfs(false, "console=ttyS0");
    assert_eq!(told(console, &given), [Initramfs]);
    // The kernel may lack CONFIG_BINFMT_ELF, which fails at init, whosever init it is.
    let program = console.replace("-13", "-8");
    assert_eq!(told(&program, &given), [Initramfs, Init]);
}

#[test]
fn a_number_of_no_device_fails_at_the_root_device() {
    tells(NO_DEVICE, &[RootDevice]);
    let panic = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    tells(panic, &[RootDevice]);
    tells("Waiting for root device /dev/vdb...\n", &[RootDevice]);
}

#[test]
fn no_device_without_interrupts_fails_at_the_start() {
    let deaf = "APIC: ACPI MADT or MP tables are not detected\n";
    tells(&[deaf, NO_DEVICE].concat(), &[Start]);
    let ours = "kelpie-check: cannot open /dev/vda (error -2)\n";
    tells(&[deaf, ours].concat(), &[Start]);
    tells(ours, &[RootDevice]);
}

#[test]
fn a_number_that_is_not_in_the_list_of_devices_fails_at_the_root_device() {
    let console = "\
VFS: Cannot open root device \"vda2\" or unknown-block(254,2): error -6
Please append a correct \"root=\" boot option; here are the available partitions:
fe00              80 vda 
 driver: virtio_blk
Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,2)
";
    tells(console, &[RootDevice]);
    // Its options are refused before it is opened.
    let options = "\
ext4: Unknown parameter 'subvol'
List of all partitions:
fe00              82 vda 
No filesystem could mount root, tried: 
 ext4
Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,1)
";
    tells(options, &[RootDevice]);
    tells(&options.replace("254,1", "254,0"), &[RootMount]);
}

#[test]
fn a_device_that_is_there_fails_at_the_root_mount() {
    let console = "\
[    0.301] VFS: Cannot open root device \"vda\" or unknown-block(254,0): error -19
[    0.301] Please append a correct \"root=\" boot option; here are the available partitions:
[    0.301] fe00              80 vda 
[    0.301]  driver: virtio_blk
[    0.302] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,0)
";
    tells(console, &[RootMount]);
    // A share has no device but its file system.
    let share = with_line("root=share rootfstype=virtiofs rw");
    assert_eq!(told(console, &share), [RootMount, RootDevice]);
}

#[test]
fn a_panic_alone_leaves_the_device_and_the_mount_unless_a_file_system_complains() {
    let panic =
        "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,0)\n";
    tells(panic, &[RootDevice, RootMount]);
    let complains =
        "EXT4-fs (vda): bad geometry: block count 80 exceeds size of device (48 blocks)\n";
    tells(&[complains, panic].concat(), &[RootMount]);
}

#[test]
fn an_initramfs_of_which_nothing_was_started_went_wrong_before_the_root() {
    for given in [with_initramfs(true, ""), with_initramfs(false, "root=vda")] {
        assert_eq!(told(NO_DEVICE, &given), [Initramfs, RootDevice]);
    }
    // Nothing but the initramfs was to be the system.
    let alone = with_initramfs(false, "console=ttyS0");
    assert_eq!(told(NO_DEVICE, &alone), [Initramfs]);
}

#[test]
fn a_command_line_that_does_not_reach_the_kernel_whole_went_wrong_as_it_was_loaded() {
    let cut = with_line(&format!("kelpie={} root=/dev/vda", "x".repeat(2100)));
    assert_eq!(told(NO_DEVICE, &cut), [Load]);
    let swallowed = with_line("root=/dev/vda -- single virtio_mmio.device=512@0xfeb00e00:12");
    assert_eq!(told(NO_DEVICE, &swallowed), [Load, RootDevice]);
    let heard = with_line("root=/dev/vda virtio_mmio.device=512@0xfeb00e00:12 -- single");
    assert_eq!(told(NO_DEVICE, &heard), [RootDevice]);
}

#[test]
fn silence_fails_before_the_kernel_is_seen_unless_it_was_asked_for() {
    let unseen = [Read, Load, Start, Console];
    assert_eq!(told("\r\n", &with_line("console=ttyAMA0")), unseen);
    for hushed in ["console=ttyS0 quiet", "loglevel=3", "console=null"] {
        assert_eq!(told("", &with_line(hushed)), [], "{hushed}");
    }
    tells("Linux version 6.1.192 (root@host)\n", &[]);
}

#[test]
fn an_initramfs_of_ours_says_what_it_cannot_do() {
    let ended =
        "\n[    1.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n";
    for (said, stage) in [
        ("mount a root: no root= on the command line", RootDevice),
        (
            "find root=UUID=0: this initramfs knows /dev/NAME alone",
            RootDevice,
        ),
        ("open /dev/vdb: error -2", RootDevice),
        ("mount /dev/vda as xfs on /root: error -19", RootMount),
    ] {
        let console = format!("Run /init as init process\nkelpie-check: cannot {said}{ended}");
        tells(&console, &[stage]);
    }
    let module = "kelpie-check: cannot load /lib/modules/virtio_blk.ko: error -8\n";
    let device = "kelpie-check: cannot open /dev/vda: error -2";
    let console = [module, device, ended].concat();
    tells(&console, &[Initramfs, RootDevice, RootMount]);
    for said in ["find an init on the root", "run /sbin/init: error -2"] {
        let console = format!("kelpie-check: root mounted\nkelpie-check: cannot {said}{ended}");
        tells(&console, &[Init]);
    }
}

#[test]
fn an_initramfs_of_alpine_says_what_it_cannot_do() {
    let disk = "virtio_blk virtio0: [vda] 2097152 512-byte logical blocks (1.07 GB/1.00 GiB)\n";
    let mount = "mount: mounting /dev/vda on /sysroot failed:";
    let failed = "\
[    8.2] Mounting root: failed. 
[    8.2] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000
";
    let ends = |said: &str, stages| {
        let console = ["Run /init as init process\n", disk, said, "\n", failed].concat();
        tells(&console, stages);
    };
    ends("/dev/vdb: Can't lookup blockdev", &[RootDevice]);
    ends("ext4: Unknown parameter 'nosuchoption'", &[RootMount]);
    ends("EXT4-fs (vda): bad geometry: block count 80", &[RootMount]);
    ends(&format!("{mount} No such file or directory"), &[Initramfs]);
    ends(&format!("{mount} No such device"), &[Initramfs, RootMount]);
    ends("[    2.3] Mounting boot media: failed. ", &[RootDevice]);
    ends(&format!("{mount} Invalid argument"), &[RootMount]);
    let unseen = [
        "Run /init as init process\n",
        mount,
        " No such device\n",
        failed,
    ]
    .concat();
    tells(&unseen, &[Initramfs, RootDevice]);
    let switch = "Mounting root: ok.\nswitch_root: can't execute '/sbin/nothing': No such file\n";
    let ended = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n";
    tells(&[disk, switch, ended].concat(), &[Init]);
}

const EARLY_SYSTEMD: &str = "\
Run /init as init process
systemd[1]: systemd 252 running in system mode
systemd[1]: Running in initrd.
Welcome to Debian GNU/Linux 12 (bookworm) dracut-059 (Initramfs)!
[  OK  ] Reached target basic.target - Basic System.
";
const LATE_SYSTEMD: &str = "\
systemd[1]: Switching root.
systemd[1]: systemd 252 running in system mode
Welcome to Debian GNU/Linux 12 (bookworm)!
";

#[test]
fn a_system_is_up_at_its_first_target_and_not_before() {
    let starting = [EARLY_SYSTEMD, LATE_SYSTEMD].concat();
    assert_eq!(marks::end(EARLY_SYSTEMD), End::Open);
    assert!(matches!(marks::end(&starting), End::Starting(_)));
    for (last, is_up) in [
        (
            "[  OK  ] Reached target sysinit.target - System Initialization.\n",
            true,
        ),
        ("debian login: ", true),
        ("[!!!!!!] Failed to allocate manager object.\n", false),
        ("You are in emergency mode. After logging in, type\n", false),
    ] {
        let console = [&starting, last].concat();
        assert_eq!(matches!(marks::end(&console), End::Up(_)), is_up, "{last}");
        assert_eq!(
            matches!(marks::end(&console), End::GaveUp(_)),
            !is_up,
            "{last}"
        );
    }
}

#[test]
fn an_init_that_ends_after_it_was_up_was_up() {
    let console = "   OpenRC 0.54 is starting up Linux 6.18 (x86_64)\n\
        Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000\n";
    assert!(matches!(marks::end(console), End::Up(_)));
    let shell = "ALERT!  UUID=1 does not exist.  Dropping to a shell!\n(initramfs) ";
    assert!(matches!(marks::end(shell), End::GaveUp(_)));
    assert_eq!(marks::end("Linux version 6.1\n"), End::Open);
}
