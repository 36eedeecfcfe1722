//! A folder of artefacts whose every name and string is hostile.

use super::hostile::{HOSTILE, LABEL, SHORT, WORD, bytes, long_words};
use crate::forge::arm64::Arm64;
use crate::forge::cpio::{self, Entry};
use crate::forge::disk::{LINUX_FILESYSTEM, gpt};
use crate::forge::ext4::Ext4;
use crate::forge::uki::Uki;
use crate::forge::{good, gzip};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file name of an artefact: what it is, then the hostile text.
pub fn named(what: &str) -> OsString {
    OsString::from_vec([what.as_bytes(), &bytes()].concat())
}

/// The UUID of the partition.
const UNIQUE: &str = "6B656C70-6965-4F4F-8A8B-20666F726765";
/// 0x88 of the superblock: `s_last_mounted`, 64 bytes.
const LAST_MOUNTED: usize = 1024 + 0x88;

/// Writes them all.
pub fn write(folder: &Path) {
    let put = |name: OsString, content: &[u8]| fs::write(folder.join(name), content).unwrap();
    put(named("kernel"), &kernel());
    put(named("cut"), &kernel()[..100]);
    put(named("uki"), &uki());
    put(named("archive"), &archive());
    put(named("ext4"), &ext4());
    put(named("gpt"), &partitions());
    put(named("log"), &log());
    put(named("metadata"), metadata().as_bytes());
    put(named("package"), &gzip(&bytes()));
    put("kernel.config".into(), config().as_bytes());
    tree(&folder.join(named("tree")));
    project(&folder.join(named("project")), "image", "");
    project(
        &folder.join(named("keys")),
        "image",
        "\"evil\\u001B[31m\\u202E\" = 1",
    );
    project(
        &folder.join(named("tables")),
        "\"evil\\u001B[31m\\u202E\"",
        "",
    );
    let boot = folder.join(named("boot")).join("boot");
    fs::create_dir_all(&boot).unwrap();
    fs::write(boot.join(named("vmlinuz-")), kernel()).unwrap();
    fs::write(boot.join("vmlinuz"), kernel()).unwrap();
}

fn one_line() -> String {
    HOSTILE.replace(['\r', '\n'], " ")
}

fn config() -> String {
    good::config(&["VIRTIO_BLK", "EXT4_FS"])
        + &format!(
            "CONFIG_LOCALVERSION=\"{0}\"\nCONFIG_CMDLINE=\"{0}\"\nCONFIG_DEFAULT_INIT=\"/{0}\"\n",
            one_line()
        )
}

fn kernel() -> Vec<u8> {
    let line = one_line();
    let banner = format!("\0Linux version 6.1.0-{WORD} ({line}@b) (gcc {line}) #1 SMP {line}\n\0");
    let config = gzip(config().as_bytes());
    let body = [
        &[0x55; 0x100],
        banner.as_bytes(),
        b"IKCFG_ST",
        &config,
        b"IKCFG_ED",
        &[0x55; 0x100],
    ]
    .concat();
    Arm64 {
        body,
        ..Arm64::default()
    }
    .build()
}

fn uki() -> Vec<u8> {
    let mut uki = Uki::default();
    for (name, content) in &mut uki.sections {
        match *name {
            ".osrel" => *content = [b"PRETTY_NAME=", HOSTILE.as_bytes()].concat(),
            ".uname" | ".cmdline" => *content = bytes(),
            ".linux" => *content = kernel(),
            _ => {}
        }
    }
    uki.build()
}

fn entry(name: &[u8], content: &[u8]) -> Entry {
    Entry {
        name: name.to_vec(),
        ..Entry::file("", content)
    }
}

fn archive() -> Vec<u8> {
    let hostile = bytes();
    let release = [b"lib/modules/6.1.0-", WORD.as_bytes()].concat();
    let folder = |name: &[u8]| Entry {
        name: name.to_vec(),
        ..Entry::directory("")
    };
    let module = [&release[..], b"/kernel/", WORD.as_bytes(), b".ko"].concat();
    let dependencies = [b"kernel/", WORD.as_bytes(), b".ko:\n"].concat();
    let init = [b"#!/bin/", WORD.as_bytes(), b"\n", &hostile].concat();
    cpio::archive(&[
        entry(b"init", &init),
        entry(&hostile, &hostile),
        Entry {
            name: [b"link", &hostile[..]].concat(),
            ..Entry::link("", HOSTILE)
        },
        folder(b"lib"),
        folder(b"lib/modules"),
        folder(&release),
        folder(&[&release[..], b"/kernel"].concat()),
        entry(&module, b"\x7fELF"),
        entry(&[&release[..], b"/modules.dep"].concat(), &dependencies),
    ])
}

