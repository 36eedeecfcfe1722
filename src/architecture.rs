//! The architectures that Linux runs on, by the numbers that headers give them.
//!
//! Sources: `include/uapi/linux/elf-em.h`; the PE specification, "Machine Types"; U-Boot's
//! `include/image.h`.

use std::fmt;

/// An architecture, in the kernel's own sense (`uname -m`), byte order apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Architecture {
    X86_64,
    I386,
    Aarch64,
    Arm,
    Riscv64,
    Riscv32,
    Loongarch64,
    S390x,
    Ppc64,
    Ppc,
    Mips64,
    Mips,
    Sparc64,
}

/// Other names, each with the one that is used here.
const ALIASES: [(&str, &str); 15] = [
    ("amd64", "x86_64"),
    ("x64", "x86_64"),
    ("i486", "i386"),
    ("i586", "i386"),
    ("i686", "i386"),
    ("x86", "i386"),
    ("arm64", "aarch64"),
    ("armhf", "arm"),
    ("armel", "arm"),
    ("armv7", "arm"),
    ("loong64", "loongarch64"),
    ("ppc64le", "ppc64"),
    ("ppc64el", "ppc64"),
    ("mips64el", "mips64"),
    ("mipsel", "mips"),
];

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 13] = [
        Self::X86_64,
        Self::I386,
        Self::Aarch64,
        Self::Arm,
        Self::Riscv64,
        Self::Riscv32,
        Self::Loongarch64,
        Self::S390x,
        Self::Ppc64,
        Self::Ppc,
        Self::Mips64,
        Self::Mips,
        Self::Sparc64,
    ];

    /// The name in reports and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::I386 => "i386",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
            Self::Riscv64 => "riscv64",
            Self::Riscv32 => "riscv32",
            Self::Loongarch64 => "loongarch64",
            Self::S390x => "s390x",
            Self::Ppc64 => "ppc64",
            Self::Ppc => "ppc",
            Self::Mips64 => "mips64",
            Self::Mips => "mips",
            Self::Sparc64 => "sparc64",
        }
    }

    /// The architecture of that name, or of the name that Debian, Alpine or Go give it.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| {
            architecture.name() == name || architecture.aliases().any(|alias| alias == name)
        })
    }

    /// The names that Debian, Alpine or Go give it.
    pub fn aliases(self) -> impl Iterator<Item = &'static str> {
        let own = ALIASES
            .into_iter()
            .filter(move |(_, name)| *name == self.name());
        own.map(|(alias, _)| alias)
    }

    /// The bits of a machine word.
    pub fn bits(self) -> u8 {
        match self {
            Self::I386 | Self::Arm | Self::Riscv32 | Self::Ppc | Self::Mips => 32,
            _ => 64,
        }
    }

    /// By ELF's `e_machine` and class.
    pub fn from_elf(e_machine: u16, is_64: bool) -> Option<Self> {
        Some(match (e_machine, is_64) {
            (62, _) => Self::X86_64,
            (3 | 6, false) => Self::I386,
            (183, _) => Self::Aarch64,
            (40, _) => Self::Arm,
            (243, true) => Self::Riscv64,
            (243, false) => Self::Riscv32,
            (258, _) => Self::Loongarch64,
            (22, true) => Self::S390x,
            (21, _) => Self::Ppc64,
            (20, _) => Self::Ppc,
            (8 | 10, true) => Self::Mips64,
            (8 | 10, false) => Self::Mips,
            (43, _) => Self::Sparc64,
            _ => return None,
        })
    }

    /// By the machine field of a PE header.
    pub fn from_pe(machine: u16) -> Option<Self> {
        Some(match machine {
            0x8664 => Self::X86_64,
            0x014c => Self::I386,
            0xaa64 => Self::Aarch64,
            0x01c0 | 0x01c2 | 0x01c4 => Self::Arm,
            0x5064 => Self::Riscv64,
            0x5032 => Self::Riscv32,
            0x6264 => Self::Loongarch64,
            _ => return None,
        })
    }

    /// By U-Boot's `ih_arch`. RISC-V has one number for both of its sizes: it tells nothing.
    pub fn from_uimage(ih_arch: u8) -> Option<Self> {
        Some(match ih_arch {
            2 => Self::Arm,
            3 => Self::I386,
            5 => Self::Mips,
            6 => Self::Mips64,
            7 => Self::Ppc,
            8 => Self::S390x,
            11 => Self::Sparc64,
            22 => Self::Aarch64,
            24 => Self::X86_64,
            _ => return None,
        })
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}
