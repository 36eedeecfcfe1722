//! KC020 and KC3xx.

mod corrupt_initramfs;
mod early_microcode_order;
mod initramfs_codec_not_built_in;
mod initramfs_exceeds_ram;
mod initramfs_init_not_runnable;
mod initramfs_program_missing;
mod initramfs_unsupported;
mod module_compression_unreadable;
mod module_forbidden;
mod modules_for_another_kernel;
mod needed_module_missing;
mod no_init_in_initramfs;
mod root_type_unstated;
mod shell_requested;
mod xz_settings_unsupported;

use crate::forge::cpio::{Entry, archive};
use crate::forge::elf::Elf;
use crate::forge::program::Program;
use crate::kernels::{damaged, vmlinux};
use crate::run::Case;

/// The release of the forged kernels.
pub const RELEASE: &str = "6.1.0-forged";
/// A kernel that unpacks anything and mounts nothing by itself.
pub const MODULAR: &str = "CONFIG_MODULES=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n\
    CONFIG_RD_XZ=y\nCONFIG_VIRTIO_MMIO=y\nCONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\n\
    CONFIG_BINFMT_SCRIPT=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=m\nCONFIG_SMP=y\n\
    CONFIG_TMPFS=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_NET=y\nCONFIG_UNIX=y\nCONFIG_EPOLL=y\n\
    CONFIG_SIGNALFD=y\nCONFIG_INOTIFY_USER=y";
/// A kernel that mounts the root by itself.
pub const MONOLITHIC: &str = "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_VIRTIO_MMIO=y\n\
    CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_EXT4_FS=y\nCONFIG_TMPFS=y\n\
    CONFIG_BINFMT_SCRIPT=y";
/// What Alpine's init begins with.
const ALPINE_INIT: &[u8] =
    b"#!/bin/sh\nVERSION=3.13.0\necho \"Alpine Init $VERSION\"\nset -- $KOPT_root\n";

/// A disk with an ext4 file system, as far as its superblock tells.
pub fn disk() -> Vec<u8> {
    let mut disk = vec![0; 0x1_0000];
    disk[0x438] = 0x53;
    disk[0x439] = 0xef;
    disk
}

/// A static program, with a section table at its end as every linker writes one.
pub fn busybox() -> Vec<u8> {
    let mut program = Program::default().build();
    program.extend(b"BusyBox v1.37.0\0");
    program.extend([0x5a; 64]);
    program
}

/// What makes an initramfs Alpine's.
pub fn alpine() -> Vec<Entry> {
    vec![
        Entry::file("init", ALPINE_INIT),
        Entry::directory("bin"),
        Entry::directory("sbin"),
        Entry::file("bin/busybox", &busybox()),
        Entry::link("bin/sh", "busybox"),
        Entry::link("sbin/modprobe", "/bin/busybox"),
    ]
}

/// A module with that version magic.
pub fn module(name: &str, vermagic: &str) -> Vec<u8> {
    let content = format!("license=GPL\0name={name}\0vermagic={vermagic}\0");
    Elf {
        kind: 1,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![
            (".text", vec![0x90; 16]),
            (".modinfo", content.into_bytes()),
        ],
        ..Elf::default()
    }
    .build()
}

/// The version magic that fits.
pub fn vermagic() -> String {
    format!("{RELEASE} SMP mod_unload ")
}

/// Modules of a release, each with its file's ending and what it depends on.
pub fn modules_of(release: &str, modules: &[(&str, &str, &[&str])]) -> Vec<Entry> {
    let directory = format!("lib/modules/{release}");
    let mut entries: Vec<Entry> = ["lib", "lib/modules", &directory]
        .iter()
        .map(|path| Entry::directory(path))
        .collect();
    entries.push(Entry::directory(&format!("{directory}/kernel")));
    let mut list = String::new();
    for (name, ending, depends) in modules {
        let depends: Vec<String> = depends
            .iter()
            .map(|needed| format!(" kernel/{needed}{ending}"))
            .collect();
        list.push_str(&format!("kernel/{name}{ending}:{}\n", depends.concat()));
        entries.push(Entry::file(
            &format!("{directory}/kernel/{name}{ending}"),
            &module(name, &vermagic()),
        ));
    }
    entries.push(Entry::file(
        &format!("{directory}/modules.dep"),
        list.as_bytes(),
    ));
    entries
}

/// The two modules that the modular kernel needs.
pub const NEEDED: &[(&str, &str, &[&str])] = &[
    ("virtio_blk", ".ko", &[]),
    ("ext4", ".ko", &["jbd2"]),
    ("jbd2", ".ko", &[]),
];

