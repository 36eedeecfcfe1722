//! rootfs, initramfs, cmdline and check: words, facts and exit status.

use super::forge::cpio::{self, Entry};
use super::forge::ext4::Ext4;
use super::forge::program;
use super::{Folder, assert_says, run};
use serde_json::{Value, json};

const LINE: &str = "console=hvc0 root=/dev/vda rootfstype=ext4 rw init=/sbin/init";

/// A root with a dynamic init, one odd name and a link.
fn root() -> Ext4 {
    Ext4::new()
        .file(
            "/bin/busybox",
            0o755,
            arm(&program::dynamic("/lib/ld-musl-aarch64.so.1", &[])),
        )
        .file(
            "/lib/ld-musl-aarch64.so.1",
            0o755,
            arm(&program::library("libc.so", &[])),
        )
        .symlink("/sbin/init", "/bin/busybox")
        .symlink("/bin/sh", "busybox")
        .file("/etc/alpine-release", 0o644, "3.23.6\n")
        .file("/etc/os-release", 0o644, "ID=alpine\nVERSION_ID=3.23.6\n")
        .file(b"/etc/odd\xff\x1bname", 0o644, "odd")
        .directory("/dev", 0o755)
        .directory("/proc", 0o755)
        .directory("/sys", 0o755)
        .directory("/lib/modules/6.1.0-forged", 0o755)
}

fn arm(program: &program::Program) -> Vec<u8> {
    program::Program {
        machine: 183,
        ..program.clone()
    }
    .build()
}

fn archive() -> Vec<u8> {
    let script = Entry::file("init", b"#!/bin/sh\n");
    let shell = arm(&program::Program {
        interpreter: None,
        ..program::dynamic("", &[])
    });
    cpio::archive(&[
        Entry::directory("bin"),
        Entry::file("bin/sh", &shell),
        script,
    ])
}

pub fn folder() -> Folder {
    Folder::new()
        .with("vmlinuz", super::good())
        .with("root.ext4", root().build())
        .with("initramfs", archive())
}

fn fact(report: &Value, pointer: &str) -> Value {
    report
        .pointer(pointer)
        .cloned()
        .unwrap_or(json!("no such key"))
}

