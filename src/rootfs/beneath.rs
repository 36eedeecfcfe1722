//! Files beneath a folder of the host: no path leads out of it, whatever is renamed or replaced while it
//! is read.
//!
//! Source: `openat2(2)`. Its `RESOLVE_IN_ROOT` keeps every path inside the folder, and
//! `RESOLVE_NO_SYMLINKS` refuses a directory that became a link. Linux before 5.6 has no `openat2`, and
//! some containers deny it: there each directory is opened by itself with `O_NOFOLLOW`. Other systems
//! than Linux look paths up whole, and a folder that changes meanwhile can lead them elsewhere.

#[cfg(not(target_os = "linux"))]
pub(super) use by_path::Beneath;
#[cfg(target_os = "linux")]
pub(super) use linux::Beneath;

/// A name in a directory, with its type where the directory says it.
pub(super) type Name = (std::ffi::OsString, Option<crate::tree::FileType>);

#[cfg(target_os = "linux")]
mod linux {
    use super::Name;
    use crate::tree::FileType;
    use rustix::fs::{Dir, Mode, OFlags, ResolveFlags, openat, openat2, readlinkat};
    use rustix::io::Errno;
    use std::ffi::{OsStr, OsString};
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Component, Path};

    /// A folder of the host, held open.
    pub(in super::super) struct Beneath {
        root: OwnedFd,
    }

    impl Beneath {
        pub(in super::super) fn open(folder: &Path) -> io::Result<Self> {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::open(folder, flags, Mode::empty())?;
            Ok(Self { root })
        }

        /// The metadata of a file, of a link itself.
        pub(in super::super) fn metadata(&self, inside: &Path) -> io::Result<Metadata> {
            File::from(self.at(inside, OFlags::PATH)?).metadata()
        }

        /// Opens a regular file for reading.
        pub(in super::super) fn file(&self, inside: &Path) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            self.at(inside, flags).map(File::from)
        }

        pub(in super::super) fn read_link(&self, inside: &Path) -> io::Result<OsString> {
            let link = self.at(inside, OFlags::PATH)?;
            let target = readlinkat(link, "", Vec::new())?;
            Ok(OsString::from_vec(target.into_bytes()))
        }

        pub(in super::super) fn names(
            &self,
            inside: &Path,
        ) -> io::Result<impl Iterator<Item = io::Result<Name>>> {
            let folder = self.at(inside, OFlags::RDONLY | OFlags::DIRECTORY)?;
            let names = Dir::new(folder)?.map(|entry| {
                let entry = entry?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
                Ok((name, file_type(entry.file_type())))
            });
            Ok(names.filter(|entry: &io::Result<Name>| {
                entry
                    .as_ref()
                    .map_or(true, |(name, _)| name != "." && name != "..")
            }))
        }

        fn at(&self, inside: &Path, flags: OFlags) -> io::Result<OwnedFd> {
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let path = if inside.as_os_str().is_empty() {
                Path::new(".")
            } else {
                inside
            };
            let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.root, path, flags, Mode::empty(), resolve) {
                Err(Errno::NOSYS | Errno::PERM) => self.step_by_step(path, flags),
                opened => opened.map_err(io::Error::from),
            }
        }

        /// What `openat2` does, one name at a time.
        fn step_by_step(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
            let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut here = openat(&self.root, ".", folder, Mode::empty())?;
            let mut names = path.components().peekable();
            while let Some(name) = names.next() {
                let name = match name {
                    Component::Normal(name) => name,
                    Component::CurDir => OsStr::new("."),
                    _ => return Err(io::ErrorKind::InvalidInput.into()),
                };
                let is_last = names.peek().is_none();
                let flags = if is_last { flags } else { folder };
                here = openat(&here, name, flags, Mode::empty())?;
            }
            Ok(here)
        }
    }

    fn file_type(kind: rustix::fs::FileType) -> Option<FileType> {
        Some(match kind {
            rustix::fs::FileType::RegularFile => FileType::Regular,
            rustix::fs::FileType::Directory => FileType::Directory,
            rustix::fs::FileType::Symlink => FileType::Symlink,
            rustix::fs::FileType::Fifo => FileType::Fifo,
            rustix::fs::FileType::Socket => FileType::Socket,
            rustix::fs::FileType::CharacterDevice => FileType::CharacterDevice,
            rustix::fs::FileType::BlockDevice => FileType::BlockDevice,
            rustix::fs::FileType::Unknown => return None,
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn without_openat2_a_directory_that_became_a_link_is_refused_too() {
            let host = tempfile::tempdir().unwrap();
            let root = host.path().join("root");
            std::fs::create_dir_all(root.join("etc")).unwrap();
            std::fs::write(root.join("etc/file"), "inside").unwrap();
            std::os::unix::fs::symlink("etc", root.join("link")).unwrap();
            let beneath = Beneath::open(&root).unwrap();
            let open = |path: &str| {
                beneath
                    .step_by_step(Path::new(path), OFlags::RDONLY | OFlags::NOFOLLOW)
                    .map(File::from)
                    .and_then(io::read_to_string)
            };
            assert_eq!(open("etc/file").unwrap(), "inside");
            assert!(open("link/file").is_err());
            assert!(open("../root/etc/file").is_err());
            assert!(open("/etc/file").is_err());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod by_path {
    use super::Name;
    use std::ffi::OsString;
    use std::fs::{File, Metadata};
    use std::io;
    use std::path::{Path, PathBuf};

    /// A folder of the host.
    pub(in super::super) struct Beneath {
        path: PathBuf,
    }

    impl Beneath {
        pub(in super::super) fn open(folder: &Path) -> io::Result<Self> {
            if !std::fs::metadata(folder)?.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            Ok(Self {
                path: folder.to_owned(),
            })
        }

        pub(in super::super) fn metadata(&self, inside: &Path) -> io::Result<Metadata> {
            std::fs::symlink_metadata(self.host(inside))
        }

        pub(in super::super) fn file(&self, inside: &Path) -> io::Result<File> {
            File::open(self.host(inside))
        }

        pub(in super::super) fn read_link(&self, inside: &Path) -> io::Result<OsString> {
            std::fs::read_link(self.host(inside)).map(PathBuf::into_os_string)
        }

        pub(in super::super) fn names(
            &self,
            inside: &Path,
        ) -> io::Result<impl Iterator<Item = io::Result<Name>>> {
            let entries = std::fs::read_dir(self.host(inside))?;
            Ok(entries.map(|entry| {
                let entry = entry?;
                let kind = entry.file_type().ok();
                let kind = kind.as_ref().map(super::super::folder::file_type);
                Ok((entry.file_name(), kind))
            }))
        }

        /// The path of the folder itself is joined with nothing, for a slash after it would follow a
        /// link.
        fn host(&self, inside: &Path) -> PathBuf {
            if inside.as_os_str().is_empty() {
                self.path.clone()
            } else {
                self.path.join(inside)
            }
        }
    }
}
