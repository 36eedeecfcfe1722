//! The lines by which a boot shows how far it is, whatever will become of it.
//!
//! Sources: Linux `init/main.c`, `init/do_mounts.c`, `init/initramfs.c`, `kernel/panic.c`,
//! `kernel/reboot.c`, `kernel/exit.c`, `mm/oom_kill.c`, 3.x to 7.x; `arch/arm64/kernel/setup.c`;
//! mkinitfs, initramfs-tools and dracut, their init; OpenRC, systemd and BusyBox, their banners;
//! BusyBox's ash and dash, without a terminal;
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
    /// A stage is reached, or its like inside an initramfs: systemd greets in both.
    Greeting,
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
}

/// Every line that shows something.
pub static MARKS: &[Mark] = &[
    // Firmware, VMMs, decompressors.
    mark("SeaBIOS (version", Shows::Beginning),
    mark("Booting from ROM", Shows::Beginning),
    mark("iPXE initialising devices", Shows::Beginning),
    mark("U-Boot 20", Shows::Beginning),
    mark("EFI stub: Booting Linux Kernel", Shows::Beginning),
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
    mark("Waiting for root device ‹name›...", Shows::Waits),
    mark(
        "Cannot open root device \"‹vda›\" or unknown-block(‹0,0›)‹: error -6›",
        Shows::CannotOpenRoot,
    ),
    mark("here are the available partitions:", Shows::Partitions),
    mark("List of all partitions:", Shows::Partitions),
    mark("No filesystem could mount root, tried: ‹…›", Shows::Tried),
    mark("VFS: Mounted root (", Shows::Stage(Stage::RootMount)),
    mark("): unmounting filesystem", Shows::Unmounted),
    mark("): mounted filesystem", Shows::Stage(Stage::RootMount)),
    mark("Mounting root: ok.", Shows::Stage(Stage::RootMount)),
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
    mark("systemd[1]: Switching root.", Shows::SwitchRoot),
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
    mark(
        "systemd[1]: systemd ‹252› running in system mode",
        Shows::Greeting,
    ),
    mark("Welcome to ‹Alpine›", Shows::Greeting),
    mark("login: ", Shows::Stage(Stage::Userspace)),
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
        "switch_root: can't execute '‹/sbin/init›': ‹No such file or directory›",
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
    mark(
        "Kernel panic - not syncing: ‹…›",
        Shows::End(EndKind::Panic),
    ),
    mark(
        "systemd[1]: Freezing execution",
        Shows::End(EndKind::Frozen),
    ),
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
    mark(
        "emergency recovery shell launched",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "Launching initramfs emergency recovery shell",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "  Dropping to a shell!",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark("(initramfs) ", Shows::End(EndKind::EmergencyShell)),
    mark(
        "Entering emergency mode. Exit the shell to continue.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "You are in emergency mode.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "Dropping to debug shell.",
        Shows::End(EndKind::EmergencyShell),
    ),
    mark(
        "dracut: Refusing to continue",
        Shows::End(EndKind::EmergencyShell),
    ),
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
];

const fn mark(text: &'static str, shows: Shows) -> Mark {
    Mark { text, shows }
}
