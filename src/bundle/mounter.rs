//! Who brings the root file system into place: the kernel, or an initramfs.
//!
//! Source: Linux `init/main.c` (`kernel_init_freeable`): where `/init` (or `rdinit=`) is not there,
//! the kernel goes on with `prepare_namespace` and mounts `root=` itself.

use super::{Bundle, RootDevice};
use crate::bytes::escaped;
use crate::error::{Error, Result};
use crate::initramfs::{Archive, Generator, INIT_PATH, Model};
use crate::tree::resolve;
use crate::userland::Program;

/// Who mounts the root.
#[derive(Debug)]
pub enum Mounter<'a> {
    /// The kernel, by `root=`.
    Kernel,
    /// The init of an initramfs, as its generator wrote it.
    Initramfs(&'a Generator),
    /// Nobody: the initramfs is the whole system, or starts a shell since it is asked to.
    Archive,
}

impl Bundle {
    /// Who mounts the root. An error where that is not known, as with an init in the initramfs that
    /// nobody here knows.
    pub fn mounter(&self) -> Result<Mounter<'_>> {
        let (Some(early), Some(initramfs)) = (self.early_init()?, self.initramfs()?) else {
            return Ok(Mounter::Kernel);
        };
        // Who asks for a shell of the initramfs wants that.
        if is_shell(&early.path) {
            return Ok(Mounter::Archive);
        }
        if !is_init(initramfs.archive()?, early)? {
            return match self.root()? {
                None => Ok(Mounter::Archive),
                Some(_) => Err(Error::unsupported(
                    "init of the initramfs",
                    format!(
                        "nobody knows what {} does with a root",
                        escaped(&early.path)
                    ),
                )),
            };
        }
        let generator = initramfs.generator()?;
        if let Some(model) = generator.model {
            let line = self.command_line();
            let is_asked = line.is_ok_and(|line| model.is_asked_for_shell(&line.raw));
            if is_asked && !self.is_command_line_assumed() {
                return Ok(Mounter::Archive);
            }
            return Ok(Mounter::Initramfs(generator));
        }
        if generator.mounts_no_root || self.root()?.is_none() {
            return Ok(Mounter::Archive);
        }
        Err(Error::unsupported(
            "init of the initramfs",
            format!(
                "nobody knows what it does with a root: {}",
                generator.evidence
            ),
        ))
    }

    /// Whether it is known that nobody mounts the root, be there one: the initramfs is the system.
    pub fn mounts_none(&self) -> bool {
        self.has_kernel() && matches!(self.mounter(), Ok(Mounter::Archive))
    }

    /// What the init of the initramfs does, where that mounts the root and is known.
    pub fn model(&self) -> Result<Option<&'static Model>> {
        Ok(match self.mounter()? {
            Mounter::Initramfs(generator) => generator.model,
            Mounter::Kernel | Mounter::Archive => None,
        })
    }

    /// The options that all have to be there, built in or loaded, for the root to be mounted: the
    /// transport, the disk or the share, the file system. None where there is no root, or where it
    /// is nothing that Linux mounts.
    pub fn root_drivers(&self) -> Result<Vec<&'static str>> {
        let Some(root) = self.root()? else {
            return Ok(Vec::new());
        };
        let Some(file_system) = self.root_option()? else {
            return Ok(Vec::new());
        };
        let mut options = self.platform()?.transport.options().to_vec();
        if !root.is_folder() {
            options.push("VIRTIO_BLK");
        }
        options.push(file_system);
        Ok(options)
    }

    /// Whether the kernel gets at the root by itself, were there no initramfs: what `root=` names is
    /// there, and every driver is built in. One that is known to be missing settles it; otherwise
    /// an error where one is not known.
    pub fn kernel_could_mount_root(&self) -> Result<bool> {
        if self.root()?.is_none() {
            return Ok(false);
        }
        if self.names_memory()?.is_some() {
            return Ok(true);
        }
        let by_initramfs = self
            .command_line()?
            .root()
            .is_none_or(|root| root.needs_initramfs());
        if by_initramfs {
            return Ok(false);
        }
        let drivers = self.root_drivers()?;
        let mut unknown = None;
        for option in &drivers {
            match self.builds_in(option) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => unknown = Some(error),
            }
        }
        if let RootDevice::Absent { .. } = self.root_device()? {
            return Ok(false);
        }
        match unknown {
            Some(error) => Err(error),
            None => Ok(!drivers.is_empty()),
        }
    }

    /// Whether the kernel mounts the root itself.
    pub fn kernel_mounts_root(&self) -> Result<bool> {
        self.mounter()
            .map(|mounter| matches!(mounter, Mounter::Kernel))
    }
}

/// Whether a program is a shell, by its name.
fn is_shell(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next();
    matches!(name, Some(b"sh" | b"ash" | b"bash" | b"dash"))
}

/// Whether a program of the archive is its `/init`, which the generator wrote, by whatever name.
fn is_init(archive: &Archive, program: &Program) -> Result<bool> {
    let own = resolve(archive, INIT_PATH.as_bytes())?;
    let own = own.ok().map(|found| found.path);
    Ok(own.is_some() && own == program.found.as_ref().map(|found| found.path.clone()))
}
