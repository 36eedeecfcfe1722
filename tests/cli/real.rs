//! Real kernels against the kernel's own scripts: `KELPIE_CHECK_LINUX_SCRIPTS` names the folder
//! that has `extract-vmlinux` and `extract-ikconfig` (`scripts/` of a Linux source tree).

use super::support::{corpus, repository, skip};
use super::{Folder, command};
use std::path::{Path, PathBuf};
use std::process::Command;

fn script(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("KELPIE_CHECK_LINUX_SCRIPTS").map(PathBuf::from);
    let found = folder
        .map(|folder| folder.join(name))
        .filter(|path| path.is_file());
    if found.is_none() {
        skip(
            "tools",
            &format!("KELPIE_CHECK_LINUX_SCRIPTS has no {name}"),
        );
    }
    found
}

/// What the script prints; nothing where it fails.
fn printed(script: &Path, kernel: &Path) -> Option<Vec<u8>> {
    let output = Command::new("sh").arg(script).arg(kernel).output().unwrap();
    (output.status.success() && !output.stdout.is_empty()).then_some(output.stdout)
}

fn extracted(kernel: &Path, form: &str) -> Vec<u8> {
    let mut command = command();
    let folder = Folder::new();
    let out = folder.path("out");
    command
        .arg("extract")
        .arg(kernel)
        .args(["--to", form, "-o"])
        .arg(&out);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {said}", kernel.display());
    std::fs::read(out).unwrap()
}

fn kernels_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            kernels_under(&path, found);
        } else if name.starts_with("vmlinuz") && path.is_file() {
            found.push(path);
        }
    }
}

#[test]
fn a_vmlinux_is_what_extract_vmlinux_gives() {
    let (Some(corpus), Some(script)) = (corpus(), script("extract-vmlinux")) else {
        return;
    };
    let mut kernels = Vec::new();
    kernels_under(&corpus, &mut kernels);
    kernels.retain(|path| {
        let path = path.to_string_lossy();
        ["/amd64/", "/i386/", "/x86_64/"]
            .iter()
            .any(|part| path.contains(part))
    });
    kernels.sort();
    let mut same = 0;
    for kernel in &kernels {
        let Some(expected) = printed(&script, kernel) else {
            println!("extract-vmlinux fails on {}", kernel.display());
            continue;
        };
        let found = extracted(kernel, "vmlinux");
        assert!(found == expected, "{} differs", kernel.display());
        same += 1;
        println!("{} bytes, the same: {}", found.len(), kernel.display());
    }
    assert!(same > 0, "no kernel was compared");
}

#[test]
fn a_configuration_is_what_extract_ikconfig_gives() {
    let Some(script) = script("extract-ikconfig") else {
        return;
    };
    for name in ["kernel/vmlinuz-x86_64", "kernel/vmlinuz-aarch64"] {
        let kernel = repository(name);
        if !kernel.is_file() {
            skip("kernels", &format!("{name} is not built"));
            continue;
        }
        let Some(expected) = printed(&script, &kernel) else {
            println!("extract-ikconfig fails on {name}");
            continue;
        };
        let found = extracted(&kernel, "config");
        assert!(found == expected, "{name} differs");
        println!("{} bytes, the same: {name}", found.len());
    }
}
