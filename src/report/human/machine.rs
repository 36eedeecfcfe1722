//! A machine for people.

use super::page::Entries;
use crate::machine::{Device, DeviceKind, Machine};

pub fn write(page: &mut dyn Entries, machine: &Machine) {
    let discovery: Vec<&str> = machine.discovery.iter().map(|found| found.name()).collect();
    let cpu = match machine.cpu_level {
        Some(level) => format!(", x86-64-v{level}"),
        None => String::new(),
    };
    page.entry(
        "machine",
        &format!(
            "{}, {}{cpu}, {} MiB of RAM from {:#x}, {}",
            machine.target.title,
            machine.architecture(),
            machine.ram_mib,
            machine.platform.ram_base,
            discovery.join(" and "),
        ),
    );
    for device in &machine.devices {
        page.entry("", &line(device));
    }
    if !machine.chosen.is_empty() {
        page.entry("", &format!("chosen: {}", machine.chosen.join(", ")));
    }
}

fn line(device: &Device) -> String {
    let mut text = device.name().to_owned();
    if let Some(bus) = device.bus {
        text.push_str(&format!(" on {}", bus.name));
    }
    if let Some(name) = device.guest_name() {
        text.push_str(&format!(": {name}"));
    }
    let words = match &device.kind {
        DeviceKind::Console { is_read: true, .. } => vec!["read"],
        DeviceKind::Disk(disk) => [
            disk.is_read_only.then_some("read-only"),
            disk.root_drive.is_some().then_some("root drive"),
        ]
        .into_iter()
        .flatten()
        .collect(),
        _ => Vec::new(),
    };
    if !words.is_empty() {
        text.push_str(&format!(" ({})", words.join(", ")));
    }
    let options = device.options();
    if !options.is_empty() {
        text.push_str(&format!("; needs {}", options.join(", ")));
    }
    text
}
