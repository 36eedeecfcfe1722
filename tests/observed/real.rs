//! Alpine's kernel, initramfs and root, where they are there.

use super::harness::Case;
use super::programs::{Aarch64, BOTH, bare_root};
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
    // The kernel for aarch64 has the driver of virtio-mmio as a module, too.
    let driver = match machine {
        Aarch64 => 402,
        _ => 401,
    };
    let archive = alpine.join("initramfs-virt");
    let loader = match machine {
        Aarch64 => "/lib/ld-musl-aarch64.so.1",
        _ => "/lib/ld-musl-x86_64.so.1",
    };
    // It needs more than the C library, which is all that comes with it here.
    const PROGRAM: &str = "/sbin/nlplug-findfs";
    vec![
        case(driver, "a root, no initramfs").line("root=/dev/vda rw rootfstype=ext4"),
        case(308, "an initramfs, no rootfstype=")
            .initramfs_file(archive.clone())
            .line("root=/dev/vda rw"),
        case(405, "an initramfs, one disk, root=/dev/vdb")
            .initramfs_file(archive.clone())
            .line("root=/dev/vdb rw rootfstype=ext4"),
        Case::new(607, machine, "a library that is not there, musl's loader").root(
            bare_root()
                .file(loader, 0o755, file_of(&archive, loader))
                .file("/sbin/init", 0o755, file_of(&archive, PROGRAM))
                .build(),
        ),
    ]
}

/// A file of an initramfs, as `kelpie-check` takes it out.
fn file_of(archive: &std::path::Path, path: &str) -> Vec<u8> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.arg("initramfs").arg(archive).args(["cat", path]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{path} of {}", archive.display());
    output.stdout
}
