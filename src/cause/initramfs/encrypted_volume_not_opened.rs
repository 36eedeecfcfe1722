//! KC317: an encrypted volume below the root is not opened.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ENCRYPTED_VOLUME_NOT_OPENED: Cause = Cause {
    code: Code(317),
    name: "encrypted-volume-not-opened",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "An encrypted volume (LUKS) below the root is not opened in the initramfs.",
    explanation: "The initramfs opens the volume that crypttab, rd.luks.uuid= or cryptdevice= names, with \
        a passphrase, a key file, a TPM or a token. It fails if it lacks cryptsetup or its \
        units, if the source device never appears, if its kernel lacks dm-crypt or a cipher, or \
        if the passphrase is wrong. What is in the volume, LVM or the root, is missing after it. \
        It is known only by booting.",
    fix: "In the rescue shell run `blkid` and `cryptsetup open DEVICE NAME`. On the system, \
        compare /etc/crypttab and the command line with `blkid`, and make the initramfs anew \
        with cryptsetup in it (cryptsetup-initramfs, dracut --add crypt, the encrypt or \
        sd-encrypt hook).",
    tells: &[
        Tell {
            text: "ERROR: device '/dev/mapper/‹cryptroot›' not found",
            by: "the init of mkinitcpio",
            says: Says::When(named),
        },
        Tell {
            text: "Warning: /dev/mapper/‹luks-0f› does not exist",
            by: "dracut",
            says: Says::When(named),
        },
        Tell {
            text: "ALERT!  /dev/mapper/‹sda3_crypt› does not exist",
            by: "the init of initramfs-tools",
            says: Says::When(named),
        },
        Tell {
            text: "Failed to start systemd-cryptsetup@‹…›not found",
            by: "systemd: dracut without the units of systemd-cryptsetup",
            says: Says::When(early),
        },
        Tell {
            text: "Failed to start Cryptography Setup for",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Failed to start ‹systemd-cryptsetup@…› - Cryptography Setup for",
            by: "systemd 252 and later in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Dependency failed for Cryptography Setup for",
            by: "systemd in an initramfs: the volume's device never appears",
            says: Says::When(early),
        },
        Tell {
            text: "Dependency failed for ‹systemd-cryptsetup@…› - Cryptography Setup for",
            by: "systemd 252 and later in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Dependency failed for ‹cryptsetup.target - ›Local Encrypted Volumes",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "cryptsetup: source device ‹/dev/md2› not found",
            by: "cryptsetup, its script for initramfs-tools before 2.0",
            says: Says::When(early),
        },
        Tell {
            text: "cryptsetup: ERROR: ‹name›: ‹…›",
            by: "cryptsetup, its scripts for initramfs-tools",
            says: Says::When(early),
        },
        Tell {
            text: "cryptsetup: Waiting for encrypted source device",
            by: "cryptsetup, its script for initramfs-tools",
            says: Says::When(weak),
        },
        Tell {
            text: "cryptsetup (‹name›): cryptsetup failed, bad password or options?",
            by: "cryptsetup, its script for initramfs-tools",
            says: Says::When(early),
        },
        Tell {
            text: "No key available with this passphrase.",
            by: "cryptsetup",
            says: Says::When(early),
        },
        Tell {
            text: "mount: ‹/root: ›unknown filesystem type 'crypto_LUKS'",
            by: "util-linux mount: the closed volume in place of what is in it",
            says: Says::When(early),
        },
        Tell {
            text: "device-mapper: table: ‹254:0›: crypt: unknown target type",
            by: "Linux without DM_CRYPT",
            says: Says::When(early),
        },
        Tell {
            text: "device-mapper: table: ‹254:0›: crypt: Error allocating crypto tfm",
            by: "Linux without the cipher",
            says: Says::When(early),
        },
        Tell {
            text: "Cannot initialize device-mapper. Is dm_mod kernel module loaded?",
            by: "cryptsetup without DM_CRYPT",
            says: Says::When(early),
        },
        Tell {
            text: "Warning: crypto LUKS UUID ‹…› not found",
            by: "dracut, modules.d/90crypt",
            says: Says::When(early),
        },
    ],
    sources: &[
        "systemd 252 src/cryptsetup/cryptsetup-generator.c",
        "cryptsetup 2.6 debian/initramfs/scripts/local-top/cryptroot and cryptroot-unlock",
        "dracut 059 modules.d/90crypt",
        "dracut-ng/dracut issue 1843",
        "Linux 6.12 drivers/md/dm-crypt.c and dm-table.c",
    ],
    check: Check::Running,
};

/// On the root, the same lines are about another file system.
fn early(clues: &Clues) -> Belief {
    if clues.is_past_initramfs() {
        Belief::No
    } else {
        Belief::Certain
    }
}

/// By their names, such devices are encrypted volumes.
fn named(clues: &Clues) -> Belief {
    let name = clues.missing_device.as_deref().unwrap_or_default();
    let is_encrypted = ["crypt", "luks"].iter().any(|word| name.contains(word));
    Belief::Certain.only_if(is_encrypted && !clues.is_past_initramfs())
}

/// It still waits, and may go on.
fn weak(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.is_past_initramfs())
}
