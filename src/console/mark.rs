//! The lines by which a boot shows how far it is, whatever will become of it.
//!
//! Sources: Linux `init/main.c`, `init/do_mounts.c`, `init/initramfs.c`, `kernel/panic.c`,
//! `kernel/reboot.c`, `kernel/exit.c`, `mm/oom_kill.c`, 3.x to 7.x; `arch/arm64/kernel/setup.c`;
//! mkinitfs, initramfs-tools, dracut, mkinitcpio, booster and NixOS stage 1, their init; OpenRC, systemd and
//! BusyBox, their banners;
//! BusyBox's ash and dash, without a terminal;
//! AOSP system/core/init, first_stage_init.cpp, init.cpp, service.cpp and reboot_utils.cpp;
//! u-root cmds/core/init; Talos internal/app/init and machined; Buildroot package/busybox/S01syslogd and S02klogd,
//! package/ifupdown-scripts/S40network; systemd src/login/logind-session.c; util-linux libmount/src/context_mount.c;
//! libkrun 1.19.7, Firecracker, QEMU and Cloud Hypervisor, their logs.

use super::end::EndKind;
use crate::architecture::Architecture;
use crate::stage::Stage;

/// A line that shows something, and what.
#[derive(Debug)]
pub struct Mark {
    /// The line or its stable part; `‹…›` stands for what varies.
    pub text: &'static str,
    /// What it shows.
    pub shows: Shows,
}

/// What a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A VMM, firmware, or decompressor starts: another boot, unless its kernel has not spoken yet.
    Beginning,
    /// The kernel's own banner.
    Banner,
    /// The command line.
    CommandLine,
    /// What the kernel runs on.
    Machine(Architecture),
    /// A stage is reached.
    Stage(Stage),
    /// systemd starts: as the init of the root, or in an initramfs.
    Greeting,
    /// systemd, or the prompt of a login, names the system; systemd does so in an initramfs, too.
    Welcome,
    /// The program that speaks says that it runs in an initramfs.
    InInitramfs,
    /// systemd reached a target.
    Target,
    /// A service or mount of systemd came up.
    Unit,
    /// The init of an initramfs gave up and starts a shell.
    EarlyShell,
    /// A script tried to become a program that is missing.
    ScriptFails,
    /// A file system was mounted to look into it, and is no root.
    Unmounted,
    /// The initramfs hands over to the root.
    SwitchRoot,
    /// There is an initramfs, and it is unpacked.
    Initramfs,
    /// The initramfs is damaged, or of a kind that the kernel can't unpack.
    UnpackingFailed,
    /// A program is tried as init.
    RunsInit,
    /// A shell speaks, which is init where an initramfs hands over to it without a word.
    Shell,
    /// A disk is there.
    Disk,
    /// A transport of virtio is there.
    Virtio,
    /// The root's device can't be opened.
    CannotOpenRoot,
    /// The disks and partitions that are there follow.
    Partitions,
    /// No file system took the root.
    Tried,
    /// The panic over the root.
    CannotMountRoot,
    /// The root's device is waited for.
    Waits,
    /// A program can't be run as init.
    InitFails,
    /// Init has ended.
    InitEnded,
    /// The end of the boot, as far as one line tells.
    End(EndKind),
    /// A VMM says that it could not start the machine; once the guest runs, such a line is about something else.
    VmmRefuses,
    /// A VMM or a firmware speaks, and no guest need have run.
    Host,
    /// A file system could not be mounted: of the root where it lies below /sysroot.
    MountFails,
    /// An initramfs waited for a device in vain.
    DeviceMissing,
    /// mount found no file system on a device.
    MountRefused,
    /// A file system of the root's table could not be mounted, so that systemd goes to emergency mode.
    LocalMountsFail,
    /// The partitions of a disk are listed as it is found.
    PartitionsOf,
    /// The second stage of an init: the root is mounted.
    SecondStage,
    /// The init of an initramfs could not mount the root, whatever the kernel said of it.
    RootRefused,
    /// Only a system that is up says so, and no initramfs.
    Up,
    /// The first stage of an init that lives in the initramfs, and in the root later.
    FirstStage,
}

impl Shows {
    /// Returns true for what only the guest's kernel says of its own end.
    pub fn is_end_by_kernel(self) -> bool {
        matches!(
            self,
            Self::End(EndKind::Panic | EndKind::Oops | EndKind::Lockup | EndKind::OutOfMemory)
                | Self::InitEnded
                | Self::InitFails
                | Self::CannotMountRoot
                | Self::CannotOpenRoot
        )
    }

