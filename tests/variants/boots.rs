//! What each variant lacks, shown by booting it in QEMU without acceleration.

use super::runs::{Bench, has_qemu, text};
use super::support::{mmio_target, program, repository, skip};
use super::unbuilt;
use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::assemble;
use kelpie_check::guest::{executable, marker};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// What is given to a kernel beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    /// Nothing: the initramfs is ours, and not packed.
    Nothing,
    /// An initramfs packed by a program.
    Archive(&'static str),
    /// An ext4 root whose init is a program.
    Root,
    /// An ext4 root whose init is a script that a program of the root reads.
    Script,
}

/// How a boot ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Userspace,
    Fails(&'static str),
}

use End::{Fails, Userspace};
use With::{Archive, Nothing, Root, Script};

/// Kernel, what it is given, words of the command line beyond the usual ones, and the end.
const CASES: &[(&str, With, &str, End)] = &[
    ("x86_64-no-gzip-initramfs", Nothing, "", Userspace),
    (
        "x86_64-no-gzip-initramfs",
        Archive("gzip"),
        "",
        Fails("KC301"),
    ),
    ("x86_64-no-gzip-initramfs", Archive("bzip2"), "", Userspace),
    ("x86_64-no-gzip-initramfs", Archive("lzma"), "", Userspace),
    ("x86_64-no-gzip-initramfs", Archive("xz"), "", Userspace),
    ("x86_64-no-gzip-initramfs", Archive("lzop"), "", Userspace),
    ("x86_64-no-gzip-initramfs", Archive("lz4"), "", Userspace),
    ("x86_64-no-gzip-initramfs", Archive("zstd"), "", Userspace),
    ("x86_64-ext4-features", Root, "", Userspace),
    ("x86_64-linux-6.12", Nothing, "", Userspace),
    ("x86_64-linux-6.12", Root, "", Userspace),
    ("x86_64-no-cmdline-devices", Nothing, "", Userspace),
    ("x86_64-no-cmdline-devices", Root, "", Fails("KC402")),
    ("x86_64-no-devtmpfs-mount", Root, "", Userspace),
    ("x86_64-no-elf", Nothing, "", Fails("KC608")),
    ("x86_64-no-elf", Root, "", Fails("KC608")),
    ("x86_64-no-ext4", Nothing, "", Userspace),
    ("x86_64-no-ext4", Root, "", Fails("KC501")),
    ("x86_64-no-initramfs", Nothing, "", Fails("KC302")),
    ("x86_64-no-initramfs", Root, "", Userspace),
    ("x86_64-no-scripts", Root, "", Userspace),
    ("x86_64-no-scripts", Script, "", Fails("KC606")),
    ("x86_64-no-serial", Nothing, "", Fails("KC202")),
    ("x86_64-no-serial", Nothing, "console=hvc0", Userspace),
    ("x86_64-no-virtio-blk", Nothing, "", Userspace),
    ("x86_64-no-virtio-blk", Root, "", Fails("KC401")),
    ("x86_64-no-virtio-console", Nothing, "", Userspace),
    (
        "x86_64-no-virtio-console",
        Nothing,
        "console=hvc0",
        Fails("KC202"),
    ),
    ("x86_64-no-virtio-mmio", Nothing, "", Userspace),
    ("x86_64-no-virtio-mmio", Root, "", Fails("KC402")),
    ("aarch64-64k-pages", Nothing, "", Userspace),
    ("aarch64-64k-pages", Root, "", Userspace),
    ("aarch64-linux-6.12", Nothing, "", Userspace),
    ("aarch64-linux-6.12", Root, "", Userspace),
    ("aarch64-no-ext4", Nothing, "", Userspace),
    ("aarch64-no-ext4", Root, "", Fails("KC501")),
    ("aarch64-no-virtio-blk", Nothing, "", Userspace),
    ("aarch64-no-virtio-blk", Root, "", Fails("KC401")),
    ("aarch64-zboot", Nothing, "", Userspace),
    ("aarch64-zboot", Root, "", Userspace),
];

/// The marker's program, which says that it runs and restarts the machine.
fn program_of(architecture: &str) -> Vec<u8> {
    let architecture = Architecture::by_name(architecture).unwrap();
    executable(&assemble(&marker::init(), architecture).unwrap())
}

/// Our initramfs, packed.
fn archive(bench: &Bench, architecture: &str, packer: &str) -> Option<PathBuf> {
    let as_the_kernel_reads_it: &[&str] = match packer {
        "xz" => &["--check=crc32"],
        "lz4" => &["-l"],
        _ => &[],
    };
    let packer = program(packer, "tools")?;
    let architecture = Architecture::by_name(architecture).unwrap();
    let plain = bench.write("archive", marker::archive(architecture).unwrap());
    let packed = Command::new(packer)
        .args(as_the_kernel_reads_it)
        .arg("-c")
        .arg(plain)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(packed.status.success());
    Some(bench.write("initramfs", packed.stdout))
}

