//! The machine that an ELF file is made for, and which kernels run it.
//!
//! Sources: `elf_check_arch` and `compat_elf_check_arch` in `arch/*/include/asm/elf.h`,
//! `arch/x86/include/asm/compat.h`, `fs/compat_binfmt_elf.c`.

use crate::architecture::Architecture;
use crate::bytes::Endianness;
use std::fmt;

const EM_386: u16 = 3;
pub(super) const EM_486: u16 = 6;
const EM_S390: u16 = 22;
const EM_X86_64: u16 = 62;
const EM_AARCH64: u16 = 183;

/// What `e_ident` and `e_machine` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine {
    /// The number of the machine.
    pub e_machine: u16,
    /// 32 or 64, by the class.
    pub bits: u8,
    /// The byte order.
    pub endianness: Endianness,
}

/// Whether a kernel runs programs of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runs {
    /// They are its own.
    Natively,
    /// With this option of Kconfig alone.
    Compat(&'static str),
    /// Never.
    Never,
}

impl Machine {
    /// The architecture; `None` for machines that are not known here, and for 32-bit ABIs of
    /// 64-bit machines that have no kernels.
    pub fn architecture(self) -> Option<Architecture> {
        match (self.e_machine, self.bits) {
            (EM_X86_64 | EM_AARCH64, 32) => None,
            (e_machine, bits) => Architecture::from_elf(e_machine, bits == 64),
        }
    }

    /// Whether a kernel of that architecture runs it.
    ///
    /// The byte order is the kernel's own: it is looked at where an architecture has only one in
    /// practice.
    pub fn runs_on(self, kernel: Architecture) -> Runs {
        use Architecture as A;
        let fits = match kernel {
            A::S390x | A::Sparc64 => self.endianness == Endianness::Big,
            A::Ppc64 | A::Ppc | A::Mips64 | A::Mips => true,
            _ => self.endianness == Endianness::Little,
        };
        if !fits {
            return Runs::Never;
        }
        if self.architecture() == Some(kernel) {
            return Runs::Natively;
        }
        match (kernel, self.e_machine, self.bits) {
            (A::X86_64, EM_386 | EM_486, 32) => Runs::Compat("IA32_EMULATION"),
            (A::X86_64, EM_X86_64, 32) => Runs::Compat("X86_X32_ABI"),
            (A::S390x, EM_S390, 32) => Runs::Compat("COMPAT"),
            _ => match (kernel, self.architecture()) {
                (A::Aarch64, Some(A::Arm))
                | (A::Riscv64, Some(A::Riscv32))
                | (A::Ppc64, Some(A::Ppc)) => Runs::Compat("COMPAT"),
                (A::Mips64, Some(A::Mips)) => Runs::Compat("MIPS32_O32"),
                _ => Runs::Never,
            },
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.architecture(), self.e_machine) {
            (Some(architecture), _) => write!(out, "{architecture}")?,
            (None, EM_X86_64) => write!(out, "x32")?,
            (None, EM_AARCH64) => write!(out, "aarch64 ILP32")?,
            (None, other) => write!(out, "{}-bit ELF machine {other}", self.bits)?,
        }
        let usual = match self.architecture() {
            Some(
                Architecture::S390x
                | Architecture::Sparc64
                | Architecture::Ppc64
                | Architecture::Ppc
                | Architecture::Mips64
                | Architecture::Mips,
            ) => Endianness::Big,
            _ => Endianness::Little,
        };
        if self.endianness != usual {
            write!(out, ", {} endian", self.endianness.name())?;
        }
        Ok(())
    }
}
