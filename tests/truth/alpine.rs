//! Alpine's linux-virt with its initramfs and an installed root, where there is a corpus that has
//! them.

use super::forge::disk;
use super::forge::ext4::Ext4;
use super::forge::ext4::journal::Journal;
use super::forge::program::{self, Program};
use super::programs::{Aarch64, BOTH, X86_64, living};
use super::space::{Part, Space, Value, What};
use super::{alpine_archives, support, words};
use kelpie_check::architecture::Architecture;
use std::path::Path;
use std::sync::Arc;

/// The GUID of the partition where there is one.
const PARTITION: &str = "6B656C70-0000-4000-8000-000000000001";

pub fn spaces() -> Vec<Space> {
    let Some(corpus) = support::corpus() else {
        return Vec::new();
    };
    let folder = |machine: Architecture| corpus.join("alpine").join(machine.name());
    let there = BOTH.into_iter().filter(|machine| folder(*machine).is_dir());
    there
        .flat_map(|machine| {
            let targets = words::targets(machine);
            targets.map(|target| space(machine, target, &folder(machine)))
        })
        .collect()
}

fn space(machine: Architecture, target: &'static str, folder: &Path) -> Space {
    Space {
        name: words::on(&format!("Alpine {machine}"), machine, target),
        architecture: machine,
        target,
        is_minimal: false,
        speaks: false,
        basics: basics(machine),
        dimensions: vec![
            ("kernel", kernels(machine, folder)),
            (
                "initramfs",
                alpine_archives::values(machine, target, folder),
            ),
            ("disk", disks(machine, folder)),
            ("console", consoles(machine)),
            ("root", roots(machine)),
            ("mount", mounts()),
            ("init", inits()),
            ("policy", policies()),
            ("machine", machines(machine)),
            ("bus", words::buses(machine, target)),
        ],
        besides: Vec::new(),
    }
}

/// An end as soon as there is one. A boot of Alpine takes so long that others run beside it, and
/// then an emulated timer is late, which Linux takes for a broken one.
fn basics(machine: Architecture) -> &'static str {
    match machine {
        X86_64 => "panic=-1 reboot=t no_timer_check",
        _ => "panic=-1",
    }
}

fn listed(words: &[&str]) -> Vec<Value> {
    words.iter().map(|words| Value::words(*words)).collect()
}

fn kernels(machine: Architecture, folder: &Path) -> Vec<Value> {
    let path = folder.join("vmlinuz-virt");
    let minimal = support::repository(&format!("kernel/vmlinuz-{machine}"));
    [("linux-virt", path), ("of this repository", minimal)]
        .into_iter()
        .map(|(name, path)| {
            let part = move || Part::File(path.clone());
            Value::new(name, What::Kernel(Arc::new(part)))
        })
        .collect()
}

fn consoles(machine: Architecture) -> Vec<Value> {
    let of_minimal = words::consoles(machine);
    let wanted = ["115200", "tty0 ", "quiet", "loglevel"];
    let is_wanted = |value: &Value| wanted.iter().any(|part| value.name.contains(part));
    let mut values = vec![of_minimal[0].clone()];
    values.extend(of_minimal.into_iter().filter(is_wanted));
    values
}

fn roots(machine: Architecture) -> Vec<Value> {
    let uuid = match machine {
        Aarch64 => "808cab74-d21e-43a1-b8d4-a06fcaafcb81",
        _ => "48ac060d-6044-4b85-9175-02a35a3c0e95",
    };
    let mut values = listed(&[
        "root=/dev/vda",
        "root=/dev/vdb",
        "root=/dev/vda1",
        "root=/dev/sda",
        "root=vda",
        "root=UUID=00000000-0000-4000-8000-000000000000",
        "root=LABEL=rootfs",
        "root=LABEL=nothing",
        "root=PARTUUID=00000007-01",
        "root=/dev/vda rootwait",
        "root=/dev/sda root=/dev/vda",
        "",
    ]);
    values.push(Value::words(format!("root=UUID={uuid}")));
    values.push(Value::words(format!("root=UUID={}", uuid.to_uppercase())));
    values.push(Value::words(format!("root=/dev/disk/by-uuid/{uuid}")));
    let capitals = uuid.to_uppercase();
    values.push(Value::words(format!("root=/dev/disk/by-uuid/{capitals}")));
    values.extend(listed(&[
        "root=/dev/disk/by-label/nothing",
        "root=/dev/disk/by-id/virtio-root",
        "root=/dev/mapper/vg-root",
        "root=/dev/md0",
    ]));
    values
}

