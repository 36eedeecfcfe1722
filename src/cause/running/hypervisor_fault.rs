//! KC905: the host's hypervisor gives up: no fault of the guest's.

use super::super::{Cause, Check, Says, Tell};
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
    summary: "The hypervisor of the host failed to run the guest. The guest is not the reason.",
    explanation: "KVM reports that it cannot continue: it would have to emulate an instruction and \
        cannot (KVM_EXIT_INTERNAL_ERROR, \"emulation failure\"), or the hardware refuses a state \
        of the CPU (KVM_EXIT_FAIL_ENTRY). This happens if /dev/kvm is itself emulated or nested, \
        and with CPU features that the host lacks. The guest prints nothing about it: its console \
        just stops. It is known only from a boot.",
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
            by: "QEMU, after KVM internal error",
            says: Says::Perhaps,
        },
        Tell {
            text: "error: failed to set MSR ‹0x10a› to ‹0x69›",
            by: "QEMU, target/i386/kvm/kvm.c, kvm_buf_set_msrs",
            says: Says::It,
        },
        Tell {
            text: "error: kvm run failed ‹Bad address›",
            by: "QEMU, accel/kvm/kvm-all.c, kvm_cpu_exec",
            says: Says::It,
        },
        Tell {
            text: "KVM: unknown exit, hardware reason ‹31›",
            by: "QEMU, accel/kvm/kvm-all.c, kvm_cpu_exec",
            says: Says::It,
        },
        Tell {
            text: "Failure during vcpu run",
            by: "Firecracker, src/vmm/src/vstate/vcpu",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux Documentation/virt/kvm/api.rst, struct kvm_run",
        "krun-vmm 1.19.7 src/linux/vstate.rs, run_emulation",
        "QEMU accel/kvm/kvm-all.c, kvm_handle_internal_error",
    ],
    check: Check::Running,
};
