//! What the numbers in a kernel's messages mean: errors, exit codes, devices.
//!
//! Sources: Linux `include/uapi/asm-generic/errno-base.h` and `errno.h`;
//! musl `src/errno/__strerror.h`, glibc `errno.texi`; `include/uapi/asm-generic/signal.h`; `Documentation/admin-guide/devices.txt`; `kernel/exit.c`.

/// An error's name and meaning.
pub fn errno(number: i32) -> Option<(&'static str, &'static str)> {
    Some(match number.checked_abs()? {
        1 => ("EPERM", "operation not permitted"),
        2 => ("ENOENT", "no such file or directory"),
        4 => ("EINTR", "interrupted"),
        5 => ("EIO", "input or output error"),
        6 => ("ENXIO", "no such device or address"),
        7 => ("E2BIG", "arguments too long"),
        8 => ("ENOEXEC", "an executable of an unknown format"),
        11 => ("EAGAIN", "try again"),
        12 => ("ENOMEM", "out of memory"),
        13 => ("EACCES", "permission denied"),
        14 => ("EFAULT", "bad address"),
        15 => ("ENOTBLK", "not a block device"),
        16 => ("EBUSY", "busy"),
        17 => ("EEXIST", "it exists already"),
        19 => ("ENODEV", "no such device, or no such file system driver"),
        20 => ("ENOTDIR", "not a directory"),
        21 => ("EISDIR", "a directory"),
        22 => ("EINVAL", "invalid argument"),
        23 | 24 => ("EMFILE", "too many open files"),
        26 => ("ETXTBSY", "the file is open for writing"),
        28 => ("ENOSPC", "no space left"),
        30 => ("EROFS", "a read-only file system or device"),
        36 => ("ENAMETOOLONG", "the name is too long"),
        38 => ("ENOSYS", "no such system call"),
        40 => (
            "ELOOP",
            "symbolic links form a loop, or interpreters are nested too deep",
        ),
        52 => ("EBADE", "bad exchange"),
        74 => ("EBADMSG", "a checksum is wrong"),
        80 => ("ELIBBAD", "a damaged library or interpreter"),
        95 => ("EOPNOTSUPP", "not supported"),
        110 => ("ETIMEDOUT", "timed out"),
        117 => ("EUCLEAN", "the file system is damaged"),
        _ => return None,
    })
}

/// What programs with musl print for an error of execve(2), and those with glibc where that differs.
const WORDS: [(i32, &str); 8] = [
    (2, "No such file or directory"),
    (5, "I/O error"),
    (8, "Exec format error"),
    (13, "Permission denied"),
    (20, "Not a directory"),
    (40, "Symbolic link loop"),
    (5, "Input/output error"),
    (40, "Too many levels of symbolic links"),
];

/// What a program with musl prints for an error of execve(2).
pub fn musl_words(errno: i32) -> Option<&'static str> {
    let found = WORDS.into_iter().find(|(number, _)| *number == errno);
    found.map(|(_, words)| words)
}

/// The error that these words of a C library stand for, negative as the kernel has it.
pub(super) fn errno_of(words: &str) -> Option<i32> {
    let words = words.trim_end();
    let found = WORDS.into_iter().find(|(_, known)| *known == words);
    found.and_then(|(number, _)| number.checked_neg())
}

/// How a process ended, from the `exitcode=` of the panic over init.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this status.
    Exited(u8),
    /// A signal ended it.
    Killed(u8),
}

impl Ended {
    /// Takes `exitcode=` apart, as `wait` has it: the status in the second byte, a signal in the
    /// lowest seven bits.
    pub fn from_code(code: u32) -> Self {
        let [low, status, ..] = code.to_le_bytes();
        match low & 0x7f {
            0 => Self::Exited(status),
            signal => Self::Killed(signal),
        }
    }

    /// The end, as the rest of a sentence about init.
    pub fn describe(self) -> String {
        match self {
            Self::Exited(0) => "exited with status 0, as if it were finished".to_owned(),
            Self::Exited(126) => {
                "exited with status 126: a program was found and could not be run".to_owned()
            }
            Self::Exited(127) => {
                "exited with status 127: a program or a shared library was not found".to_owned()
            }
            Self::Exited(status) => format!("exited with status {status}"),
            Self::Killed(number) => match signal(number) {
                Some((name, meaning)) => format!("was ended by signal {number}, {name}: {meaning}"),
                None => format!("was ended by signal {number}"),
            },
        }
    }
}

fn signal(number: u8) -> Option<(&'static str, &'static str)> {
    Some(match number {
        1 => ("SIGHUP", "its terminal was closed"),
        2 => ("SIGINT", "interrupted"),
        4 => ("SIGILL", "an instruction that the CPU does not have"),
        5 => ("SIGTRAP", "a breakpoint"),
        6 => ("SIGABRT", "it called abort"),
        7 => (
            "SIGBUS",
            "an access to unmapped memory, or a truncated file",
        ),
        8 => ("SIGFPE", "an impossible calculation"),
        9 => (
            "SIGKILL",
            "killed, by the kernel after memory ran out, or because its program could not be set \
                up",
        ),
        11 => ("SIGSEGV", "an invalid memory access"),
        13 => ("SIGPIPE", "it wrote to a closed pipe"),
        15 => ("SIGTERM", "it was told to stop"),
        31 => ("SIGSYS", "a forbidden system call"),
        _ => return None,
    })
}

