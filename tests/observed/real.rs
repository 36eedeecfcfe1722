//! Alpine's kernel, initramfs and root, where they are there.

use super::harness::Case;
use super::programs::BOTH;
use super::support;
use kelpie_check::architecture::Architecture;

pub fn cases() -> Vec<Case> {
    let Some(folder) = support::corpus() else {
        return Vec::new();
    };
    let mut cases = Vec::new();
    for machine in BOTH {
        let alpine = folder.join("alpine").join(machine.name());
        if alpine.is_dir() {
            cases.extend(of(machine, &alpine));
        }
    }
    cases
}

fn of(machine: Architecture, alpine: &std::path::Path) -> Vec<Case> {
    let case = |code, what| {
        Case::new(code, machine, what)
            .kernel(super::harness::Part::File(alpine.join("vmlinuz-virt")))
            .root_file(alpine.join("rootfs.ext4"))
            .option(&["--timeout", "180"])
            .circumstance(&["--ram-mib", "512"])
    };
    let archive = alpine.join("initramfs-virt");
    vec![
        case(401, "a root, no initramfs").line("root=/dev/vda rw rootfstype=ext4"),
        case(308, "an initramfs, no rootfstype=")
            .initramfs_file(archive.clone())
            .line("root=/dev/vda rw"),
    ]
}
