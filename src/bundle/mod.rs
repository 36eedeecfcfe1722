//! The artefacts of one run side by side, with the target that starts them.

mod memory;
mod options;
mod slot;
mod surroundings;

pub use options::KnownOptions;
pub use slot::Slot;
pub use surroundings::Surroundings;

use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::role::Role;
use crate::vmm::{Accepts, Platform, Target};
use std::sync::OnceLock;

/// What is booted, and by what.
pub struct Bundle {
    kernel: Slot<Kernel>,
    /// The kernel's file name, without its folder.
    pub file_name: String,
    /// What reading may cost.
    pub limits: Limits,
    /// The VMM.
    pub target: &'static Target,
    /// The architecture of the virtual machine; `None` is the kernel's own.
    pub architecture: Option<Architecture>,
    surroundings: Surroundings,
    metadata: OnceLock<Option<Result<Option<Metadata>>>>,
    options: OnceLock<Result<KnownOptions>>,
}

impl Bundle {
    /// A kernel alone, what lies around it, and the machine it is for.
    pub fn new(
        kernel: Kernel,
        surroundings: Surroundings,
        limits: Limits,
        target: &'static Target,
        architecture: Option<Architecture>,
    ) -> Self {
        Self {
            kernel: Slot::Given(kernel),
            file_name: surroundings.file_name(),
            limits,
            target,
            architecture,
            surroundings,
            metadata: OnceLock::new(),
            options: OnceLock::new(),
        }
    }

    /// The kernel image.
    pub fn kernel(&self) -> Result<&Kernel> {
        self.kernel.given(Role::Kernel)
    }

    /// The parts of which nobody said whether they are there, in the order of a boot.
    pub fn not_told(&self) -> Vec<Role> {
        let mut roles = Vec::new();
        if self.kernel.is_not_told() {
            roles.push(Role::Kernel);
        }
        roles.extend([Role::Initramfs, Role::Rootfs, Role::Cmdline]);
        roles
    }

    /// The architecture of the virtual machine: the one asked for, or the kernel's own. A 32-bit
    /// x86 kernel is offered the 64-bit machine, since that is the one there is.
    pub fn machine(&self) -> Result<Architecture> {
        if let Some(architecture) = self.architecture {
            return Ok(architecture);
        }
        Ok(match self.kernel()?.architecture()? {
            Architecture::I386 => Architecture::X86_64,
            other => other,
        })
    }

    /// What kernel-metadata.json says of the kernel, if there is such a file and it does.
    pub fn metadata(&self) -> Result<Option<&Metadata>> {
        match self.metadata.get_or_init(|| self.surroundings.metadata()) {
            None => Ok(None),
            Some(Ok(metadata)) => Ok(metadata.as_ref()),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// The target on that machine. An error where the kernel cannot run there: what depends on the
    /// platform is then beside the point.
    pub fn platform(&self) -> Result<&'static Platform> {
        let machine = self.machine()?;
        let kernel = self.kernel()?.architecture()?;
        let fits =
            kernel == machine || (kernel, machine) == (Architecture::I386, Architecture::X86_64);
        self.target
            .platform(machine)
            .filter(|_| fits)
            .ok_or_else(|| Error::wrong_machine(self.target.title, kernel.name()))
    }

    /// The form in which the platform takes this kernel, by its container and codec; `None` where
    /// it does not take it as it is. An error where the kernel does not show its codec, or what a
    /// VMM would unwrap from it.
    pub fn accepted_form(&self) -> Result<Option<&'static Accepts>> {
        let container = self.kernel()?.container()?.name;
        let forms = self.platform()?.accepts.iter();
        for form in forms.filter(|form| form.container == container) {
            if self.has_codec_of(form)? && self.has_inside_what(form)? {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }

    fn has_codec_of(&self, form: &Accepts) -> Result<bool> {
        let Some(codecs) = form.codecs else {
            return Ok(true);
        };
        let header = self.kernel()?.header()?;
        let codec = match (&header.payload, header.problems.first()) {
            (Some(payload), _) if payload.codec().is_some() => payload.codec(),
            (_, Some(problem)) => return Err(problem.clone()),
            (None, None) => None,
            (Some(_), None) => {
                let chain = self.kernel()?.chain()?;
                match chain.layers.first().and_then(|layer| layer.codec) {
                    Some(codec) => Some(codec),
                    None => chain.image().map(|_| None)?,
                }
            }
        };
        Ok(codec.is_some_and(|codec| codecs.contains(&codec.name)))
    }

    /// A VMM that unwraps the kernel itself has to find what it starts directly inside.
    fn has_inside_what(&self, form: &Accepts) -> Result<bool> {
        let Some(inner) = form.inner else {
            return Ok(true);
        };
        let chain = self.kernel()?.chain()?;
        match chain.layers.get(1) {
            Some(layer) => Ok(layer.container.name == inner),
            None => chain.image().map(|_| false),
        }
    }
}