fn mounts() -> Vec<Value> {
    listed(&[
        "rw rootfstype=ext4 modules=ext4",
        "ro rootfstype=ext4 modules=ext4",
        "rw",
        "rw modules=ext4",
        "rw modules=loop,squashfs,sd-mod,usb-storage,ext4",
        "rw modules=loop,squashfs,sd-mod,usb-storage",
        "rw rootfstype=ext2",
        "rw rootfstype=ext3",
        "rw rootfstype=xfs",
        "rw rootfstype=btrfs modules=ext4",
        "rw rootfstype=vfat",
        "rw rootfstype=squashfs",
        "rw rootfstype=tmpfs",
        "rw rootfstype=xfs,ext4",
        "rw rootfstype=auto modules=ext4",
        "rw rootfstype=ext4 rootflags=rw,noatime",
        "rw rootfstype=ext4 rootflags=noload",
        "rw rootfstype=ext4 rootflags=dax",
        "rw rootfstype=ext4 rootflags=nosuchoption",
    ])
}

/// Words that keep modules from being loaded.
fn policies() -> Vec<Value> {
    listed(&[
        "",
        "nomodule",
        "sysctl.kernel.modules_disabled=1",
        "modprobe.blacklist=virtio_blk",
        "modprobe.blacklist=ext4",
        "blacklist=virtio_blk",
        "module_blacklist=virtio_blk",
        "module_blacklist=jbd2",
        "module_blacklist=loop",
        "module.sig_enforce=1",
    ])
}

fn inits() -> Vec<Value> {
    listed(&[
        "init=/sbin/init",
        "",
        "init=/bin/sh",
        "init=/sbin/nothing",
        "init=/etc/passwd",
        "init=/bin",
        "init=bin/sh",
        "init=/sbin/init panic=",
        "init=/sbin/init single",
        "init=/sbin/init -- single",
        "rdinit=/nothing",
        "rdinit=/bin/sh",
    ])
}

fn machines(machine: Architecture) -> Vec<Value> {
    let options = |name: &str, options| Value::new(name, What::Options(options));
    let mut values = vec![
        options("512 MiB", &["--ram-mib", "512"]),
        options("256 MiB", &["--ram-mib", "256"]),
        options("128 MiB", &["--ram-mib", "128"]),
        options("64 MiB", &["--ram-mib", "64"]),
        options("its disk read-only", &["--ram-mib", "512", "--read-only"]),
    ];
    if machine == X86_64 {
        values.push(options(
            "a CPU of the baseline",
            &["--ram-mib", "512", "--cpu", "qemu64", "--cpu-level", "1"],
        ));
    }
    values
}

/// The installed root, and small ones of ours.
fn disks(machine: Architecture, folder: &Path) -> Vec<Value> {
    let root = folder.join("rootfs.ext4");
    let of = |name: &str, part: Arc<dyn Fn(Ext4) -> Option<Part> + Send + Sync>| {
        Value::new(name, What::Disk(part))
    };
    let mut values = vec![
        of("ext4", Arc::new(move |_| Some(Part::File(root.clone())))),
        of("none", Arc::new(|_| None)),
    ];
    values.extend(frames(machine));
    values.extend(trees(machine));
    values
}

