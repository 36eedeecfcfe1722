//! kelpie-check.toml and folders as Kelpie lays them out.

use kelpie_check::finding::{Code, Severity};
use kelpie_check::project::{Date, Project};
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
fn a_mistake_is_told_with_line_column_and_what_was_meant() {
    let image = "[[image]]\nkernel = \"k\"\n";
    for (text, place, said) in [
        (
            "[[image]]\nkernl = \"x\"\n",
            ":2:1: ",
            "unknown field `kernl`",
        ),
        (
            "[[image]]\nkernl = \"x\"\n",
            ":2:1: ",
            "did you mean `kernel`?",
        ),
        (
            "[[images]]\nkernel = \"x\"\n",
            ":1:3: ",
            "did you mean `[[image]]`?",
        ),
        ("[[image]\n", ":1:", "]"),
        ("", ":1:1: ", "no `[[image]]`"),
        (
            "# one\n[[image]]\nname = \"x\"\n",
            ":2:1: ",
            "no kernel, no initramfs and no rootfs",
        ),
        (
            &format!("{image}targets = [\"qemu\", \"xen\"]\n"),
            ":3:20: ",
            "unknown target \"xen\"",
        ),
        (
            &format!("{image}targets = \"libkrum\"\n"),
            ":3:11: ",
            "did you mean \"libkrun\"?",
        ),
        (
            &format!("{image}targets = 5\n"),
            ":3:11: ",
            "a string or a list of strings",
        ),
        (
            &format!("{image}[[ignore]]\ncode = \"KC102\"\nreason = \"\"\n"),
            ":5:10: ",
            "say why it is ignored",
        ),
        (
            &format!("{image}[[ignore]]\ncode = \"KC999\"\nreason = \"r\"\n"),
            ":4:8: ",
            "unknown cause \"KC999\"",
        ),
        (
            &format!("{image}[[ignore]]\ncode = \"KC102\"\nreason = \"r\"\nimages = \"arm\"\n"),
            ":6:10: ",
            "unknown image \"arm\"",
        ),
        (
            &format!("{image}[[ignore]]\ncode = \"KC102\"\nreason = \"r\"\nuntil = 10:00:00\n"),
            ":6:9: ",
            "a day, such as",
        ),
        (
            &format!("{image}[severity]\nKC102 = \"bad\"\n"),
            ":4:9: ",
            "fatal, warn, info",
        ),
        (
            &format!("{image}[severity]\nquiet-hides-panics = \"info\"\n"),
            ":4:1: ",
            "did you mean \"quiet-hides-panic\"?",
        ),
        (
            &format!("{image}[limits]\npatience = 1\n"),
            ":4:1: ",
            "unknown limit \"patience\"",
        ),
        (
            &format!("{image}[limits]\nreads = \"many\"\n"),
            ":4:9: ",
            "\"many\" is not a number",
        ),
    ] {
        let error = read(text).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(said), "{text:?} gives {shown}");
        assert!(
            shown.contains(&format!("kelpie-check.toml{place}")),
            "{text:?} gives {shown}"
        );
        assert!(
            error.quote().is_some_and(|quote| quote.contains('^')),
            "{text:?}"
        );
    }
}

#[test]
fn a_mistake_is_quoted_with_a_caret() {
    let error = read("[[image]]\nkernel = \"k\"\n\ttargets = \"xen\"\n").unwrap_err();
    assert_eq!(
        error.quote(),
        Some("  |\n3 |  targets = \"xen\"\n  |            ^^^^^\n")
    );
    // Of a line that is longer than any screen, the part with the mistake.
    let long = format!(
        "[[image]]\nkernel = \"k\"\nname = \"{}\" x\n",
        "n".repeat(500)
    );
    let error = read(&long).unwrap_err();
    let quote = error.quote().unwrap();
    assert!(
        quote.lines().all(|line| line.chars().count() < 120),
        "{quote}"
    );
    assert!(quote.contains('^'), "{quote}");
}

#[test]
fn a_target_may_be_one_word() {
    let project = read("[[image]]\nkernel = \"k\"\ntargets = \"qemu\"\n").unwrap();
    assert_eq!(project.images[0].targets, ["qemu"]);
}

#[test]
fn an_ignore_may_be_about_one_image_and_expire() {
    let text = "[[image]]\nname = \"a\"\nkernel = \"k\"\n[[image]]\nname = \"b\"\nkernel = \"k\"\n\
                [[ignore]]\ncode = \"KC204\"\nreason = \"r\"\nimages = [\"b\"]\nuntil = 2026-12-01\n";
    let project = read(text).unwrap();
    let ignored = &project.ignored[0];
    assert_eq!(ignored.line, 7);
    let day = |day| Date {
        year: 2026,
        month: 12,
        day,
    };
    assert!(ignored.applies_to(&project.images[1], day(1)));
    assert!(!ignored.applies_to(&project.images[1], day(2)));
    assert!(!ignored.applies_to(&project.images[0], day(1)));
    assert!(ignored.is_expired(day(2)));
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

/// A folder with these empty files.
fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    folder
}

