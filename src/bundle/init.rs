//! The init on the root: which programs are tried, and which of them starts.
//!
//! Source: Linux `init/main.c` (`kernel_init`); what the init of an initramfs does in its place
//! stands in the models of its generators.

use super::{Bundle, Mounter};
use crate::architecture::Architecture;
use crate::error::Result;
use crate::initramfs::{Archive, Model};
use crate::role::Role;
use crate::tree::Tree;
use crate::userland::modules::{self, Modules};
use crate::userland::{self, InitChain, Program, Trouble};

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
        let root = self.mounted()?;
        if self.has_kernel()
            && let Some(model) = self.model()?
        {
            return self.find_init_of_model(&root, model);
        }
        let machine = self.kernel_architecture()?;
        let requested = self.requested_init()?;
        userland::init(
            &root,
            requested.as_deref().map(str::as_bytes),
            machine,
            &self.limits,
        )
        .map_err(|error| error.of(Role::Rootfs))
    }

    /// The init of an initramfs looks whether a program is there before it hands over to it; once
    /// it has, there is no way back.
    fn find_init_of_model(&self, root: &dyn Tree, model: &Model) -> Result<InitChain> {
        let requested = self.requested_init()?;
        let first = requested.as_deref().unwrap_or(model.default_init);
        let others = model.other_inits.iter().copied();
        let mut chain = InitChain {
            requested: requested.is_some(),
            tried: Vec::new(),
            runs: None,
        };
        for path in std::iter::once(first).chain(others.filter(|other| *other != first)) {
            let program = self.program(root, path.as_bytes())?;
            let is_taken = program.found.is_some()
                && !matches!(&program.trouble, Some(Trouble::NotExecutable { .. }));
            let starts = program.starts();
            chain.tried.push(program);
            if is_taken {
                chain.runs = starts.then_some(chain.tried.len().saturating_sub(1));
                break;
            }
        }
        Ok(chain)
    }

    /// The program at a path of the root.
    pub(super) fn program(&self, root: &dyn Tree, path: &[u8]) -> Result<Program> {
        let machine = self.kernel_architecture()?;
        userland::program(root, path, machine, &self.limits).map_err(|error| error.of(Role::Rootfs))
    }

    /// The init that is asked for; `None` where a list is gone through.
    pub fn requested_init(&self) -> Result<Option<String>> {
        if !self.has_kernel() {
            return Ok(None);
        }
        let line = self.command_line()?;
        let Some(model) = self.model()? else {
            return Ok(line.init().map(str::to_owned));
        };
        let named = line.init().filter(|_| model.init_parameter);
        let only = Some(model.default_init).filter(|_| model.other_inits.is_empty());
        Ok(named.or(only).map(str::to_owned))
    }

    /// The modules in the initramfs for this kernel's release; `None` where it has none.
    pub fn archive_modules(&self) -> Result<Option<&Modules>> {
        self.archive_modules
            .get_or_init(|| self.find_archive_modules())
            .as_ref()
            .map(Option::as_ref)
            .map_err(Clone::clone)
    }

    fn find_archive_modules(&self) -> Result<Option<Modules>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        let archive: &Archive = initramfs.archive()?;
        let release = self.kernel()?.release()?;
        modules::modules(archive, &release, &self.limits)
    }
}
