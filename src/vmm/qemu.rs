//! QEMU's usual machine of each architecture: q35 on x86_64, virt with PCI elsewhere.
//!
//! Source: the sources of `qemu-q35` and `qemu-virt`.

use super::{DiskKind, Target, VIRTIO_BLK, VIRTIO_SCSI, VirtioFs, qemu_q35, qemu_virt};

/// The target.
pub static QEMU: Target = Target {
    name: "qemu",
    title: "QEMU",
    versions: "7.2, and its successors where they load kernels alike",
    as_of: "2026-12",
    sources: &[
        "QEMU docs/system/i386/pc.rst, and what qemu-q35 names",
        "QEMU docs/system/arm/virt.rst and docs/system/riscv/virt.rst, and what qemu-virt names",
    ],
    platforms: &[qemu_q35::X86_64, qemu_virt::AARCH64, qemu_virt::RISCV64],
};

/// The tag is the caller's; the device needs a virtiofsd beside QEMU and shared memory.
pub(super) const VIRTIO_FS: VirtioFs = VirtioFs {
    tag: "rootfs",
    made_by: "-device vhost-user-fs-pci,tag=rootfs",
};

/// The disks that its machines are started with.
pub(super) const DISKS: &[&DiskKind] = &[&VIRTIO_BLK, &VIRTIO_SCSI];

/// `-drive format=` names any of them (`docs/system/images.rst`).
pub(super) const DISK_FORMATS: &[&str] = &["raw", "qcow2", "qcow", "vmdk", "vhdx", "vhd", "vdi"];
