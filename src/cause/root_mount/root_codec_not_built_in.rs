//! KC513: the root is compressed by a codec that the kernel's driver of it lacks.

use super::super::needed::{Needed, settings};
use super::super::{Cause, Check, Says, Tell, listed};
use super::Mount;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::stage::Stage;

/// The cause.
pub static ROOT_CODEC_NOT_BUILT_IN: Cause = Cause {
    code: Code(513),
    name: "root-codec-not-built-in",
    stage: Stage::RootMount,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The root is a squashfs or erofs with a codec that the kernel's driver was built \
        without.",
    explanation: "Each codec of squashfs and erofs is a separate option: CONFIG_SQUASHFS_XZ, \
        CONFIG_EROFS_FS_ZIP_LZMA and so on. The superblock names the codecs, and the driver \
        refuses the whole file system if it lacks one, even if no file uses it. btrfs always \
        includes all of its codecs.",
    fix: "Make the root with a codec that the kernel has (`mksquashfs -comp gzip`), or build the \
        codec into the kernel.",
    tells: &[
        Tell {
            text: "Filesystem uses \"‹xz›\" compression. This is not supported",
            by: "Linux fs/squashfs/super.c",
            says: Says::It,
        },
        Tell {
            text: "algorithm isn't enabled",
            by: "Linux fs/erofs, before 6.10: lz4, lzma or deflate before it",
            says: Says::It,
        },
        Tell {
            text: "algorithm ‹3› isn't enabled on this kernel",
            by: "Linux fs/erofs/decompressor.c, since 6.6",
            says: Says::It,
        },
        Tell {
            text: "unidentified algorithms ‹8›, please upgrade kernel",
            by: "Linux fs/erofs, of a codec that is newer than the kernel",
            says: Says::It,
        },
        Tell {
            text: "compression disabled, unable to mount compressed EROFS",
            by: "Linux fs/erofs/internal.h, without CONFIG_EROFS_FS_ZIP",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux fs/squashfs/super.c, supported_squashfs_filesystem; fs/squashfs/Kconfig",
        "Linux fs/erofs/super.c, erofs_load_compr_cfgs; fs/erofs/Kconfig",
        "Linux fs/btrfs/Kconfig",
    ],
    check: Check::Boot,
};

/// Of a root whose driver the kernel has.
pub(crate) fn of(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let compression = root.compression()?;
    if let Some(codec) = compression.unreadable {
        return Ok(vec![ROOT_CODEC_NOT_BUILT_IN.finding(
            format!("The root is compressed with a codec that no Linux reads: {codec}."),
            mount.stops()?,
            "Make the root with another codec.",
        )]);
    }
    let options: Vec<&'static str> = compression
        .needs
        .iter()
        .map(|(_, option)| *option)
        .collect();
    let needed = Needed::of(mount, &options);
    if needed.off.is_empty() {
        return needed.unknown.map_or(Ok(Vec::new()), Err);
    }
    let codecs: Vec<&str> = compression
        .needs
        .iter()
        .filter(|(_, option)| needed.off.contains(option))
        .map(|(codec, _)| *codec)
        .collect();
    Ok(vec![ROOT_CODEC_NOT_BUILT_IN.finding(
        format!(
            "The root needs {}, but this kernel was built without {}.",
            listed(&codecs),
            listed(&needed.off)
        ),
        mount.stops()?,
        format!(
            "Build with {}, or make the root with another codec.",
            settings(&needed.off)
        ),
    )])
}