/// The file names of kernel, initramfs and root of the only boot in a folder.
fn parts(names: &[&str]) -> [Option<String>; 3] {
    let folder = folder_of(names);
    let images = Project::of_folder(folder.path()).unwrap().images;
    let [image] = &images[..] else {
        panic!("{images:?}");
    };
    [&image.kernel, &image.initramfs, &image.rootfs].map(|path| {
        let path = path.as_ref()?;
        Some(path.file_name()?.to_str()?.to_owned())
    })
}

#[test]
fn the_names_that_distributions_give_are_paired() {
    for (names, initramfs, root) in [
        (
            &[
                "vmlinuz-linux",
                "initramfs-linux.img",
                "initramfs-linux-fallback.img",
                "amd-ucode.img",
            ][..],
            Some("initramfs-linux.img"),
            None,
        ),
        (
            &["vmlinuz-6.1.0-18-amd64", "initrd.img"],
            Some("initrd.img"),
            None,
        ),
        (
            &[
                "vmlinuz-6.1.0-18-amd64",
                "initrd.img-6.1.0-18-amd64",
                "root.img",
            ],
            Some("initrd.img-6.1.0-18-amd64"),
            Some("root.img"),
        ),
        (
            &[
                "vmlinuz-6.8.5.x86_64",
                "initramfs-6.8.5.x86_64.img",
                "initramfs-0-rescue.img",
            ],
            Some("initramfs-6.8.5.x86_64.img"),
            None,
        ),
        (&["bzImage", "rootfs.cpio.gz"], Some("rootfs.cpio.gz"), None),
        (
            &["bzImage", "initramfs-x86_64"],
            Some("initramfs-x86_64"),
            None,
        ),
        (&["Image.gz", "root.squashfs"], None, Some("root.squashfs")),
        (
            &["Image", "tree/sbin/init", "notes/today"],
            None,
            Some("tree"),
        ),
        (
            &["Image", "root.ext4", "tree/sbin/init"],
            None,
            Some("root.ext4"),
        ),
    ] {
        let found = parts(names);
        assert_eq!(found[1].as_deref(), initramfs, "{names:?}");
        assert_eq!(found[2].as_deref(), root, "{names:?}");
    }
}

#[test]
fn what_no_boot_uses_is_listed_with_the_reason() {
    let folder = folder_of(&[
        "vmlinuz-linux",
        "initramfs-linux.img",
        "initramfs-linux-fallback.img",
        "intel-ucode.img",
        "one.ext4",
        "two.ext4",
        "tree/sbin/init",
        "grub/grub.cfg",
        "notes",
        "config-linux",
        "vmlinuz-linux.sha256",
    ]);
    let project = Project::of_folder(folder.path()).unwrap();
    let left_out: Vec<(String, &str)> = project
        .left_out
        .iter()
        .map(|left_out| {
            let name = left_out.path.file_name().unwrap().to_str().unwrap();
            (name.to_owned(), left_out.why.as_str())
        })
        .collect();
    let expected = [
        ("grub", "a folder"),
        (
            "initramfs-linux-fallback.img",
            "no kernel has the same suffix",
        ),
        ("intel-ucode.img", "microcode"),
        ("notes", "its name"),
        ("one.ext4", "several roots"),
        ("tree", "one.ext4 or two.ext4"),
        ("two.ext4", "several roots"),
    ];
    assert_eq!(left_out.len(), expected.len(), "{left_out:?}");
    for ((name, why), (expected, words)) in left_out.iter().zip(expected) {
        assert_eq!(name, expected);
        assert!(why.contains(words), "{name}: {why}");
    }
    assert_eq!(project.images[0].rootfs, None);
}

#[test]
fn an_initramfs_that_cannot_be_paired_is_not_taken_for_absent() {
    let folder = folder_of(&["vmlinuz-6.1", "initramfs-6.5.img"]);
    let project = Project::of_folder(folder.path()).unwrap();
    assert!(project.images[0].is_initramfs_unclear);
    assert_eq!(project.left_out.len(), 1);
    let folder = folder_of(&["vmlinuz-6.1"]);
    let project = Project::of_folder(folder.path()).unwrap();
    assert!(!project.images[0].is_initramfs_unclear);
}
