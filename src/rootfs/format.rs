//! The formats that a disk image can be started in.
//!
//! Source: QEMU `docs/system/images.rst`.

use super::Contents;
use crate::magic::Class;

/// A format of a disk image, as `--disk-format` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFormat {
    /// The bytes of the file are the bytes of the disk.
    Raw,
    /// QEMU's format, version 2 or 3.
    Qcow2,
    /// QEMU's format, version 1.
    Qcow,
    /// VMware's format.
    Vmdk,
    /// Hyper-V's format.
    Vhdx,
    /// Virtual PC's format.
    Vhd,
    /// VirtualBox's format.
    Vdi,
}

impl DiskFormat {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Raw,
        Self::Qcow2,
        Self::Qcow,
        Self::Vmdk,
        Self::Vhdx,
        Self::Vhd,
        Self::Vdi,
    ];

    /// The name in options; apart from `raw`, the name of the kind in [`crate::magic`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Qcow => "qcow",
            Self::Vmdk => "vmdk",
            Self::Vhdx => "vhdx",
            Self::Vhd => "vhd",
            Self::Vdi => "vdi",
        }
    }

    /// The format of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that an image claims by its first bytes; `None` if it claims none of these.
    pub fn claimed(contents: &Contents) -> Option<Self> {
        contents
            .kind
            .filter(|kind| kind.class == Class::DiskFormat && contents.codec.is_none())
            .and_then(|kind| Self::by_name(kind.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::magic;

    #[test]
    fn each_format_but_raw_is_a_kind_that_is_recognised() {
        for format in DiskFormat::ALL {
            assert_eq!(DiskFormat::by_name(format.name()), Some(format));
            let kind = magic::KINDS.iter().find(|kind| kind.name == format.name());
            assert_eq!(kind.is_none(), format == DiskFormat::Raw, "{format:?}");
        }
    }
}
