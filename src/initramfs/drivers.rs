//! The kernel modules whose content is kept while an archive passes by: those that a boot can hang
//! on. Others are decoded again when asked for.

/// Names of modules, or their beginnings where a star ends them, underscores for hyphens.
const BOOT_DRIVERS: &[&str] = &[
    "virtio*",
    "vmw_vsock_virtio*",
    "vsock",
    "net_failover",
    "failover",
    "ext4",
    "jbd2",
    "mbcache",
    "crc*",
    "libcrc32c",
    "squashfs",
    "erofs",
    "btrfs",
    "xor",
    "raid6_pq",
    "xfs",
    "overlay",
    "fuse",
    "virtiofs",
    "loop",
    "9p*",
    "netfs",
    "fscache",
    "nvme*",
    "scsi_mod",
    "scsi_common",
    "sd_mod",
    "dm_mod",
    "dax",
    "isofs",
    "cdrom",
    "fat",
    "vfat",
];

/// Whether a file of this name is kept: everything that is not a kernel module, and the modules of
/// the table.
pub(super) fn is_wanted(name: &[u8]) -> bool {
    let Some(module) = module_name(name) else {
        return true;
    };
    BOOT_DRIVERS
        .iter()
        .any(|driver| match driver.strip_suffix('*') {
            Some(begin) => module.starts_with(begin),
            None => module == *driver,
        })
}

/// The name that a module of this file has in the kernel.
fn module_name(file: &[u8]) -> Option<String> {
    let file = std::str::from_utf8(file).ok()?;
    let module = [".ko", ".ko.gz", ".ko.xz", ".ko.zst"]
        .iter()
        .find_map(|suffix| file.strip_suffix(suffix))?;
    Some(module.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_wanted_by_name_and_all_else_is() {
        for name in [
            "init",
            "ext4.ko",
            "virtio_blk.ko.gz",
            "crc32c-intel.ko.xz",
            "a.ko.tar",
        ] {
            assert!(is_wanted(name.as_bytes()), "{name}");
        }
        for name in ["nls_cp437.ko", "ext4x.ko.zst", "usb-storage.ko.gz"] {
            assert!(!is_wanted(name.as_bytes()), "{name}");
        }
    }
}
