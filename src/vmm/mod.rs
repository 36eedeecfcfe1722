//! What each VMM accepts, provides and appends: data only, a file a target; buses and kinds of disks are rows.
//!
//! Every target is dated and names the sources it was read from.

mod block;
mod bus;
mod cloud_hypervisor;
mod command_line;
mod firecracker;
mod libkrun;
mod qemu;
mod qemu_microvm;
mod qemu_q35;
mod qemu_virt;
mod qemu_virt_mmio;
mod vz;

pub use cloud_hypervisor::CLOUD_HYPERVISOR;
pub use firecracker::FIRECRACKER;
pub use libkrun::LIBKRUN;
pub use qemu::QEMU;

pub use block::{DISK_KINDS, DiskKind, DiskNames, Major, VIRTIO_BLK, VIRTIO_SCSI, partition_name};
pub use bus::{Bus, FoundBy};
pub use command_line::{Addition, Adds, CommandLineRules, MmioDevices, RootDrive, VirtioFs, When};

use crate::architecture::Architecture;

/// A VMM (with QEMU, a machine of it) that starts kernels directly, without firmware.
#[derive(Debug)]
pub struct Target {
    /// The name in options and machine formats.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The versions this was read from.
    pub versions: &'static str,
    /// When it was read, `YYYY-MM`.
    pub as_of: &'static str,
    /// Where it was read.
    pub sources: &'static [&'static str],
    /// What it is on each architecture that it serves.
    pub platforms: &'static [Platform],
}

/// A target on one architecture.
#[derive(Debug)]
pub struct Platform {
    /// The architecture.
    pub architecture: Architecture,
    /// The forms of kernel that it takes.
    pub accepts: &'static [Accepts],
    /// What `kelpie-check extract --to` makes for it.
    pub extract_to: &'static str,
    /// What is left to do with that, as the end of a sentence.
    pub extract_then: Option<&'static str>,
    /// What a kernel in another form does there: a sentence.
    pub refusal: &'static str,
    /// RAM if the user names no other size: what `boot` starts.
    pub ram_mib: u64,
    /// Where RAM begins.
    pub ram_base: u64,
    /// Where an Image is placed, before its own `text_offset` is added.
    pub image_base: u64,
    /// Whether the VMM adds `text_offset` to that, as the boot document asks.
    pub adds_text_offset: bool,
    /// RAM that the VMM keeps for itself behind the kernel (device tree).
    pub reserved_bytes: u64,
    /// How many pages of RAM a kernel sets aside for the virtio console; 0 where that is little, or
    /// not known.
    pub virtio_console_pages: u64,
    /// Where it puts an initramfs.
    pub initramfs: InitramfsPlace,
    /// How the kernel is entered.
    pub entry: Entry,
    /// An ELF's physical addresses have to lie in this range; its entry too.
    pub elf_addresses: Option<(u64, u64)>,
    /// The oldest x86 boot protocol that it takes of a bzImage.
    pub min_boot_protocol: Option<(u8, u8)>,
    /// The consoles that it can give a guest, the usual one first.
    pub consoles: &'static [Console],
    /// Whether a guest has one of them at a time.
    pub has_one_console: bool,
    /// Whether the device tree names the usual console (`/chosen`, `stdout-path`), so that it
    /// speaks without `console=`.
    pub stdout_path: bool,
    /// How the guest learns of its interrupts and CPUs.
    pub tables: Tables,
    /// The bus of its devices.
    pub bus: &'static Bus,
    /// The kinds of disks that it can give a guest, the usual one first.
    pub disks: &'static [&'static DiskKind],
    /// Pages that its CPUs may lack.
    pub page_sizes: &'static [PageSize],
    /// Whether some of its CPUs run big-endian kernels.
    pub big_endian: bool,
    /// What it does to the command line.
    pub command_line: CommandLineRules,
    /// The virtio devices that it makes without being asked, in order.
    pub implicit_devices: &'static [&'static str],
    /// How many virtio devices there can be, where interrupts or slots set a limit that is met.
    pub max_virtio_devices: Option<u32>,
    /// How a folder becomes the root; `None` where it has no virtiofs.
    pub virtio_fs: Option<VirtioFs>,
    /// The formats of a disk that it reads, where it is told which one it gets.
    pub disk_formats: &'static [&'static str],
}

