//! KC321: the kernel refuses modules for their signature.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MODULE_SIGNATURE_REJECTED: Cause = Cause {
    code: Code(321),
    name: "module-signature-rejected",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The kernel refuses modules because of their signature, or because lockdown wants one.",
    explanation: "A kernel with CONFIG_MODULE_SIG_FORCE, module.sig_enforce=1 or lockdown (which UEFI \
        Secure Boot switches on in many distributions) loads only modules that are signed with a \
        key it knows. Modules of another build, modules that were stripped or compressed after \
        signing, and modules of DKMS without an enrolled key are refused, and the initramfs \
        lacks their drivers. It is known only by booting.",
    fix: "Use the modules of this very kernel's build without stripping them, enrol the key \
        (`mokutil --import`), or switch Secure Boot or module.sig_enforce off.",
    tells: &[
        Tell {
            text: "ey was rejected by service",
            by: "finit_module(2), EKEYREJECTED, in the words of modprobe, insmod, systemd or booster",
            says: Says::When(weigh),
        },
        Tell {
            text: "Loading of module with unavailable key is rejected",
            by: "Linux, kernel/module/signing.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Loading of module with unsupported crypto is rejected",
            by: "Linux, kernel/module/signing.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "unsigned module loading is restricted; see man kernel_lockdown",
            by: "Linux, security/lockdown/lockdown.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "equired key not available",
            by: "finit_module(2), ENOKEY, in the words of the program that loads",
            says: Says::When(weigh),
        },
        Tell {
            text: "PKCS#7 signature not signed with a trusted key",
            by: "Linux, crypto/asymmetric_keys/pkcs7_trust.c",
            says: Says::Perhaps,
        },
        Tell {
            text: "module verification failed: signature and/or required key missing - tainting kernel",
            by: "Linux, kernel/module/main.c, which loads it all the same",
            says: Says::Aside,
        },
    ],
    sources: &[
        "Linux 6.12 kernel/module/signing.c, module_sig_check",
        "Linux 6.12 security/lockdown/lockdown.c",
        "anatol/booster issue 163",
    ],
    check: Check::Running,
};

/// Without any disk, the driver that was refused is what the initramfs lacks.
fn weigh(clues: &Clues) -> Belief {
    let has_disk = seen::disks(clues).next().is_some();
    if has_disk || clues.is_past_initramfs() || clues.has_reached(Stage::RootMount) {
        Belief::Likely
    } else {
        Belief::Certain
    }
}
