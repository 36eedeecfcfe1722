//! KC6xx, on folders: a root that is built file by file.

mod cpu_level_too_new;
mod first_target_unreachable;
mod init_library_missing;
mod init_link_broken;
mod init_loader_missing;
mod init_not_executable;
mod init_script_broken;
mod init_wrong_architecture;
mod missing_kernel_feature_for_init;
mod no_device_nodes;
mod no_elf_support;
mod no_init;
mod systemd_requirement_missing;

use crate::forge::cpio::archive;
use crate::forge::program::{Program, dynamic, library};
use crate::initramfs::alpine;
use crate::kernels::{damaged, vmlinux};
use crate::run::Case;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use tempfile::TempDir;

pub const MUSL: &str = "/lib/ld-musl-x86_64.so.1";
pub const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";

/// A folder as root.
pub struct Root(TempDir);

impl Root {
    /// With a /dev and nothing else.
    pub fn new() -> Self {
        Self::bare().directory("/dev")
    }

    /// With nothing.
    pub fn bare() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.0.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }

    pub fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.place(path)).unwrap();
        self
    }

    pub fn file(self, path: &str, bytes: impl AsRef<[u8]>, mode: u32) -> Self {
        let place = self.place(path);
        fs::write(&place, bytes).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn program(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.file(path, bytes, 0o755)
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.place(path)).unwrap();
        self
    }

    /// With a /bin/sh that needs nothing.
    pub fn shell(self) -> Self {
        self.program("/bin/sh", static_program())
    }

    /// With musl's loader.
    pub fn musl(self) -> Self {
        self.program(MUSL, library("libc.musl-x86_64.so.1", &[]).build())
    }

    /// With glibc's loader.
    pub fn glibc(self) -> Self {
        self.program(GLIBC, library("ld-linux-x86-64.so.2", &[]).build())
    }

    /// Judged by itself.
    pub fn alone(&self) -> Case {
        Case::without_kernel().root_folder(self.0.path())
    }

    /// Booted by a kernel that goes through its list.
    pub fn booted(&self) -> Case {
        self.on(vmlinux()).command_line(LINE)
    }

    /// Booted with this parameter too.
    pub fn booted_with(&self, parameter: &str) -> Case {
        self.on(vmlinux())
            .command_line(format!("{LINE} {parameter}"))
    }

    /// Booted with this command line and no other.
    pub fn with_line(&self, line: &str) -> Case {
        self.on(vmlinux()).command_line(line)
    }

    /// Booted with Alpine's initramfs, and this parameter.
    pub fn by_alpine(&self, parameter: &str) -> Case {
        Case::new(vmlinux())
            .config("CONFIG_BLK_DEV_INITRD=y")
            .initramfs(archive(&alpine()))
            .root_folder(self.0.path())
            .command_line(format!("{LINE} {parameter}"))
    }

    /// Booted by a kernel that cannot be decoded.
    pub fn undecoded(&self) -> Case {
        self.on(damaged()).command_line(LINE)
    }

    fn on(&self, kernel: Vec<u8>) -> Case {
        Case::new(kernel).no_initramfs().root_folder(self.0.path())
    }
}

const LINE: &str = "console=hvc0 root=/dev/root rootfstype=virtiofs rw";

/// A program for x86_64 that needs nothing.
pub fn static_program() -> Vec<u8> {
    Program::default().build()
}

/// A program for aarch64.
pub fn arm64_program() -> Vec<u8> {
    Program {
        machine: 183,
        ..Program::default()
    }
    .build()
}

/// A program that needs a loader and libraries.
pub fn linked(loader: &str, needed: &[&'static str]) -> Vec<u8> {
    dynamic(loader, needed).build()
}

/// A root that is nothing that can be read.
pub fn unreadable() -> Case {
    Case::without_kernel().root(vec![0x5a; 8192])
}
