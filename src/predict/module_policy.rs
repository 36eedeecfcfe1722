//! What forbids a module of the initramfs: words of the command line, modprobe.d, signatures.
//!
//! Sources: Linux `kernel/module/main.c` (`may_init_module`, `blacklisted`), `kernel/module/signing.c`
//! (`module_sig_check`), `fs/proc/proc_sysctl.c` (`do_sysctl_args`, before any init runs); kmod 34
//! `libkmod/libkmod-config.c` (`kcmdline_parse_result`) and `libkmod/libkmod-module.c`
//! (`kmod_module_probe_insert_module`); initramfs-tools 0.142 `scripts/init-top/blacklist`; dracut 059
//! `parse-kernel.sh`; mkinitfs 3.13, whose `blacklist=` writes a file of modprobe.d.

use super::boot::Boot;
use crate::cmdline::CommandLine;
use crate::error::{Error, Result};
use crate::initramfs::{Archive, Loads, Model};
use crate::tree::{read_whole, regular};
use crate::userland::modules::{self, Policy, loads_nothing, normalised};

/// Longest list of modules that is read.
const LIST_BYTES: u64 = 1024 * 1024;

/// Something that keeps a module from being loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ban {
    /// The module that it is about: the one that is needed, or one that it depends on.
    pub(super) module: String,
    /// The word or the file that says so.
    pub(super) by: String,
}

impl Boot<'_> {
    /// Returns the ban on a module of the initramfs that the root needs; an error if it depends on
    /// something that is not modelled whether the module is loaded.
    pub(super) fn ban(&self, model: &Model, name: &str) -> Result<Option<Ban>> {
        let line = self.command_line()?;
        if let Some(by) = self.bans_all_modules(line)? {
            return Ok(Some(ban(name, &by)));
        }
        let Some(archive) = self.initramfs()?.map(|initramfs| initramfs.archive()) else {
            return Ok(None);
        };
        let archive = archive?;
        let Some(found) = self.archive_modules()? else {
            return Ok(None);
        };
        let closure = found.closure(archive, name)?;
        for module in &closure.order {
            if let Some(by) = by_kernel(line, module) {
                return Ok(Some(ban(module, &by)));
            }
        }
        if model.loads_by_kmod
            && let Some(ban) = self.by_kmod(model, archive, name, &closure.order)?
        {
            return Ok(Some(ban));
        }
        for module in closure.order.iter().filter_map(|module| found.get(module)) {
            if let Some(by) = self.demands_signature(line)?
                && !modules::modinfo(archive, &module.path, &self.limits)?.is_signed
            {
                let by = format!("{by}, and it has no signature");
                return Ok(Some(ban(&module.name, &by)));
            }
        }
        Ok(None)
    }

    /// The word after which the kernel loads no module at all.
    fn bans_all_modules(&self, line: &CommandLine) -> Result<Option<String>> {
        let is_on = |value: Option<&str>| matches!(value, None | Some("1" | "y" | "Y" | "on"));
        let switch = line.named("nomodule").last();
        if let Some(word) = switch.filter(|word| is_on(word.value.as_deref())) {
            return Ok(Some(word.text()));
        }
        let mut words = line.parameters.iter().rev();
        let sysctl =
            words.find(|word| word.name.replace('/', ".") == "sysctl.kernel.modules_disabled");
        match sysctl {
            Some(word)
                if word.value.as_deref() == Some("1") && self.builds_in("PROC_SYSCTL")? =>
            {
                Ok(Some(word.text()))
            }
            _ => Ok(None),
        }
    }

    /// The word or the setting that makes the kernel refuse modules without a signature.
    fn demands_signature(&self, line: &CommandLine) -> Result<Option<String>> {
        let word = line.parameters.iter().rev().find(|word| {
            word.is("module.sig_enforce")
                && matches!(word.value.as_deref(), None | Some("1" | "y" | "Y" | "on"))
        });
        if let Some(word) = word
            && self.builds_in("MODULE_SIG")?
        {
            return Ok(Some(word.text()));
        }
        match line.value("lockdown") {
            Some(level @ ("integrity" | "confidentiality")) => Err(Error::unsupported(
                "modules",
                format!("whether the kernel has the LSM that lockdown={level} needs"),
            )),
            _ => Ok(None),
        }
    }

    /// What kmod makes of its settings and of words that it or the init reads.
    fn by_kmod(
        &self,
        model: &Model,
        archive: &Archive,
        name: &str,
        order: &[String],
    ) -> Result<Option<Ban>> {
        let line = self.command_line()?;
        let policy = modules::policy(archive)?;
        for module in order {
            let Some((command, file)) = policy.install.get(module) else {
                continue;
            };
            let by = format!("`install {module} {command}` in {file}");
            if loads_nothing(command) {
                return Ok(Some(ban(module, &by)));
            }
            return Err(not_modelled(&by));
        }
        for module in order {
            let Some(by) = blacklists(model, line, &policy, module) else {
                continue;
            };
            match model.loads(name) {
                // A name that the init gives itself is not looked up in the blacklist.
                Loads::ByRootfstype | Loads::Always => {}
                Loads::OnUevent if module == name && !is_listed(model, line, archive, name)? => {
                    return Ok(Some(ban(module, &by)));
                }
                _ => return Err(not_modelled(&by)),
            }
        }
        Ok(None)
    }
}

fn ban(module: &str, by: &str) -> Ban {
    Ban {
        module: module.to_owned(),
        by: by.to_owned(),
    }
}

fn not_modelled(by: &str) -> Error {
    Error::unsupported("modules", format!("the modules that {by} forbids"))
}

/// `module_blacklist=` of the kernel, which compares whole names.
fn by_kernel(line: &CommandLine, module: &str) -> Option<String> {
    let value = line.value("module_blacklist")?;
    let is_named = value.split(',').any(|name| name == module);
    is_named.then(|| format!("module_blacklist={value}"))
}

/// What puts a module on the blacklist of kmod.
fn blacklists(model: &Model, line: &CommandLine, policy: &Policy, module: &str) -> Option<String> {
    let words = ["modprobe.blacklist"]
        .into_iter()
        .chain(model.blacklist_parameter);
    for word in words {
        for parameter in line.named(word) {
            let value = parameter.value.as_deref().unwrap_or_default();
            if value.split(',').any(|name| normalised(name) == module) {
                return Some(parameter.text());
            }
        }
    }
    let file = policy.blacklist.get(module)?;
    Some(format!("`blacklist {module}` in {file}"))
}

/// Returns true if the init loads the module by its name, because a parameter or a list has it.
pub(super) fn is_listed(
    model: &Model,
    line: &CommandLine,
    archive: &Archive,
    name: &str,
) -> Result<bool> {
    let parameter = model.modules_parameter.and_then(|word| line.value(word));
    let mut named = parameter.unwrap_or_default().split(',');
    if named.any(|named| normalised(named) == name) {
        return Ok(true);
    }
    for list in model.lists {
        let Some(found) = regular(archive, list.as_bytes())? else {
            continue;
        };
        let text = read_whole(archive, &found, "bytes of a list of modules", LIST_BYTES)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut words = text
            .lines()
            .filter_map(|line| line.split_ascii_whitespace().next());
        let is_meant = |word: &str| {
            let by_path = modules::file_name(word).map(|(name, _)| name);
            by_path.unwrap_or_else(|| normalised(word)) == name
        };
        if words.any(is_meant) {
            return Ok(true);
        }
    }
    Ok(false)
}
