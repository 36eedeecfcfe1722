//! The line as it arrives in the kernel, with what the VMM adds, and whether it fits.
//!
//! Sources: the targets' own ([`crate::vmm::CommandLineRules::source`]); `COMMAND_LINE_SIZE` in
//! `arch/*/include/uapi/asm/setup.h` (riscv: `arch/riscv/include/asm/setup.h`, s390:
//! CONFIG_COMMAND_LINE_SIZE's default).

use super::CommandLine;
use crate::architecture::Architecture;
use crate::machine::{DeviceKind, Machine};
use crate::vmm::{Adds, Platform, When};

/// The line that the kernel gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// It, whole.
    pub line: CommandLine,
    /// Its length, with the NUL.
    pub bytes: u64,
    /// The longest that there can be, with the NUL.
    pub limit_bytes: u64,
    /// Who sets that.
    pub limiter: Limiter,
    /// What is left; `None` where it is too long.
    pub left_bytes: Option<u64>,
    /// What the VMM adds, as it is written.
    pub additions: Vec<String>,
    /// Whether a ` -- ` of the caller's makes additions into arguments of init.
    pub swallowed: bool,
    /// Whether a quotation that the caller does not close makes additions into a part of it.
    pub quoted: bool,
}

/// Who sets the shorter limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limiter {
    /// The VMM, which refuses a longer line.
    Vmm,
    /// The kernel, which drops the rest without a word.
    Kernel,
}

/// The kernel's `COMMAND_LINE_SIZE`, with the NUL.
pub fn command_line_size(architecture: Architecture) -> u64 {
    match architecture {
        Architecture::X86_64
        | Architecture::I386
        | Architecture::Aarch64
        | Architecture::Ppc64
        | Architecture::Ppc
        | Architecture::Sparc64 => 2048,
        Architecture::Arm | Architecture::Riscv64 | Architecture::Riscv32 => 1024,
        Architecture::Loongarch64
        | Architecture::S390x
        | Architecture::Mips64
        | Architecture::Mips => 4096,
    }
}

/// Returns the line that arrives in the kernel of a machine.
pub fn effective(machine: &Machine, line: &CommandLine) -> Effective {
    effective_within(machine, line, command_line_size(machine.architecture()))
}

/// What arrives in a kernel that keeps no more than that, its NUL included (x86: one more than the
/// setup header's `cmdline_size`).
pub fn effective_within(machine: &Machine, line: &CommandLine, kernel_bytes: u64) -> Effective {
    let rules = &machine.platform.command_line;
    let additions = additions(machine, line);
    // A VMM passes a C string on.
    let given = line.raw.split(|byte| *byte == 0).next().unwrap_or_default();
    let (before, behind) = match line.dashes.filter(|_| rules.adds_before_dashes) {
        Some(at) => given.split_at_checked(at).unwrap_or((given, &[])),
        None => (given, &[][..]),
    };
    let mut whole = before.to_vec();
    if rules.adds_before_dashes {
        whole.truncate(before.trim_ascii_end().len());
    }
    for addition in &additions {
        push(&mut whole, addition.as_bytes());
    }
    if !behind.is_empty() {
        push(&mut whole, behind);
    }
    let adds = additions.iter().any(|addition| is_parameter(addition));
    let swallowed = line.dashes.is_some() && !rules.adds_before_dashes && adds;
    let bytes = length(&whole).saturating_add(1);
    let (limit_bytes, limiter) = match rules.max_bytes {
        // A VMM that takes no more than the kernel keeps refuses first.
        Some(most) if most <= kernel_bytes => (most, Limiter::Vmm),
        _ => (kernel_bytes, Limiter::Kernel),
    };
    Effective {
        swallowed,
        quoted: adds && !swallowed && leaves_open(before),
        line: CommandLine::parse(whole),
        bytes,
        limit_bytes,
        limiter,
        left_bytes: limit_bytes.checked_sub(bytes),
        additions,
    }
}

impl Effective {
    /// The line as the kernel keeps it: cut where it is too long for the kernel.
    pub fn kept(&self) -> CommandLine {
        let most = usize::try_from(self.limit_bytes.saturating_sub(1)).unwrap_or(usize::MAX);
        match self.line.raw.get(..most) {
            Some(kept) if self.limiter == Limiter::Kernel => CommandLine::parse(kept),
            _ => self.line.clone(),
        }
    }

    /// The bytes that the VMM refuses: outside 0x20 to 0x7e where it takes no others, as offset
    /// and byte.
    pub fn refused_byte(platform: &Platform, line: &CommandLine) -> Option<(usize, u8)> {
        let refuses = platform.command_line.printable_ascii_only;
        line.raw
            .iter()
            .copied()
            .enumerate()
            .find(|(_, byte)| refuses && !matches!(byte, b' '..=b'~'))
    }
}

/// Whether a quotation begins and does not end: every mark begins or ends one.
pub fn leaves_open(line: &[u8]) -> bool {
    line.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

/// Whether an addition is more than the dashes and spaces that belong to init's arguments.
fn is_parameter(addition: &str) -> bool {
    !matches!(addition.trim(), "" | "--")
}

fn push(whole: &mut Vec<u8>, addition: &[u8]) {
    if !whole.is_empty() {
        whole.push(b' ');
    }
    whole.extend_from_slice(addition);
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn additions(machine: &Machine, line: &CommandLine) -> Vec<String> {
    let mut texts = Vec::new();
    let drive = machine.disk().and_then(|disk| {
        let drive = disk.root_drive.as_ref()?;
        Some(drive.parameters(&disk.path()))
    });
    for addition in machine.platform.command_line.additions {
        let applies = match addition.when {
            When::Always => true,
            When::Serial => machine.consoles().any(|(console, _)| !console.virtio),
            When::ConsoleNamed => line.raw.windows(8).any(|bytes| bytes == b"console="),
            When::RootDrive => drive.is_some(),
            When::WithoutAcpi => !machine.has_acpi(),
            When::SocketHijack => has_implicit_socket(machine),
        };
        if !applies {
            continue;
        }
        match addition.adds {
            Adds::Text(text) => texts.push(text.to_owned()),
            Adds::RootDrive => texts.extend(drive.clone()),
            Adds::MmioDevices(mmio) => {
                // More than this fit no line of any kernel, and no VMM has so many.
                let count = machine.virtio_devices().min(MOST_DEVICES);
                texts.extend((0..count).map(|number| mmio.parameter(number)));
            }
        }
    }
    texts
}

fn has_implicit_socket(machine: &Machine) -> bool {
    let mut devices = machine.devices.iter();
    devices.any(|device| device.is_implicit && device.kind == DeviceKind::Socket)
}

const MOST_DEVICES: u32 = 4096;
