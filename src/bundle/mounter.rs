//! Who brings the root file system into place: the kernel, or an initramfs.
//!
//! Source: Linux `init/main.c` (`kernel_init_freeable`): where `/init` (or `rdinit=`) is not there,
//! the kernel goes on with `prepare_namespace` and mounts `root=` itself.

use super::Bundle;
use crate::error::{Error, Result};
use crate::initramfs::Generator;

/// Who mounts the root.
#[derive(Debug)]
pub enum Mounter<'a> {
    /// The kernel, by `root=`.
    Kernel,
    /// The init of an initramfs, as its generator wrote it.
    Initramfs(&'a Generator),
    /// Nobody: the initramfs is the whole system.
    Archive,
}

impl Bundle {
    /// Who mounts the root. An error where that is not known, as with an init in the initramfs that
    /// nobody here knows.
    pub fn mounter(&self) -> Result<Mounter<'_>> {
        if self.early_init()?.is_none() {
            return Ok(Mounter::Kernel);
        }
        let Some(initramfs) = self.initramfs()? else {
            return Ok(Mounter::Kernel);
        };
        let generator = initramfs.generator()?;
        if generator.model.is_some() {
            return Ok(Mounter::Initramfs(generator));
        }
        if self.root()?.is_none() {
            return Ok(Mounter::Archive);
        }
        Err(Error::unsupported(
            "init of the initramfs",
            format!(
                "what one made by {} does with a root is not known",
                generator.name
            ),
        ))
    }

    /// Whether the kernel mounts the root itself.
    pub fn kernel_mounts_root(&self) -> Result<bool> {
        self.mounter()
            .map(|mounter| matches!(mounter, Mounter::Kernel))
    }
}