/// A platform with nothing particular; each target overrides what it knows better.
const PLAIN: Platform = Platform {
    architecture: Architecture::Aarch64,
    accepts: &[],
    extract_to: "image",
    extract_then: None,
    refusal: "",
    ram_mib: RAM_MIB,
    ram_base: 0,
    image_base: 0,
    adds_text_offset: false,
    reserved_bytes: 0,
    virtio_console_pages: 0,
    initramfs: InitramfsPlace::Undocumented,
    entry: Entry::Image,
    elf_addresses: None,
    min_boot_protocol: None,
    consoles: &[],
    has_one_console: false,
    stdout_path: false,
    tables: Tables::DeviceTree,
    bus: &bus::MMIO_DEVICE_TREE,
    disks: &[&VIRTIO_BLK],
    page_sizes: &[],
    big_endian: false,
    command_line: CommandLineRules::unchanged(""),
    implicit_devices: &[],
    max_virtio_devices: None,
    virtio_fs: None,
    disk_formats: &["raw"],
};

/// One form of kernel that a platform takes.
#[derive(Debug)]
pub struct Accepts {
    /// The outermost container, by its name in the registry.
    pub container: &'static str,
    /// The codecs its payload may have; `None` where the VMM does not care.
    pub codecs: Option<&'static [&'static str]>,
    /// What must be inside, where the VMM unwraps it itself.
    pub inner: Option<&'static str>,
    /// This form as the object of "it takes", with the VMM's own name for it.
    pub form: &'static str,
    /// How the VMM finds the payload.
    pub finds: Finds,
    /// The version that learned it, where older ones are still met.
    pub since: Option<&'static str>,
}

impl Accepts {
    /// A form that is found by its header, whatever the codec of its payload.
    const fn header(container: &'static str, form: &'static str) -> Self {
        Self {
            container,
            codecs: None,
            inner: None,
            form,
            finds: Finds::Header,
            since: None,
        }
    }

    /// The same, of VMMs since a version.
    const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }
}

/// How a VMM finds what it loads in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finds {
    /// By the header, or the file is loaded as it is.
    Header,
    /// It decodes from the first bytes that look like this codec's magic, wherever they are.
    FirstMagic(&'static [u8]),
    /// It loads the file as a shared library and asks that for the kernel. An initramfs has no way
    /// through.
    Library,
}

/// Where a VMM puts an initramfs in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitramfsPlace {
    /// It ends where RAM does, less what the VMM keeps there, or at this address where RAM goes on
    /// behind it.
    Top {
        /// The address.
        below: u64,
    },
    /// The same, and not above the boot header's `initrd_addr_max`.
    TopByHeader {
        /// The address.
        below: u64,
    },
    /// It begins in the middle of RAM, counted from this address, or 128 MiB behind it where that
    /// is less, or behind the kernel where that reaches further.
    Middle {
        /// The address.
        from: u64,
    },
    /// Nobody says where.
    Undocumented,
}

/// How the first instruction is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// In 64-bit mode, at the ELF entry or 0x200 into the protected-mode part of a bzImage.
    Long64,
    /// ELF of 64 bits by its PVH note and nothing else; a bzImage by the 32-bit protocol.
    PvhElf,
    /// ELF by its PVH note; a bzImage in real mode, as firmware does.
    PvhElfRealMode,
    /// As the architecture's boot document says, at the beginning of the image.
    Image,
}

/// A console device.
#[derive(Debug, PartialEq, Eq)]
pub struct Console {
    /// What `console=` calls it.
    pub device: &'static str,
    /// Whether it is a virtio device, which needs the platform's transport too.
    pub virtio: bool,
    /// Its own options, which all have to be built in for it to speak.
    pub options: &'static [&'static str],
}

/// The tables that describe the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Intel's MultiProcessor table, and no ACPI.
    MultiProcessor,
    /// ACPI and a MultiProcessor table side by side.
    AcpiAndMultiProcessor,
    /// Both, and the interrupt controller of a PC (8259), which kernels use that read neither.
    Pc,
    /// ACPI, or a MultiProcessor table where the machine is started as `without_acpi` says.
    AcpiOrMultiProcessor {
        /// The option that turns ACPI off.
        without_acpi: &'static str,
    },
    /// A flattened device tree.
    DeviceTree,
}

impl Tables {
    /// The options of which one is enough to read them; none where every kernel does.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::MultiProcessor => &["X86_MPPARSE"],
            Self::AcpiAndMultiProcessor | Self::AcpiOrMultiProcessor { .. } => {
                &["ACPI", "X86_MPPARSE"]
            }
            Self::Pc | Self::DeviceTree => &[],
        }
    }
}

/// A page size that a CPU of the platform may lack.
#[derive(Debug)]
pub struct PageSize {
    /// The size.
    pub bytes: u64,
    /// Whether no CPU of the platform has it.
    pub never: bool,
    /// Which CPUs lack it.
    pub lacking: &'static str,
}

