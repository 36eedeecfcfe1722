//! KC104: the machine has not the memory that the kernel asks for.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

const MIB: u64 = 1024 * 1024;

/// The cause.
pub static DOES_NOT_FIT_RAM: Cause = Cause {
    code: Code(104),
    name: "does-not-fit-ram",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The loaded kernel and the initramfs need more than the machine's RAM.",
    explanation: "A kernel needs more than its file: image_size (arm64, riscv) and the end of the \
        last segment (ELF) include its BSS, and init_size (x86 bzImage) the space in which it \
        unpacks itself. A VMM that unwraps the bzImage needs only the ELF inside. On arm64 and \
        riscv the device tree needs RAM, too. The driver of hvc0 fills its queues with one page \
        for each entry; QEMU's virtio over MMIO has 2048 entries: 8 MiB with pages of 4 KiB, 128 \
        MiB with pages of 64 KiB. The initramfs is copied to RAM in its full size.",
    fix: "Give the machine more RAM, or use a smaller kernel or initramfs.",
    tells: &[
        Tell {
            text: "Kernel Loader: Unable to read kernel image",
            by: "VMMs on the linux-loader crate, ELF (0.13.2)",
            says: Says::Perhaps,
        },
        Tell {
            text: "The kernel doesn't fit in the microVM memory",
            by: "libkrun 1.19.7, bundled kernels; it silently truncates a raw Image of its caller",
            says: Says::It,
        },
        Tell {
            text: "Kernel doesn't fit in RAM",
            by: "libkrun 1.19.7, bundled kernels, x86",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: System is deadlocked on memory",
            by: "Linux, if its own drivers use all of the memory",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, init_size",
        "Linux Documentation/arch/arm64/booting.rst, image_size",
        "Linux drivers/char/virtio_console.c, fill_queue; QEMU hw/virtio/virtio-mmio.c",
        "krun-vmm 1.19.7 src/builder.rs, krun-arch 1.19.7 src/*/mod.rs",
        "linux-loader 0.13.2 src/loader/elf/mod.rs",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let Some(kernel_bytes) = bundle.memory_bytes()? else {
        return Ok(Vec::new());
    };
    // Whether there is one may not be told yet: the kernel alone can be too large.
    let initramfs_bytes = match bundle.initramfs() {
        Ok(Some(initramfs)) => initramfs.file_bytes(),
        Ok(None) | Err(_) => 0,
    };
    let ram_bytes = bundle.ram_bytes()?;
    let loaded_bytes = kernel_bytes.saturating_add(initramfs_bytes);
    let console_bytes = if loaded_bytes <= ram_bytes {
        console_bytes(bundle)?
    } else {
        0
    };
    let needed_bytes = loaded_bytes.saturating_add(console_bytes);
    if needed_bytes <= ram_bytes {
        return Ok(Vec::new());
    }
    let needed_mib = needed_bytes.div_ceil(MIB);
    let has = match bundle.ram_mib {
        Some(mib) => format!("the machine has {mib} MiB"),
        None => format!("{} gives {} MiB", bundle.target.title, platform.ram_mib),
    };
    let fix =
        format!("Give the machine at least {needed_mib} MiB of RAM, and more for its programs.");
    if loaded_bytes <= ram_bytes {
        return Ok(vec![DOES_NOT_FIT_RAM.finding(
            format!(
                "For hvc0 the kernel reserves {} MiB, and needs {} MiB for itself and the \
                    initramfs; {has}.",
                console_bytes.div_ceil(MIB),
                loaded_bytes.div_ceil(MIB)
            ),
            "The kernel panics: \"System is deadlocked on memory\".",
            fix,
        )]);
    }
    if kernel_bytes <= ram_bytes {
        return Ok(vec![
            DOES_NOT_FIT_RAM
                .finding(
                    format!(
                        "The kernel needs RAM up to {} MiB and the initramfs {} MiB more; {has}.",
                        kernel_bytes.div_ceil(MIB),
                        initramfs_bytes.div_ceil(MIB)
                    ),
                    "The VMM refuses the initramfs, or it overwrites the kernel.",
                    fix,
                )
                .about(Role::Initramfs),
        ]);
    }
    Ok(vec![DOES_NOT_FIT_RAM.finding(
        format!(
            "The kernel needs RAM up to {} MiB; {has}.",
            kernel_bytes.div_ceil(MIB)
        ),
        "The VMM refuses it or truncates it, or the kernel faults at the end of RAM.",
        fix,
    )])
}

const USUAL_PAGE_BYTES: u64 = 4096;
/// What a kernel takes by then beside its image, at the least.
const BESIDES_BYTES: u64 = 2 * MIB;

/// What the driver of the virtio console takes before anything runs, where one is asked for.
fn console_bytes(bundle: &Bundle) -> Result<u64> {
    let pages = bundle.platform()?.virtio_console_pages;
    if pages == 0 {
        return Ok(0);
    }
    let Ok(line) = bundle.command_line() else {
        return Ok(0);
    };
    let consoles = line.consoles();
    let is_asked_for = consoles
        .iter()
        .any(|console| console.device.starts_with("hvc"));
    // What is not known of its driver is another cause's.
    if !is_asked_for || !bundle.builds_in("VIRTIO_CONSOLE").unwrap_or(false) {
        return Ok(0);
    }
    let page = match bundle.kernel()?.image() {
        Ok((header, _)) => header.page_size_bytes,
        Err(_) => None,
    };
    let buffers = pages.saturating_mul(page.unwrap_or(USUAL_PAGE_BYTES));
    Ok(buffers.saturating_add(BESIDES_BYTES))
}
