//! The drivers that the root needs: which of them the kernel lacks, and what to do about it.

use super::boot::{Boot, RootMounter};
use crate::cause::root_device::build_command;
use crate::error::{Error, Result};
use crate::kernel::options::{Driver, OPTIONS};

/// How a driver is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// It is built into the kernel.
    BuiltIn,
    /// It is a module, and the initramfs that mounts the root has it.
    Module {
        /// The module's name.
        name: &'static str,
    },
    /// It is a module, and nothing loads it before the root is mounted: there is no initramfs, or
    /// the kernel mounts the root itself.
    NoInitramfs,
    /// It is a module, and the initramfs doesn't have it.
    NotInInitramfs {
        /// The module's name.
        name: &'static str,
    },
    /// The kernel has it in no form.
    Absent,
}

impl Boot<'_> {
    /// The options that all have to be there, built in or loaded, for the root to be mounted: the
    /// transport, the disk or the share, the file system. None where there is no root, or where it
    /// is nothing that Linux mounts.
    pub fn root_drivers(&self) -> Result<Vec<&'static str>> {
        if self.root()?.is_none() {
            return Ok(Vec::new());
        }
        let Some(file_system) = self.root_option()? else {
            return Ok(Vec::new());
        };
        let mut options = self.machine()?.storage_options();
        options.push(file_system);
        Ok(options)
    }

    /// The options of [`Self::root_drivers`] as far as they are known: those of the device whatever it
    /// contains, and why that of the file system is unknown.
    pub(super) fn known_root_drivers(&self) -> Result<(Vec<&'static str>, Option<Error>)> {
        if self.root()?.is_none() {
            return Ok((Vec::new(), None));
        }
        let mut options = self.machine()?.storage_options();
        let file_system = self.root_option();
        options.extend(file_system.as_ref().ok().copied().flatten());
        Ok((options, file_system.err()))
    }

    /// Returns the modules of the initramfs by which the root's drivers come, and why it is not known of
    /// one.
    pub(super) fn root_modules(&self) -> Result<(Vec<&'static str>, Option<Error>)> {
        let (drivers, mut unknown) = self.known_root_drivers()?;
        let mut modules = Vec::new();
        for option in drivers {
            match self.supply(option) {
                Ok(Supply::Module { name }) => modules.push(name),
                Ok(_) => {}
                Err(error) => unknown = Some(error),
            }
        }
        Ok((modules, unknown))
    }

    /// How the driver behind an option is there. An error where that is not known.
    pub fn supply(&self, option: &'static str) -> Result<Supply> {
        let driver = self.driver(option)?;
        if driver == Driver::BuiltIn {
            return Ok(Supply::BuiltIn);
        }
        if let Driver::Unknown(why) = &driver {
            return Err(Error::unsupported(option, why.to_string()));
        }
        let names = OPTIONS
            .iter()
            .find(|spec| spec.name == option)
            .map_or(&[][..], |spec| spec.modules);
        let Some(first) = names.first() else {
            return Ok(Supply::Absent);
        };
        if matches!(self.root_mounter()?, RootMounter::Kernel) {
            return Ok(if driver == Driver::Absent {
                Supply::Absent
            } else {
                Supply::NoInitramfs
            });
        }
        for name in names {
            if self.archive_has_module(name)? {
                return Ok(Supply::Module { name });
            }
        }
        Ok(match driver {
            Driver::Absent => Supply::Absent,
            _ => Supply::NotInInitramfs { name: first },
        })
    }

    /// Whether the initramfs has a module of that name for this kernel's release.
    fn archive_has_module(&self, name: &str) -> Result<bool> {
        match self.archive_modules()? {
            Some(modules) => Ok(modules.get(name).is_some()),
            None => Ok(false),
        }
    }
}

/// Returns what keeps the kernel from having the driver behind an option when the root is mounted, as the
/// end of a sentence about the option. `None` if it has the driver, or if an initramfs mounts the root
/// and only lacks the module, which KC306 reports.
pub(super) fn lack(boot: &Boot<'_>, option: &'static str) -> Result<Option<&'static str>> {
    Ok(match boot.supply(option)? {
        Supply::BuiltIn | Supply::Module { .. } | Supply::NotInInitramfs { .. } => None,
        Supply::NoInitramfs => Some(match boot.driver(option)? {
            Driver::Module => "is a module in this kernel, and no initramfs loads it",
            _ => "is not built into this kernel, and no initramfs loads it",
        }),
        Supply::Absent => Some("is off in this kernel"),
    })
}

/// The drivers of a list that are missing, with the reason for each.
#[derive(Default)]
pub(super) struct Lacking {
    pub(super) options: Vec<&'static str>,
    pub(super) reasons: Vec<String>,
    unknown: Option<Error>,
}

impl Lacking {
    /// Asks for each driver.
    pub(super) fn of(boot: &Boot<'_>, options: &[&'static str]) -> Self {
        let mut lacking = Self::default();
        for option in options {
            let answer = lack(boot, option);
            let reason = |lack| format!("{option} {lack}");
            lacking.add(option, answer.map(|lack| lack.map(reason)));
        }
        lacking
    }

    /// Adds one answer.
    pub(super) fn add(&mut self, option: &'static str, answer: Result<Option<String>>) {
        match answer {
            Ok(Some(reason)) => {
                self.reasons.push(reason);
                self.options.push(option);
            }
            Ok(None) => {}
            Err(error) => self.unknown = Some(error),
        }
    }

    /// Returns true if a driver is missing for certain. An error if none is, and one is not known.
    pub(super) fn is_any(&self) -> Result<bool> {
        match (&self.unknown, self.reasons.is_empty()) {
            (_, false) => Ok(true),
            (Some(error), true) => Err(error.clone()),
            (None, true) => Ok(false),
        }
    }
}

/// What to do about missing drivers.
pub(super) fn fix(boot: &Boot<'_>, options: &[&'static str]) -> Result<String> {
    let mut loadable = true;
    for option in options {
        if boot.supply(option)? == Supply::Absent {
            loadable = false;
        }
    }
    let settings: Vec<String> = options
        .iter()
        .map(|option| format!("CONFIG_{option}=y"))
        .collect();
    let kernel = format!("se a kernel with {}", settings.join(" and "));
    Ok(if loadable {
        let give = match build_command(boot) {
            Some(command) => format!("Run `{command}` and give the result with --initramfs"),
            None => "Give an initramfs that loads it with --initramfs".to_owned(),
        };
        format!("{give}, or u{kernel}.")
    } else {
        format!("U{kernel}.")
    })
}
