//! Where guest programs run in tests: this machine's processor, one that is emulated, a whole machine.

use super::support::{program, repository};
use kelpie_check::architecture::Architecture;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

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

/// A machine for a kernel, and the parameters by which that speaks and ends.
pub fn virtual_machine(
    architecture: Architecture,
    ram_mib: u32,
) -> Option<(Command, &'static str)> {
    let mut command = Command::new(program(&format!("qemu-system-{architecture}"), "qemu")?);
    let (options, parameters): (&[&str], _) = match architecture {
        Architecture::X86_64 => (
            &["-M", "microvm,acpi=off,rtc=on", "-cpu", "max"],
            // On a busy host the emulated timer is late, and Linux panics: "IO-APIC + timer doesn't
            // work!".
            "console=ttyS0 reboot=t panic=-1 no_timer_check",
        ),
        Architecture::Aarch64 => (
            &["-M", "virt", "-cpu", "cortex-a72"],
            "console=ttyAMA0 panic=-1",
        ),
        _ => (&["-M", "virt"], "console=ttyS0 panic=-1"),
    };
    command.args(options);
    command.args(["-accel", "tcg", "-no-reboot", "-nodefaults"]);
    command.args(["-display", "none", "-serial", "stdio", "-m"]);
    command.arg(ram_mib.to_string());
    command.stdin(Stdio::null());
    Some((command, parameters))
}

/// What the machine prints until it ends, or has said `until`; two minutes are the most that it gets.
pub fn console(machine: &mut Command, until: Option<&str>) -> String {
    let mut child = machine.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, pieces) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stdout.read(&mut piece) {
            if sender.send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    let end = Instant::now() + Duration::from_secs(120);
    let mut log = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(end.saturating_duration_since(Instant::now())) {
        log.extend(piece);
        let said = until.is_some_and(|text| memchr::memmem::find(&log, text.as_bytes()).is_some());
        if said {
            break;
        }
    }
    // One that has ended by itself is none to kill.
    child.kill().ok();
    child.wait().unwrap();
    reader.join().unwrap();
    String::from_utf8_lossy(&log).into_owned()
}
