//! KC301: the kernel cannot decode the initramfs.

use super::super::{Cause, Check, Says, Tell};
use super::Sequel;
use crate::bundle::Bundle;
use crate::finding::{Code, Finding, Place, Severity};
use crate::initramfs::Segment;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INITRAMFS_CODEC_NOT_BUILT_IN: Cause = Cause {
    code: Code(301),
    name: "initramfs-codec-not-built-in",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs is compressed with a codec that is not built into the kernel.",
    explanation: "CONFIG_RD_GZIP, CONFIG_RD_XZ, CONFIG_RD_ZSTD and similar options decide which \
        codecs a kernel supports for an initramfs, independent of the codec of the kernel image. \
        If the codec of a segment is off, the kernel prints a line, stops unpacking, and continues \
        as if there were no initramfs.",
    fix: "Compress the initramfs with a codec that the kernel has, or build that codec in.",
    tells: &[
        Tell {
            text: "Initramfs unpacking failed: compression method ‹codec› not configured",
            by: "Linux",
            says: Says::It,
        },
        Tell {
            text: "rootfs image is not initramfs (compression method ‹codec› not configured); looks \
        like an initrd",
            by: "Linux with BLK_DEV_RAM",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux init/initramfs.c, unpack_to_rootfs",
        "Linux lib/decompress.c, decompress_method",
    ],
    check: Check::Boot,
};

/// The finding about a segment whose codec the kernel lacks.
pub(crate) fn of(bundle: &Bundle, segment: &Segment, sequel: &Sequel) -> Finding {
    let (name, option) = segment
        .codec
        .map_or(("", ""), |codec| (codec.name, codec.kconfig));
    let says =
        super::unpacking_failed(bundle, &format!("compression method {name} not configured"));
    let fix = match built_in(bundle) {
        Some(other) => format!(
            "Compress the initramfs with {other}, which the kernel has, or build with CONFIG_RD_{option}=y."
        ),
        None => {
            format!("Use a kernel with CONFIG_RD_{option}=y, or leave the initramfs uncompressed.")
        }
    };
    INITRAMFS_CODEC_NOT_BUILT_IN
        .finding(
            format!("The initramfs is compressed with {name}, and the kernel was built without CONFIG_RD_{option}."),
            format!("The kernel says {says} and unpacks none of it; {}.", sequel.then),
            fix,
        )
        .with_severity(sequel.severity)
        .at(Place {
            offset: Some(segment.offset),
            member: None,
        })
}

/// A codec that the kernel has, those that are mostly wanted first.
fn built_in(bundle: &Bundle) -> Option<&'static str> {
    [
        ("zstd", "RD_ZSTD"),
        ("gzip", "RD_GZIP"),
        ("xz", "RD_XZ"),
        ("lz4", "RD_LZ4"),
        ("lzma", "RD_LZMA"),
        ("bzip2", "RD_BZIP2"),
        ("lzo", "RD_LZO"),
    ]
    .into_iter()
    .find(|(_, option)| matches!(bundle.builds_in(option), Ok(true)))
    .map(|(name, _)| name)
}
