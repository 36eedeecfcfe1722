//! KC905: the host's hypervisor gives up: no fault of the guest's.

use super::super::{Cause, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static HYPERVISOR_FAULT: Cause = Cause {
    code: Code(905),
    name: "hypervisor-fault",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The hypervisor of the host could not go on with the guest. The guest is not to \
        blame.",
    explanation: "KVM tells its user that it can't go on: an instruction that it would have to emulate \
        and can't (KVM_EXIT_INTERNAL_ERROR, \"emulation failure\"), or a state of the CPU \
        that the hardware refuses (KVM_EXIT_FAIL_ENTRY). It happens where /dev/kvm is itself \
        emulated or nested, and with CPU features that the host lacks. The guest has printed \
        nothing of it: its console just stops. It is known only by booting.",
    fix: "Boot on a host whose KVM runs guests natively, or without KVM: kelpie-check boot \
        --backend qemu --accelerator tcg, which translates every instruction.",
    tells: &[
        Tell {
            text: "KVM_EXIT_INTERNAL_ERROR",
            by: "libkrun 1.19.7: Received KVM_EXIT_INTERNAL_ERROR signal; Firecracker names the exit too",
            says: Says::It,
        },
        Tell {
            text: "KVM internal error. Suberror: ‹1›",
            by: "QEMU, accel/kvm/kvm-all.c",
            says: Says::It,
        },
        Tell {
            text: "KVM: entry failed, hardware error",
            by: "QEMU, accel/kvm/kvm-all.c",
            says: Says::It,
        },
        Tell {
            text: "KVM_EXIT_FAIL_ENTRY",
            by: "libkrun 1.19.7: Received KVM_EXIT_FAIL_ENTRY signal",
            says: Says::It,
        },
        Tell {
            text: "emulation failure",
            by: "QEMU, below KVM internal error",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux Documentation/virt/kvm/api.rst, struct kvm_run",
        "krun-vmm 1.19.7 src/linux/vstate.rs, run_emulation",
        "QEMU accel/kvm/kvm-all.c, kvm_handle_internal_error",
    ],
    check: None,
};
