//! The options of `kernel`, each by what it changes.

use super::forge::good;
use super::{Folder, assert_says, cut};
use serde_json::Value;

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

fn outcome<'a>(report: &'a Value, code: &str) -> &'a str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["code"] == code).unwrap();
    check["outcome"].as_str().unwrap()
}

#[test]
fn quick_never_decompresses() {
    let folder = Folder::new().with("vmlinuz", good::bzimage(&[]));
    let run = folder.run(&["kernel", "--quick", "vmlinuz"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_says(&run.stdout, &["bzImage › zstd › not decoded", "--quick"]);
    let report = folder
        .run(&["kernel", "--quick", "--format", "json", "vmlinuz"])
        .json();
    let facts = &report["artifacts"][0]["facts"];
    assert_eq!(facts["decoded_bytes"], Value::Null);
    assert_eq!(facts["layers_whole"], false);
    assert_eq!(outcome(&report, "KC003"), "skipped");
    assert_eq!(report["verdict"]["outcome"], "unknown");
}

#[test]
fn causes_are_selected_and_ignored_by_code_and_by_name() {
    let folder = Folder::new().with("vmlinuz", cut());
    let json = |more: &[&str]| {
        let run = folder.run(&[&["kernel", "--format", "json", "vmlinuz"], more].concat());
        (run.status, run.json())
    };
    for name in ["KC002", "kc002", "truncated-kernel"] {
        let (status, report) = json(&["--select", name]);
        assert_eq!((status, codes(&report)), (1, vec!["KC002"]), "{name}");
        assert_eq!(outcome(&report, "KC101"), "skipped");
        // What the end of the kernel would tell is still not known.
        let (status, report) = json(&["--ignore", name]);
        assert!(!codes(&report).contains(&"KC002"), "{name}");
        assert_eq!(status, 3, "{name}");
        assert_eq!(outcome(&report, "KC002"), "skipped");
    }
    let (_, report) = json(&["--select", "KC002,KC101", "--ignore", "KC101"]);
    assert_eq!(outcome(&report, "KC101"), "skipped");
    assert_eq!(outcome(&report, "KC002"), "ran");
}

#[test]
fn a_limit_is_raised_and_lowered() {
    let folder = Folder::new().with("vmlinuz", good::bzimage(&[]));
    let run = folder.run(&["kernel", "--limit", "decoded_bytes=1K", "vmlinuz"]);
    assert_eq!(run.status, 3);
    assert_says(
        &run.stdout,
        &[
            "KC005 over-limit",
            "decoded_bytes",
            "1024",
            "--limit decoded_bytes=",
        ],
    );
    let run = folder.run(&["kernel", "--limit", "decoded_bytes=1G", "vmlinuz"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
}

#[test]
fn another_machine_than_the_kernels_is_noticed() {
    let folder = Folder::new().with("Image", super::good());
    let run = folder.run(&["kernel", "--arch", "x86_64", "Image"]);
    assert_eq!(run.status, 1);
    assert_says(&run.stdout, &["KC101 wrong-architecture"]);
    for name in ["aarch64", "arm64"] {
        let run = folder.run(&["kernel", "--arch", name, "Image"]);
        assert_eq!(run.status, 0, "{name}: {}", run.stdout);
    }
}

#[test]
fn every_target_judges_for_itself() {
    let folder = Folder::new()
        .with("Image", super::good())
        .with("vmlinuz", good::bzimage(&[]));
    for (target, image, vmlinuz) in [
        ("libkrun", 0, 0),
        ("qemu", 0, 0),
        ("qemu-q35", 1, 0),
        ("qemu-virt", 0, 1),
        ("qemu-virt-mmio", 0, 1),
        ("vz", 0, 1),
        ("qemu-microvm", 1, 0),
        ("cloud-hypervisor", 0, 0),
        ("firecracker", 0, 0),
    ] {
        for (name, status) in [("Image", image), ("vmlinuz", vmlinuz)] {
            let run = folder.run(&["kernel", "--target", target, "--format", "json", name]);
            let report = run.json();
            assert_eq!(report["target"], target);
            assert_eq!(run.status, status, "{target}, {name}: {:?}", codes(&report));
        }
    }
    let targets = kelpie_check::vmm::TARGETS.len();
    assert_eq!(targets, 9, "a target was added: add it here");
}

#[test]
fn a_configuration_that_is_named_is_believed_and_one_that_is_missing_is_told() {
    let folder = Folder::new()
        .with("Image", super::good())
        .with("mine", good::config(&["ARM_GIC", "ARM_GIC_V3"]));
    let run = folder.run(&["kernel", "--format", "json", "Image"]);
    let facts = &run.json()["artifacts"][0]["facts"];
    assert_eq!(facts["config_source"], "embedded");
    assert_eq!(facts["options"]["EXT4_FS"]["state"], "y");

    let run = folder.run(&["kernel", "--config", "mine", "--format", "json", "Image"]);
    assert_eq!(run.status, 1);
    let report = run.json();
    assert_eq!(codes(&report), ["KC207"]);
    assert_eq!(report["artifacts"][0]["facts"]["config_source"], "file");

    // It is not the kernel that is corrupt then, so no cause is named.
    let run = folder.run(&["kernel", "--config", "Image", "--format", "json", "Image"]);
    assert_eq!(run.status, 3);
    for check in run.json()["checks"].as_array().unwrap() {
        assert_eq!(check["by"], Value::Null, "{check}");
    }
    let run = folder.run(&["kernel", "--config", "absent", "Image"]);
    assert_eq!(run.status, 3);
    assert_says(&run.stdout, &["cannot read absent"]);
}

#[test]
fn metadata_is_read_where_it_is_named_and_where_it_lies() {
    let stated = |version: &str| {
        format!(
            r#"{{"kernel_version":"{version}","architecture":"aarch64","kernel_file":"Image"}}"#
        )
    };
    let folder = Folder::new()
        .with("Image", super::good())
        .with("kernel-metadata.json", stated("6.1.0-forged"))
        .with("other.json", stated("6.6.6"))
        .with("broken.json", "{");
    assert_eq!(folder.run(&["kernel", "Image"]).status, 0);
    let strict = ["kernel", "--fail-on", "warn", "Image"];
    assert_eq!(folder.run(&strict).status, 0);
    let run = folder.run(&[&strict[..], &["--metadata", "other.json"]].concat());
    assert_eq!(run.status, 1);
    assert_says(&run.stdout, &["KC702 metadata-mismatch", "6.6.6"]);
    let run = folder.run(&["kernel", "--metadata", "broken.json", "Image"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert_says(
        &run.stdout,
        &["warn: KC702", "not seen: kernel-metadata.json"],
    );

    std::fs::copy(
        folder.path("other.json"),
        folder.path("kernel-metadata.json"),
    )
    .unwrap();
    assert_eq!(folder.run(&strict).status, 1);
}
