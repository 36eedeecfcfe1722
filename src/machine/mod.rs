//! The machine of a guest: one description, which `check` judges and `boot` starts.
//!
//! A machine is built in one place ([`Machine::new`]) from a target, an architecture and what the user
//! chose. It holds the devices in the order in which the VMM creates them.

mod device;
mod path;

pub use device::{Device, DeviceKind, Disk};

use crate::architecture::Architecture;
use crate::vmm::{Adds, Console, DiskKind, Platform, RootDrive, Tables, Target};

/// What decides about a machine beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// RAM.
    pub ram_mib: Option<u64>,
    /// The level of x86-64 of the CPU.
    pub cpu_level: Option<u8>,
    /// Whether the machine has ACPI, if the target leaves that open.
    pub acpi: Option<bool>,
    /// What holds the root.
    pub storage: Storage,
    /// The kind of the disk; `None` is the target's usual one.
    pub disk: Option<&'static DiskKind>,
    /// The consoles that the command line names, in order.
    pub consoles: Vec<String>,
    /// Whether the command line names the root.
    pub names_root: bool,
}

/// What holds the root of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storage {
    /// No disk and no share.
    #[default]
    None,
    /// A disk.
    Disk {
        /// Whether the guest may only read it.
        is_read_only: bool,
    },
    /// A folder that is shared by virtiofs.
    Folder,
}

/// How a kernel learns of its CPUs and interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// ACPI tables.
    Acpi,
    /// Intel's MultiProcessor table.
    MultiProcessor,
    /// The 8259 of a PC, which needs no table.
    Pic,
    /// A flattened device tree.
    DeviceTree,
}

/// A machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The VMM.
    pub target: &'static Target,
    /// The VMM on this architecture: how it loads kernels, and where memory lies.
    pub platform: &'static Platform,
    /// RAM.
    pub ram_mib: u64,
    /// The level of x86-64 of the CPU; `None` if it is not known.
    pub cpu_level: Option<u8>,
    /// How the kernel learns of CPUs and interrupts, best first.
    pub discovery: &'static [Discovery],
    /// The devices, in the order in which the VMM creates them.
    pub devices: Vec<Device>,
    /// The options that the user chose, by their names.
    pub chosen: Vec<&'static str>,
}

impl Machine {
    /// Returns the machine that a target starts.
    pub fn new(target: &'static Target, platform: &'static Platform, choices: &Choices) -> Self {
        let mut machine = Self {
            target,
            platform,
            ram_mib: choices.ram_mib.unwrap_or(platform.ram_mib),
            cpu_level: choices.cpu_level,
            discovery: discovery(platform.tables, choices.acpi),
            devices: consoles(platform, &choices.consoles),
            chosen: chosen(choices),
        };
        machine.add_implicit();
        machine.add_storage(choices);
        machine
    }

    /// Returns the architecture.
    pub fn architecture(&self) -> Architecture {
        self.platform.architecture
    }

    /// Returns RAM in bytes.
    pub fn ram_bytes(&self) -> u64 {
        self.ram_mib.saturating_mul(1024 * 1024)
    }

    /// Returns true if the machine has ACPI tables.
    pub fn has_acpi(&self) -> bool {
        self.discovery.contains(&Discovery::Acpi)
    }

    /// Returns the options of which a kernel needs one to learn of its interrupts; none if it needs
    /// no option for that.
    pub fn table_options(&self) -> Vec<&'static str> {
        let options = self.discovery.iter().map(|found| found.option());
        options.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// Returns the first disk.
    pub fn disk(&self) -> Option<&Disk> {
        self.devices.iter().find_map(|device| match &device.kind {
            DeviceKind::Disk(disk) => Some(disk),
            _ => None,
        })
    }

