//! KC915: the firmware or the boot loader does not load a kernel.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static BOOT_LOADER_FAILED: Cause = Cause {
    code: Code(915),
    name: "boot-loader-failed",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The firmware or the boot loader found or loaded no kernel.",
    explanation: "SeaBIOS and UEFI look for a boot sector or a boot entry, GRUB for its modules, its \
        configuration and the kernel that it names, U-Boot for an image of the kind that its \
        command expects, and the Raspberry Pi for start.elf and the kernel of config.txt. None of them gets as far as a kernel here. A disk without a boot loader \
        is meant for a VMM that loads the kernel itself. It is known only by booting.",
    fix: "Name what is missing in the boot loader's shell (`ls` in GRUB and U-Boot, `map` in the \
        UEFI shell), reinstall the boot loader, correct the path of the kernel, or give the \
        kernel to the VMM (-kernel).",
    tells: &[
        Tell {
            text: "BdsDxe: No bootable option or device was found",
            by: "EDK II, MdeModulePkg/Universal/BdsDxe",
            says: Says::It,
        },
        Tell {
            text: "BdsDxe: failed to load Boot‹0001›",
            by: "EDK II, MdeModulePkg/Universal/BdsDxe",
            says: Says::When(weak),
        },
        Tell {
            text: "No bootable device.",
            by: "SeaBIOS, src/boot.c",
            says: Says::It,
        },
        Tell {
            text: "Boot failed: not a bootable disk",
            by: "SeaBIOS, src/boot.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Boot failed: could not read the boot disk",
            by: "SeaBIOS, src/boot.c",
            says: Says::When(weak),
        },
        Tell {
            text: "grub rescue>",
            by: "GRUB, without its modules",
            says: Says::When(weak),
        },
        Tell {
            text: "error: you need to load the kernel first",
            by: "GRUB, loader/i386/linux.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Failed to boot both default and fallback entries",
            by: "GRUB, normal/menu.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Wrong Image Format for ‹bootm› command",
            by: "U-Boot, boot/bootm.c, boot_get_kernel",
            says: Says::When(weak),
        },
        Tell {
            text: "Wrong Image Type for ‹bootm› command",
            by: "U-Boot, boot/bootm.c, bootm_find_os",
            says: Says::When(weak),
        },
        Tell {
            text: ": can't get kernel image!",
            by: "U-Boot, boot/bootm.c, bootm_find_os; since 2024.01 with a number after ERROR",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Magic Number",
            by: "U-Boot, boot/bootm.c, image_get_kernel",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Header Checksum",
            by: "U-Boot, boot/bootm.c, image_get_kernel",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Data CRC",
            by: "U-Boot, boot/bootm.c, image_get_kernel",
            says: Says::When(weak),
        },
        Tell {
            text: "Unsupported Architecture 0x‹2›",
            by: "U-Boot, boot/bootm.c, image_get_kernel",
            says: Says::When(weak),
        },
        Tell {
            text: "ERROR: unknown image format type!",
            by: "U-Boot, boot/bootm.c, bootm_find_os",
            says: Says::When(weak),
        },
        Tell {
            text: "Image too large: increase CONFIG_SYS_BOOTM_LEN",
            by: "U-Boot, boot/bootm.c, handle_decomp_error",
            says: Says::When(weak),
        },
        Tell {
            text: "ust RESET board to recover",
            by: "U-Boot, boot/bootm.c, handle_decomp_error",
            says: Says::When(weak),
        },
        Tell {
            text: "Ramdisk image is corrupt or invalid",
            by: "U-Boot, boot/bootm.c, bootm_find_images",
            says: Says::When(weak),
        },
        Tell {
            text: "start4.elf not found",
            by: "the bootloader of the Raspberry Pi 4, without its second stage",
            says: Says::When(weak),
        },
        Tell {
            text: "start.elf not found",
            by: "the bootloader of the Raspberry Pi, without its second stage",
            says: Says::When(weak),
        },
        Tell {
            text: "Firmware not found",
            by: "the bootloader of the Raspberry Pi, after its last partition",
            says: Says::When(weak),
        },
        Tell {
            text: "Failed to open device: '‹sdcard›'",
            by: "the bootloader of the Raspberry Pi",
            says: Says::When(weak),
        },
        Tell {
            text: "Read ‹start4.elf› failed",
            by: "the bootloader of the Raspberry Pi",
            says: Says::When(weak),
        },
        Tell {
            text: "kernel GZIP decompression failed",
            by: "start.elf of the Raspberry Pi",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Linux ARM64 Image magic!",
            by: "U-Boot, arch/arm/lib/image.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Linux RISCV Image magic!",
            by: "U-Boot, arch/riscv/lib/image.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Bad Linux ARM zImage magic!",
            by: "U-Boot, arch/arm/lib/zimage.c",
            says: Says::When(weak),
        },
        Tell {
            text: "Verification failed: (0x1A) Security Violation",
            by: "shim",
            says: Says::When(weak),
        },
    ],
    sources: &[
        "EDK II edk2-stable202302 MdeModulePkg/Universal/BdsDxe/BdsEntry.c",
        "SeaBIOS 1.16 src/boot.c",
        "GRUB 2.06 grub-core/normal/menu.c and loader/i386/linux.c",
        "U-Boot 2023.01 boot/bootm.c and arch/arm/lib/image.c",
        "raspberrypi/rpi-eeprom issue 282; talos-rpi5/talos-builder issue 19; CarlFK/pici issue 42",
    ],
    check: Check::Running,
};

/// Another entry may have been tried after it.
fn weak(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.kernel.is_none() && !clues.has_kernel_lines)
}
