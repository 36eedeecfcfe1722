//! What every source of kernels can be asked: which files it has, and what is in them.

use super::part::{self, Choice};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{FileType, Tree, entries, read_whole, resolve};

/// A place that kernels are taken from.
pub(super) trait Store {
    /// The paths that may be a kernel, or belong to one; without a slash in front.
    fn candidates(&self) -> Result<Vec<String>>;
    /// The content of one of them.
    fn read(&self, path: &str) -> Result<Vec<u8>>;
    /// The paths of the kernel modules.
    fn modules(&self) -> Result<Vec<String>>;
}

/// What a source gave: a kernel, and what came with it.
#[derive(Debug, Default)]
pub struct Taken {
    /// The kernel, as it came.
    pub kernel: Vec<u8>,
    /// What the source calls it.
    pub kernel_name: String,
    /// Its initramfs, where there is one.
    pub initramfs: Option<Vec<u8>>,
    /// What the source calls that.
    pub initramfs_name: Option<String>,
    /// The configuration it was built with, where it is there.
    pub config: Option<Vec<u8>>,
    /// The paths of its modules, from `/`, in order.
    pub modules: Vec<String>,
}

/// The kernel of that flavour, and what comes with it.
pub(super) fn take(store: &dyn Store, flavor: Option<&str>) -> Result<Taken> {
    let Choice {
        kernel,
        initramfs,
        config,
    } = part::choose(&store.candidates()?, flavor)?;
    let read = |path: &Option<String>| path.as_ref().map(|path| store.read(path)).transpose();
    let mut modules = store.modules()?;
    modules.sort();
    Ok(Taken {
        kernel: store.read(&kernel)?,
        kernel_name: kernel,
        initramfs: read(&initramfs)?,
        initramfs_name: initramfs,
        config: read(&config)?,
        modules,
    })
}

/// A tree of files as such a place: a folder, an ext4 file system, an ISO image.
pub(super) struct TreeStore<'a> {
    pub tree: &'a dyn Tree,
    pub limits: &'a Limits,
}

impl TreeStore<'_> {
    /// The names in a folder; none where there is no such folder.
    fn names(&self, folder: &str) -> Result<Vec<(String, Option<FileType>)>> {
        let entries = entries(self.tree, folder.as_bytes())?;
        let mut names: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| Some((String::from_utf8(entry.name).ok()?, entry.file_type)))
            .collect();
        names.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(names)
    }

    fn gather(&self, folder: &str, paths: &mut Vec<String>) -> Result<()> {
        for (name, file_type) in self.names(folder)? {
            let path = joined(folder, &name);
            if part::of(&path).is_some() && file_type != Some(FileType::Directory) {
                paths.push(path);
            }
        }
        Ok(())
    }

    fn gather_modules(&self, folder: &str, depth: u8, paths: &mut Vec<String>) -> Result<()> {
        let max = self.limits.modules;
        for (name, file_type) in self.names(folder)? {
            let path = joined(folder, &name);
            if part::is_module(&path) {
                if u64::try_from(paths.len()).unwrap_or(u64::MAX) >= max {
                    return Err(Error::limit("modules", max));
                }
                paths.push(path);
            } else if !matches!(file_type, Some(FileType::Regular | FileType::Symlink)) && depth > 0
            {
                self.gather_modules(&path, depth.saturating_sub(1), paths)?;
            }
        }
        Ok(())
    }
}

/// How deep folders of modules go: `kernel/drivers/net/ethernet/intel/e1000`, and a little more.
const MODULE_DEPTH: u8 = 16;

impl Store for TreeStore<'_> {
    fn candidates(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for folder in part::FOLDERS {
            self.gather(folder, &mut paths)?;
        }
        for (name, file_type) in self.names("boot")? {
            if file_type.is_none_or(|file_type| file_type == FileType::Directory) {
                self.gather(&joined("boot", &name), &mut paths)?;
            }
        }
        for folder in part::MODULE_FOLDERS {
            for (release, _) in self.names(folder)? {
                self.gather(&joined(folder, &release), &mut paths)?;
            }
        }
        Ok(paths)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let found = resolve(self.tree, path.as_bytes())?.map_err(|lost| {
            Error::absent(
                path.to_owned(),
                format!("{}: {}", crate::bytes::escaped(&lost.at), lost.errno),
            )
        })?;
        if found.stat.file_type != FileType::Regular {
            return Err(Error::unsupported(
                path.to_owned(),
                format!("a {}", found.stat.file_type),
            ));
        }
        read_whole(self.tree, &found, "file_bytes", self.limits.file_bytes)
    }

    fn modules(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for folder in part::MODULE_FOLDERS {
            // Where /lib is a link to /usr/lib, both are the same.
            if paths.is_empty() {
                self.gather_modules(folder, MODULE_DEPTH, &mut paths)?;
            }
        }
        Ok(paths)
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