fn ext4() -> Vec<u8> {
    let hostile = bytes();
    Ext4 {
        label: SHORT,
        ..Ext4::new()
    }
    .directory("/etc", 0o755)
    .file("/etc/os-release", 0o644, os_release())
    .file("/etc/fstab", 0o644, fstab())
    .file("/text", 0o644, hostile.clone())
    .file([b"/", &hostile[..]].concat(), 0o644, hostile.clone())
    .symlink([b"/link", &hostile[..]].concat(), &hostile)
    .directory("/sbin", 0o755)
    .file(
        "/sbin/init",
        0o755,
        [b"#!/bin/", WORD.as_bytes(), b"\n"].concat(),
    )
    .patch(LAST_MOUNTED, &LABEL.as_bytes()[..LABEL.len().min(63)])
    .build()
}

fn partitions() -> Vec<u8> {
    gpt(&[(LINUX_FILESYSTEM, UNIQUE, LABEL, ext4())])
}

fn os_release() -> Vec<u8> {
    format!("ID=\"{0}\"\nPRETTY_NAME=\"{0}\"\n", one_line()).into_bytes()
}

fn fstab() -> Vec<u8> {
    format!("LABEL={WORD} / {WORD} {WORD} 0 0\n").into_bytes()
}

fn tree(root: &Path) {
    let hostile = named("");
    for folder in ["etc", "sbin", "bin", "dev"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let release = format!("lib/modules/6.1.0-{WORD}");
    fs::create_dir_all(root.join(&release).join("kernel")).unwrap();
    fs::create_dir_all(root.join("lib/modules").join(&hostile)).unwrap();
    fs::write(root.join("etc/os-release"), os_release()).unwrap();
    fs::write(root.join("etc/fstab"), fstab()).unwrap();
    fs::write(root.join("etc/alpine-release"), HOSTILE).unwrap();
    fs::write(
        root.join("etc/inittab"),
        format!("{WORD}::respawn:/sbin/getty 9600 {WORD}\n"),
    )
    .unwrap();
    fs::write(root.join("text"), bytes()).unwrap();
    fs::write(root.join(&hostile), bytes()).unwrap();
    std::os::unix::fs::symlink(&hostile, root.join(named("link"))).unwrap();
    std::os::unix::fs::symlink(format!("/bin/{WORD}"), root.join("sbin/init")).unwrap();
}

fn project(folder: &Path, table: &str, line: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("vmlinuz"), kernel()).unwrap();
    let hostile = "evil\\u001B[31m\\u202E\\u200B\\u009B\\n::error::x\\n##[error]";
    let text = format!(
        "[[{table}]]\nname = \"{hostile}\"\nkernel = \"vmlinuz\"\ncmdline = \"{hostile}\"\n{line}\n"
    );
    fs::write(folder.join("kelpie-check.toml"), text).unwrap();
}

fn metadata() -> String {
    let hostile = "evil\\u001B[31m\\u202E\\u200B\\u009B\\n::error::x\\n##[error]";
    let keys = [
        "architecture",
        "kernel_version",
        "kernel_file",
        "alpine_version",
    ];
    let lines: Vec<String> = keys
        .iter()
        .map(|key| format!("\"{key}\": \"{hostile}\""))
        .collect();
    format!("{{{}}}", lines.join(", "))
}

fn log() -> Vec<u8> {
    let line = one_line();
    let lines = [
        format!("Linux version 6.1.0-{WORD} ({line}) (gcc {line}) #1 SMP {line}"),
        format!("Kernel command line: {} {line}", long_words()),
        format!("Run /init as init process {line}"),
        format!("evil: cannot mount {line}"),
        format!("VFS: Cannot open root device \"{line}\" or unknown-block(0,0): error -6"),
        "VFS: Unable to mount root fs on unknown-block(0,0)".to_owned(),
        format!("Kernel panic - not syncing: {line}"),
    ];
    let mut log = lines.join("\r\n").into_bytes();
    log.extend(b"\r\n");
    log.extend(bytes());
    log.extend(b"\n");
    log
}

/// A folder of programs whose output is hostile, under the names of the VMMs.
pub fn programs(folder: &Path) -> PathBuf {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let said: String = [log(), bytes()]
        .concat()
        .iter()
        .map(|byte| format!("\\{byte:03o}"))
        .collect();
    let script = format!(
        "#!/bin/sh\nprintf '{said}'\nprintf '{said}' >&2\n\
         case \"$1\" in --version) exit 0;; esac\nexit 1\n"
    );
    for name in [
        "qemu-system-aarch64",
        "qemu-system-x86_64",
        "firecracker",
        "cloud-hypervisor",
    ] {
        let path = programs.join(name);
        fs::write(&path, &script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    programs
}
