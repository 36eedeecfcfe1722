//! What a VMM does to the command line that it is given.
//!
//! Data and the texts that come from it; the sources are named where a target uses them.

/// What a platform does to the command line.
#[derive(Debug)]
pub struct CommandLineRules {
    /// The longest that the VMM passes on, with the NUL at its end; `None` where it has no maximum
    /// of its own.
    pub max_bytes: Option<u64>,
    /// Whether bytes outside 0x20 to 0x7e are refused.
    pub printable_ascii_only: bool,
    /// Whether what it adds goes before the caller's own ` -- `, not behind it.
    pub adds_before_dashes: bool,
    /// What it adds, in order, each item after a space.
    pub additions: &'static [Addition],
    /// Where that was read.
    pub source: &'static str,
}

impl CommandLineRules {
    /// The rules of a VMM that passes the line on as it is.
    pub(super) const fn unchanged(source: &'static str) -> Self {
        Self {
            max_bytes: None,
            printable_ascii_only: false,
            adds_before_dashes: false,
            additions: &[],
            source,
        }
    }
}

/// Something that a VMM adds to the command line.
#[derive(Debug)]
pub struct Addition {
    /// What it adds.
    pub adds: Adds,
    /// When it does.
    pub when: When,
}

/// The text that is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adds {
    /// This text.
    Text(&'static str),
    /// `virtio_mmio.device=` for each virtio device.
    MmioDevices(MmioDevices),
    /// `root=/dev/vda`, or the partition by its UUID, and `ro` or `rw`.
    RootDrive,
}

/// When something is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// Where the machine has a serial port.
    Serial,
    /// Where `console=` is on the caller's command line.
    ConsoleNamed,
    /// Where a drive is marked as the root.
    RootDrive,
    /// Where the machine was started without ACPI.
    WithoutAcpi,
    /// Where libkrun's implicit vsock was left on.
    SocketHijack,
}

/// The addresses and interrupts of virtio-mmio devices, in the order in which they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MmioDevices {
    /// The size of one as it is written.
    pub size: &'static str,
    /// The address of the first.
    pub address: u64,
    /// From one to the next.
    pub address_step: i64,
    /// The interrupt of the first.
    pub interrupt: i64,
    /// From one to the next.
    pub interrupt_step: i64,
}

impl MmioDevices {
    /// The parameter of the device of that number, which counts from zero.
    pub fn parameter(&self, number: u32) -> String {
        let number = i64::from(number);
        let address = self
            .address
            .saturating_add_signed(self.address_step.saturating_mul(number));
        let interrupt = self
            .interrupt
            .saturating_add(self.interrupt_step.saturating_mul(number));
        format!("virtio_mmio.device={}@{address:#x}:{interrupt}", self.size)
    }
}

/// A drive that the VMM was told to make the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootDrive {
    /// Whether the guest may only read it.
    pub read_only: bool,
    /// The partition, where the root is not the first disk whole.
    pub partuuid: Option<String>,
}

impl RootDrive {
    /// Returns what is added for it; `device` is the first disk.
    pub fn parameters(&self, device: &str) -> String {
        let mode = if self.read_only { "ro" } else { "rw" };
        match &self.partuuid {
            Some(uuid) => format!("root=PARTUUID={uuid} {mode}"),
            None => format!("root={device} {mode}"),
        }
    }
}

/// How a folder of the host becomes the root.
#[derive(Debug)]
pub struct VirtioFs {
    /// The tag: what the VMM calls it by itself, or a usual one where it has to be chosen.
    pub tag: &'static str,
    /// What makes it, as a noun.
    pub made_by: &'static str,
}
