//! Settings that the init of an initramfs takes from files of the archive.
//!
//! Source: `init` of initramfs-tools 0.142, which sources `/conf/initramfs.conf` and `/conf/conf.d/*`
//! before it reads the command line; `dracut-lib.sh` of dracut 059, whose `getarg` reads `/etc/cmdline`,
//! `/etc/cmdline.d/*.conf` and then `/proc/cmdline`, and takes the last.

use super::boot::Boot;
use super::programs::SCRIPT_BYTES;
use crate::bytes::escaped;
use crate::error::Result;
use crate::initramfs::{Archive, Model, Settings};
use crate::tree::{FileType, entries, read_whole, regular, resolve};

impl Boot<'_> {
    /// The settings of the archive that have an effect without a model.
    pub(super) fn unmodelled_settings(
        &self,
        model: &Model,
        archive: &Archive,
    ) -> Result<Vec<String>> {
        let mut unknown = Vec::new();
        for settings in model.settings {
            for path in files(archive, settings)? {
                let Some(found) = regular(archive, path.as_bytes())? else {
                    continue;
                };
                let text = read_whole(archive, &found, "bytes of settings", SCRIPT_BYTES)?;
                let text = String::from_utf8_lossy(&text);
                for setting in set(&text, settings) {
                    if !self.replaces(setting, settings) {
                        let setting = escaped(setting.as_bytes());
                        unknown.push(format!(
                            "the effect of {setting} in {path} of the initramfs"
                        ));
                    }
                }
            }
        }
        Ok(unknown)
    }

    /// Returns true if the command line of the kernel has the word, and so its own value.
    fn replaces(&self, word: &str, settings: &Settings) -> bool {
        let name = word.split('=').next().unwrap_or_default();
        let line = self.command_line();
        settings.are_words && line.is_ok_and(|line| line.has(name))
    }
}

/// The files with settings, in their order.
fn files(archive: &Archive, settings: &Settings) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for path in settings.paths {
        let Ok(found) = resolve(archive, path.as_bytes())? else {
            continue;
        };
        if found.stat.file_type != FileType::Directory {
            files.push((*path).to_owned());
            continue;
        }
        for entry in entries(archive, path.as_bytes())? {
            files.push(format!("{path}/{}", String::from_utf8_lossy(&entry.name)));
        }
    }
    Ok(files)
}

/// The settings of a file that may change how the root is mounted, or which init is started.
fn set<'a>(text: &'a str, settings: &Settings) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_open = |setting: &&str| {
        let assigned = setting.strip_prefix("export ").unwrap_or(setting);
        let (name, value) = assigned.split_once('=').unwrap_or((assigned, "-"));
        // What calls a program or sets two variables is more than a setting.
        let is_plain = settings.are_words || !value.contains(['`', '$', ';', '&', '|']);
        !(is_plain && (value.is_empty() || settings.harmless.contains(&name)))
    };
    match settings.are_words {
        true => lines
            .flat_map(str::split_whitespace)
            .filter(is_open)
            .collect(),
        false => lines.filter(is_open).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, set};

    #[test]
    fn settings_without_an_effect_are_passed_over() {
        let settings = Settings {
            paths: &[],
            are_words: false,
            harmless: &["RESUME", "MODULES"],
        };
        let text = "# MODULES\nMODULES=most\n\nDEVICE=\nexport RESUME=none\n";
        assert!(set(text, &settings).is_empty());
        let text = "BOOT=nothing\nRESUME=$(cat /x)\nmount /x\n";
        assert_eq!(
            set(text, &settings),
            ["BOOT=nothing", "RESUME=$(cat /x)", "mount /x"]
        );
    }

    #[test]
    fn words_of_a_command_line_stand_several_in_a_line() {
        let settings = Settings {
            paths: &[],
            are_words: true,
            harmless: &["ro"],
        };
        assert_eq!(
            set("ro root=/dev/sda1  rd.lvm=0\n", &settings),
            ["root=/dev/sda1", "rd.lvm=0"]
        );
    }
}
