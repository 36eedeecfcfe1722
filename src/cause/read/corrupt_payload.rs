//! KC003: the payload does not decode to what the header states.

use super::super::{Cause, Check, Says, Tell, before_banner};
use super::report;
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static CORRUPT_PAYLOAD: Cause = Cause {
    code: Code(3),
    name: "corrupt-payload",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A compressed stream is damaged, its checksum or length differs, or a header field is impossible.",
    explanation: "Compressed kernels contain checksums, and most containers state the decoded \
        length: on x86 it is in the last four bytes of the payload, in an EFI zboot image in the \
        word after it. If decoding fails or the length differs, bytes were changed.",
    fix: "Fetch the kernel again and compare its digest with the source's.",
    tells: &[
        Tell {
            text: "uncompression error",
            by: "the kernel's own decompressor (gzip)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "XZ-compressed data is corrupt",
            by: "the kernel's own decompressor (xz)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "ZSTD-compressed data is corrupt",
            by: "the kernel's own decompressor (zstd)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "LZMA data is corrupt",
            by: "the kernel's own decompressor (lzma)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "data corrupted",
            by: "the kernel's own decompressor (lz4)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "-- System halted",
            by: "the x86 decompressor, after its message",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux 6.1 lib/decompress_*.c",
        "Linux arch/x86/boot/compressed/misc.c",
        "Linux drivers/firmware/efi/libstub/Makefile.zboot",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    report(
        &CORRUPT_PAYLOAD,
        bundle,
        &[Kind::Corrupt, Kind::Invalid],
        "The program that decompresses it, the VMM or the kernel itself, stops with an error or \
            starts damaged code.",
        "Fetch the kernel again; this copy is damaged.",
    )
}