fn made(name: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Value {
    Value::new(
        name,
        What::Disk(Arc::new(move |_| Some(Part::Made(make())))),
    )
}

/// A root with nothing but a folder for each of the file systems that come over.
fn empty() -> Ext4 {
    let folders = ["/dev", "/proc", "/sys", "/run"];
    let new = Ext4::new();
    folders
        .into_iter()
        .fold(new, |root, folder| root.directory(folder, 0o755))
}

/// A root with an init that lives, in a frame.
fn frames(machine: Architecture) -> Vec<Value> {
    let whole = move || empty().file("/sbin/init", 0o755, living(machine));
    let framed = |name: &str, frame: fn(Ext4) -> Ext4| made(name, move || frame(whole()).build());
    vec![
        framed("a small one", |root| root),
        framed("a small ext2", |root| Ext4 {
            extents: false,
            inode_size: 128,
            ..root
        }),
        framed("a transaction in its journal", |root| {
            root.file("/etc/motd", 0o644, "before")
                .journalled("/etc/motd", b"behind")
        }),
        framed("marked as faulty", |root| Ext4 {
            s_state: Some(3),
            ..root
        }),
        framed("an unknown feature", |root| Ext4 {
            s_feature_incompat: 0x8000_0000,
            ..root
        }),
        framed("an unknown feature of writers", |root| Ext4 {
            s_feature_ro_compat: 0x4000_0000,
            ..root
        }),
        framed("its checksum is another", |root| Ext4 {
            metadata_csum: true,
            wrong_checksum: true,
            ..root
        }),
        framed("an unknown feature of its journal", |root| Ext4 {
            journal: Some(Journal {
                s_feature_incompat: 0x100,
                ..Journal::default()
            }),
            ..root
        }),
        made("without its last 32 KiB", move || {
            let mut image = whole().build();
            image.truncate(image.len() - 0x8000);
            image
        }),
        made("in a GPT", move || {
            disk::gpt(&[(disk::LINUX_FILESYSTEM, PARTITION, "root", whole().build())])
        }),
        made("in an MBR", move || {
            disk::mbr(&[(0x83, whole().build())], 7)
        }),
        made("in qcow2", move || disk::qcow2(&whole().build())),
        made("zeros", || vec![0; 0x2_0000]),
        made("xfs, its magic alone", || {
            let mut image = vec![0; 0x2_0000];
            image[..4].copy_from_slice(b"XFSB");
            image
        }),
    ]
}

/// What is on a small root.
fn trees(machine: Architecture) -> Vec<Value> {
    let other = if machine == X86_64 { Aarch64 } else { X86_64 };
    let (e_machine, loader) = match machine {
        Aarch64 => (183, "/lib/ld-linux-aarch64.so.1"),
        _ => (62, "/lib64/ld-linux-x86-64.so.2"),
    };
    let dynamic = Program {
        machine: e_machine,
        ..program::dynamic(loader, &["libc.so.6"])
    };
    let init = |name: &str, mode: u16, init: Vec<u8>| {
        made(name, move || {
            empty().file("/sbin/init", mode, init.clone()).build()
        })
    };
    vec![
        made("empty", || Ext4::new().build()),
        made("without an init", || empty().build()),
        made("/bin/init alone", move || {
            empty().file("/bin/init", 0o755, living(machine)).build()
        }),
        made("init without folders", move || {
            Ext4::new()
                .file("/sbin/init", 0o755, living(machine))
                .build()
        }),
        made("init a dangling link", || {
            empty().symlink("/sbin/init", "/bin/busybox").build()
        }),
        made("links to init in a circle", || {
            empty()
                .symlink("/sbin/init", "/bin/init")
                .symlink("/bin/init", "/sbin/init")
                .build()
        }),
        made("init a directory", || {
            empty().directory("/sbin/init", 0o755).build()
        }),
        init("init without an execute bit", 0o644, living(machine)),
        init("init of another architecture", 0o755, living(other)),
        init("init dynamic, no loader", 0o755, dynamic.build()),
        init(
            "init of #!/bin/sh, none there",
            0o755,
            b"#!/bin/sh\n".to_vec(),
        ),
        init(
            "init text without #!",
            0o755,
            b"exec /bin/busybox init\n".to_vec(),
        ),
    ]
}
