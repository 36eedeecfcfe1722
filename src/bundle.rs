//! The artefacts of one run side by side, with the target that starts them.

use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::vmm::{Platform, Target};

/// What is booted, and by what.
pub struct Bundle {
    /// The kernel image.
    pub kernel: Kernel,
    /// The kernel's file name, without its folder.
    pub file_name: String,
    /// kernel-metadata.json's entry for it, where there is such a file.
    pub metadata: Option<Result<Option<Metadata>>>,
    /// What reading it may cost.
    pub limits: Limits,
    /// The VMM.
    pub target: &'static Target,
    /// The architecture of the virtual machine; `None` is the kernel's own.
    pub architecture: Option<Architecture>,
}

impl Bundle {
    /// The architecture of the virtual machine: the one asked for, or the kernel's own. A 32-bit
    /// x86 kernel is offered the 64-bit machine, since that is the one there is.
    pub fn machine(&self) -> Result<Architecture> {
        if let Some(architecture) = self.architecture {
            return Ok(architecture);
        }
        Ok(match self.kernel.architecture()? {
            Architecture::I386 => Architecture::X86_64,
            other => other,
        })
    }

    /// What kernel-metadata.json says of the kernel, if there is such a file and it does.
    pub fn metadata(&self) -> Result<Option<&Metadata>> {
        match &self.metadata {
            None => Ok(None),
            Some(Ok(metadata)) => Ok(metadata.as_ref()),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// The target on that machine. An error where the kernel cannot run there: what depends on the
    /// platform is then beside the point.
    pub fn platform(&self) -> Result<&'static Platform> {
        let machine = self.machine()?;
        let kernel = self.kernel.architecture()?;
        let fits =
            kernel == machine || (kernel, machine) == (Architecture::I386, Architecture::X86_64);
        self.target
            .platform(machine)
            .filter(|_| fits)
            .ok_or_else(|| Error::wrong_machine(self.target.title, kernel.name()))
    }
}
