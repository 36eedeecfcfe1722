//! The buses of virtual machines: what a kernel needs to reach a device there, a row each.

/// A bus on which a machine has its devices.
#[derive(Debug, PartialEq, Eq)]
pub struct Bus {
    /// The name in machine formats.
    pub name: &'static str,
    /// How the kernel finds the devices.
    pub found_by: FoundBy,
    /// The options that all have to be built in, or loaded, for any device to be reached.
    pub options: &'static [&'static str],
    /// The options that virtio devices need before those.
    pub virtio_options: &'static [&'static str],
    /// The slot of the first device, if the bus is the root of a PC and the VMM fills it in order.
    pub first_slot: Option<u32>,
}

/// How a kernel finds the devices on a bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The command line names each device (`virtio_mmio.device=`).
    CommandLine,
    /// ACPI's tables describe them, or the command line names them.
    AcpiOrCommandLine,
    /// The device tree describes them.
    DeviceTree,
    /// The kernel enumerates the bus.
    Enumeration,
}

/// virtio-mmio without ACPI.
pub static MMIO_COMMAND_LINE: Bus = Bus {
    name: MMIO,
    found_by: FoundBy::CommandLine,
    options: &[],
    virtio_options: &["VIRTIO_MMIO", "VIRTIO_MMIO_CMDLINE_DEVICES"],
    first_slot: None,
};

/// virtio-mmio on a machine that may have ACPI.
pub static MMIO_ACPI: Bus = Bus {
    name: MMIO,
    found_by: FoundBy::AcpiOrCommandLine,
    options: &[],
    virtio_options: &["VIRTIO_MMIO"],
    first_slot: None,
};

/// virtio-mmio in a device tree.
pub static MMIO_DEVICE_TREE: Bus = Bus {
    name: MMIO,
    found_by: FoundBy::DeviceTree,
    options: &[],
    virtio_options: &["VIRTIO_MMIO"],
    first_slot: None,
};

/// PCI behind the host bridge of a PC, which every x86 kernel with PCI drives.
pub static PCI_X86: Bus = X86;

const X86: Bus = Bus {
    name: PCI,
    found_by: FoundBy::Enumeration,
    options: &["PCI"],
    virtio_options: &["VIRTIO_PCI"],
    first_slot: None,
};

/// The same on QEMU's q35, whose host bridge has slot 0.
pub static PCI_Q35: Bus = Bus {
    first_slot: Some(1),
    ..X86
};

/// PCI behind a host bridge that the device tree describes (`pci-host-ecam-generic`).
///
/// Source: Linux `drivers/pci/controller/pci-host-generic.c`.
pub static PCI_DEVICE_TREE: Bus = Bus {
    name: PCI,
    found_by: FoundBy::Enumeration,
    options: &["PCI", "PCI_HOST_GENERIC"],
    virtio_options: &["VIRTIO_PCI"],
    first_slot: None,
};

const MMIO: &str = "mmio";
const PCI: &str = "pci";

impl Bus {
    /// Returns the options that a virtio device on this bus needs.
    pub fn for_virtio(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.virtio_options.iter().chain(self.options).copied()
    }

    /// Returns true for PCI.
    pub fn is_pci(&self) -> bool {
        self.name == PCI
    }
}
