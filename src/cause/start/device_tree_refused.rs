//! KC209: the kernel gets no device tree that it can use.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static DEVICE_TREE_REFUSED: Cause = Cause {
    code: Code(209),
    name: "device-tree-refused",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel got no device tree, or one that it cannot use.",
    explanation: "On ARM and RISC-V the boot loader or the VMM hands over a device tree that describes the \
        machine. The kernel stops, mostly before any console works, if the address holds no \
        tree, if the tree is damaged or was overwritten, or if no board that this kernel \
        supports is named in it. It is known only by booting.",
    fix: "Load the device tree that belongs to this kernel and board (fdt_file, fdtfile or \
        devicetree in the boot loader) at an address that nothing overwrites. A VMM passes its \
        own: remove -dtb.",
    tells: &[
        Tell {
            text: "Error: invalid dtb and unrecognized/unsupported machine ID",
            by: "Linux, arch/arm/kernel/setup.c, setup_arch",
            says: Says::It,
        },
        Tell {
            text: "Error: unrecognized/unsupported device tree compatible list",
            by: "Linux, arch/arm/kernel/devtree.c",
            says: Says::It,
        },
        Tell {
            text: "Error: invalid device tree blob at physical address",
            by: "Linux, arch/arm64/kernel/setup.c, setup_machine_fdt",
            says: Says::It,
        },
        Tell {
            text: "Error: unrecognized/unsupported machine ID",
            by: "Linux, arch/arm/kernel/setup.c, before 4.x",
            says: Says::It,
        },
        Tell {
            text: "ERROR: Did not find a cmdline Flattened Device Tree",
            by: "U-Boot, boot/image-fdt.c",
            says: Says::It,
        },
        Tell {
            text: "FDT and ATAGS support not compiled in",
            by: "U-Boot, arch/arm/lib/bootm.c",
            says: Says::It,
        },
        Tell {
            text: "ERROR: image is not a fdt",
            by: "U-Boot, boot/image-fdt.c",
            says: Says::It,
        },
        Tell {
            text: "Could not find a valid device tree",
            by: "U-Boot, boot/image-fdt.c",
            says: Says::It,
        },
        Tell {
            text: "No valid device tree binary found",
            by: "U-Boot, common/board_f.c; EFI stub",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux 6.12 arch/arm64/kernel/setup.c, setup_machine_fdt",
        "Linux 6.12 arch/arm/kernel/devtree.c, setup_machine_fdt",
        "U-Boot 2023.01 boot/image-fdt.c and arch/arm/lib/bootm.c",
    ],
    check: Check::Running,
};
