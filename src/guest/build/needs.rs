//! Which modules a boot needs: the transport, the disk or the share, the file system, the console.

use super::{Wanted, is_off};
use crate::error::{Error, Result};
use crate::kernel::options::{Driver, OPTIONS};
use crate::userland::modules::{Modules, releases};

/// File systems by the name that `rootfstype=` has for them, where their module has another.
const DRIVERS: [(&str, &[&str]); 4] = [
    // The old driver, or the new one in its place.
    ("ext2", &["ext2", "ext4"]),
    ("ext3", &["ext4"]),
    ("iso9660", &["isofs"]),
    ("9p", &["9p", "9pnet_virtio"]),
];
/// Types that are mounted by a tag and need no disk.
pub const SHARED: [&str; 2] = ["virtiofs", "9p"];

/// The names of the modules to load, what they depend on left out; `available` are those of the
/// kernel's release.
pub(super) fn of(wanted: &Wanted<'_>, available: Option<&Modules>) -> Result<Vec<String>> {
    let mut needs = Needs {
        wanted,
        available,
        names: Vec::new(),
    };
    // The file system of a share is the type of the root.
    for option in wanted.machine.storage_options() {
        needs.require(option)?;
    }
    needs.file_system()?;
    let platform = wanted.machine.platform;
    for console in platform.consoles {
        for option in platform.console_options(console) {
            // Without a console it boots all the same, and nobody reads it.
            needs.take(option)?;
        }
    }
    Ok(needs.names)
}

struct Needs<'a> {
    wanted: &'a Wanted<'a>,
    available: Option<&'a Modules>,
    names: Vec<String>,
}

impl Needs<'_> {
    /// Takes the module behind an option; whether the driver is there then.
    fn take(&mut self, option: &str) -> Result<bool> {
        let names = OPTIONS
            .iter()
            .find(|spec| spec.name == option)
            .map_or(&[][..], |spec| spec.modules);
        if self.wanted.options.driver(option) == Driver::BuiltIn {
            return Ok(true);
        }
        if names.is_empty() {
            return Ok(!is_off(self.wanted.options, option));
        }
        Ok(names.iter().any(|name| self.take_module(name)))
    }

    /// Takes a module by its name; whether the driver is there then.
    fn take_module(&mut self, name: &str) -> bool {
        let Some(available) = self.available else {
            return false;
        };
        if available.get(name).is_some() {
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
            return true;
        }
        available.is_builtin(name) == Some(true)
    }

    fn require(&mut self, option: &str) -> Result<()> {
        if self.take(option)? {
            return Ok(());
        }
        Err(self.missing(option))
    }

    fn missing(&self, option: &str) -> Error {
        let release = self.wanted.release;
        let found = match self.available {
            Some(_) => format!("not built in, and no module of {release}"),
            None => match releases(self.wanted.tree).unwrap_or_default() {
                others if others.is_empty() => {
                    format!("not built in, and there are no modules in /lib/modules/{release}")
                }
                others => format!(
                    "not built in, and the modules there are for {}, not for {release}",
                    others.join(", ")
                ),
            },
        };
        Error::absent(format!("CONFIG_{option}"), found)
    }

    fn file_system(&mut self) -> Result<()> {
        let root_type = self.wanted.root_type;
        let own = [root_type];
        let drivers: &[&str] = DRIVERS
            .iter()
            .find(|(name, _)| *name == root_type)
            .map_or(&own, |(_, drivers)| drivers);
        let option_of = |driver: &str| {
            OPTIONS
                .iter()
                .find(|spec| spec.modules.contains(&driver))
                .map(|spec| spec.name)
                .ok_or_else(|| {
                    Error::invalid_setting(
                        "type of the root",
                        "a file system that Linux mounts from a disk, such as ext4",
                        crate::bytes::escaped(root_type.as_bytes()),
                    )
                })
        };
        if root_type == "ext2" {
            let mut has_one = false;
            for driver in drivers {
                has_one = has_one || self.take(option_of(driver)?)?;
            }
            return if has_one {
                Ok(())
            } else {
                Err(self.missing("EXT4_FS"))
            };
        }
        for driver in drivers {
            self.require(option_of(driver)?)?;
        }
        Ok(())
    }
}