/// A program that a script runs: nlplug-findfs, udevd.
pub fn helper(path: &str) -> Entry {
    Entry::file(path, &Program::default().build())
}

/// What makes an initramfs that of initramfs-tools, with udevd and its rules.
pub fn debian() -> Vec<Entry> {
    let mut entries: Vec<Entry> = [
        "bin",
        "sbin",
        "conf",
        "scripts",
        "scripts/init-top",
        "lib",
        "lib/systemd",
        "lib/udev",
        "lib/udev/rules.d",
    ]
    .iter()
    .map(|path| Entry::directory(path))
    .collect();
    entries.extend([
        Entry::file("init", b"#!/bin/sh\n"),
        Entry::file("bin/busybox", &busybox()),
        Entry::link("bin/sh", "busybox"),
        Entry::link("sbin/modprobe", "/bin/busybox"),
        Entry::file("conf/initramfs.conf", b"MODULES=most\n"),
        Entry::file("scripts/functions", b"run_scripts()\n"),
        Entry::file("scripts/local", b"local_mount_root()\n"),
        Entry::file("scripts/nfs", b""),
        Entry::file(
            "scripts/init-top/ORDER",
            b"/scripts/init-top/udev \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n",
        ),
        Entry::file("scripts/init-top/udev", b"#!/bin/sh -e\n"),
        Entry::file(
            "lib/udev/rules.d/60-persistent-storage.rules",
            b"SYMLINK+=\"disk/by-uuid/$env{ID_FS_UUID_ENC}\"\n\
              SYMLINK+=\"disk/by-label/$env{ID_FS_LABEL_ENC}\"\n\
              SYMLINK+=\"disk/by-path/$env{ID_PATH}\"\n\
              SYMLINK+=\"disk/by-partuuid/$env{ID_PART_ENTRY_UUID}\"\n",
        ),
        helper("lib/systemd/systemd-udevd"),
        helper("sbin/udevadm"),
        helper("sbin/mount"),
        helper("sbin/run-init"),
        helper("sbin/blkid"),
    ]);
    entries
}

/// The initramfs of initramfs-tools with the modules of the modular kernel, and with more files.
pub fn debian_with(more: &[Entry]) -> Vec<u8> {
    archive(&[debian(), modules_of(RELEASE, NEEDED), more.to_vec()].concat())
}

/// Alpine's initramfs with these modules of the kernel's release.
pub fn alpine_with(modules: &[(&str, &str, &[&str])]) -> Vec<u8> {
    archive(&[alpine(), modules_of(RELEASE, modules)].concat())
}

/// A whole boot of a kernel of that configuration from the disk.
pub fn boot(config: &str, initramfs: Vec<u8>) -> Case {
    Case::new(vmlinux())
        .config(config)
        .command_line("console=hvc0 root=/dev/vda rootfstype=ext4 rw")
        .root(disk())
        .initramfs(initramfs)
}

/// The same with a kernel that cannot be read.
pub fn boot_damaged(initramfs: Vec<u8>) -> Case {
    Case::new(damaged())
        .command_line("console=hvc0 root=/dev/vda rootfstype=ext4 rw")
        .root(disk())
        .initramfs(initramfs)
}

/// The initramfs of mkinitcpio, with this list of hooks.
pub fn arch(hooks: &str) -> Vec<Entry> {
    let folders = [
        "usr",
        "usr/bin",
        "usr/lib",
        "usr/lib/systemd",
        "hooks",
        "sbin",
    ];
    let mut entries: Vec<Entry> = folders.map(Entry::directory).to_vec();
    entries.extend([
        Entry::file(
            "init",
            b"#!/usr/bin/ash\n. /init_functions\nrun_hookfunctions\n",
        ),
        Entry::file("init_functions", b"default_mount_handler() {\n}\n"),
        Entry::file("config", format!("EARLYHOOKS=\"{hooks}\"\n").as_bytes()),
        Entry::file("hooks/udev", b"#!/usr/bin/ash\n"),
        Entry::file("usr/bin/busybox", &busybox()),
        Entry::link("usr/bin/ash", "busybox"),
        Entry::link("usr/bin/switch_root", "busybox"),
        helper("usr/bin/mount"),
        helper("usr/bin/udevadm"),
        helper("usr/lib/systemd/systemd-udevd"),
        helper("sbin/modprobe"),
    ]);
    [entries, modules_of(RELEASE, NEEDED)].concat()
}
