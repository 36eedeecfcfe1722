//! KC402: the kernel does not reach the virtio devices when it mounts the root.

use super::super::{Cause, Check, Says, Tell};
use super::seen;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static TRANSPORT_NOT_BUILT_IN: Cause = Cause {
    code: Code(402),
    name: "transport-not-built-in",
    stage: Stage::RootDevice,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The driver of the target's virtio transport is a module or off.",
    explanation: "A virtio disk needs a transport: virtio-mmio in libkrun, Firecracker and QEMU's \
        microvm, virtio-pci elsewhere. It must be built in, or an initramfs must load it. If the \
        device tree describes the PCI host bridge, CONFIG_PCI_HOST_GENERIC must be built in, too. \
        On x86, ACPI's tables or virtio_mmio.device= on the command line must also name the \
        devices; a kernel reads the latter only with CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES. libkrun \
        has no ACPI, so its x86 guests need that option even with an initramfs: it is a part of \
        the virtio_mmio driver.",
    fix: "Use a kernel with CONFIG_VIRTIO_MMIO=y and CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y, or with \
        CONFIG_VIRTIO_PCI=y if the target has PCI. If they are modules, `kelpie-check initramfs \
        build` makes an initramfs that loads them.",
    tells: &[
        Tell {
            text: "virtio_mmio: unknown parameter 'device' ignored",
            by: "Linux, as the module is loaded without VIRTIO_MMIO_CMDLINE_DEVICES",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, without an initramfs",
            says: Says::When(seen::no_transport),
        },
        Tell {
            text: "Waiting for root device ‹/dev/vda›...",
            by: "Linux, with rootwait",
            says: Says::When(seen::no_transport),
        },
    ],
    sources: &[
        "Linux drivers/virtio/Kconfig and virtio_mmio.c",
        "krun-vmm 1.19.7 src/device_manager/kvm/mmio.rs, add_device_to_cmdline",
        "QEMU hw/i386/microvm.c, microvm_fix_kernel_cmdline",
    ],
    check: Check::Boot,
};

/// The finding about what the kernel lacks, each reason a clause.
pub(crate) fn of(reasons: &[String], consequence: String, fix: String) -> Finding {
    TRANSPORT_NOT_BUILT_IN.finding(format!("{}.", reasons.join("; ")), consequence, fix)
}
