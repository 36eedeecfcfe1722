//! KC909: the VMM does not get as far as starting the guest.

use super::super::{Belief, Cause, Says, Tell};
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
    summary: "The VMM could not set the machine up; the guest has not run.",
    explanation: "A file that can't be opened, a lock that another machine holds, a device that the \
        VMM or the host does not have, no access to /dev/kvm, or a kernel that the loader \
        refuses without a word that is known here. The guest is not to blame. It is known \
        only by booting.",
    fix: "Read what the VMM says; kelpie-check doctor tells what this host can boot.",
    tells: &[
        Tell {
            text: "Building the microVM failed",
            by: "libkrun 1.19.7",
            says: Says::When(weigh),
        },
        Tell {
            text: "qemu-system-‹x86_64›: ‹…›",
            by: "QEMU, in its messages; warnings apart",
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
    ],
    sources: &[
        "krun-vmm 1.19.7 src/builder.rs",
        "QEMU util/qemu-error.c, error_vprintf",
        "Firecracker src/firecracker/src/main.rs",
    ],
    check: None,
};

/// A VMM also talks while the guest runs: it failed where nothing of a guest was seen.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::VmmFailed) => Belief::Likely,
        _ => Belief::No,
    }
}
