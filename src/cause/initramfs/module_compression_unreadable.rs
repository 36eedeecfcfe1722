//! KC307: nobody decompresses a module that the root needs.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MODULE_COMPRESSION_UNREADABLE: Cause = Cause {
    code: Code(307),
    name: "module-compression-unreadable",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A module that the root needs is compressed, and neither the kernel nor the \
        initramfs's modprobe can decompress it.",
    explanation: "Two programs can decompress a module: modprobe, if it was built with the library \
        of the codec and the library is in the archive, or a kernel with CONFIG_MODULE_DECOMPRESS, \
        which supports only the codec of its own modules. BusyBox reads gzip and xz, but not zstd. \
        Without decompression, the kernel reads the compressed bytes as an ELF file.",
    fix: "Put uncompressed modules into the initramfs, or a modprobe that supports the codec.",
    tells: &[
        Tell {
            text: "Invalid ELF header magic: != ELF",
            by: "Linux 5.14 and later",
            says: Says::It,
        },
        Tell {
            text: "modprobe: ERROR: could not insert '‹name›': Exec format error",
            by: "kmod",
            says: Says::Perhaps,
        },
        Tell {
            text: "modprobe: can't load module ‹name› (‹path›): invalid module format",
            by: "BusyBox",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux kernel/module/main.c, elf_validity_check; kernel/module/decompress.c",
        "kmod libkmod/libkmod-file.c",
        "BusyBox modutils/modutils.c",
    ],
    check: Check::Boot,
};

/// The finding about modules whose names end so, beside this modprobe.
pub(crate) fn of(unread: &[String], ending: &str, tool: &str) -> Finding {
    let tool = match tool {
        "busybox" => "BusyBox",
        other => other,
    };
    MODULE_COMPRESSION_UNREADABLE.finding(
        format!(
            "The root needs {} from the initramfs, files in {ending}, but neither its modprobe \
                ({tool}) nor the kernel decompresses them.",
            super::listed(unread)
        ),
        "The kernel refuses the module with \"Invalid ELF header magic\", and the initramfs never mounts the root.",
        "Decompress the modules before you build the initramfs and run depmod, or add a modprobe \
            that supports the codec.",
    )
}
