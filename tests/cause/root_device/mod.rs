mod block_driver_not_built_in;
mod early;
mod no_root_parameter;
mod no_such_partuuid;
mod no_such_root_device;
mod root_by_uuid_without_initramfs;
mod transport_not_built_in;
mod usr_device_missing;
mod virtiofs_root_unsupported;

use crate::disks;
use crate::kernels::{arm64, vmlinux};
use crate::run::Case;

/// A kernel with these options that mounts an ext4 disk itself.
pub fn x86(options: &[&str]) -> Case {
    Case::new(vmlinux())
        .config(&options.join("\n"))
        .no_initramfs()
        .command_line("console=ttyS0 root=/dev/vda")
        .root(disks::ext4())
}

pub fn arm(options: &[&str]) -> Case {
    Case::new(arm64().build())
        .config(&options.join("\n"))
        .no_initramfs()
        .command_line("console=hvc0 root=/dev/vda")
        .root(disks::ext4())
}

/// A kernel of another version, of as many digits.
pub fn of_version(version: &str) -> Vec<u8> {
    let mut kernel = vmlinux();
    let from = b"Linux version 6.1.0";
    let at = kernel
        .windows(from.len())
        .position(|bytes| bytes == from)
        .expect("the forged kernel has its banner");
    kernel[at + 14..at + 19].copy_from_slice(version.as_bytes());
    kernel
}
