//! The programs and scripts that the init of an initramfs needs, and those that kelpie-check does not
//! know.
//!
//! Source: the models of the generators; POSIX `sh`, "Consequences of Shell Errors": a shell that reads a
//! script ends if `.` finds no file.

use super::boot::Boot;
use super::drivers::Supply;
use crate::bytes::escaped;
use crate::cmdline::Named;
use crate::error::Result;
use crate::initramfs::{Archive, Helper, Loads, Model, Needed, Tool};
use crate::tree::{FileType, Tree, entries, read_whole, regular, resolve};
use crate::userland;
use memchr::memmem;

/// What is wrong with a program that is not there.
const MISSING: &str = "is missing";
/// Longest script that is read.
pub(super) const SCRIPT_BYTES: u64 = 1024 * 1024;

/// A program or a script of the initramfs that does not do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// Its path.
    pub(super) path: String,
    /// What is wrong, as the end of a sentence about it.
    pub(super) what: String,
    /// What happens, as a sentence.
    pub(super) then: &'static str,
}

impl Boot<'_> {
    /// Returns the first program or script without which the init of the initramfs does not get to
    /// the root.
    pub(super) fn broken_program(&self, model: &Model) -> Result<Option<Broken>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(None);
        };
        let archive = initramfs.archive()?;
        let is_systemd = self.has_early_systemd()?;
        if !is_systemd {
            for sourced in model.sourced {
                if let Some(what) = lacks(archive, sourced.path)? {
                    return Ok(Some(unsourced(sourced.path, what)));
                }
            }
            for path in lists(archive, model)? {
                if let Some(what) = lacks(archive, &path)? {
                    return Ok(Some(unsourced(&path, what)));
                }
            }
            if let Some(path) = self.boot_script(model)?
                && let Some(what) = lacks(archive, &path)?
            {
                return Ok(Some(unsourced(&path, what)));
            }
        }
        if let Some(broken) = self.broken_tool(archive, model, is_systemd)? {
            return Ok(Some(broken));
        }
        let Some(helper) = &model.helper else {
            return Ok(None);
        };
        let loads_modules = self.needs_device_modules(model)?;
        let moves_dev = helper.moves_dev && !is_systemd && self.lacks_console()?;
        if !loads_modules && !moves_dev {
            return Ok(None);
        }
        let broken = match unstarted(archive, helper, model)? {
            Some(broken) => Some(broken),
            None => self.broken_helper(archive, helper)?,
        };
        Ok(broken.map(|(path, what)| Broken {
            path,
            what,
            then: match loads_modules {
                true => "No drivers are loaded for devices, and the init of the initramfs does not \
                    find the root.",
                false => "The init of the initramfs does not move /dev to the root, finds no /dev/console there, and ends.",
            },
        }))
    }

    /// Returns the first program that this boot needs and that does not run. A shell takes an empty file
    /// for an empty script, which does nothing and succeeds; the kernel and systemd refuse it.
    fn broken_tool(
        &self,
        archive: &Archive,
        model: &Model,
        is_systemd: bool,
    ) -> Result<Option<Broken>> {
        for tool in model.tools {
            if tool.is_for_systemd.is_some_and(|it| it != is_systemd) || !self.needs(tool, model)? {
                continue;
            }
            let Some((path, what)) = self.broken_at(archive, tool.paths)? else {
                continue;
            };
            if what == MISSING && tool.is_made {
                continue;
            }
            return Ok(Some(Broken {
                path,
                what,
                then: tool.then,
            }));
        }
        Ok(None)
    }

    /// Returns true if this boot needs the program.
    fn needs(&self, tool: &Tool, model: &Model) -> Result<bool> {
        Ok(match tool.when {
            Needed::Always => true,
            Needed::ForNames => {
                let root = self.command_line()?.value("root").unwrap_or_default();
                matches!(Named::parse(root), Named::Tag { is_link: false, .. })
            }
            Needed::ForDeviceModules => self.needs_device_modules(model)?,
            Needed::ForFileSystemModule => match self.root_option()? {
                Some(option) => matches!(self.supply(option)?, Supply::Module { .. }),
                None => false,
            },
        })
    }

    /// Returns true if the program that loads drivers and makes links runs.
    pub(super) fn sees_to_devices(&self, model: &Model, archive: &Archive) -> Result<bool> {
        Ok(match &model.helper {
            Some(helper) => {
                unstarted(archive, helper, model)?.is_none()
                    && self.broken_helper(archive, helper)?.is_none()
            }
            None => true,
        })
    }

    /// Returns true if the root has no /dev/console of its own.
    fn lacks_console(&self) -> Result<bool> {
        let Some(root) = self.root()? else {
            return Ok(false);
        };
        // A root that is not read is another cause.
        let Ok(tree) = root.tree() else {
            return Ok(false);
        };
        Ok(resolve(tree, b"/dev/console")?.is_err())
    }

    /// `boot=` of initramfs-tools names the script that mounts the root.
    fn boot_script(&self, model: &Model) -> Result<Option<String>> {
        if !model
            .sourced
            .iter()
            .any(|sourced| sourced.path == "/scripts/local")
        {
            return Ok(None);
        }
        let line = self.command_line()?;
        let named = line
            .value("boot")
            .filter(|boot| !boot.is_empty() && *boot != "local");
        Ok(named.map(|boot| format!("/scripts/{boot}")))
    }

    /// Returns true if a driver of the root's device is a module that is loaded when its device appears.
    fn needs_device_modules(&self, model: &Model) -> Result<bool> {
        for option in self.known_root_drivers()?.0 {
            if let Supply::Module { name } = self.supply(option)?
                && model.loads(name) == Loads::OnUevent
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The path of a program that does not run, and what is wrong with it.
    fn broken_helper(
        &self,
        archive: &Archive,
        helper: &Helper,
    ) -> Result<Option<(String, String)>> {
        if let Some(broken) = self.broken_at(archive, helper.paths)? {
            return Ok(Some(broken));
        }
        let path = helper.paths.first().copied().unwrap_or_default();
        let what = self.lacks_option(helper)?;
        Ok(what.map(|what| (path.to_owned(), what)))
    }

    /// The first of these paths that is there, and what keeps the program there from running.
    fn broken_at(&self, archive: &Archive, paths: &[&str]) -> Result<Option<(String, String)>> {
        for path in paths {
            let Ok(found) = resolve(archive, path.as_bytes())? else {
                continue;
            };
            let what = if found.stat.size_bytes == 0 {
                Some("is empty".to_owned())
            } else {
                let machine = self.kernel_architecture()?;
                let program = userland::program(archive, path.as_bytes(), machine, &self.limits)?;
                program
                    .trouble
                    .map(|trouble| format!("does not run: {trouble}"))
            };
            return Ok(what.map(|what| ((*path).to_owned(), what)));
        }
        let path = paths.first().copied().unwrap_or_default();
        Ok(Some((path.to_owned(), MISSING.to_owned())))
    }

    fn lacks_option(&self, helper: &Helper) -> Result<Option<String>> {
        for option in helper.options {
            // What is not known is taken to be there, as for the init of the root.
            if matches!(self.builds_in(option), Ok(false)) {
                return Ok(Some(format!("does not run on a kernel without {option}")));
            }
        }
        Ok(None)
    }

    /// Returns what the init of the initramfs runs or reads and kelpie-check does not model.
    pub(super) fn unmodelled_hooks(&self, model: &Model) -> Result<Vec<String>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(Vec::new());
        };
        let archive = initramfs.archive()?;
        let mut unknown = Vec::new();
        for folder in model.hook_folders {
            for entry in entries(archive, folder.as_bytes())? {
                let name = escaped(&entry.name);
                let own = name.trim_start_matches(|digit: char| digit.is_ascii_digit());
                let own = own.strip_prefix(['-', '_']).unwrap_or(own);
                // An empty file is not the hook of that name.
                let is_empty = || -> Result<bool> {
                    let stat = archive.stat(entry.node)?;
                    Ok(stat.file_type == FileType::Regular && stat.size_bytes == 0)
                };
                if model.hook_list == Some(own) {
                    continue;
                }
                if !model.known_hooks.contains(&own) || is_empty()? {
                    unknown.push(format!("the effect of {folder}/{name} in the initramfs"));
                }
            }
        }
        for sourced in model
            .sourced
            .iter()
            .filter(|sourced| !sourced.holds.is_empty())
        {
            if let Some(found) = regular(archive, sourced.path.as_bytes())? {
                let text = read_whole(archive, &found, "bytes of a script", SCRIPT_BYTES)?;
                if memmem::find(&text, sourced.holds.as_bytes()).is_none() {
                    unknown.push(format!("the effect of {} in the initramfs", sourced.path));
                }
            }
        }
        if let Some(path) = self.boot_script(model)?
            && lacks(archive, &path)?.is_none()
        {
            unknown.push(format!("the mounts of {path} in the initramfs"));
        }
        // The kernel runs it for each module that anything asks for, and an empty file for its own
        // format again, up to 50 at once.
        for path in Tool::MODPROBE.paths {
            if let Ok(found) = resolve(archive, path.as_bytes())?
                && found.stat.size_bytes == 0
                && !self.needs(&Tool::MODPROBE, model)?
            {
                unknown.push(format!(
                    "the time that the kernel waits for {path}, which is empty"
                ));
            }
        }
        unknown.extend(self.unmodelled_settings(model, archive)?);
        for table in model.device_tables {
            if let Ok(found) = resolve(archive, table.as_bytes())?
                && found.stat.size_bytes > 0
            {
                unknown.push(format!(
                    "the devices that the initramfs sets up from its {table}"
                ));
            }
        }
        unknown.sort();
        Ok(unknown)
    }
}

