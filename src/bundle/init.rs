//! The init on the root: which programs are tried, and which of them starts.
//!
//! Source: Linux `init/main.c` (`kernel_init`); what the init of an initramfs does in its place
//! stands in the models of its generators.

use super::{Bundle, Mounter};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::initramfs::Archive;
use crate::role::Role;
use crate::userland::modules::{self, Modules};
use crate::userland::{self, InitChain};

impl Bundle {
    /// Whether there is a kernel in this run; without one, artefacts are judged by themselves.
    pub fn has_kernel(&self) -> bool {
        self.kernel.get().is_some()
    }

    /// The kernel's architecture; `None` where there is no kernel.
    pub fn kernel_architecture(&self) -> Result<Option<Architecture>> {
        match self.kernel.get() {
            Some(kernel) => kernel.architecture().map(Some),
            None => Ok(self.architecture),
        }
    }

    /// What is tried as init on the root; `None` where there is no root beyond the initramfs.
    pub fn init(&self) -> Result<Option<&InitChain>> {
        if self.has_kernel() && matches!(self.mounter()?, Mounter::Archive) {
            return Ok(None);
        }
        self.init
            .get_or_init(|| self.find_init())
            .as_ref()
            .map(Some)
            .map_err(Clone::clone)
    }

    fn find_init(&self) -> Result<InitChain> {
        let root = self.root()?.ok_or_else(|| Error::not_given(Role::Rootfs))?;
        let machine = self.kernel_architecture()?;
        let requested = self.requested_init()?;
        userland::init(
            root.tree()?,
            requested.as_deref().map(str::as_bytes),
            machine,
            &self.limits,
        )
    }

    /// The init that is asked for; `None` where the kernel goes through its list.
    pub fn requested_init(&self) -> Result<Option<String>> {
        if !self.has_kernel() {
            return Ok(None);
        }
        let line = self.command_line()?;
        if let Mounter::Initramfs(generator) = self.mounter()?
            && let Some(model) = generator.model
        {
            let named = line.init().filter(|_| model.init_parameter);
            // One that goes through a list of its own has the kernel's.
            let default = Some(model.default_init).filter(|_| model.other_inits.is_empty());
            return Ok(named.or(default).map(str::to_owned));
        }
        Ok(line.init().map(str::to_owned))
    }

    /// The modules in the initramfs for this kernel's release; `None` where it has none.
    pub fn archive_modules(&self) -> Result<Option<Modules>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        let archive: &Archive = initramfs.archive()?;
        let release = self.kernel()?.release()?;
        modules::modules(archive, &release, &self.limits)
    }
}
