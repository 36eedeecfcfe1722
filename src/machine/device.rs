//! A device of a machine: its bus, the drivers that a kernel needs for it, and its name in the guest.

use crate::vmm::{Bus, Console, DiskKind, RootDrive};

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it is.
    pub kind: DeviceKind,
    /// The bus; `None` for a device of the board, such as a serial port.
    pub bus: Option<&'static Bus>,
    /// Whether the VMM adds it without being asked.
    pub is_implicit: bool,
}

/// What a device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceKind {
    /// A console.
    Console {
        /// The console.
        console: &'static Console,
        /// Whether it is the one that is read: /dev/console, if the kernel has its driver.
        is_read: bool,
    },
    /// A disk.
    Disk(Disk),
    /// A folder that is shared by virtiofs.
    Share {
        /// The name by which the guest mounts it.
        tag: &'static str,
    },
    /// A network interface.
    Network,
    /// vsock.
    Socket,
    /// A source of entropy.
    Entropy,
    /// A memory balloon.
    Balloon,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Its kind.
    pub kind: &'static DiskKind,
    /// The name that the kernel gives it: `vda`.
    pub name: String,
    /// Whether the guest may only read it.
    pub is_read_only: bool,
    /// Whether the VMM makes it the root, and how (Firecracker's `is_root_device`).
    pub root_drive: Option<RootDrive>,
}

impl Disk {
    /// Returns the path of the disk in the guest.
    pub fn path(&self) -> String {
        format!("/dev/{}", self.name)
    }
}

impl Device {
    /// Returns a virtio device or a disk on a bus.
    pub fn on(bus: &'static Bus, kind: DeviceKind) -> Self {
        Self {
            kind,
            bus: Some(bus),
            is_implicit: false,
        }
    }

    /// Returns true for a virtio device.
    pub fn is_virtio(&self) -> bool {
        match &self.kind {
            DeviceKind::Console { console, .. } => console.virtio,
            DeviceKind::Disk(disk) => disk.kind.is_virtio,
            _ => true,
        }
    }

    /// Returns the options that a kernel needs to reach and drive the device, the transport first.
    pub fn options(&self) -> Vec<&'static str> {
        let mut options: Vec<&str> = match self.bus {
            Some(bus) if self.is_virtio() => bus.for_virtio().collect(),
            Some(bus) => bus.options.to_vec(),
            None => Vec::new(),
        };
        options.extend(self.driver_options());
        options
    }

    /// Returns the options of the driver, without the transport.
    pub fn driver_options(&self) -> &'static [&'static str] {
        match &self.kind {
            DeviceKind::Console { console, .. } => console.options,
            DeviceKind::Disk(disk) => disk.kind.options,
            DeviceKind::Share { .. } => &["VIRTIO_FS"],
            DeviceKind::Network => &["VIRTIO_NET"],
            DeviceKind::Socket => &["VIRTIO_VSOCKETS"],
            DeviceKind::Entropy => &["HW_RANDOM_VIRTIO"],
            DeviceKind::Balloon => &["VIRTIO_BALLOON"],
        }
    }

    /// Returns the name of the device in machine formats.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            DeviceKind::Console { console, .. } if console.virtio => "virtio-console",
            DeviceKind::Console { .. } => "serial",
            DeviceKind::Disk(disk) => disk.kind.name,
            DeviceKind::Share { .. } => "virtio-fs",
            DeviceKind::Network => "virtio-net",
            DeviceKind::Socket => "virtio-vsock",
            DeviceKind::Entropy => "virtio-rng",
            DeviceKind::Balloon => "virtio-balloon",
        }
    }

    /// Returns the name by which the guest knows the device; `None` if it has no name of its own.
    pub fn guest_name(&self) -> Option<&str> {
        match &self.kind {
            DeviceKind::Console { console, .. } => Some(console.device),
            DeviceKind::Disk(disk) => Some(&disk.name),
            DeviceKind::Share { tag } => Some(tag),
            _ => None,
        }
    }
}
