//! The init of the probe: it prints what the kernel says of its machine.

use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::{Condition, Datum, Program, Register, Syscall, assemble};
use kelpie_check::guest::executable;

/// The line before a file, followed by its path.
pub const FILE: &str = "probe file ";
/// The last line.
pub const END: &str = "probe end";
/// The files that are printed. One that is missing is skipped.
pub const FILES: [&str; 14] = [
    "/proc/cmdline",
    "/proc/consoles",
    "/proc/partitions",
    "/proc/meminfo",
    "/proc/iomem",
    "/proc/interrupts",
    "/proc/cpuinfo",
    "/proc/bus/pci/devices",
    "/sys/bus/virtio/devices/virtio0/modalias",
    "/sys/bus/virtio/devices/virtio1/modalias",
    "/sys/bus/virtio/devices/virtio2/modalias",
    "/sys/bus/virtio/devices/virtio3/modalias",
    "/sys/firmware/acpi/pm_profile",
    "/sys/firmware/devicetree/base/model",
];

const PIECE_BYTES: i32 = 4096;
const AT_FDCWD: i32 = -100;

/// The program for an architecture.
pub fn init(architecture: Architecture) -> Vec<u8> {
    executable(&assemble(&program(), architecture).unwrap())
}

fn program() -> Program {
    let mut program = Program::new();
    let p = &mut program;
    let buffer = p.space(PIECE_BYTES.unsigned_abs().into());
    for (kind, folder) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")] {
        let (kind, folder) = (p.text(kind), p.text(folder));
        p.syscall(
            Syscall::Mount,
            &[kind.into(), folder.into(), kind.into(), 0.into(), 0.into()],
        );
    }
    for file in FILES {
        print(p, file, buffer);
    }
    say(p, &format!("\n{END}\n"));
    let forever = p.here();
    let mut hour = 3600_u64.to_le_bytes().to_vec();
    hour.extend(0_u64.to_le_bytes());
    let hour = p.bytes(hour);
    p.syscall(Syscall::Nanosleep, &[hour.into(), 0.into()]);
    p.jump(forever);
    program
}

/// Prints a file, if it is there.
fn print(p: &mut Program, file: &str, buffer: Datum) {
    let path = p.text(file);
    let missing = p.label();
    p.syscall(
        Syscall::Openat,
        &[AT_FDCWD.into(), path.into(), 0.into(), 0.into()],
    );
    p.branch(Register::R0, Condition::Less, 0, missing);
    p.set(Register::R1, Register::R0);
    say(p, &format!("\n{FILE}{file}\n"));
    let next = p.here();
    p.syscall(
        Syscall::Read,
        &[Register::R1.into(), buffer.into(), PIECE_BYTES.into()],
    );
    p.branch(Register::R0, Condition::Less, 1, missing);
    p.set(Register::R2, Register::R0);
    p.syscall(
        Syscall::Write,
        &[1.into(), buffer.into(), Register::R2.into()],
    );
    p.jump(next);
    p.place(missing);
}

fn say(p: &mut Program, text: &str) {
    let datum = p.text(text);
    let length = i32::try_from(text.len()).unwrap();
    p.syscall(Syscall::Write, &[1.into(), datum.into(), length.into()]);
}