/// Which device a number is: the driver's or the kind's name.
///
/// virtio_blk and others take a free number from 254 downwards; it is the first that does in the
/// small kernels of virtual machines.
pub fn block_device(major: u32, minor: u32) -> String {
    let partition = |disks: &str, per_disk: u32| {
        let letter = minor
            .checked_div(per_disk)
            .and_then(|number| char::from_digit(number.checked_add(10)?, 36));
        match (letter, minor.checked_rem(per_disk)) {
            (Some(letter), Some(0)) => format!("{disks}{letter}"),
            (Some(letter), Some(part)) => format!("{disks}{letter}{part}"),
            _ => format!("{disks}…"),
        }
    };
    match major {
        0 => "no device at all".to_owned(),
        1 => format!("ram{minor}, a RAM disk"),
        2 => format!("fd{minor}, a floppy disk"),
        3 => format!("{}, an IDE disk", partition("hd", 64)),
        7 => format!("loop{minor}"),
        8 => format!("{}, a SCSI or SATA disk (driver sd)", partition("sd", 16)),
        9 => format!("md{minor}, a RAID"),
        11 => format!("sr{minor}, a CD-ROM"),
        31 => format!("mtdblock{minor}, a flash chip"),
        43 => format!("nbd{minor}, a network disk"),
        179 => "an SD card or eMMC (driver mmcblk)".to_owned(),
        202 => format!(
            "{}, a disk of Xen (driver xen-blkfront)",
            partition("xvd", 16)
        ),
        240..=254 => format!(
            "{}, if virtio_blk has that number, which is given out as drivers load",
            partition("vd", 16)
        ),
        259 => "a partition with an extended number, or an NVMe disk".to_owned(),
        _ => "a device of another driver".to_owned(),
    }
}

/// What a name in `root=` is, and the options of the drivers that it needs; none for virtio disks, and for names that
/// say nothing of a driver.
///
/// Source: Linux `Documentation/admin-guide/devices.txt`; the Kconfig files of each driver, 6.12.
pub fn root_driver(name: &str) -> Option<(&'static str, &'static str)> {
    let name = name.strip_prefix("/dev/").unwrap_or(name);
    let kinds = [
        (
            "sd",
            "a SCSI, SATA or USB disk",
            "CONFIG_BLK_DEV_SD=y and the driver of its controller (CONFIG_SATA_AHCI, CONFIG_ATA_PIIX, \
             CONFIG_SCSI_VIRTIO, CONFIG_USB_STORAGE)",
        ),
        (
            "hd",
            "an IDE disk of old kernels, which since 5.14 is named sd",
            "CONFIG_ATA=y, CONFIG_ATA_PIIX=y and CONFIG_BLK_DEV_SD=y, and name it /dev/sda",
        ),
        (
            "nvme",
            "an NVMe disk",
            "CONFIG_BLK_DEV_NVME=y and CONFIG_PCI=y",
        ),
        (
            "mmcblk",
            "an SD card or eMMC",
            "CONFIG_MMC_BLOCK=y and the driver of its host controller (CONFIG_MMC_SDHCI and its like)",
        ),
        ("xvd", "a disk of Xen", "CONFIG_XEN_BLKDEV_FRONTEND=y"),
        (
            "pmem",
            "persistent memory",
            "CONFIG_BLK_DEV_PMEM=y and CONFIG_ACPI_NFIT=y or CONFIG_VIRTIO_PMEM=y",
        ),
        (
            "ram",
            "a RAM disk",
            "CONFIG_BLK_DEV_RAM=y and CONFIG_BLK_DEV_INITRD=y",
        ),
        (
            "mtdblock",
            "a flash partition",
            "CONFIG_MTD_BLOCK=y, the driver of the flash chip, and mtdparts= or a device tree with the partition",
        ),
        (
            "ubi",
            "a volume on flash",
            "CONFIG_MTD_UBI=y and CONFIG_UBIFS_FS=y, with ubi.mtd= on the command line",
        ),
        (
            "md",
            "a RAID",
            "CONFIG_BLK_DEV_MD=y and the personality of its level",
        ),
        (
            "mapper/",
            "a volume of the device mapper (LVM, LUKS)",
            "CONFIG_BLK_DEV_DM=y; only an initramfs opens it",
        ),
    ];
    let (_, what, options) = kinds.into_iter().find(|(start, ..)| {
        name.strip_prefix(start).is_some_and(|rest| {
            *start == "mapper/" || rest.starts_with(|next: char| next.is_ascii_alphanumeric())
        })
    })?;
    Some((what, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_status_or_signal() {
        assert_eq!(Ended::from_code(0x7f00), Ended::Exited(127));
        assert_eq!(Ended::from_code(0x0b), Ended::Killed(11));
        assert_eq!(Ended::from_code(0x8b), Ended::Killed(11));
        assert_eq!(Ended::from_code(0x0100), Ended::Exited(1));
        assert!(Ended::from_code(0x7f00).describe().contains("not found"));
        assert!(Ended::from_code(4).describe().contains("SIGILL"));
        assert_eq!(Ended::from_code(0x40).describe(), "was ended by signal 64");
    }

    #[test]
    fn numbers_of_disks_are_named() {
        assert_eq!(block_device(0, 0), "no device at all");
        assert!(block_device(254, 1).starts_with("vda1,"));
        assert!(block_device(8, 17).starts_with("sdb1,"));
        assert!(block_device(8, 4000).starts_with("sd…"));
        assert_eq!(errno(-6).unwrap().0, "ENXIO");
        assert_eq!(errno(i32::MIN), None);
    }
}
