//! What lies beside a kernel and tells of it: its configuration, its module list, its metadata.

use crate::error::{Error, Kind, Result};
use crate::kernel::config::{CONFIG_TEXT_BYTES, Config, ModulesBuiltin};
use crate::metadata::{FILE_NAME, Metadata};
use crate::source::Source;
use std::path::{Path, PathBuf};

/// Where a kernel lies, and what was named in place of what lies beside it.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The kernel's path; empty or `-` where it came without one.
    pub path: PathBuf,
    /// The configuration to believe.
    pub config: Option<PathBuf>,
    /// The metadata to believe.
    pub metadata: Option<PathBuf>,
    /// Whether the kernel was made from the file there: what metadata say of that file is not said
    /// of this one.
    pub is_converted: bool,
}

impl Surroundings {
    /// The kernel's file name.
    pub fn file_name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .to_string_lossy()
            .into_owned()
    }

    /// The configuration that was named. An error where it cannot be read.
    pub(super) fn named_config(&self) -> Result<Option<Config>> {
        self.config
            .as_deref()
            .map(|path| Config::parse(&text(path)?))
            .transpose()
    }

    /// The configuration that lies beside the kernel, by its release. One without the release in
    /// its name (`config-aarch64` beside `vmlinuz-aarch64`, `config`) is believed only where its first
    /// lines name the same version.
    pub(super) fn config_beside(&self, release: &str) -> Option<Config> {
        let folder = self.folder()?;
        let named = format!("config-{release}");
        [folder.join(&named), folder.join("..").join(&named)]
            .iter()
            .filter(|_| is_a_name(release))
            .find_map(|path| text(path).ok())
            .or_else(|| {
                let kernel = self.file_name();
                let suffixed = kernel
                    .split_once('-')
                    .map(|(_, suffix)| format!("config-{suffix}"));
                suffixed
                    .into_iter()
                    .chain(["config".to_owned()])
                    .filter_map(|name| text(&folder.join(name)).ok())
                    .find(|text| is_of_version(text, release))
            })
            .and_then(|text| Config::parse(&text).ok())
    }

    /// The list of built-in modules that lies beside the kernel, or in the module folder of its
    /// release.
    pub(super) fn modules_builtin(&self, release: &str) -> Option<ModulesBuiltin> {
        let folder = self.folder()?;
        let in_modules = Path::new("lib/modules")
            .join(release)
            .join("modules.builtin");
        if !is_a_name(release) {
            return None;
        }
        let mut places = vec![
            folder.join(format!("modules.builtin-{release}")),
            folder.join("..").join(in_modules),
        ];
        if folder.file_name().is_some_and(|name| name == release) {
            places.push(folder.join("modules.builtin"));
        }
        places
            .iter()
            .find_map(|path| text(path).ok())
            .and_then(|text| ModulesBuiltin::parse(&text).ok())
    }

    /// The kernel's entry in the metadata that was named, or that lies beside it.
    pub(super) fn metadata(&self) -> Option<Result<Option<Metadata>>> {
        if self.is_converted {
            return None;
        }
        let read = |path: &Path| {
            Source::open(path).and_then(|source| Metadata::read(&source, &self.file_name()))
        };
        if let Some(path) = &self.metadata {
            return Some(read(path));
        }
        let beside = self.folder()?.join(FILE_NAME);
        match read(&beside) {
            Err(error) if error.kind() == Kind::Io && !beside.exists() => None,
            outcome => Some(outcome),
        }
    }

    /// Whether a file of that name lies beside the kernel.
    pub(super) fn has(&self, name: &str) -> Option<bool> {
        let folder = self.folder()?;
        is_a_name(name).then(|| folder.join(name).exists())
    }

    fn folder(&self) -> Option<&Path> {
        match self.path.parent() {
            None => None,
            Some(_) if self.path == Path::new("-") => None,
            Some(folder) if folder.as_os_str().is_empty() => Some(Path::new(".")),
            Some(folder) => Some(folder),
        }
    }
}

fn text(path: &Path) -> Result<Vec<u8>> {
    let source = Source::open(path)?;
    if source.len() > CONFIG_TEXT_BYTES {
        return Err(Error::limit("config_text_bytes", CONFIG_TEXT_BYTES));
    }
    Ok(source.read("text", 0, source.len())?.into_owned())
}

/// A release comes out of a file that nobody vouches for: it may not lead elsewhere.
fn is_a_name(release: &str) -> bool {
    !release.is_empty() && !release.contains(['/', '\\', '\0']) && !release.starts_with('.')
}

/// `# Linux/x86 6.1.0 Kernel Configuration`: the third line of every generated configuration.
fn is_of_version(text: &[u8], release: &str) -> bool {
    let head = String::from_utf8_lossy(text.get(..256).unwrap_or(text)).into_owned();
    head.lines()
        .filter(|line| line.starts_with("# Linux/"))
        .filter_map(|line| line.split(' ').nth(2))
        .any(|version| {
            release
                .strip_prefix(version)
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_never_leads_out_of_the_folder() {
        assert!(is_a_name("6.1.0-21-amd64"));
        for release in ["", "../x", "a/b", ".", "..", "a\0b"] {
            assert!(!is_a_name(release), "{release:?}");
        }
    }

    #[test]
    fn a_release_with_a_slash_chooses_no_module_list() {
        let host = tempfile::tempdir().unwrap();
        let boot = host.path().join("boot");
        std::fs::create_dir_all(boot.join("modules.builtin-x")).unwrap();
        std::fs::write(host.path().join("outside"), "kernel/fs/ext4/ext4.ko\n").unwrap();
        std::fs::write(boot.join("modules.builtin-6.1"), "kernel/fs/ext4/ext4.ko\n").unwrap();
        let surroundings = Surroundings {
            path: boot.join("vmlinuz"),
            ..Surroundings::default()
        };
        assert!(surroundings.modules_builtin("6.1").is_some());
        assert!(surroundings.modules_builtin("x/../../outside").is_none());
    }

    #[test]
    fn a_configuration_of_another_version_is_not_believed() {
        let text = b"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.1 Kernel Configuration\n";
        assert!(is_of_version(text, "6.1.1-virt"));
        assert!(is_of_version(text, "6.1.1"));
        assert!(!is_of_version(text, "6.1.10-virt"));
        assert!(!is_of_version(text, "6.2.0"));
        assert!(!is_of_version(b"CONFIG_X=y\n", "6.1.1"));
    }
}
