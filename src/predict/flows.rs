//! The functions of a boot in the order in which they run, and the causes that each can end in.
//!
//! Source: Linux `init/main.c` (`start_kernel`, `kernel_init_freeable`, `kernel_init`),
//! `init/initramfs.c` (`populate_rootfs`), `init/do_mounts.c` (`prepare_namespace`),
//! `fs/ext4/super.c` (`ext4_fill_super`).

use super::boot::Boot;
use super::first_target::{self, reach_first_target};
use super::fstab;
use super::gap::Gap;
use super::kernel_init::{self, kernel_init};
use super::kernel_init_freeable::{self, kernel_init_freeable, maybe_break};
use super::modules::{self, load_modules};
use super::populate_rootfs::populate_rootfs;
use super::recorder::Recorder;
use super::root_device;
use super::root_mount;
use super::start_kernel;
use crate::error::Result;
use crate::stage::Stage;

/// One function of the boot.
pub struct Flow {
    /// The stage to which it belongs.
    pub stage: Stage,
    /// The function, with its file.
    pub follows: &'static str,
    /// The causes that it can end in, in its own order.
    pub codes: &'static [u16],
    /// The decision if nothing stops it.
    pub passes: &'static str,
    /// What of it is not modelled, and leaves everything after it open.
    pub gaps: &'static [Gap],
    /// What it reports as unknown if it needs to know it.
    pub unknown: &'static [&'static str],
    /// Follows it.
    pub(super) run: fn(&Boot<'_>, &mut Recorder<'_>) -> Result<()>,
}

