//! The links that udev makes in `/dev/disk/by-path` for a disk, by the place of its device on the bus.
//!
//! Sources: systemd 252 and 257 `rules.d/60-persistent-storage.rules`, `src/udev/udev-builtin-path_id.c`;
//! QEMU 7.2 `hw/pci/pci.c` (`do_pci_register_device`), which gives a device the first free slot.

use super::{Device, DeviceKind, Machine};

impl Machine {
    /// Returns the names of the disk's links, without `-partN`; `None` if the place of the disk on its bus is
    /// not known, or if there is no disk.
    pub fn disk_links(&self) -> Option<Vec<String>> {
        let is_disk = |device: &&Device| matches!(device.kind, DeviceKind::Disk(_));
        let device = self.devices.iter().find(is_disk)?;
        let first = device.bus?.first_slot?;
        let on_bus = |device: &&Device| device.bus.is_some_and(|bus| bus.first_slot.is_some());
        let before = self
            .devices
            .iter()
            .filter(on_bus)
            .position(|it| it == device)?;
        let slot = u32::try_from(before).ok()?.checked_add(first)?;
        let place = format!("pci-0000:00:{slot:02x}.0");
        let patterns = self.disk()?.kind.by_path;
        Some(
            patterns
                .iter()
                .map(|pattern| pattern.replace("{place}", &place))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choices, Storage};
    use super::*;
    use crate::architecture::Architecture::X86_64;
    use crate::vmm::{DiskKind, TARGETS};

    fn links(target: &str, disk: &str, consoles: &[&str]) -> Option<Vec<String>> {
        let target = TARGETS.into_iter().find(|known| known.name == target)?;
        let choices = Choices {
            storage: Storage::Disk {
                is_read_only: false,
            },
            disk: DiskKind::by_name(disk),
            consoles: consoles.iter().map(|&name| name.to_owned()).collect(),
            ..Choices::default()
        };
        Machine::new(target, target.platform(X86_64)?, &choices).disk_links()
    }

    #[test]
    fn a_disk_has_the_first_slot_after_the_devices_before_it() {
        let of_blk = links("qemu-q35", "virtio-blk", &["ttyS0"]).unwrap();
        assert_eq!(of_blk, ["pci-0000:00:01.0", "virtio-pci-0000:00:01.0"]);
        let after_console = links("qemu-q35", "virtio-blk", &["hvc0"]).unwrap();
        assert_eq!(after_console[0], "pci-0000:00:02.0");
        let of_scsi = links("qemu-q35", "virtio-scsi", &[]).unwrap();
        assert_eq!(of_scsi, ["pci-0000:00:01.0-scsi-0:0:0:0"]);
        assert_eq!(links("qemu-microvm", "virtio-blk", &[]), None);
        assert_eq!(links("cloud-hypervisor", "virtio-blk", &[]), None);
    }
}
