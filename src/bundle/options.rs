//! What is built into the kernel of a bundle, by the best evidence that lies around.

use super::Bundle;
use crate::error::{Error, Kind, Result};
use crate::kernel::Kernel;
use crate::kernel::config::Config;
use crate::kernel::options::{Driver, Evidence, HeaderFacts, Options, Sources, SymbolTable, judge};

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
    /// What is built into the kernel, by the best evidence there is: a configuration that was
    /// named, the one inside the kernel, one that lies beside it; else its symbols, which are not
    /// decoded before.
    pub fn options(&self) -> Result<&KnownOptions> {
        self.options
            .get_or_init(|| self.find_options())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// How the driver behind an option is there.
    pub fn driver(&self, option: &'static str) -> Result<Driver<'_>> {
        if let Ok(mut asked) = self.asked.lock()
            && !asked.contains(&option)
        {
            asked.push(option);
        }
        Ok(self.options()?.options.driver(option))
    }

    /// Takes the options that were asked for since the last call, in their order.
    pub(crate) fn take_asked(&self) -> Vec<&'static str> {
        let asked = self.asked.lock();
        asked.map_or_else(|_| Vec::new(), |mut asked| std::mem::take(&mut *asked))
    }

    /// Whether the option is built in; an error where that is not known.
    pub fn builds_in(&self, option: &'static str) -> Result<bool> {
        match self.driver(option)? {
            Driver::BuiltIn => Ok(true),
            Driver::Module | Driver::Absent | Driver::NotBuiltIn => Ok(false),
            Driver::Unknown(why) => Err(Error::unsupported(option, why.to_owned())),
        }
    }

    fn find_options(&self) -> Result<KnownOptions> {
        let kernel = self.kernel()?;
        if let Some(config) = self.surroundings.named_config()? {
            return Ok(configured(kernel, &config, false));
        }
        match kernel.embedded_config() {
            Ok(text) => return Ok(configured(kernel, &Config::parse(text)?, true)),
            // Neither what it has not got, nor what was not asked for, ends the search.
            Err(error) if matches!(error.kind(), Kind::Absent | Kind::NotAsked) => {}
            Err(error) => return Err(error),
        }
        let release = kernel.release()?;
        if let Some(config) = self.surroundings.config_beside(&release) {
            return Ok(configured(kernel, &config, false));
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
                ..sources(kernel)
            }),
            config_source: None,
            symbols: symbols.and_then(|symbols| u64::try_from(symbols.len()).ok()),
        })
    }
}

fn configured(kernel: &Kernel, config: &Config, embedded: bool) -> KnownOptions {
    let (file, embedded, source) = if embedded {
        (None, Some(config), Evidence::Embedded)
    } else {
        (Some(config), None, Evidence::ConfigFile)
    };
    KnownOptions {
        options: judge(&Sources {
            file,
            embedded,
            ..sources(kernel)
        }),
        config_source: Some(source),
        symbols: None,
    }
}

/// What the kernel's headers say of its options.
fn sources(kernel: &Kernel) -> Sources<'_> {
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
