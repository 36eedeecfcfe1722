//! KC909: the VMM does not get as far as starting the guest.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static VMM_SETUP_FAILED: Cause = Cause {
    code: Code(909),
    name: "vmm-setup-failed",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The VMM could not set up the machine; the guest did not run.",
    explanation: "Possible reasons: a file that cannot be opened, a lock that another machine \
        holds, a device that the VMM or the host does not have, no access to /dev/kvm, or a kernel \
        that the loader refuses with an unknown message. The guest is not the reason. It is known \
        only from a boot.",
    fix: "Read the VMM's messages; kelpie-check doctor shows what this host can boot.",
    tells: &[
        Tell {
            text: "Building the microVM failed",
            by: "libkrun 1.19.7",
            says: Says::When(weigh),
        },
        Tell {
            text: "qemu-system-‹x86_64›: ‹…›",
            by: "QEMU, in its messages, except warnings",
            says: Says::When(weigh),
        },
        Tell {
            text: "Could not access KVM kernel module",
            by: "QEMU, accel/kvm/kvm-all.c",
            says: Says::It,
        },
        Tell {
            text: "failed to initialize kvm",
            by: "QEMU, accel/kvm/kvm-all.c",
            says: Says::It,
        },
        Tell {
            text: "Firecracker exiting with error",
            by: "Firecracker 1.x",
            says: Says::When(weigh),
        },
        Tell {
            text: "RunWithApiError error",
            by: "Firecracker 1.x",
            says: Says::When(weigh),
        },
        Tell {
            text: "Error booting VM: ‹…›",
            by: "Cloud Hypervisor",
            says: Says::When(weigh),
        },
        Tell {
            text: "\"fault_message\": \"‹…›\"",
            by: "Firecracker's API",
            says: Says::When(weigh),
        },
        Tell {
            text: "\"fault_message\":\"‹…›\"",
            by: "Firecracker's API",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to start microVM",
            by: "Firecracker",
            says: Says::When(weigh),
        },
        Tell {
            text: "while starting microVM",
            by: "Firecracker",
            says: Says::When(weigh),
        },
        Tell {
            text: "VmBoot(‹…›)",
            by: "Cloud Hypervisor, and what drives it",
            says: Says::When(weigh),
        },
        Tell {
            text: "VmCreate(‹…›)",
            by: "Cloud Hypervisor, and what drives it",
            says: Says::When(weigh),
        },
        Tell {
            text: "HypervisorCreate(‹…›)",
            by: "Cloud Hypervisor",
            says: Says::When(weigh),
        },
        Tell {
            text: "Error creating the Kvm object",
            by: "libkrun and Firecracker, without /dev/kvm",
            says: Says::When(weigh),
        },
        Tell {
            text: "Error creating KVM object",
            by: "Firecracker, without /dev/kvm",
            says: Says::When(weigh),
        },
        Tell {
            text: "Cannot create the Kvm",
            by: "libkrun, without /dev/kvm",
            says: Says::When(weigh),
        },
        Tell {
            text: "KVM_CREATE_VM",
            by: "VMMs, in the words of ioctl(2)",
            says: Says::When(weigh),
        },
        Tell {
            text: "failed to launch qemu",
            by: "Kata's runtime",
            says: Says::When(weigh),
        },
        Tell {
            text: "process exited while connecting to monitor",
            by: "libvirt, with the words of QEMU after it",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to start domain",
            by: "virsh",
            says: Says::When(weigh),
        },
        Tell {
            text: "qemu-kvm: ‹…›",
            by: "QEMU of Red Hat, in its messages",
            says: Says::When(weigh),
        },
        Tell {
            text: "qemu: could not load kernel",
            by: "QEMU, hw/i386/x86.c and others",
            says: Says::When(weigh),
        },
        Tell {
            text: "the architecture failed to build the vm",
            by: "crosvm",
            says: Says::When(weigh),
        },
        Tell {
            text: "VZErrorDomain",
            by: "Virtualization.framework, through vfkit, Lima and others",
            says: Says::When(weigh),
        },
        Tell {
            text: "The virtual machine failed to start",
            by: "Virtualization.framework",
            says: Says::When(weigh),
        },
        Tell {
            text: "Wsl/Service/‹CreateInstance›",
            by: "WSL 2",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to open a session for the virtual machine",
            by: "VirtualBox",
            says: Says::When(weigh),
        },
        Tell {
            text: "libxl: error: ‹…›",
            by: "Xen",
            says: Says::When(weigh),
        },
        Tell {
            text: "Cannot create VMM",
            by: "Firecracker, without /dev/kvm",
            says: Says::When(weigh),
        },
        Tell {
            text: "Shutting down VM after intercepting ‹a bad syscall›",
            by: "Firecracker, over its own filter of system calls",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "krun-vmm 1.19.7 src/builder.rs",
        "QEMU util/qemu-error.c, error_vprintf",
        "Firecracker src/firecracker/src/main.rs",
    ],
    check: Check::Running,
};

/// A VMM also talks while the guest runs: it failed where nothing of a guest was seen.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::VmmFailed) => Belief::Likely,
        _ => Belief::No,
    }
}
