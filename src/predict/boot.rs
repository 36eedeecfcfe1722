//! The facts of one boot that several of its functions need: which init runs first, what mounts the
//! root, which init runs on it.

use super::kernel_init_freeable::started_instead;
use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::error::{Error, Result};
use crate::initramfs::{Archive, Generator, INIT_PATH, Model};
use crate::tree::resolve;
use crate::userland::{InitChain, InitTrouble, Program};
use std::ops::Deref;
use std::sync::OnceLock;

/// One boot of a bundle. Like a smart pointer it leads to the bundle, and remembers what was found out
/// of the boot.
pub struct Boot<'a> {
    bundle: &'a Bundle,
    pub(super) early_init: OnceLock<Result<Option<Program>>>,
    pub(super) init: OnceLock<Result<InitChain>>,
    pub(super) init_trouble: OnceLock<Result<Option<InitTrouble>>>,
}

impl Deref for Boot<'_> {
    type Target = Bundle;

    fn deref(&self) -> &Bundle {
        self.bundle
    }
}

/// What mounts the root.
#[derive(Debug)]
pub enum RootMounter<'a> {
    /// The kernel, by `root=` (`prepare_namespace`).
    Kernel,
    /// The init of an initramfs, as its generator wrote it.
    Initramfs(&'a Generator),
    /// Nothing: the initramfs is the whole system, or starts a shell because the command line asks for
    /// one.
    Nothing,
}

impl<'a> Boot<'a> {
    /// The boot of this bundle, of which nothing is known yet.
    pub fn new(bundle: &'a Bundle) -> Self {
        Self {
            bundle,
            early_init: OnceLock::new(),
            init: OnceLock::new(),
            init_trouble: OnceLock::new(),
        }
    }

    /// What is booted.
    pub fn bundle(&self) -> &'a Bundle {
        self.bundle
    }

    /// Returns what mounts the root. An error if the initramfs has an init that is not modelled.
    ///
    /// Models `kernel_init_freeable`: without `/init` (or the program of `rdinit=`) the kernel runs
    /// `prepare_namespace`.
    pub fn root_mounter(&self) -> Result<RootMounter<'a>> {
        let (Some(early), Some(initramfs)) = (self.early_init()?, self.bundle.initramfs()?) else {
            return Ok(RootMounter::Kernel);
        };
        if is_shell(&early.path) {
            return Ok(RootMounter::Nothing);
        }
        let unknown = |found: String| Err(Error::unsupported("init of the initramfs", found));
        if let Some(other) = started_instead(self, initramfs.archive()?, early)? {
            return match self.root()? {
                None => Ok(RootMounter::Nothing),
                Some(_) => unknown(format!(
                    "no model of {}, which the kernel executes in the place of {}",
                    escaped(&other.path),
                    escaped(&early.path)
                )),
            };
        }
        if !is_init(initramfs.archive()?, early)? {
            return match self.root()? {
                None => Ok(RootMounter::Nothing),
                Some(_) => unknown(format!(
                    "no model of {} and its handling of a root",
                    escaped(&early.path)
                )),
            };
        }
        let generator = initramfs.generator()?;
        if let Some(model) = generator.model {
            return Ok(match self.shell_word_of(model) {
                Some(_) => RootMounter::Nothing,
                None => RootMounter::Initramfs(generator),
            });
        }
        if generator.mounts_no_root || self.root()?.is_none() {
            return Ok(RootMounter::Nothing);
        }
        unknown(format!(
            "no model of its handling of a root: {}",
            generator.evidence
        ))
    }

    /// Returns true if the kernel mounts the root.
    pub fn kernel_mounts_root(&self) -> Result<bool> {
        Ok(matches!(self.root_mounter()?, RootMounter::Kernel))
    }

    /// Returns true if the initramfs is known to be the whole system.
    pub fn is_all_initramfs(&self) -> bool {
        self.has_kernel() && matches!(self.root_mounter(), Ok(RootMounter::Nothing))
    }

    /// Returns what the init of the initramfs does, if that mounts the root.
    pub fn model(&self) -> Result<Option<&'static Model>> {
        Ok(match self.root_mounter()? {
            RootMounter::Initramfs(generator) => generator.model,
            RootMounter::Kernel | RootMounter::Nothing => None,
        })
    }

    /// Returns true if the command line makes the init of the initramfs start a shell before it mounts the
    /// root.
    pub fn waits_in_shell(&self) -> bool {
        matches!(self.asked_shell(), Ok(Some(_)))
    }

    fn shell_word_of(&self, model: &Model) -> Option<&'a str> {
        let line = self.bundle.command_line().ok()?;
        let word = model.shell_word(&line.raw)?;
        (!self.is_command_line_assumed()).then_some(word)
    }

    /// Returns the generator of the initramfs and the word that makes its init start a shell; `None`
    /// if no word does.
    pub(super) fn asked_shell(&self) -> Result<Option<(&'a Generator, &'a str)>> {
        let (Some(early), Some(initramfs)) = (self.early_init()?, self.bundle.initramfs()?) else {
            return Ok(None);
        };
        if !is_init(initramfs.archive()?, early)? {
            return Ok(None);
        }
        let generator = initramfs.generator()?;
        let word = generator.model.and_then(|model| self.shell_word_of(model));
        Ok(word.map(|word| (generator, word)))
    }

    /// Returns true if systemd is the init of the initramfs.
    pub(super) fn has_early_systemd(&self) -> Result<bool> {
        Ok(self.early_init()?.is_some_and(Program::is_systemd))
    }
}

/// Returns true if a program is a shell, by its name.
pub(super) fn is_shell(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next();
    matches!(name, Some(b"sh" | b"ash" | b"bash" | b"dash"))
}

/// Returns true if a program of the archive is its `/init`, which the generator wrote, by whatever name.
fn is_init(archive: &Archive, program: &Program) -> Result<bool> {
    let own = resolve(archive, INIT_PATH.as_bytes())?;
    let own = own.ok().map(|found| found.path);
    Ok(own.is_some() && own == program.found.as_ref().map(|found| found.path.clone()))
}
