//! QEMU by the machine that fits the architecture: microvm on x86_64, virt elsewhere.
//!
//! Source: what `qemu-microvm` and `qemu-virt` were read from; a kernel's architecture decides
//! between the two.

use super::{Target, VirtioFs, qemu_microvm, qemu_virt};

/// The target.
pub static QEMU: Target = Target {
    name: "qemu",
    title: "QEMU",
    versions: "7.2, and its successors where they load kernels alike",
    as_of: "2026-11",
    sources: &[
        "QEMU docs/system/i386/microvm.rst, and what qemu-microvm names",
        "QEMU docs/system/arm/virt.rst and docs/system/riscv/virt.rst, and what qemu-virt names",
    ],
    platforms: &[qemu_microvm::X86_64, qemu_virt::AARCH64, qemu_virt::RISCV64],
};

/// The tag is the caller's; the device needs a virtiofsd beside QEMU and shared memory.
pub(super) const VIRTIO_FS: VirtioFs = VirtioFs {
    tag: "rootfs",
    made_by: "-device vhost-user-fs-device,tag=rootfs",
};

/// `-drive format=` names any of them (`docs/system/images.rst`).
pub(super) const DISK_FORMATS: &[&str] = &["raw", "qcow2", "qcow", "vmdk", "vhdx", "vhd", "vdi"];
