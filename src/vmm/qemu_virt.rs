//! QEMU's `-M virt` with `-kernel` and virtio over PCI: aarch64 and riscv64.
//!
//! The machine is the one of `qemu-virt-mmio`. Its PCI host bridge stands in the device tree as
//! `pci-host-ecam-generic`.
//!
//! Source: QEMU `hw/arm/virt.c` and `hw/riscv/virt.c` (`create_pcie`), `hw/virtio/virtio-pci.c`;
//! boots with QEMU 7.2.

use super::{Platform, Target, bus, qemu_virt_mmio};

/// The target.
pub static QEMU_VIRT: Target = Target {
    name: "qemu-virt",
    title: "QEMU virt",
    versions: qemu_virt_mmio::QEMU_VIRT_MMIO.versions,
    as_of: "2026-12",
    sources: &[
        "QEMU hw/arm/virt.c and hw/riscv/virt.c, create_pcie",
        "QEMU hw/arm/boot.c and hw/riscv/boot.c, and what qemu-virt-mmio names",
    ],
    platforms: &[AARCH64, RISCV64],
};

/// The machine on aarch64.
pub(super) const AARCH64: Platform = Platform {
    bus: &bus::PCI_DEVICE_TREE,
    virtio_console_pages: 0,
    ..qemu_virt_mmio::AARCH64
};

/// The machine on riscv64.
pub(super) const RISCV64: Platform = Platform {
    bus: &bus::PCI_DEVICE_TREE,
    virtio_console_pages: 0,
    ..qemu_virt_mmio::RISCV64
};
