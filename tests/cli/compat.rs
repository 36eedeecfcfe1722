//! compat: a kernel and a root, yes or no.

use super::forge::ext4::Ext4;
use super::forge::program;
use super::{Folder, assert_says};
use serde_json::json;

/// A root of Alpine for an arm64 machine, with modules for that release.
fn root(alpine: &str, modules: &str) -> Vec<u8> {
    let arm = |made: &program::Program| {
        program::Program {
            machine: 183,
            ..made.clone()
        }
        .build()
    };
    Ext4::new()
        .file(
            "/sbin/init",
            0o755,
            arm(&program::dynamic("/lib/ld-musl-aarch64.so.1", &[])),
        )
        .file(
            "/lib/ld-musl-aarch64.so.1",
            0o755,
            arm(&program::library("libc.so", &[])),
        )
        .file("/etc/alpine-release", 0o644, format!("{alpine}\n"))
        .directory("/dev", 0o755)
        .directory(format!("/lib/modules/{modules}"), 0o755)
        .build()
}

fn compat(folder: &Folder, root: &str, more: &[&str]) -> super::Run {
    folder.run(&[&["compat", "--kernel", "vmlinuz", "--rootfs", root], more].concat())
}

fn folder() -> Folder {
    Folder::new()
        .with("vmlinuz", super::good())
        .with("same.ext4", root("3.18.1", "6.1.0-forged"))
        .with("newer.ext4", root("3.22.1", "6.1.0-forged"))
}

#[test]
fn a_root_with_the_modules_of_the_kernel_goes_with_it() {
    let folder = folder();
    let run = compat(&folder, "same.ext4", &[]);
    assert_says(
        &run.stdout,
        &["alpine release yes", "modules", "yes", "compatible: yes"],
    );
    assert_eq!(run.status, 0);
    let report = compat(&folder, "same.ext4", &["--format", "json"]).json();
    assert_eq!(report["schema"], json!("kelpie-check/1"));
    assert_eq!(report["compat"]["compatible"], json!("yes"));
    assert_eq!(report["compat"]["kernel_release"], json!("6.1.0-forged"));
    assert_eq!(report["compat"]["alpine_release"], json!("3.18.1"));
    assert_eq!(report["compat"]["module_releases"], json!(["6.1.0-forged"]));
}

#[test]
fn metadata_of_another_release_of_alpine_says_no() {
    let folder = folder().with(
        "kernel-metadata.json",
        r#"{"kernel_file":"vmlinuz","alpine_version":"3.18"}"#,
    );
    assert_eq!(compat(&folder, "same.ext4", &[]).status, 0);
    let run = compat(&folder, "newer.ext4", &[]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert_says(
        &run.stdout,
        &["alpine release no", "3.22.1", "3.18", "compatible: no"],
    );
    let report = compat(&folder, "newer.ext4", &["--format", "json"]).json();
    assert_eq!(report["compat"]["points"][1]["code"], json!("KC701"));
    assert_eq!(report["compat"]["points"][1]["answer"], json!("no"));
    assert_eq!(report["findings"][0]["code"], json!("KC701"));
}

#[test]
fn a_root_for_another_machine_says_no() {
    let folder = Folder::new()
        .with("vmlinuz", super::forge::good::bzimage(&[]))
        .with("same.ext4", root("3.18.1", "6.1.0-forged"));
    let run = compat(&folder, "same.ext4", &[]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert_says(&run.stdout, &["architecture   no", "compatible: no"]);
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let mut cut = super::forge::gzip(&super::good());
    cut.truncate(cut.len() / 2);
    let folder = folder().with("cut", cut).with("text", "no root");
    let run = folder.run(&["compat", "--kernel", "cut", "--rootfs", "same.ext4"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert_says(&run.stdout, &["compatible: unknown"]);
    assert_eq!(compat(&folder, "text", &[]).status, 3);
    assert_eq!(compat(&folder, "absent", &[]).status, 3);
}
