//! Programs that are mistaken for kernels: boot loaders, hypervisors, memory tests.
//!
//! Sources: the programs' own headers: Memtest86+ 6 `boot/header.S`, iPXE
//! `src/arch/x86/prefix/lkrnprefix.S`, Syslinux `memdisk/memdisk16.asm`, GRUB
//! `grub-core/boot/i386/pc/lnxboot.S`, Xen `xen/arch/arm/arm64/head.S`, U-Boot
//! `arch/arm/include/asm/boot0-linux-kernel-header.h`, the Multiboot specifications 0.6.96 and 2.0.

use super::Program;
use crate::bytes::{Endianness, Window};
use crate::kernel::elf;
use crate::kernel::pe::{self, Pe};
use crate::kernel::setup_header::{self, states_payload, version_bytes};
use crate::kernel::{arm64, riscv};
use crate::limits::Limits;
use crate::source::Source;
use memchr::memmem;
use std::borrow::Cow;

const GIVE_A_KERNEL: &str = "Give the Linux kernel that it starts, usually named vmlinuz.";
const NOT_LINUX: &str = "It boots without Linux; give a vmlinuz instead.";

/// Programs that have a kernel image's header.
pub(super) static IMPOSTERS: &[Program] = &[
    Program {
        what: "the memory test Memtest86+",
        hint: NOT_LINUX,
        recognise: |head, _| has_version(head, b"Memtest86"),
    },
    Program {
        what: "the disk emulator MEMDISK of Syslinux",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| has_version(head, b"MEMDISK"),
    },
    Program {
        what: "the boot loader wimboot",
        hint: NOT_LINUX,
        recognise: |head, _| has_version(head, b"wimboot"),
    },
    Program {
        what: "the network boot loader iPXE",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| {
            setup_header::is_there(head)
                && !states_payload(head)
                && holds(head, b"Installation failed - cannot continue")
        },
    },
    Program {
        what: "the boot loader GRUB after its lnxboot.img",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| {
            setup_header::is_there(head)
                && !states_payload(head)
                && holds(head, b"move memory fails")
        },
    },
    Program {
        what: "a program with a Linux boot header that is not Linux",
        hint: NOT_LINUX,
        recognise: |head, _| has_foreign_version(head),
    },
    Program {
        what: "the hypervisor Xen",
        hint: GIVE_A_KERNEL,
        recognise: |head, source| has_image_header(head) && is_xen(source),
    },
    Program {
        what: "the boot loader U-Boot",
        hint: GIVE_A_KERNEL,
        recognise: |head, source| has_image_header(head) && is_u_boot(source),
    },
    Program {
        what: "a Multiboot kernel (Xen, GNU Mach or another), not Linux",
        hint: NOT_LINUX,
        recognise: |head, _| {
            head.has(0, b"\x7fELF") && (has_multiboot(head) || has_multiboot2(head))
        },
    },
];

/// Programs that have none, for what no container has.
pub(super) static PROGRAMS: &[Program] = &[
    Program {
        what: "the first bytes of a Linux kernel, truncated within its header",
        hint: "Fetch it again: the download ended early.",
        recognise: |head, _| {
            head.has(pe::LINUX_MAGIC_AT, pe::LINUX_MAGIC) && head.len() < SETUP_HEADER_END
        },
    },
    Program {
        what: "the boot loader GRUB for EFI",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| efi_program(head).is_some_and(|pe| pe.section("mods").is_some()),
    },
    Program {
        what: "the boot loader systemd-boot",
        hint: GIVE_A_KERNEL,
        recognise: |head, source| is_systemd(head, source, b"systemd-boot"),
    },
    Program {
        what: "systemd's EFI stub without a kernel",
        hint: "Give the unified kernel image that was built with it, or the kernel itself.",
        recognise: |head, source| is_systemd(head, source, b"systemd-stub"),
    },
    Program {
        what: "an EFI add-on of a unified kernel image, without a kernel",
        hint: "Give the unified kernel image that it belongs to.",
        recognise: |head, _| {
            efi_program(head).is_some_and(|pe| {
                pe.section(".cmdline").is_some() && pe.section(".linux").is_none()
            })
        },
    },
    Program {
        what: "an EFI program that is not a Linux kernel",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| efi_program(head).is_some(),
    },
    Program {
        what: "a shared library without a kernel in it",
        hint: "The kernel that libkrun starts is in libkrunfw.so.5, not in libkrun.so.",
        recognise: elf::is_library,
    },
    Program {
        what: "a Windows program",
        hint: GIVE_A_KERNEL,
        recognise: |head, _| Pe::read(head, &Limits::default()).is_ok(),
    },
];

