//! KC006: the payload is compressed by something that is not known.

use super::super::{Cause, Check, Says, Tell, before_banner};
use super::report;
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static UNKNOWN_CODEC: Cause = Cause {
    code: Code(6),
    name: "unknown-codec",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The payload does not begin with the magic of one of the kernel's codecs.",
    explanation: "Linux is compressed with gzip, bzip2, lzma, xz, lzo, lz4 or zstd, or not at all. \
        If the payload begins with anything else, the offset in the header is wrong, the bytes \
        were changed, or a vendor uses its own codec.",
    fix: "Fetch the kernel again, or rebuild it with one of the kernel's own codecs (CONFIG_KERNEL_…).",
    tells: &[
        Tell {
            text: "Not a gzip file",
            by: "the kernel's own decompressor (gzip)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "Input is not in the XZ format (wrong magic bytes)",
            by: "the kernel's own decompressor (xz)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "Input is not in the ZSTD format (wrong magic bytes)",
            by: "the kernel's own decompressor (zstd)",
            says: Says::When(before_banner),
        },
    ],
    sources: &[
        "Linux init/Kconfig, \"Kernel compression mode\"",
        "Linux 6.1 lib/decompress_*.c",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    report(
        &UNKNOWN_CODEC,
        bundle,
        &[Kind::UnknownCodec],
        "No program can unpack it: the kernel's own stub stops, and so does the VMM.",
        "Fetch the kernel again, or rebuild it with one of the kernel's own codecs.",
    )
}