#[test]
fn a_root_tells_what_others_lean_on() {
    let run = folder().run(&["rootfs", "--format", "json", "root.ext4"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    let report = run.json();
    for (key, value) in [
        ("filesystem", json!("ext4")),
        ("clean", json!(true)),
        ("needs_recovery", json!(false)),
        ("block_size_bytes", json!(1024)),
        ("partition", Value::Null),
        ("label", json!("forged")),
        ("alpine_release", json!("3.23.6")),
        ("os_release/ID", json!("alpine")),
        ("init/path", json!("/sbin/init")),
        ("init/resolved", json!("/bin/busybox")),
        ("init/kind", json!("elf")),
        ("init/architecture", json!("aarch64")),
        ("init/interpreter", json!("/lib/ld-musl-aarch64.so.1")),
        ("init/missing_libraries", json!([])),
        ("init/outcome", json!("runs")),
        ("init/errno", Value::Null),
        ("modules/0", json!("6.1.0-forged")),
    ] {
        assert_eq!(
            fact(&report, &format!("/artifacts/0/facts/{key}")),
            value,
            "{key}"
        );
    }
    assert_eq!(report["artifacts"][0]["role"], "rootfs");
    assert!(
        report["artifacts"][0]["facts"]["features"]
            .as_array()
            .unwrap()
            .contains(&json!("extent"))
    );
    assert_eq!(
        report["artifacts"][0]["facts"]["uuid"]
            .as_str()
            .unwrap()
            .len(),
        36
    );
}

#[test]
fn an_archive_tells_what_others_lean_on() {
    let run = folder().run(&["initramfs", "--format", "json", "initramfs"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    let report = run.json();
    for (key, value) in [
        ("segments/0/codec", Value::Null),
        ("segments/0/offset", json!(0)),
        ("entries", json!(3)),
        ("init/path", json!("/init")),
        ("init/kind", json!("script")),
        ("init/interpreter", json!("/bin/sh")),
        ("modules", json!([])),
    ] {
        assert_eq!(
            fact(&report, &format!("/artifacts/0/facts/{key}")),
            value,
            "{key}"
        );
    }
    let segment = &report["artifacts"][0]["facts"]["segments"][0];
    assert_eq!(segment["compressed_bytes"], segment["decoded_bytes"]);
}

#[test]
fn a_command_line_tells_what_others_lean_on() {
    let run = run(&[
        "cmdline",
        "--format",
        "json",
        "root=/dev/vda rootfstpye=ext4 quiet -- -s",
    ]);
    let report = run.json();
    for (key, value) in [
        ("parameters/0/name", json!("root")),
        ("parameters/0/value", json!("/dev/vda")),
        ("parameters/0/known", json!(true)),
        ("parameters/1/known", json!(false)),
        ("parameters/1/suggestion", json!("rootfstype")),
        ("parameters/2/value", Value::Null),
        ("init_arguments/0", json!("-s")),
        ("limit_bytes", json!(2048)),
    ] {
        assert_eq!(
            fact(&report, &format!("/artifacts/0/facts/{key}")),
            value,
            "{key}"
        );
    }
    let facts = &report["artifacts"][0]["facts"];
    assert!(
        facts["effective"]
            .as_str()
            .unwrap()
            .contains("virtio_mmio.device=")
    );
    assert!(facts["bytes"].as_u64().unwrap() > 48);
}

/// A whole boot by this command line.
fn with_line(line: &str) -> [&str; 7] {
    [
        "check",
        "--kernel",
        "vmlinuz",
        "--rootfs",
        "root.ext4",
        "--cmdline",
        line,
    ]
}

#[test]
fn what_boots_together_is_told_stage_by_stage() {
    let folder = folder();
    let parts = with_line(LINE);
    let boots = folder.run(&parts);
    assert_eq!(boots.status, 0, "{}", boots.stdout);
    assert_says(
        &boots.stdout,
        &[
            "libkrun",
            "✔ read",
            "✔ load",
            "– initramfs",
            "none given",
            "✔ root device",
            "/dev/vda is the disk",
            "✔ root mount",
            "✔ init",
            "/sbin/init → /bin/busybox",
            "verdict: boots",
        ],
    );
    let report = folder
        .run(&[&parts[..], &["--format", "json"]].concat())
        .json();
    assert_eq!(report["verdict"]["outcome"], "boots");
    assert_eq!(report["boots"][0]["verdict"]["outcome"], "boots");
    assert_eq!(report["boots"][0]["ladder"].as_array().unwrap().len(), 9);
    assert_eq!(report["boots"][0]["artifacts"], json!([0, 1, 2]));
}

#[test]
fn the_way_to_the_verdict_can_be_followed() {
    let run = folder().run(&[&with_line(LINE)[..], &["--explain-path"]].concat());
    assert_says(
        &run.stdout,
        &[
            "root device: ",
            "CONFIG_VIRTIO_BLK=y (by embedded)",
            "KC401",
            "does not apply",
            "verdict: boots",
        ],
    );
}

#[test]
fn what_may_end_a_boot_before_its_certain_end_is_said_with_it() {
    let line = LINE.replace("/dev/vda", "0x801") + " init=/nowhere";
    let parts = with_line(&line);
    let folder = folder();
    let told = folder.run(&parts);
    let unless = ", if not before (missing: root=: files do not show what 0x801 is)";
    assert_eq!(told.status, 1, "{}{}", told.stdout, told.stderr);
    assert_says(
        &told.stdout,
        &[
            "? root device",
            "✘ init",
            "verdict: fails at init (KC601) on ",
            unless,
        ],
    );
    let report = folder.run(&[&parts[..], &["--format", "json"]].concat());
    let verdict = &report.json()["verdict"];
    assert_eq!(verdict["outcome"], "fails");
    assert_eq!(verdict["stage"], "init");
    let missing = "root=: files do not show what 0x801 is";
    assert_eq!(verdict["missing"], json!([missing]));
}

#[test]
fn without_a_command_line_one_is_assumed_and_named() {
    let run = folder().run(&["check", "--kernel", "vmlinuz", "--rootfs", "root.ext4"]);
    assert_says(
        &run.stdout,
        &[
            "console=hvc0 root=/dev/vda rootfstype=ext4 rw init=/sbin/init (assumed)",
            "verdict: boots",
        ],
    );
}

#[test]
fn what_is_not_told_is_not_passed() {
    let run = folder().run(&["check", "--kernel", "vmlinuz"]);
    assert_says(&run.stdout, &["verdict: unknown", "root file system"]);
}

#[test]
fn a_project_is_found_upwards_and_judged_whole() {
    let folder = folder().with(
        "kelpie-check.toml",
        format!("[[image]]\nname = \"one\"\nkernel = \"vmlinuz\"\nrootfs = \"root.ext4\"\ncmdline = \"{LINE}\"\ntargets = [\"libkrun\", \"qemu-virt\"]\n"),
    );
    std::fs::create_dir(folder.path("below")).unwrap();
    let run = super::run_in(&folder.path("below"), &["check"]);
    assert_says(
        &run.stdout,
        &[
            "one on libkrun",
            "verdict: boots",
            "one on QEMU virt",
            "verdict: ",
        ],
    );
    // hvc0 is no console of -M virt, where the kernel has no driver for what there is.
    let broken = folder.with("kelpie-check.toml", "[[image]]\nkernl = \"x\"\n");
    let run = broken.run(&["check"]);
    assert_eq!(run.status, 2);
    assert_says(&run.stderr, &["kelpie-check.toml:2:1", "kernl"]);
}

#[test]
fn a_folder_as_kelpie_lays_it_out_is_one_boot() {
    let folder = Folder::new()
        .with("vmlinuz-aarch64", super::good())
        .with("root-aarch64.ext4", root().build());
    let run = folder.run(&["check", "."]);
    assert_says(
        &run.stdout,
        &["vmlinuz-aarch64", "root-aarch64.ext4", "verdict: boots"],
    );
    assert_eq!(Folder::new().run(&["check", "."]).status, 2);
}

#[test]
fn a_look_inside_shows_names_contents_and_facts() {
    let folder = folder();
    let list = folder.run(&["rootfs", "root.ext4", "ls", "/etc"]);
    assert_says(
        &list.stdout,
        &["-rw-r--r--", "alpine-release", r"odd\xff\u{1b}name"],
    );
    assert!(!list.stdout.contains('\x1b'));
    assert_eq!(
        folder
            .run(&["rootfs", "root.ext4", "cat", "/etc/alpine-release"])
            .stdout,
        "3.23.6\n"
    );
    let stat = folder.run(&["rootfs", "root.ext4", "stat", "/sbin/init"]);
    assert_says(
        &stat.stdout,
        &[
            "symbolic link",
            "target    /bin/busybox",
            "leads to  /bin/busybox",
        ],
    );
    let missing = folder.run(&["rootfs", "root.ext4", "cat", "/etc/none"]);
    assert_eq!(missing.status, 1);
    assert_says(&missing.stderr, &["/etc/none", "no such file"]);
    let inside = folder.run(&["initramfs", "initramfs", "cat", "init"]);
    assert_eq!(inside.stdout, "#!/bin/sh\n");
    assert_says(
        &folder.run(&["initramfs", "initramfs", "ls"]).stdout,
        &["bin", "init"],
    );
    assert_eq!(folder.run(&["rootfs", "root.ext4", "cat"]).status, 2);
}

#[test]
fn what_cannot_be_opened_is_told_for_every_command() {
    for command in ["rootfs", "initramfs"] {
        let run = run(&[command, "absent"]);
        assert_eq!(run.status, 3, "{command}");
        assert_says(&run.stdout, &["absent", "cannot read"]);
    }
    let run = run(&["check", "--kernel", "absent", "--rootfs", "absent"]);
    assert_eq!(run.status, 3);
    let usage = Folder::new().run(&["check"]);
    assert_eq!(usage.status, 2);
    assert_says(&usage.stderr, &["kelpie-check.toml", "--kernel"]);
}