/// Programs without any header, for what nothing else has: they are known by a text alone, which
/// an archive of them has too.
pub(super) static HEADERLESS: &[Program] = &[Program {
    what: "the boot loader U-Boot",
    hint: GIVE_A_KERNEL,
    recognise: |_, source| is_u_boot(source),
}];

/// Where the x86 setup header's magic ends: a shorter file shows nothing of it.
const SETUP_HEADER_END: u64 = 0x206;
/// Largest file that is looked through for the name of a program. Hypervisors and boot loaders are
/// smaller, kernels that anybody ships larger.
const SMALL_FILE_BYTES: u64 = 4 << 20;
/// Subsystems of the PE format: EFI application, boot service driver, runtime driver, ROM.
const EFI_SUBSYSTEMS: std::ops::RangeInclusive<u16> = 10..=13;

fn has_image_header(head: Window<'_>) -> bool {
    (arm64::ARM64.recognise)(head) || (riscv::RISCV.recognise)(head)
}

fn holds(head: Window<'_>, text: &[u8]) -> bool {
    memmem::find(head.as_bytes(), text).is_some()
}

fn has_version(head: Window<'_>, name: &[u8]) -> bool {
    setup_header::is_there(head) && version_bytes(head).is_some_and(|text| text.starts_with(name))
}

/// A version string, but not one of the form that every Linux since 1.3.73 writes:
/// `release (user@host) #number …`.
fn has_foreign_version(head: Window<'_>) -> bool {
    let is_foreign = |text: &[u8]| {
        text.len() >= 4
            && text
                .iter()
                .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
            && !text.contains(&b'#')
            && !text.contains(&b'(')
    };
    setup_header::is_there(head)
        && !states_payload(head)
        && version_bytes(head).is_some_and(is_foreign)
}

/// The bytes of a whole small file that has no banner of a Linux in it.
fn small_foreign(source: &Source) -> Option<Cow<'_, [u8]>> {
    (source.len() <= SMALL_FILE_BYTES)
        .then(|| source.read("file", 0, source.len()).ok())
        .flatten()
        .filter(|bytes| memmem::find(bytes, b"Linux version ").is_none())
}

/// The format of Xen's banner, `xen/common/kernel.c` and `xen/drivers/char/console.c`.
fn is_xen(source: &Source) -> bool {
    small_foreign(source).is_some_and(|bytes| memmem::find(&bytes, b"Xen version %d.%d").is_some())
}

/// U-Boot's banner, as its Makefile writes it: `U-Boot 2023.01`.
fn is_u_boot(source: &Source) -> bool {
    const NAME: &[u8] = b"U-Boot 20";
    small_foreign(source).is_some_and(|bytes| {
        memmem::find_iter(&bytes, NAME).any(|at| {
            let release = bytes.get(at.saturating_add(NAME.len())..);
            matches!(
                release,
                Some([y, z, b'.', m, n, ..]) if [y, z, m, n].iter().all(|c| c.is_ascii_digit())
            )
        })
    })
}

fn efi_program(head: Window<'_>) -> Option<Pe> {
    let pe = Pe::read(head, &Limits::default()).ok()?;
    pe.subsystem
        .is_some_and(|subsystem| EFI_SUBSYSTEMS.contains(&subsystem))
        .then_some(pe)
}

/// systemd's EFI programs say their name in a section of their own.
fn is_systemd(head: Window<'_>, source: &Source, name: &[u8]) -> bool {
    let magic = efi_program(head).and_then(|pe| pe.section(".sdmagic").cloned());
    magic.is_some_and(|section| {
        source
            .read("section .sdmagic", section.offset, section.length.min(256))
            .is_ok_and(|text| memmem::find(&text, name).is_some())
    })
}

/// The header of Multiboot 1: in the first 8 KiB, aligned to 4, its three words adding up to 0.
fn has_multiboot(head: Window<'_>) -> bool {
    has_checked_magic(head, 8192, 4, 0x1bad_b002, 3)
}

/// The header of Multiboot 2: in the first 32 KiB, aligned to 8, its four words adding up to 0.
fn has_multiboot2(head: Window<'_>) -> bool {
    has_checked_magic(head, 32768, 8, 0xe852_50d6, 4)
}

fn has_checked_magic(head: Window<'_>, reach: u64, step: usize, magic: u32, words: u64) -> bool {
    let word = |at: u64| head.u32("multiboot_header", at, Endianness::Little).ok();
    (0..reach.min(head.len())).step_by(step).any(|at| {
        word(at) == Some(magic)
            && (0..words)
                .map(|index| word(at.saturating_add(index.saturating_mul(4))))
                .try_fold(0_u32, |sum, value| Some(sum.wrapping_add(value?)))
                == Some(0)
    })
}