    /// Returns true for what a VMM says.
    pub fn is_by_host(self) -> bool {
        matches!(
            self,
            Self::Host
                | Self::VmmRefuses
                | Self::End(EndKind::VmmFailed | EndKind::TripleFault | EndKind::HypervisorFault)
        )
    }
}

/// Every line that shows something.
pub static MARKS: &[Mark] = &[
    // Firmware, VMMs, decompressors.
    mark("SeaBIOS (version", Shows::Beginning),
    mark("Booting from ROM", Shows::Beginning),
    mark("iPXE initialising devices", Shows::Beginning),
    mark("U-Boot 20", Shows::Beginning),
    mark("RPi: BOOTLOADER release VERSION:", Shows::Beginning),
    mark("Raspberry Pi Bootcode", Shows::Beginning),
    mark("EFI stub: Booting Linux Kernel", Shows::Beginning),
    mark("Starting kernel ...", Shows::Beginning),
    mark("Loading initial ramdisk ...", Shows::Beginning),
    mark("Running Firecracker v", Shows::Beginning),
    mark("Decompressing Linux...", Shows::Beginning),
    mark("Uncompressing Linux...", Shows::Beginning),
    // The kernel.
    mark("Booting Linux on physical CPU", Shows::Beginning),
    mark("Linux version ‹release› (", Shows::Banner),
    mark("Kernel command line: ‹line›", Shows::CommandLine),
    mark("Command line: ‹line›", Shows::CommandLine),
    mark(
        "BIOS-provided physical RAM map",
        Shows::Machine(Architecture::X86_64),
    ),
    mark("x86/fpu: ", Shows::Machine(Architecture::X86_64)),
    mark(
        "psci: probing for conduit method",
        Shows::Machine(Architecture::Aarch64),
    ),
    mark("GICv3: ", Shows::Machine(Architecture::Aarch64)),
    mark(
        "riscv: base ISA extensions",
        Shows::Machine(Architecture::Riscv64),
    ),
    mark("SBI specification v", Shows::Machine(Architecture::Riscv64)),
    mark(
        "Trying to unpack rootfs image as initramfs",
        Shows::Initramfs,
    ),
    mark("Unpacking initramfs...", Shows::Initramfs),
    mark(
        "Initramfs unpacking failed: ‹reason›",
        Shows::UnpackingFailed,
    ),
    mark(
        "rootfs image is not initramfs (‹reason›); looks like an initrd",
        Shows::UnpackingFailed,
    ),
    mark("Freeing initrd memory", Shows::Initramfs),
    mark("Run ‹/init› as init process", Shows::RunsInit),
    // Devices.
    mark("virtio_blk virtio‹0›: [‹vda›] ", Shows::Disk),
    mark("sd ‹0:0:0:0›: [‹sda›] Attached SCSI disk", Shows::Disk),
    mark(
        "nvme ‹nvme0›: ‹8›/0/0 default/read/poll queues",
        Shows::Virtio,
    ),
    mark("virtio_net virtio", Shows::Virtio),
    mark("virtio_rng virtio", Shows::Virtio),
    mark("virtio-mmio: Registering device", Shows::Virtio),
    mark("virtio_mmio: Registering device", Shows::Virtio),
    mark(": sda1", Shows::PartitionsOf),
    mark(": sdb1", Shows::PartitionsOf),
    mark(": vda1", Shows::PartitionsOf),
    mark(": vdb1", Shows::PartitionsOf),
    mark(": hda1", Shows::PartitionsOf),
    mark(": xvda1", Shows::PartitionsOf),
    mark(": p1 p2", Shows::PartitionsOf),
    mark("mmcblk‹0›: p‹1›", Shows::PartitionsOf),
    mark("Waiting for root device ‹name›...", Shows::Waits),
    mark(
        "Cannot open root device ‹\"hda1\"› or ‹03:01›",
        Shows::CannotOpenRoot,
    ),
    mark("here are the available partitions:", Shows::Partitions),
    mark("List of all partitions:", Shows::Partitions),
    mark("No filesystem could mount root, tried: ‹…›", Shows::Tried),
    mark("VFS: Mounted root (", Shows::Stage(Stage::RootMount)),
    mark("): unmounting filesystem", Shows::Unmounted),
    mark("): mounted filesystem", Shows::Stage(Stage::RootMount)),
    mark(
        "XFS (‹vda1›): Ending clean mount",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "XFS (‹vda1›): Ending recovery",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "BTRFS info (device ‹vda1›): first mount of filesystem",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "erofs: (device ‹vda›): mounted with root inode",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "F2FS-fs (‹vda›): Mounted with checkpoint version",
        Shows::Stage(Stage::RootMount),
    ),
    mark("Mounting root: ok.", Shows::Stage(Stage::RootMount)),
    mark(
        "dracut: Mounted root filesystem",
        Shows::Stage(Stage::RootMount),
    ),
    mark("kelpie-check: root mounted", Shows::Stage(Stage::RootMount)),
    mark("kelpie-check: starting ‹/sbin/init›", Shows::RunsInit),
    mark(
        "Begin: Running /scripts/init-bottom",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "systemd[1]: Reached target initrd-root-fs.target",
        Shows::Stage(Stage::RootMount),
    ),
    mark(
        "Reached target ‹initrd-root-fs.target - ›Initrd Root File System",
        Shows::Stage(Stage::RootMount),
    ),
    mark("Starting initrd-switch-root.service", Shows::SwitchRoot),
    mark("Starting Switch Root...", Shows::SwitchRoot),
    mark("Switching root.", Shows::SwitchRoot),
    mark("dracut: Switching root", Shows::SwitchRoot),
    // Init and userspace.
    mark(
        "kelpie-check: userspace reached",
        Shows::Stage(Stage::Userspace),
    ),
    mark(
        "OpenRC ‹0.62› is starting up",
        Shows::Stage(Stage::Userspace),
    ),
    mark(
        "INIT: version ‹3.06› booting",
        Shows::Stage(Stage::Userspace),
    ),
    mark("init started: BusyBox", Shows::Stage(Stage::Userspace)),
    mark("INIT: Entering runlevel", Shows::Stage(Stage::Userspace)),
    mark(
        "runit: enter stage: /etc/runit/2",
        Shows::Stage(Stage::Userspace),
    ),
    mark("systemd ‹252› running in system mode", Shows::Greeting),
    mark("Welcome to ‹Alpine›", Shows::Welcome),
    mark("Running in initrd", Shows::InInitramfs),
    mark("Running in initial RAM disk", Shows::InInitramfs),
    mark("(Initramfs)!", Shows::InInitramfs),
    mark("(Initrd)!", Shows::InInitramfs),
    mark("Reached target ‹initrd-…›Initrd ", Shows::InInitramfs),
    mark("Stopped target ‹initrd-…›Initrd ", Shows::InInitramfs),
    mark("Mounting /sysroot", Shows::InInitramfs),
    mark("dracut-cmdline[‹301›]: ", Shows::InInitramfs),
    mark("dracut-pre-udev[‹301›]: ", Shows::InInitramfs),
    mark("dracut-mount[‹301›]: ", Shows::InInitramfs),
    mark("dracut-pre-pivot[‹301›]: ", Shows::InInitramfs),
    mark("Warning: dracut-initqueue", Shows::InInitramfs),
    mark("Warning: ‹/dev/vda1› does not exist", Shows::DeviceMissing),
    mark(":: running early hook [", Shows::InInitramfs),
    mark(":: running hook [", Shows::InInitramfs),
    mark("ERROR: device '‹UUID=0f›' not found.", Shows::DeviceMissing),
    mark(
        "ERROR: device ‹UUID=0f› not found. Skipping fsck.",
        Shows::DeviceMissing,
    ),
    mark(
        "ERROR: Unable to find root device '‹UUID=0f›'",
        Shows::DeviceMissing,
    ),
    mark("ALERT!  ‹UUID=0f› does not exist.", Shows::DeviceMissing),
    mark(
        "ERROR: Failed to mount '‹…›' on real root",
        Shows::RootRefused,
    ),
    mark(
        "mount: /new_root: ‹fsconfig()› failed: ‹…›",
        Shows::RootRefused,
    ),
    mark(
        "mount: /sysroot: ‹fsconfig()› failed: ‹…›",
        Shows::RootRefused,
    ),
    mark("mount: /new_root: wrong fs type", Shows::RootRefused),
    mark("mount: /sysroot: wrong fs type", Shows::RootRefused),
    mark("mount: /new_root: can't find ", Shows::RootRefused),
    mark("<<< NixOS Stage 1 >>>", Shows::InInitramfs),
    mark("stage-1-init: ", Shows::InInitramfs),
    mark("starting device mapper and LVM...", Shows::InInitramfs),
    mark(
        "Timed out waiting for device ‹/dev/root›, trying to mount anyway.",
        Shows::InInitramfs,
    ),
    mark("Gave up waiting for root", Shows::InInitramfs),
    mark(
        "Failure: failed to assemble all arrays.",
        Shows::InInitramfs,
    ),
    mark("Begin: Running /scripts/local-", Shows::InInitramfs),
    mark("booster: ", Shows::InInitramfs),
    mark(
        "Could not find the root block device in",
        Shows::InInitramfs,
    ),
    mark("<<< NixOS Stage 2 >>>", Shows::SecondStage),
    mark(
        "Failed to mount ‹sysroot-usr.mount - ›/‹mnt›",
        Shows::MountFails,
    ),
    mark(
        "wrong fs type, bad option, bad superblock on /dev/‹sda1›",
        Shows::MountRefused,
    ),
    mark(
        "Dependency failed for Local File Systems",
        Shows::LocalMountsFail,
    ),
    mark(
        "Dependency failed for local-fs.target",
        Shows::LocalMountsFail,
    ),
    mark(
        "local-fs.target: Triggering OnFailure= dependencies",
        Shows::LocalMountsFail,
    ),
    mark("Begin: Loading essential drivers", Shows::InInitramfs),
    mark("Begin: Mounting root file system", Shows::InInitramfs),
    mark("Loading, please wait...", Shows::InInitramfs),
    mark("Loading boot drivers: ", Shows::InInitramfs),
    mark("dracut: dracut-‹059›", Shows::InInitramfs),
    mark("dracut-initqueue[‹301›]: ", Shows::InInitramfs),
    mark("Reached target ‹sysinit.target›", Shows::Target),
    mark("[  OK  ] ", Shows::Unit),
    mark("Reached target ‹getty.target - ›Login Prompts", Shows::Up),
    mark("Started ‹getty@tty1.service - ›Getty on ‹tty1›", Shows::Up),
    mark("Started ‹session-1.scope - ›Session ‹1› of ", Shows::Up),
    mark("New session ‹1› of user ‹root›", Shows::Up),
    mark("New seat seat0", Shows::Up),
    mark("LOGIN ON tty", Shows::Up),
    // Systems that live in their initramfs, or go on from it without a word of the kernel's.
    mark("Welcome to u-root!", Shows::Stage(Stage::Userspace)),
    mark(
        "[talos] [initramfs] executing /sbin/init",
        Shows::SecondStage,
    ),
    mark("[talos] initialize sequence: ", Shows::SecondStage),
    mark(
        "[talos] boot sequence: done",
        Shows::Stage(Stage::Userspace),
    ),
    mark(
        "[talos] machine is running and ready",
        Shows::Stage(Stage::Userspace),
    ),
    mark("init: init first stage started!", Shows::FirstStage),
    mark("init: init second stage started!", Shows::SecondStage),
    mark(
        "init: starting service '‹zygote›'",
        Shows::Stage(Stage::Userspace),
    ),
    mark("InitFatalReboot: signal ‹6›", Shows::End(EndKind::Frozen)),
    mark("Starting syslogd: OK", Shows::Stage(Stage::Userspace)),
    mark("Starting klogd: OK", Shows::Stage(Stage::Userspace)),
    mark("Starting network: OK", Shows::Stage(Stage::Userspace)),
    mark("login: ", Shows::Stage(Stage::Userspace)),
    mark("exec: ‹line 5: program›: not found", Shows::ScriptFails),
    mark(
        "‹/bin/sh›: can't access tty; job control turned off",
        Shows::Shell,
    ),
    mark(
        "Starting init: ‹/sbin/init› exists but couldn't execute it (error ‹-8›)",
        Shows::InitFails,
    ),
    mark("Failed to execute ‹/init› (error ‹-2›)", Shows::InitFails),
    mark(
        "Failed to execute ‹/init›.  Attempting defaults...",
        Shows::InitFails,
    ),
    mark(
        "run-init: can't execute '‹/sbin/init›': ‹No such file or directory›",
        Shows::InitFails,
    ),
    mark(
        "run-init: ‹/sbin/init›: ‹No such file or directory›",
        Shows::InitFails,
    ),
    mark(
        "switch_root: can't execute '‹/sbin/init›': ‹No such file or directory›",
        Shows::InitFails,
    ),
    mark(
        "No init found. Try passing init= bootarg.",
        Shows::InitFails,
    ),
    mark("Cannot find init!", Shows::InitFails),
    mark("Couldn't execute '‹/sbin/init›'", Shows::InitFails),
    mark(
        "Target filesystem doesn't have requested ‹/sbin/init›.",
        Shows::InitFails,
    ),
    mark(
        "kelpie-check: cannot run ‹/sbin/init› (error ‹-2›)",
        Shows::InitFails,
    ),
    // Ends.
    mark(
        "Unable to mount root fs on ‹unknown-block(0,0)›",
        Shows::CannotMountRoot,
    ),
    mark(
        "Requested init ‹/sbin/init› failed (error ‹-2›)",
        Shows::InitFails,
    ),
    mark(
        "Attempted to kill init!‹ exitcode=0x00000000›",
        Shows::InitEnded,
    ),
    // Another CPU or program may print into the line.
    mark(
        "Attempted to kill ‹init!› exitcode=0x‹00000000›",
        Shows::InitEnded,
    ),
    mark(
        "Kernel panic - not syncing: ‹…›",
        Shows::End(EndKind::Panic),
    ),
    mark("Kernel panic - ‹…›", Shows::End(EndKind::Panic)),
    mark("Kernel panic: ‹…›", Shows::End(EndKind::Panic)),
    mark("Freezing execution", Shows::End(EndKind::Frozen)),
    mark("freezing execution", Shows::End(EndKind::Frozen)),
    mark("[!!!!!!] ‹Failed to …›", Shows::End(EndKind::Frozen)),
    mark("-- System halted", Shows::End(EndKind::Halted)),
    mark("Internal error: ‹Oops›", Shows::End(EndKind::Oops)),
    mark("Oops: ‹0000›", Shows::End(EndKind::Oops)),
    mark("BUG: unable to handle ‹…›", Shows::End(EndKind::Oops)),
    mark(
        "BUG: kernel NULL pointer dereference",
        Shows::End(EndKind::Oops),
    ),
    mark("kernel BUG at ‹file›", Shows::End(EndKind::Oops)),
    mark(
        "Unable to handle kernel ‹…› at virtual address",
        Shows::End(EndKind::Oops),
    ),
    mark("general protection fault, ", Shows::End(EndKind::Oops)),
    mark(
        "general protection fault: ‹0000› [#‹1›]",
        Shows::End(EndKind::Oops),
    ),
    mark("invalid opcode: ‹0000› [#‹1›]", Shows::End(EndKind::Oops)),
    mark("divide error: ‹0000› [#‹1›]", Shows::End(EndKind::Oops)),
    mark(
        "BUG: Kernel NULL pointer dereference",
        Shows::End(EndKind::Oops),
    ),
    mark("Out of memory: Kill", Shows::End(EndKind::OutOfMemory)),
    mark("watchdog: BUG: soft lockup", Shows::End(EndKind::Lockup)),
    mark("BUG: soft lockup", Shows::End(EndKind::Lockup)),
    mark("detected stalls on CPUs/tasks", Shows::End(EndKind::Lockup)),
    mark("self-detected stall on CPU", Shows::End(EndKind::Lockup)),
    mark(
        "blocked for more than ‹120› seconds.",
        Shows::End(EndKind::Lockup),
    ),
    mark("Watchdog detected hard LOCKUP", Shows::End(EndKind::Lockup)),
    mark("emergency recovery shell launched", Shows::EarlyShell),
    mark(
        "Launching initramfs emergency recovery shell",
        Shows::EarlyShell,
    ),
    mark("(initramfs) ", Shows::EarlyShell),
    mark(
        "Entering single mode. Type 'exit' to continue booting.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "Entering emergency mode. Exit the shell to continue.",
        Shows::EarlyShell,
    ),
    mark(
        "Reached target ‹emergency.target - ›Emergency Mode",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "You are in emergency mode.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark("Spawning shell within the initramfs", Shows::EarlyShell),
    mark("dracut: FATAL: ‹reason›", Shows::EarlyShell),
    mark(
        "Unable to find a medium containing a live file system",
        Shows::EarlyShell,
    ),
    mark(
        "You are in rescue mode.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "You are now being dropped into an emergency shell.",
        Shows::EarlyShell,
    ),
    mark(
        "An error occurred in stage 1 of the boot process",
        Shows::EarlyShell,
    ),
    mark(
        "Give root password for maintenance",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "Cannot open access to console, the root account is locked.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark("Starting Dracut Emergency Shell", Shows::EarlyShell),
    mark(
        "Generating \"/run/initramfs/rdsosreport.txt\"",
        Shows::EarlyShell,
    ),
    mark("Dependency failed for Initrd ", Shows::EarlyShell),
    mark("Dependency failed for initrd-", Shows::EarlyShell),
    mark("Dependency failed for /sysroot", Shows::EarlyShell),
    mark("Dependency failed for sysroot‹.mount›", Shows::EarlyShell),
    mark(
        "Bailing out, you are on your own. Good luck.",
        Shows::EarlyShell,
    ),
    mark("Dropping to a shell!", Shows::EarlyShell),
    mark("Dropping to debug shell.", Shows::EarlyShell),
    mark("dracut: Refusing to continue", Shows::EarlyShell),
    mark("reboot: Restarting system", Shows::End(EndKind::Restart)),
    mark("reboot: machine restart", Shows::End(EndKind::Restart)),
    mark("reboot: Power down", Shows::End(EndKind::PowerOff)),
    mark("reboot: System halted", Shows::End(EndKind::PowerOff)),
    mark(
        "reboot: Power off not available",
        Shows::End(EndKind::PowerOff),
    ),
    // VMMs.
    mark(
        "KVM_EXIT_INTERNAL_ERROR",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark(
        "KVM internal error. Suberror",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark(
        "KVM: entry failed, hardware error",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark("KVM_EXIT_FAIL_ENTRY", Shows::End(EndKind::HypervisorFault)),
    mark(
        "error: kvm run failed",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark(
        "KVM: unknown exit, hardware reason",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark(
        "Failure during vcpu run",
        Shows::End(EndKind::HypervisorFault),
    ),
    mark(
        "Received KVM_EXIT_SHUTDOWN signal",
        Shows::End(EndKind::TripleFault),
    ),
    mark("Triple fault", Shows::End(EndKind::TripleFault)),
    mark(
        "Building the microVM failed",
        Shows::End(EndKind::VmmFailed),
    ),
    mark("qemu-system-‹x86_64›: ‹…›", Shows::End(EndKind::VmmFailed)),
    mark(
        "Firecracker exiting with error",
        Shows::End(EndKind::VmmFailed),
    ),
    mark("RunWithApiError error", Shows::End(EndKind::VmmFailed)),
    mark("Error booting VM: ‹…›", Shows::End(EndKind::VmmFailed)),
    mark(
        "Could not access KVM kernel module",
        Shows::End(EndKind::VmmFailed),
    ),
    mark("Cannot create VMM", Shows::VmmRefuses),
    mark(
        "Shutting down VM after intercepting",
        Shows::End(EndKind::VmmFailed),
    ),
    mark("\"fault_message\"", Shows::VmmRefuses),
    mark("Failed to start microVM", Shows::VmmRefuses),
    mark("while starting microVM", Shows::VmmRefuses),
    mark("VmBoot(", Shows::VmmRefuses),
    mark("VmCreate(", Shows::VmmRefuses),
    mark("HypervisorCreate(", Shows::VmmRefuses),
    mark("Error creating the Kvm object", Shows::VmmRefuses),
    mark("Error creating KVM object", Shows::VmmRefuses),
    mark("Cannot create the Kvm", Shows::VmmRefuses),
    mark("KVM_CREATE_VM", Shows::VmmRefuses),
    mark("failed to launch qemu", Shows::VmmRefuses),
    mark(
        "process exited while connecting to monitor",
        Shows::VmmRefuses,
    ),
    mark("Failed to start domain", Shows::VmmRefuses),
    mark("qemu-kvm: ‹…›", Shows::VmmRefuses),
    mark("qemu: could not load kernel", Shows::VmmRefuses),
    mark("the architecture failed to build the vm", Shows::VmmRefuses),
    mark("VZErrorDomain", Shows::VmmRefuses),
    mark("The virtual machine failed to start", Shows::VmmRefuses),
    mark("Wsl/Service/‹CreateInstance›", Shows::VmmRefuses),
    mark(
        "Failed to open a session for the virtual machine",
        Shows::VmmRefuses,
    ),
    mark("libxl: error: ‹…›", Shows::VmmRefuses),
    mark("cloud-hypervisor: ", Shows::Host),
    mark("[Debug I/O port: ", Shows::Host),
    mark("anonymous-instance:", Shows::Host),
    mark("Failed to check if grpc server is working", Shows::Host),
    mark("timed out connecting to vsock", Shows::Host),
    mark("BdsDxe: ", Shows::Host),
];

const fn mark(text: &'static str, shows: Shows) -> Mark {
    Mark { text, shows }
}
