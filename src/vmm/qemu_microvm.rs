//! QEMU's `-M microvm` with `-kernel`, x86_64.
//!
//! Source: QEMU 7.2 and 10.0 `hw/i386/microvm.c`, `hw/i386/x86.c` (`x86_load_linux`),
//! `docs/system/i386/microvm.rst`.

use super::{Accepts, Entry, Finds, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static QEMU_MICROVM: Target = Target {
    name: "qemu-microvm",
    title: "QEMU microvm",
    versions: "7.2 to 10.0",
    as_of: "2026-11",
    sources: &[
        "QEMU hw/i386/x86.c (x86-common.c since 9.1), x86_load_linux",
        "QEMU docs/system/i386/microvm.rst",
    ],
    platforms: &[Platform {
        architecture: Architecture::X86_64,
        accepts: &[
            taken("bzimage", "bzImage, by its setup code"),
            taken("zimage-x86", "zImage, by its setup code"),
            taken("elf", "ELF with a PVH note"),
        ],
        extract_to: "vmlinux",
        extract_then: None,
        refusal: "QEMU says \"linux kernel too old to load a ram disk\" or \"invalid kernel \
                  header\", or the guest prints nothing",
        ram_mib: 128,
        ram_base: 0,
        reserved_bytes: 0,
        entry: Entry::PvhElfRealMode,
        elf_addresses: None,
        min_boot_protocol: Some((2, 0)),
        consoles: &[console::TTY_S0, console::HVC0],
        tables: Tables::MultiProcessor,
        transport: Transport::MmioCommandLine,
        page_sizes: &[],
        big_endian: false,
    }],
};

const fn taken(container: &'static str, form: &'static str) -> Accepts {
    Accepts {
        container,
        codecs: None,
        inner: None,
        form,
        finds: Finds::Header,
        since: None,
    }
}
