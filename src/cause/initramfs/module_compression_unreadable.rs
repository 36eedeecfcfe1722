//! KC307: nobody decompresses a module that the root needs.

use super::super::{Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter, Supply};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::modules::Compression;

/// The cause.
pub static MODULE_COMPRESSION_UNREADABLE: Cause = Cause {
    code: Code(307),
    name: "module-compression-unreadable",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A module that the root needs is compressed in a way that neither the kernel nor the \
        initramfs's modprobe undoes.",
    explanation: "A compressed module is decompressed by modprobe, if it was built with the library of \
        that codec and the library is in the archive, or by a kernel with \
        CONFIG_MODULE_DECOMPRESS, which undoes the one codec that its own modules are made \
        with. BusyBox reads gzip and xz, and no zstd. Where nobody decompresses it, the \
        kernel gets the compressed bytes for an ELF file.",
    fix: "Put uncompressed modules into the initramfs, or a modprobe that reads them.",
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
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    bundle.kernel()?;
    let Mounter::Initramfs(_) = bundle.mounter()? else {
        return Ok(Vec::new());
    };
    let Some(modules) = bundle.archive_modules()? else {
        return Ok(Vec::new());
    };
    let archive = initramfs.archive()?;
    let mut unread: Vec<String> = Vec::new();
    let mut ending = "";
    let mut unknown = None;
    for option in bundle.root_drivers()? {
        let Supply::Module { name } = bundle.supply(option)? else {
            continue;
        };
        for name in modules.closure(archive, name)?.order {
            let Some(module) = modules.get(&name) else {
                continue;
            };
            match reads(bundle, module.compression) {
                Ok(true) => {}
                Ok(false) => {
                    ending = module.compression.suffix();
                    unread.push(name);
                }
                Err(error) => unknown = Some(error),
            }
        }
    }
    if unread.is_empty() {
        return match unknown {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        };
    }
    unread.sort();
    unread.dedup();
    let tool = match initramfs.module_reader()?.tool {
        "busybox" => "BusyBox",
        other => other,
    };
    Ok(vec![MODULE_COMPRESSION_UNREADABLE.finding(
        format!(
            "The root needs {} from the initramfs, files in {ending}, which neither its modprobe ({tool}) nor the kernel decompresses.",
            super::listed(&unread)
        ),
        "The kernel refuses the module with \"Invalid ELF header magic\", and the initramfs never mounts the root.",
        "Decompress the modules before the initramfs is made and run depmod, or put a modprobe into it that reads them.",
    )])
}

/// Whether somebody decompresses such a module.
fn reads(bundle: &Bundle, compression: Compression) -> Result<bool> {
    let option = match compression {
        Compression::None => return Ok(true),
        Compression::Gzip => "MODULE_COMPRESS_GZIP",
        Compression::Xz => "MODULE_COMPRESS_XZ",
        Compression::Zstd => "MODULE_COMPRESS_ZSTD",
    };
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(false);
    };
    let reader = initramfs.module_reader()?;
    let ending = compression
        .suffix()
        .strip_prefix(".ko.")
        .unwrap_or_default();
    if reader.reads.contains(&ending) {
        return Ok(true);
    }
    if !matches!(reader.tool, "kmod" | "busybox") {
        return Err(Error::unsupported(
            "modprobe",
            "nobody knows what the one in the initramfs decompresses",
        ));
    }
    if !bundle.builds_in("MODULE_DECOMPRESS")? || !bundle.builds_in(option)? {
        return Ok(false);
    }
    if reader.tool == "busybox" {
        return Err(Error::unsupported(
            "modprobe",
            "whether this BusyBox leaves decompressing to the kernel depends on its version",
        ));
    }
    Ok(true)
}
