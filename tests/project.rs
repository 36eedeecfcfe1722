//! kelpie-check.toml and folders as Kelpie lays them out.

use kelpie_check::finding::{Code, Severity};
use kelpie_check::project::Project;
use std::fs;
use std::path::Path;

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("kelpie-check.toml"), text).unwrap();
}

fn read(text: &str) -> kelpie_check::error::Result<Project> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), text);
    Project::read(&folder.path().join("kelpie-check.toml"))
}

#[test]
fn a_project_names_images_targets_and_what_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        r#"
[[image]]
name = "arm"
kernel = "kernel/vmlinuz-aarch64"
initramfs = "kernel/initramfs-aarch64"
rootfs = "root.ext4"
cmdline = "root=/dev/vda rootfstype=ext4"
targets = ["libkrun", "qemu-virt"]
ram_mib = 256
partition = 2

[[ignore]]
code = "magic-decoy"
reason = "converted by the build"

[severity]
KC205 = "fatal"

[limits]
decoded_bytes = "64M"
cpio_entries = 5
"#,
    );
    let below = folder.path().join("deep/er");
    fs::create_dir_all(&below).unwrap();
    let project = Project::find(&below).unwrap().unwrap();
    let image = &project.images[0];
    assert_eq!(
        image.kernel.as_deref(),
        Some(&*folder.path().join("kernel/vmlinuz-aarch64"))
    );
    assert_eq!(image.targets, ["libkrun", "qemu-virt"]);
    assert_eq!((image.ram_mib, image.partition), (Some(256), Some(2)));
    assert_eq!(project.ignored[0].code, Code(103));
    assert_eq!(project.severities, [(Code(205), Severity::Fatal)]);
    assert!(
        project
            .limits
            .contains(&("decoded_bytes".to_owned(), 64 << 20))
    );
}

#[test]
fn a_mistake_is_told_with_its_line_or_its_key() {
    for (text, said) in [
        (
            "[[image]]\nkernl = \"x\"\n",
            "in line 2: unknown field `kernl`",
        ),
        ("[[image]\n", "in line 1: "),
        ("", "[[image]]: expected at least one, found none"),
        (
            "[[image]]\nname = \"x\"\n",
            "expected a kernel, an initramfs or a rootfs",
        ),
        (
            "[[image]]\nkernel = \"k\"\ntargets = [\"xen\"]\n",
            "found \"xen\"",
        ),
        (
            "[[image]]\nkernel = \"k\"\n[[ignore]]\ncode = \"KC102\"\nreason = \"\"\n",
            "why it is ignored",
        ),
        (
            "[[image]]\nkernel = \"k\"\n[[ignore]]\ncode = \"KC999\"\nreason = \"r\"\n",
            "found \"KC999\"",
        ),
        (
            "[[image]]\nkernel = \"k\"\n[severity]\nKC102 = \"bad\"\n",
            "fatal, warn or info",
        ),
        (
            "[[image]]\nkernel = \"k\"\n[limits]\npatience = 1\n",
            "found \"patience\"",
        ),
        (
            "[[image]]\nkernel = \"k\"\n[limits]\nreads = \"many\"\n",
            "found \"many\"",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text:?} gives {error}");
    }
}

#[test]
fn a_folder_pairs_what_has_the_same_suffix() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "vmlinuz-aarch64",
        "vmlinuz-x86_64",
        "vmlinuz-x86_64.sha256",
        "initramfs-x86_64",
        "kernel-metadata.json",
        "alpine-arm64.ext4",
        "alpine-amd64.ext4",
    ] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    let images = Project::of_folder(folder.path()).unwrap().images;
    let path = |name: &str| Some(folder.path().join(name));
    assert_eq!(images.len(), 2);
    assert_eq!(images[0].name, "aarch64");
    assert_eq!(images[0].initramfs, None);
    assert_eq!(images[0].rootfs, path("alpine-arm64.ext4"));
    assert_eq!(images[1].kernel, path("vmlinuz-x86_64"));
    assert_eq!(images[1].initramfs, path("initramfs-x86_64"));
    assert_eq!(images[1].rootfs, path("alpine-amd64.ext4"));
}

#[test]
fn a_root_of_another_architecture_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["vmlinuz-aarch64", "vmlinuz-x86_64", "root-x86_64.ext4"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    let images = Project::of_folder(folder.path()).unwrap().images;
    assert_eq!(images[0].rootfs, None);
    assert!(images[1].rootfs.is_some());
}

#[test]
fn a_folder_without_a_kernel_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.ext4"), "x").unwrap();
    let error = Project::of_folder(folder.path()).unwrap_err().to_string();
    assert!(error.contains("vmlinuz"), "{error}");
}