/// The functions, in the order in which they run.
pub static FLOWS: [Flow; 16] = [
    Flow {
        stage: Stage::Read,
        follows: "kelpie-check, reading the files",
        codes: &[1, 2, 3, 4, 5, 6, 702],
        passes: "The kernel image is readable.",
        gaps: &[],
        unknown: &[
            "A kernel whose options neither a configuration nor its symbol table shows.",
            "The part of a file beyond a limit of size, work or time.",
        ],
        run: facts,
    },
    Flow {
        stage: Stage::Load,
        follows: "the VMM, loading the kernel",
        codes: &[101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 114, 115],
        passes: "The VMM loads the kernel.",
        gaps: &[],
        unknown: &[],
        run: facts,
    },
    Flow {
        stage: Stage::Load,
        follows: "the VMM, init/main.c: setup_command_line",
        codes: &[111, 112, 113],
        passes: "The kernel gets the command line.",
        gaps: &[],
        unknown: &[],
        run: facts,
    },
    Flow {
        stage: Stage::Start,
        follows: "init/main.c: start_kernel",
        codes: &[205, 206, 207, 210],
        passes: "The kernel finds its interrupts and clocks.",
        gaps: &start_kernel::START,
        unknown: &[],
        run: facts,
    },
    Flow {
        stage: Stage::Console,
        follows: "kernel/printk/printk.c: console_setup, register_console",
        codes: &[201, 202, 203, 204, 706],
        passes: "A console works.",
        gaps: &start_kernel::CONSOLE,
        unknown: &[],
        run: facts,
    },
    Flow {
        stage: Stage::Initramfs,
        follows: "init/initramfs.c: populate_rootfs",
        codes: &[20, 301, 302, 309, 310, 311],
        passes: "The kernel unpacks the initramfs, if there is one.",
        gaps: &[],
        unknown: &[
            "Files before a segment that the kernel cannot decode.",
            "Damage that the kernel does not notice, in an archive whose init starts.",
            "cpio headers with characters that are not hexadecimal digits, before Linux 7.2.",
        ],
        run: populate_rootfs,
    },
    Flow {
        stage: Stage::Initramfs,
        follows: "init/main.c: kernel_init_freeable",
        codes: &[303, 304],
        passes: "The init of the initramfs runs, or the kernel mounts the root.",
        gaps: &kernel_init_freeable::GAPS,
        unknown: &[
            "An init of the initramfs from a generator without a model, together with a \
            root.",
        ],
        run: kernel_init_freeable,
    },
    Flow {
        stage: Stage::Initramfs,
        follows: "the init of the initramfs: its parameters for a shell",
        codes: &[312],
        passes: "No parameter requests a shell of the initramfs.",
        gaps: &[],
        unknown: &[],
        run: maybe_break,
    },
    Flow {
        stage: Stage::Initramfs,
        follows: "the init of the initramfs: modprobe",
        codes: &[314, 305, 306, 307, 308, 313, 705],
        passes: "The initramfs has the modules that the root needs.",
        gaps: &modules::GAPS,
        unknown: &[
            "`install` lines of modprobe.d with a command, and blacklists of modules that are \
                loaded by name.",
            "`lockdown=` with modules.",
            "The codecs of a modprobe other than kmod's and BusyBox's.",
        ],
        run: load_modules,
    },
    Flow {
        stage: Stage::RootDevice,
        follows: "drivers/virtio: virtio_dev_probe, virtblk_probe, virtio_fs_probe",
        codes: &[402, 401, 407],
        passes: "The drivers find the device of the root, if the boot needs one.",
        gaps: &[],
        unknown: &["A driver without evidence for being a module."],
        run: root_device::probe,
    },
    Flow {
        stage: Stage::RootDevice,
        follows: "init/do_mounts.c: prepare_namespace, early_lookup_bdev",
        codes: &[403, 404, 405, 406],
        passes: "The device that root= names exists, if the boot needs one.",
        gaps: &root_device::GAPS,
        unknown: &[
            "Names by serial number or driver in /dev/disk, and by device path on other machines than q35.",
            "LVM, LUKS, md, multipath and other devices on top of disks.",
            "Numbers of devices other than the root's disk; roots on a network, in RAM or on flash.",
            "UUIDs and labels of file systems other than ext2 to ext4, FAT, XFS, Btrfs, EROFS and swap.",
        ],
        run: root_device::look_up,
    },
    Flow {
        stage: Stage::RootDevice,
        follows: "the init of the initramfs: the /usr of /etc/fstab",
        codes: &[408],
        passes: "The /usr of /etc/fstab exists, if the initramfs waits for one.",
        gaps: &fstab::USR_GAPS,
        unknown: &[],
        run: fstab::find_usr,
    },
    Flow {
        stage: Stage::RootMount,
        follows: "init/do_mounts.c: mount_root_generic; fs/ext4/super.c: ext4_fill_super",
        codes: &[
            509, 13, 501, 10, 502, 513, 11, 12, 503, 504, 505, 506, 507, 508, 510, 511, 512,
        ],
        passes: "The root is mounted.",
        gaps: &root_mount::GAPS,
        unknown: &[
            "File systems other than ext2, ext3 and ext4, beyond their driver and codecs.",
            "Copies of a superblock that `rootflags=sb=` names; a journal on another device that \
                the options name.",
            "Features that differ between stable releases of one version.",
        ],
        run: root_mount::mount_root,
    },
    Flow {
        stage: Stage::Init,
        follows: "init/main.c: kernel_init, run_init_process",
        codes: &[601, 602, 603, 604, 605, 606, 607, 608, 609, 610],
        passes: "Init starts and finds everything that it needs.",
        gaps: &kernel_init::GAPS,
        unknown: &["Device nodes of drivers on devtmpfs as an init."],
        run: kernel_init,
    },
    Flow {
        stage: Stage::Init,
        follows: "init, at its start",
        codes: &[612, 613, 614],
        passes: "Init finds the kernel features and the files that it needs.",
        gaps: &first_target::GAPS,
        unknown: &["systemd on a kernel without FHANDLE, or with a required option as a module."],
        run: reach_first_target,
    },
    Flow {
        stage: Stage::Userspace,
        follows: "the system, after init starts",
        codes: &[701, 703, 704, 707],
        passes: "Kernel, machine and system match.",
        gaps: &fstab::GAPS,
        unknown: &[],
        run: fstab::run_system,
    },
];

/// Asks the causes of a function on their own.
fn facts(_: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask_facts(recorder.flow().codes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::CAUSES;

    #[test]
    fn every_predicted_cause_stands_in_one_row() {
        let codes: Vec<u16> = FLOWS
            .iter()
            .flat_map(|flow| flow.codes.iter().copied())
            .collect();
        for cause in CAUSES.into_iter().filter(|cause| cause.is_predicted()) {
            let rows = codes.iter().filter(|code| **code == cause.code.0).count();
            assert_eq!(rows, 1, "{}", cause.code);
        }
        let predicted = CAUSES
            .into_iter()
            .filter(|cause| cause.is_predicted())
            .count();
        assert_eq!(codes.len(), predicted);
    }

    #[test]
    fn the_rows_climb_the_ladder() {
        assert!(FLOWS.iter().is_sorted_by_key(|flow| flow.stage));
    }
}
