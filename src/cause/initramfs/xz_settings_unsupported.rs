//! KC311: the initramfs is xz in a form that the kernel does not read.

use super::super::{Cause, Check, Says, Tell};
use super::Sequel;
use crate::bundle::Bundle;
use crate::finding::{Code, Finding, Place, Severity};
use crate::initramfs::Segment;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static XZ_SETTINGS_UNSUPPORTED: Cause = Cause {
    code: Code(311),
    name: "xz-settings-unsupported",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs is compressed with xz, with a check or a filter that the kernel's \
        decoder lacks.",
    explanation: "The kernel's xz decoder supports CRC32 or no check, but xz writes CRC64 by \
        default. It supports LZMA2 with at most one filter for machine code before it, and only \
        the filters that it was built with. It stops at the header of a stream with other \
        settings, before it unpacks anything.",
    fix: "Compress with `xz --check=crc32`.",
    tells: &[Tell {
        text: "Initramfs unpacking failed: Input was encoded with settings that are not supported \
        by this XZ decoder",
        by: "Linux",
        says: Says::It,
    }],
    sources: &[
        "Linux lib/xz/xz_dec_stream.c, lib/decompress_unxz.c",
        "Linux Documentation/staging/xz.rst",
    ],
    check: Check::Boot,
};

/// The finding about a segment with settings that the kernel's decoder refuses.
pub(crate) fn of(bundle: &Bundle, segment: &Segment, setting: &str, sequel: &Sequel) -> Finding {
    let says = super::unpacking_failed(
        bundle,
        "Input was encoded with settings that are not supported by this XZ decoder",
    );
    XZ_SETTINGS_UNSUPPORTED
        .finding(
            format!("The initramfs is compressed with xz and has {setting}."),
            format!(
                "The kernel says {says} and unpacks none of it; {}.",
                sequel.then
            ),
            "Compress it with `xz --check=crc32 --lzma2=dict=1MiB`.",
        )
        .with_severity(sequel.severity)
        .at(Place {
            offset: Some(segment.offset),
            member: None,
        })
}
