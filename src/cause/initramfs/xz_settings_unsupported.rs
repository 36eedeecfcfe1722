//! KC311: the initramfs is xz in a form that the kernel does not read.

use super::super::{Cause, Says, Tell};
use crate::bundle::{Bundle, Unpacked};
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
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
    explanation: "The kernel's xz decoder knows CRC32 or no check, while xz writes CRC64 by itself; it \
        knows LZMA2 with at most one filter for machine code before it, and only those \
        filters that it was built with. It stops at the header of a stream with other \
        settings, before anything is unpacked.",
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
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.initramfs()?.is_none() {
        return Ok(Vec::new());
    }
    bundle.kernel()?;
    let Unpacked::SettingsRefused { segment, setting } = bundle.unpacked()? else {
        return Ok(Vec::new());
    };
    let sequel = super::without_initramfs(bundle)?;
    let says = super::unpacking_failed(
        bundle,
        "Input was encoded with settings that are not supported by this XZ decoder",
    );
    Ok(vec![
        XZ_SETTINGS_UNSUPPORTED
            .finding(
                format!("The initramfs is compressed with xz and has {setting}."),
                format!(
                    "The kernel says {says} and unpacks nothing of it; {}.",
                    sequel.then
                ),
                "Compress it with `xz --check=crc32 --lzma2=dict=1MiB`.",
            )
            .with_severity(sequel.severity)
            .at(Place {
                offset: Some(segment.offset),
                member: None,
            }),
    ])
}
