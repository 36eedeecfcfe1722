//! Where guest programs run in tests: this machine's processor, one that is emulated, a whole machine.

use super::support::{program, repository};
use kelpie_check::architecture::Architecture;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What runs a program of this architecture as a process here: nothing more on a Linux host that is
/// one itself, the emulator of QEMU otherwise. `None`, with a word, where there is neither.
///
/// Never for a program that mounts or restarts: that one is for a machine of its own.
pub fn process(architecture: Architecture, file: &Path) -> Option<Command> {
    if cfg!(target_os = "linux") && architecture.name() == std::env::consts::ARCH {
        return Some(Command::new(file));
    }
    let emulator = program(&format!("qemu-{architecture}-static"), "qemu-user")?;
    let mut command = Command::new(emulator);
    command.arg(file);
    Some(command)
}

/// The disassembler of an architecture, with the options that make it read bare code.
pub fn disassembler(architecture: Architecture) -> Option<Command> {
    let (name, machine) = match architecture {
        Architecture::X86_64 if std::env::consts::ARCH == "x86_64" => ("objdump", "i386:x86-64"),
        Architecture::X86_64 => ("x86_64-linux-gnu-objdump", "i386:x86-64"),
        Architecture::Aarch64 => ("aarch64-linux-gnu-objdump", "aarch64"),
        _ => ("riscv64-linux-gnu-objdump", "riscv:rv64"),
    };
    let mut command = Command::new(program(name, "binutils")?);
    command.args(["-D", "-b", "binary", "-m", machine]);
    if architecture == Architecture::Riscv64 {
        // Which aliases it writes (li, add for addi) depends on its version.
        command.args(["-M", "no-aliases"]);
    }
    Some(command)
}

/// The kernel of this repository for an architecture, where there is one.
pub fn minimal_kernel(architecture: Architecture) -> Option<PathBuf> {
    let path = repository(&format!("kernel/vmlinuz-{architecture}"));
    path.is_file().then_some(path)
}

/// A machine for this kernel, and the name of its console.
pub fn virtual_machine(
    architecture: Architecture,
    ram_mib: u32,
) -> Option<(Command, &'static str)> {
    let mut command = Command::new(program(&format!("qemu-system-{architecture}"), "qemu")?);
    let (options, console): (&[&str], _) = match architecture {
        Architecture::X86_64 => (&["-M", "microvm,acpi=off,rtc=on", "-cpu", "max"], "ttyS0"),
        Architecture::Aarch64 => (&["-M", "virt", "-cpu", "cortex-a72"], "ttyAMA0"),
        _ => (&["-M", "virt"], "ttyS0"),
    };
    command.args(options);
    command.args(["-accel", "tcg", "-no-reboot", "-nodefaults"]);
    command.args(["-display", "none", "-serial", "stdio", "-m"]);
    command.arg(ram_mib.to_string());
    command.stdin(Stdio::null());
    Some((command, console))
}

/// What the machine prints until it ends; 60 seconds are the most that it gets.
pub fn console(machine: &Command) -> String {
    let mut command = Command::new("timeout");
    let words: Vec<OsString> = std::iter::once(machine.get_program())
        .chain(machine.get_args())
        .map(Into::into)
        .collect();
    command.arg("60").args(words).stdin(Stdio::null());
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