/// The lists of hooks that the init reads with `.`: those of the folders that are there.
fn lists(archive: &Archive, model: &Model) -> Result<Vec<String>> {
    let Some(list) = model.hook_list else {
        return Ok(Vec::new());
    };
    let mut lists = Vec::new();
    for folder in model.hook_folders {
        let found = resolve(archive, folder.as_bytes())?;
        if found.is_ok_and(|found| found.stat.file_type == FileType::Directory) {
            lists.push(format!("{folder}/{list}"));
        }
    }
    Ok(lists)
}

/// Returns the hook that would start the program, and why it does not run.
fn unstarted(
    archive: &Archive,
    helper: &Helper,
    model: &Model,
) -> Result<Option<(String, String)>> {
    let Some(hook) = helper.hook else {
        return Ok(None);
    };
    let broken = |what: &str| Ok(Some((hook.to_owned(), what.to_owned())));
    if let Some(what) = lacks(archive, hook)? {
        return broken(what);
    }
    let (Some((folder, _)), Some(list)) = (hook.rsplit_once('/'), model.hook_list) else {
        return Ok(None);
    };
    let list = format!("{folder}/{list}");
    let Ok(found) = resolve(archive, list.as_bytes())? else {
        return Ok(None);
    };
    let text = read_whole(archive, &found, "bytes of a script", SCRIPT_BYTES)?;
    let mut lines = text.split(|byte| *byte == b'\n');
    if lines.any(|line| line.starts_with(hook.as_bytes())) {
        return Ok(None);
    }
    broken(&format!("is not named in {list}"))
}

/// What keeps a shell from reading this file.
fn lacks(archive: &Archive, path: &str) -> Result<Option<&'static str>> {
    Ok(match resolve(archive, path.as_bytes())? {
        Err(_) => Some("is missing"),
        Ok(found) if found.stat.file_type != FileType::Regular => Some("is not a file"),
        Ok(_) => None,
    })
}

fn unsourced(path: &str, what: &str) -> Broken {
    Broken {
        path: path.to_owned(),
        what: what.to_owned(),
        then: "The shell that runs the init ends, and the kernel panics: \"Attempted to kill init!\".",
    }
}