/// A root in an image, made by mke2fs.
fn root(bench: &Bench, architecture: &str, with: With) -> Option<PathBuf> {
    let mke2fs = program("mke2fs", "tools")
        .or_else(|| Some(PathBuf::from("/sbin/mke2fs")).filter(|path| path.is_file()))?;
    let folder = bench.path("folder");
    for name in ["bin", "sbin", "dev", "proc", "sys"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    let executable = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    };
    executable("bin/marker", &program_of(architecture));
    if with == Script {
        executable("sbin/init", b"#!/bin/marker\n");
    } else {
        executable("sbin/init", &program_of(architecture));
    }
    let image = bench.path("root");
    let status = Command::new(mke2fs)
        .args(["-q", "-t", "ext4", "-d"])
        .arg(&folder)
        .arg(&image)
        .arg("16M")
        .output()
        .unwrap()
        .status;
    assert!(status.success());
    Some(image)
}

/// A variant, where it has been built.
fn kernel(name: &str) -> Option<PathBuf> {
    let path = repository(&format!("testdata/kernels/vmlinuz-{name}"));
    if path.is_file() {
        return Some(path);
    }
    skip("variants", &unbuilt(name));
    None
}

/// What `kelpie-check boot` says of a case; `None` where its kernel or a tool for it is missing.
fn boot(name: &str, with: With, words: &str) -> Option<Value> {
    let bench = Bench::new();
    let architecture = name.split('-').next().unwrap();
    let kernel = kernel(name)?;
    let mut arguments = vec![
        text(&kernel),
        "--target",
        mmio_target(architecture),
        "--backend=qemu",
        "--accelerator=tcg",
    ];
    let initramfs = match with {
        Archive(packer) => Some(archive(&bench, architecture, packer)?),
        _ => None,
    };
    let image = match with {
        Root | Script => Some(root(&bench, architecture, with)?),
        _ => None,
    };
    if let Some(initramfs) = &initramfs {
        arguments.extend(["--initramfs", text(initramfs)]);
    }
    if let Some(image) = &image {
        arguments.extend(["--rootfs", text(image)]);
    }
    let line = line(architecture, with, words);
    if !words.is_empty() {
        arguments.extend(["--cmdline", &line]);
    }
    Some(bench.json(&arguments).0)
}

/// A command line with words of its own.
fn line(architecture: &str, with: With, words: &str) -> String {
    let console = super::runs::console(architecture);
    let root = if matches!(with, Root | Script) {
        "root=/dev/vda rw init=/sbin/init "
    } else {
        ""
    };
    let console = if words.contains("console=") {
        String::new()
    } else {
        format!("console={console} ")
    };
    format!("{console}{root}panic=-1 reboot=t no_timer_check {words}")
}

/// What is wrong with how a case went, in a sentence.
fn complaint(json: &Value, end: End) -> Option<String> {
    let observed = &json["observed"];
    let predicted = &json["predicted"];
    let is_so = match end {
        Userspace => {
            observed["outcome"] == "reached"
                && observed["stage"] == "userspace"
                && predicted["outcome"] == "boots"
        }
        Fails(code) => {
            observed["outcome"] == "failed"
                && observed["code"] == code
                && predicted["code"] == code
                && predicted["stage"] == observed["stage"]
        }
    };
    (!is_so || json["agrees"] != true)
        .then(|| format!("expected {end:?}, predicted {predicted}, observed {observed}"))
}

#[test]
fn every_variant_does_in_qemu_what_its_lack_says() {
    if !has_qemu("x86_64") || !has_qemu("aarch64") {
        return;
    }
    let left = Mutex::new(CASES.iter());
    let complaints = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, with, words, end)) = left.lock().unwrap().next() else {
                        return;
                    };
                    let json = boot(name, *with, words);
                    if let Some(said) = json.and_then(|json| complaint(&json, *end)) {
                        let what = format!("{name} with {with:?} {words:?}: {said}");
                        complaints.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_image_out_of_a_zboot_boots_raw() {
    if !has_qemu("aarch64") {
        return;
    }
    let Some(zboot) = kernel("aarch64-zboot") else {
        return;
    };
    let bench = Bench::new();
    let image = bench.path("Image");
    let status = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["extract", "--to", "image", "-o"])
        .arg(&image)
        .arg(zboot)
        .status()
        .unwrap();
    assert!(status.success());
    let (json, _) = bench.json(&[
        text(&image),
        "--target=qemu-virt-mmio",
        "--backend=qemu",
        "--accelerator=tcg",
    ]);
    assert_eq!(complaint(&json, Userspace), None);
}

#[test]
fn every_variant_is_booted() {
    let fragments = std::fs::read_dir(repository("kernel/variants")).unwrap();
    for entry in fragments {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".config") {
            assert!(
                CASES.iter().any(|(kernel, ..)| *kernel == name),
                "{name} is in no case"
            );
        }
    }
}