/// Every target; the first is the default.
pub static TARGETS: [&Target; 9] = [
    &libkrun::LIBKRUN,
    &qemu::QEMU,
    &qemu_q35::QEMU_Q35,
    &qemu_microvm::QEMU_MICROVM,
    &qemu_virt::QEMU_VIRT,
    &qemu_virt_mmio::QEMU_VIRT_MMIO,
    &firecracker::FIRECRACKER,
    &cloud_hypervisor::CLOUD_HYPERVISOR,
    &vz::VZ,
];

/// The target of that name.
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

impl Target {
    /// Returns true if one of its machines can have such a disk.
    pub fn has_disk(&self, kind: &DiskKind) -> bool {
        let mut platforms = self.platforms.iter();
        platforms.any(|platform| platform.disks.contains(&kind))
    }

    /// What it is on that architecture, if it serves it.
    pub fn platform(&self, architecture: Architecture) -> Option<&'static Platform> {
        self.platforms
            .iter()
            .find(|platform| platform.architecture == architecture)
    }
}

impl Platform {
    /// The options that all have to be built in for a console to speak.
    pub fn console_options(&self, console: &Console) -> impl Iterator<Item = &'static str> + use<> {
        let transport = console.virtio.then(|| self.bus.for_virtio());
        let own = console.options.iter().copied();
        own.chain(transport.into_iter().flatten())
    }

    /// The console that is best given to `console=`: the usual one.
    pub fn default_console(&self) -> &'static str {
        self.consoles
            .first()
            .map_or("hvc0", |console| console.device)
    }

    /// The kind of disk that it gives a guest.
    pub fn disk_kind(&self) -> &'static DiskKind {
        self.disks.first().copied().unwrap_or(&VIRTIO_BLK)
    }

    /// What `root=` calls the first disk.
    pub fn default_root_device(&self) -> String {
        self.disk_kind().first_device()
    }

    /// The options that all have to be built in, or loaded, for its usual disk to be reached.
    pub fn disk_options(&self) -> Vec<&'static str> {
        let kind = self.disk_kind();
        let mut options: Vec<&str> = if kind.is_virtio {
            self.bus.for_virtio().collect()
        } else {
            self.bus.options.to_vec()
        };
        options.extend(kind.options);
        options
    }

    /// A command line that boots a root of that type from the first disk, or from a shared folder
    /// where the type is virtiofs.
    pub fn default_command_line(&self, rootfstype: &str) -> String {
        let console = self.default_console();
        self.command_line_from(console, &self.default_root_device(), rootfstype)
    }

    /// The same, on that console, with a disk of that path.
    pub fn command_line_from(&self, console: &str, disk: &str, rootfstype: &str) -> String {
        let root = match &self.virtio_fs {
            Some(share) if rootfstype == "virtiofs" => share.tag,
            _ => disk,
        };
        format!("console={console} root={root} rootfstype={rootfstype} rw init=/sbin/init")
    }
}

/// RAM of a machine, if the user names no other size. Every VMM takes any size.
const RAM_MIB: u64 = 512;

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The consoles that more than one target has.
mod console {
    use super::Console;

    /// A 16550 at the ports of a PC.
    pub(super) const TTY_S0: Console = Console {
        device: "ttyS0",
        virtio: false,
        options: &["SERIAL_8250", "SERIAL_8250_CONSOLE"],
    };
    /// A 16550 that the device tree describes (`ns16550a`, `drivers/tty/serial/8250/8250_of.c`).
    pub(super) const TTY_S0_OF: Console = Console {
        device: "ttyS0",
        virtio: false,
        options: &["SERIAL_8250", "SERIAL_8250_CONSOLE", "SERIAL_OF_PLATFORM"],
    };
    pub(super) const TTY_AMA0: Console = Console {
        device: "ttyAMA0",
        virtio: false,
        options: &["SERIAL_AMBA_PL011", "SERIAL_AMBA_PL011_CONSOLE"],
    };
    pub(super) const HVC0: Console = Console {
        device: "hvc0",
        virtio: true,
        options: &["HVC_DRIVER", "VIRTIO_CONSOLE"],
    };
}

/// Source: lima-vm/lima issue 841.
const NO_64K: PageSize = PageSize {
    bytes: 65536,
    never: false,
    lacking: "Apple silicon has no 64K granule",
};
/// Source: the field TGran16 of ID_AA64MMFR0_EL1, as QEMU gives it to these CPUs
/// (`target/arm/cpu64.c`, `id_aa64mmfr0`).
const NO_16K: PageSize = PageSize {
    bytes: 16384,
    never: false,
    lacking: "CPUs like Arm's Cortex-A53, A57 and A72 have no 16K granule",
};
