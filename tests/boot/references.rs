//! Disk images that refer to files of the host: no machine starts from one, and nothing that it
//! names is opened.

use super::forge;
use super::roots::root;
use super::runs::{Bench, has_qemu, kernel, stderr, text};
use super::support::program;
use kelpie_check::boot::Staging;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::RootFs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the init of the host file says if a guest gets to run it.
const SECRET: &str = "a file of the host has spoken";

/// A file of the host that no artefact of the boot should lead to: a root file system whose init
/// gives it away.
fn host_file(bench: &Bench) -> Option<PathBuf> {
    let init = format!("echo {SECRET}; exec /bin/busybox sleep 1000");
    root(bench, "x86_64", &init)
}

/// Boots the image by that backend. It has to be refused, with `named` in the message.
fn is_refused(bench: &Bench, backend: &str, image: &[u8], named: &str) {
    let image = bench.write("hostile", image);
    let log = bench.path("log");
    let output = bench
        .boot(&[
            &kernel("x86_64"),
            "--rootfs",
            text(&image),
            "--backend",
            backend,
            "--cmdline=console=ttyS0 root=/dev/vda rootfstype=ext4 rw init=/sbin/init",
            "--timeout=20",
            "--log",
            text(&log),
            "--expect",
            SECRET,
        ])
        .output()
        .unwrap();
    bench.is_empty();
    let console = std::fs::read_to_string(log).unwrap_or_default();
    assert!(!console.contains(SECRET), "the guest has the host's file");
    assert_eq!(console, "", "a machine was started");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(named), "{said}");
}

/// Every backend that can start disks here.
const BACKENDS: [&str; 2] = ["qemu", "libkrun"];

fn each_backend_refuses(image: impl Fn(usize, &str) -> Vec<u8>) {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(secret) = host_file(&bench) else {
        return;
    };
    let before = std::fs::read(&secret).unwrap();
    let image = image(before.len(), text(&secret));
    for backend in BACKENDS {
        if backend == "libkrun" && super::support::libkrun::host().is_none() {
            continue;
        }
        is_refused(&bench, backend, &image, text(&secret));
        assert!(
            std::fs::read(&secret).unwrap() == before,
            "the host's file was written"
        );
    }
}

#[test]

fn a_qcow2_image_with_a_backing_file_is_not_started() {
    each_backend_refuses(|bytes, name| forge::qcow2_backed(bytes, name, "raw"));
}

#[test]

fn a_qcow2_image_with_an_external_data_file_is_not_started() {
    each_backend_refuses(forge::qcow2_with_data_file);
}

#[test]

fn a_backing_file_in_the_form_of_json_is_not_opened() {
    each_backend_refuses(|bytes, name| {
        let json = format!(r#"json:{{"driver":"file","filename":"{name}"}}"#);
        forge::qcow2_backed(bytes, &json, "raw")
    });
}

#[test]

fn a_text_vmdk_that_names_a_file_of_the_host_is_not_started() {
    each_backend_refuses(|bytes, name| {
        forge::vmdk_descriptor(&[forge::flat_extent(bytes, name)], None)
    });
}

#[test]

fn no_server_is_contacted_that_a_backing_file_names() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let name = format!("nbd:{}", server.local_addr().unwrap());
    let image = bench.write("image", forge::qcow2_backed(1 << 20, &name, "raw"));
    let output = bench
        .boot(&[
            &kernel("x86_64"),
            "--rootfs",
            text(&image),
            "--backend=qemu",
            "--timeout=5",
        ])
        .output()
        .unwrap();
    bench.is_empty();
    let contact = server.accept();
    assert!(contact.is_err(), "the host contacted {contact:?}");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(&name), "{said}");
}

/// The image at `root` converted by qemu-img; `None` if that is missing.
fn converted(bench: &Bench, root: &Path, format: &str) -> Option<PathBuf> {
    let program = program("qemu-img", "tools")?;
    let to = bench.path(&format!("root.{format}"));
    let status = Command::new(program)
        .args(["convert", "-f", "raw", "-O", format])
        .args([root, &to])
        .status()
        .unwrap();
    assert!(status.success());
    Some(to)
}

