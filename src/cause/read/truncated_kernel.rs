//! KC002: the file ends before the kernel does.

use super::super::{Cause, Check, Says, Tell, before_banner};
use super::report;
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static TRUNCATED_KERNEL: Cause = Cause {
    code: Code(2),
    name: "truncated-kernel",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A header, payload, segment or compressed stream runs past the end of the file.",
    explanation: "The headers state the length of the kernel: setup_sects and syssize, \
        payload_offset and payload_length, an ELF's segments, a PE's sections, the blocks of a \
        compressed stream. A file that ends earlier was truncated by a download, a full disk, or \
        an unfinished copy. Some VMMs do not notice and start half a kernel.",
    fix: "Fetch the kernel again and compare its size and digest with the source's.",
    tells: &[
        Tell {
            text: "-- System halted",
            by: "the x86 decompressor, after its message",
            says: Says::Perhaps,
        },
        Tell {
            text: "ZSTD-compressed data is truncated",
            by: "the kernel's own decompressor (zstd)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "unexpected EOF",
            by: "the kernel's own decompressor (lzma)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "Compressed file ends unexpectedly",
            by: "the kernel's own decompressor (bzip2)",
            says: Says::When(before_banner),
        },
    ],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, syssize and payload_length",
        "Linux 6.1 lib/decompress_*.c",
        "krun-vmm 1.19.7 src/builder.rs (zstd errors are dropped)",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    report(
        &TRUNCATED_KERNEL,
        bundle,
        &[Kind::Truncated],
        "The VMM refuses it, or starts a kernel whose end is missing.",
        "Fetch the kernel again; this copy is truncated.",
    )
}
