//! A machine for machines.

use crate::kernel::options::OPTIONS;
use crate::machine::{Device, DeviceKind, Machine};
use schemars::JsonSchema;
use serde::Serialize;

/// The machine of the prediction and of the boot.
#[derive(Serialize, JsonSchema)]
pub struct MachineJson {
    target: &'static str,
    architecture: &'static str,
    ram_mib: u64,
    /// The start of RAM.
    ram_base: u64,
    /// The x86-64 level of the CPU; null if it is unknown.
    cpu_level: Option<u8>,
    /// How a kernel finds CPUs and interrupts: acpi, mp-table, pic, device-tree.
    discovery: Vec<&'static str>,
    /// The bus of its devices.
    bus: &'static str,
    /// The devices, in the order in which the VMM creates them.
    devices: Vec<DeviceJson>,
    /// The options that the user chose.
    chosen: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct DeviceJson {
    device: &'static str,
    /// The bus; null for a device of the board.
    bus: Option<&'static str>,
    /// The name in the guest: a disk, a console, the tag of a share; null if it has none.
    name: Option<String>,
    /// The options that a kernel needs for it, the transport first.
    options: Vec<&'static str>,
    /// The modules of these options.
    modules: Vec<&'static str>,
    /// True if the VMM always adds it.
    implicit: bool,
    /// True if the guest may only read it; null if it is not a disk.
    read_only: Option<bool>,
    /// True if the VMM adds `root=` for it.
    root_drive: bool,
    /// True if this console is read.
    is_read: bool,
}

impl MachineJson {
    pub fn of(machine: &Machine) -> Self {
        Self {
            target: machine.target.name,
            architecture: machine.architecture().name(),
            ram_mib: machine.ram_mib,
            ram_base: machine.platform.ram_base,
            cpu_level: machine.cpu_level,
            discovery: machine.discovery.iter().map(|found| found.name()).collect(),
            bus: machine.platform.bus.name,
            devices: machine.devices.iter().map(DeviceJson::of).collect(),
            chosen: machine.chosen.clone(),
        }
    }
}

impl DeviceJson {
    fn of(device: &Device) -> Self {
        let options = device.options();
        let modules = OPTIONS
            .iter()
            .filter(|spec| options.contains(&spec.name))
            .flat_map(|spec| spec.modules.iter().copied())
            .collect();
        let disk = match &device.kind {
            DeviceKind::Disk(disk) => Some(disk),
            _ => None,
        };
        Self {
            device: device.name(),
            bus: device.bus.map(|bus| bus.name),
            name: device.guest_name().map(str::to_owned),
            modules,
            options,
            implicit: device.is_implicit,
            read_only: disk.map(|disk| disk.is_read_only),
            root_drive: disk.is_some_and(|disk| disk.root_drive.is_some()),
            is_read: matches!(device.kind, DeviceKind::Console { is_read: true, .. }),
        }
    }
}