fn boot_named(bench: &Bench, image: &Path, options: &[&str]) -> Output {
    bench
        .boot(&[&kernel("x86_64"), "--rootfs", text(image)])
        .args([
            "--backend=qemu",
            "--target=qemu-microvm",
            "--expect",
            SECRET,
        ])
        .args(["--cmdline=console=ttyS0 root=/dev/vda rootfstype=ext4 rw init=/sbin/init"])
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn a_whole_image_boots_if_it_is_qcow2_or_its_format_is_named() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(root) = host_file(&bench) else {
        return;
    };
    for (format, needs_name) in [("qcow2", false), ("vmdk", true), ("vpc", true)] {
        let Some(image) = converted(&bench, &root, format) else {
            return;
        };
        let before = std::fs::read(&image).unwrap();
        let name = if format == "vpc" { "vhd" } else { format };
        let option = format!("--disk-format={name}");
        if needs_name {
            let output = boot_named(&bench, &image, &[]);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(3), "{said}");
            assert!(said.contains(&option.replace('=', " ")), "{said}");
        }
        let options: &[&str] = if needs_name { &[&option] } else { &[] };
        let output = boot_named(&bench, &image, options);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{format}: {}",
            stderr(&output)
        );
        assert!(
            std::fs::read(&image).unwrap() == before,
            "{format} was written"
        );
    }
    bench.is_empty();
}

#[test]
fn a_qcow2_image_is_unpacked_to_the_raw_disk_that_it_holds() {
    let bench = Bench::new();
    let mut disk = vec![0; 5860 * 512];
    disk[100_000..300_000].fill(7);
    disk[2_999_000..].fill(9);
    let raw = bench.write("raw", &disk);
    let Some(image) = converted(&bench, &raw, "qcow2") else {
        return;
    };
    let root = RootFs::open(&image, &Limits::default()).unwrap();
    let source = root.image().unwrap().disk.as_ref().unwrap();
    let scratch = bench.path("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let staging = Staging { scratch: &scratch };
    let unpacked = staging.unpack("root", source, 1 << 20).unwrap();
    assert!(std::fs::read(unpacked).unwrap() == disk);
    let error = staging.unpack("again", source, 100_000).unwrap_err();
    assert!(error.to_string().contains("scratch_bytes"), "{error}");
}

#[test]
fn a_format_that_the_image_has_not_is_refused() {
    let bench = Bench::new();
    let image = bench.write("raw", vec![0; 1 << 20]);
    let output = boot_named(&bench, &image, &["--disk-format=vmdk"]);
    let said = stderr(&output);
    if said.contains("KC909") {
        return;
    }
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("not vmdk"), "{said}");
    let output = boot_named(&bench, &image, &["--disk-format=floppy"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("raw, qcow2, qcow, vmdk"), "{said}");
}

#[test]
fn an_image_that_is_named_raw_is_started_as_its_bytes() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(secret) = host_file(&bench) else {
        return;
    };
    let bytes = std::fs::read(&secret).unwrap().len();
    let image = bench.write("image", forge::qcow2_backed(bytes, text(&secret), "raw"));
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--rootfs",
        text(&image),
        "--backend=qemu",
        "--disk-format=raw",
        "--cmdline=console=ttyS0 root=/dev/vda rootfstype=ext4 rw init=/sbin/init panic=-1",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["predicted"]["code"], "KC509", "{json:#}");
    assert_eq!(json["observed"]["stage"], "root-mount", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}

#[test]
fn a_path_with_commas_and_quotation_marks_is_taken_as_it_is() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(root) = host_file(&bench) else {
        return;
    };
    let odd = bench.path("a,read-only=off,file=\"x\" {y}\\");
    let temporary = bench.path("tmp,driver=nbd\"");
    std::fs::rename(root, &odd).unwrap();
    std::fs::create_dir(&temporary).unwrap();
    let output = bench
        .boot(&[&kernel("x86_64"), "--rootfs", text(&odd)])
        .args([
            "--backend=qemu",
            "--target=qemu-microvm",
            "--expect",
            SECRET,
        ])
        .env("TMPDIR", &temporary)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