    /// Returns the tag of the shared folder.
    pub fn share(&self) -> Option<&'static str> {
        self.devices.iter().find_map(|device| match device.kind {
            DeviceKind::Share { tag } => Some(tag),
            _ => None,
        })
    }

    /// Returns the device that holds the root.
    pub fn storage(&self) -> Option<&Device> {
        self.devices
            .iter()
            .find(|device| matches!(device.kind, DeviceKind::Disk(_) | DeviceKind::Share { .. }))
    }

    /// Returns the options that a kernel needs to reach the root: the transport and the drivers, without
    /// the file system.
    pub fn storage_options(&self) -> Vec<&'static str> {
        match self.storage() {
            Some(device) if matches!(device.kind, DeviceKind::Disk(_)) => device.options(),
            _ => self.platform.bus.for_virtio().collect(),
        }
    }

    /// Returns true if the console that is read is a virtio console.
    pub fn is_virtio_console_read(&self) -> bool {
        self.consoles()
            .any(|(console, is_read)| is_read && console.virtio)
    }

    /// Returns the consoles, each with whether it is the one that is read.
    pub fn consoles(&self) -> impl Iterator<Item = (&'static Console, bool)> + '_ {
        self.devices.iter().filter_map(|device| match device.kind {
            DeviceKind::Console { console, is_read } => Some((console, is_read)),
            _ => None,
        })
    }

    /// Returns how many virtio devices there are.
    pub fn virtio_devices(&self) -> u32 {
        let virtio = self.devices.iter().filter(|device| device.is_virtio());
        u32::try_from(virtio.count()).unwrap_or(u32::MAX)
    }

    fn add_implicit(&mut self) {
        for name in self.platform.implicit_devices {
            let kind = match *name {
                "rng" => DeviceKind::Entropy,
                "balloon" => DeviceKind::Balloon,
                "vsock" => DeviceKind::Socket,
                // A console of that name is among the platform's own.
                _ => continue,
            };
            self.devices.push(Device {
                is_implicit: true,
                ..Device::on(self.platform.bus, kind)
            });
        }
    }

    fn add_storage(&mut self, choices: &Choices) {
        let kind = match (choices.storage, &self.platform.virtio_fs) {
            (Storage::Disk { is_read_only }, _) => {
                let kind = choices.disk.unwrap_or_else(|| self.platform.disk_kind());
                DeviceKind::Disk(Disk {
                    kind,
                    name: kind.disk_name(0),
                    is_read_only,
                    root_drive: self.root_drive(choices, is_read_only),
                })
            }
            (Storage::Folder, Some(share)) => DeviceKind::Share { tag: share.tag },
            (Storage::Folder, None) | (Storage::None, _) => return,
        };
        self.devices.push(Device::on(self.platform.bus, kind));
    }

    /// A VMM that can make a drive the root does so, unless the command line names a root.
    fn root_drive(&self, choices: &Choices, is_read_only: bool) -> Option<RootDrive> {
        let additions = self.platform.command_line.additions;
        let can = additions
            .iter()
            .any(|addition| addition.adds == Adds::RootDrive);
        (can && !choices.names_root).then_some(RootDrive {
            read_only: is_read_only,
            partuuid: None,
        })
    }
}

impl Discovery {
    /// Returns the option that a kernel needs for it; `None` if every kernel can.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Self::Acpi => Some("ACPI"),
            Self::MultiProcessor => Some("X86_MPPARSE"),
            Self::Pic | Self::DeviceTree => None,
        }
    }

    /// Returns the name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acpi => "acpi",
            Self::MultiProcessor => "mp-table",
            Self::Pic => "pic",
            Self::DeviceTree => "device-tree",
        }
    }
}

fn discovery(tables: Tables, acpi: Option<bool>) -> &'static [Discovery] {
    match (tables, acpi) {
        (Tables::AcpiOrMultiProcessor { .. }, Some(true)) => &[Discovery::Acpi],
        (Tables::AcpiOrMultiProcessor { .. } | Tables::MultiProcessor, _) => {
            &[Discovery::MultiProcessor]
        }
        (Tables::AcpiAndMultiProcessor, _) => &[Discovery::Acpi, Discovery::MultiProcessor],
        (Tables::Pc, _) => &[Discovery::Acpi, Discovery::MultiProcessor, Discovery::Pic],
        (Tables::DeviceTree, _) => &[Discovery::DeviceTree],
    }
}

/// Returns the consoles of the machine. The serial port is always there. A virtio console is there if
/// the command line names it, or if the VMM adds one in any case. The last `console=` that names one of
/// them is the one that is read; without it, the serial port, which Linux prefers.
fn consoles(platform: &'static Platform, named: &[String]) -> Vec<Device> {
    let serial = platform.consoles.iter().find(|console| !console.virtio);
    let usual = serial.or(platform.consoles.first());
    let last = named.iter().rev().find_map(|name| {
        let mut consoles = platform.consoles.iter();
        consoles.find(|console| console.device == *name)
    });
    let read = last.or(usual).map(|console| console.device);
    let is_implicit =
        |console: &Console| console.virtio && platform.implicit_devices.contains(&"console");
    platform
        .consoles
        .iter()
        .filter(|console| {
            let is_read = read == Some(console.device);
            let is_named = named.iter().any(|name| *name == console.device);
            if platform.has_one_console {
                is_read
            } else {
                is_read || is_named || !console.virtio || is_implicit(console)
            }
        })
        .map(|console| Device {
            kind: DeviceKind::Console {
                console,
                is_read: read == Some(console.device),
            },
            bus: console.virtio.then_some(platform.bus),
            is_implicit: is_implicit(console),
        })
        .collect()
}

fn chosen(choices: &Choices) -> Vec<&'static str> {
    let is_read_only = matches!(choices.storage, Storage::Disk { is_read_only: true });
    [
        (choices.ram_mib.is_some(), "ram-mib"),
        (choices.cpu_level.is_some(), "cpu-level"),
        (choices.acpi.is_some(), "acpi"),
        (choices.disk.is_some(), "disk"),
        (is_read_only, "read-only"),
    ]
    .into_iter()
    .filter_map(|(is_chosen, name)| is_chosen.then_some(name))
    .collect()
}
