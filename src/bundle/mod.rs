//! The artefacts of one run side by side, with the target that starts them.

mod memory;
mod surroundings;

pub use surroundings::Surroundings;

use crate::architecture::Architecture;
use crate::error::{Error, Kind, Result};
use crate::kernel::Kernel;
use crate::kernel::config::Config;
use crate::kernel::options::{Driver, Evidence, HeaderFacts, Options, Sources, SymbolTable, judge};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::vmm::{Accepts, Platform, Target};
use std::sync::OnceLock;

/// What is booted, and by what.
pub struct Bundle {
    /// The kernel image.
    pub kernel: Kernel,
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

/// The options of a kernel, and how they are known.
pub struct KnownOptions {
    /// The options.
    pub options: Options,
    /// Whether they come from a configuration, and from which.
    pub config_source: Option<Evidence>,
    /// How many symbols were looked through, where there was nothing better.
    pub symbols: Option<u64>,
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
            kernel,
            file_name: surroundings.file_name(),
            limits,
            target,
            architecture,
            surroundings,
            metadata: OnceLock::new(),
            options: OnceLock::new(),
        }
    }

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
        let kernel = self.kernel.architecture()?;
        let fits =
            kernel == machine || (kernel, machine) == (Architecture::I386, Architecture::X86_64);
        self.target
            .platform(machine)
            .filter(|_| fits)
            .ok_or_else(|| Error::wrong_machine(self.target.title, kernel.name()))
    }

    /// What is built into the kernel, by the best evidence there is: a configuration that was
    /// named, the one inside the kernel, one that lies beside it; else its symbols, which are not
    /// decoded before.
    pub fn options(&self) -> Result<&KnownOptions> {
        self.options
            .get_or_init(|| self.find_options())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The form in which the platform takes this kernel, by its container and codec; `None` where
    /// it does not take it as it is. An error where the kernel does not show its codec, or what a
    /// VMM would unwrap from it.
    pub fn accepted_form(&self) -> Result<Option<&'static Accepts>> {
        let container = self.kernel.container()?.name;
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
        let header = self.kernel.header()?;
        let codec = match (&header.payload, header.problems.first()) {
            (Some(payload), _) if payload.codec().is_some() => payload.codec(),
            (_, Some(problem)) => return Err(problem.clone()),
            (None, None) => None,
            (Some(_), None) => {
                let chain = self.kernel.chain()?;
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
        let chain = self.kernel.chain()?;
        match chain.layers.get(1) {
            Some(layer) => Ok(layer.container.name == inner),
            None => chain.image().map(|_| false),
        }
    }

    /// How the driver behind an option is there.
    pub fn driver(&self, option: &'static str) -> Result<Driver<'_>> {
        Ok(self.options()?.options.driver(option))
    }

    fn find_options(&self) -> Result<KnownOptions> {
        let kernel = &self.kernel;
        if let Some(config) = self.surroundings.named_config()? {
            return Ok(self.configured(&config, false));
        }
        match kernel.embedded_config() {
            Ok(text) => return Ok(self.configured(&Config::parse(text)?, true)),
            // Neither what it has not got, nor what was not asked for, ends the search.
            Err(error) if matches!(error.kind(), Kind::Absent | Kind::NotAsked) => {}
            Err(error) => return Err(error),
        }
        let release = kernel.release()?;
        if let Some(config) = self.surroundings.config_beside(&release) {
            return Ok(self.configured(&config, false));
        }
        let builtin = self.surroundings.modules_builtin(&release);
        let symbols = match kernel.symbols() {
            Ok(symbols) => Some(symbols),
            Err(error) if builtin.is_none() => return Err(error),
            Err(_) => None,
        };
        let table: Option<&dyn SymbolTable> = match symbols {
            Some(symbols) => Some(symbols),
            None => None,
        };
        Ok(KnownOptions {
            options: judge(&Sources {
                builtin: builtin.as_ref(),
                symbols: table,
                ..self.sources()
            }),
            config_source: None,
            symbols: symbols.and_then(|symbols| u64::try_from(symbols.len()).ok()),
        })
    }

    fn configured(&self, config: &Config, embedded: bool) -> KnownOptions {
        let (file, embedded, source) = if embedded {
            (None, Some(config), Evidence::Embedded)
        } else {
            (Some(config), None, Evidence::ConfigFile)
        };
        KnownOptions {
            options: judge(&Sources {
                file,
                embedded,
                ..self.sources()
            }),
            config_source: Some(source),
            symbols: None,
        }
    }

    /// What the kernel's headers say of its options.
    fn sources(&self) -> Sources<'_> {
        let kernel = &self.kernel;
        Sources {
            header: HeaderFacts {
                efi_stub: kernel.optional(|header| header.efi_stub).ok().flatten(),
                page_size_bytes: kernel
                    .optional(|header| header.page_size_bytes)
                    .ok()
                    .flatten(),
            },
            architecture: kernel.architecture().ok(),
            release: kernel.version(),
            ..Sources::default()
        }
    }
}
