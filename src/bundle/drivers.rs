//! How a driver comes to be there when the root is mounted: built in, or loaded by an initramfs.

use super::{Bundle, Mounter};
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

impl Bundle {
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
        if matches!(self.mounter()?, Mounter::Kernel) {
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
