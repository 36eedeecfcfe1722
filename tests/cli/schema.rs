//! The machine format: its published schema, and real reports held against it.

use super::support::{program, repository, skip};
use super::{Folder, cut, good, run};
use std::process::Command;

/// Validates each report named behind the schema; Python's jsonschema knows all of 2020-12.
const VALIDATE: &str = "
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
wrong = 0
for path in sys.argv[2:]:
    for error in validator(schema).iter_errors(json.load(open(path))):
        print(f'{path}: {error.json_path}: {error.message}')
        wrong = 1
sys.exit(wrong)
";

#[test]
fn the_published_schema_is_the_one_that_is_printed() {
    let printed = run(&["schema"]);
    assert_eq!(printed.status, 0);
    let published = std::fs::read_to_string(repository("schema/kelpie-check-1.json")).unwrap();
    assert!(
        printed.stdout == published,
        "write it anew: kelpie-check schema > schema/kelpie-check-1.json"
    );
}

#[test]
fn closed_sets_are_named_in_the_schema() {
    let schema = run(&["schema"]).json();
    let enumerated = |path: &str| {
        let values = schema.pointer(path).unwrap_or_else(|| panic!("no {path}"));
        values.as_array().unwrap().len()
    };
    assert_eq!(enumerated("/$defs/FindingJson/properties/stage/enum"), 9);
    assert_eq!(enumerated("/$defs/FindingJson/properties/severity/enum"), 3);
    assert_eq!(enumerated("/$defs/OptionJson/properties/state/enum"), 5);
    assert_eq!(enumerated("/$defs/OutcomeName/enum"), 3);
    assert_eq!(enumerated("/$defs/CheckOutcomeName/enum"), 3);
    assert_eq!(enumerated("/$defs/EndJson/properties/kind/enum"), 18);
    // And null, where there is none.
    assert_eq!(enumerated("/$defs/VerdictJson/properties/stage/enum"), 10);
    assert_eq!(
        enumerated("/$defs/KernelJson/properties/endianness/enum"),
        3
    );
}

#[test]
fn every_kind_of_report_is_as_the_schema_says() {
    let Some(python) = program("python3", "tools") else {
        return;
    };
    let found = Command::new(&python)
        .args(["-c", "import jsonschema"])
        .output();
    if !found.is_ok_and(|output| output.status.success()) {
        skip("tools", "python3 has no jsonschema");
        return;
    }
    let folder = Folder::new()
        .with("good", good())
        .with("warned", super::forge::good::bzimage(&["KVM_GUEST"]))
        .with("cut", cut())
        .with("uki", super::forge::uki::Uki::default().build())
        .with("text", "no kernel");
    let mut reports = Vec::new();
    for arguments in [
        &["good"][..],
        &["warned"],
        &["cut"],
        &["uki"],
        &["text"],
        &["absent"],
        &["--quick", "good", "warned"],
        &["--select", "KC002", "cut"],
        &["--target", "vz", "good", "absent", "cut", "text"],
    ] {
        let run = folder.run(&[&["kernel", "--format", "json"], arguments].concat());
        let path = folder.path(format!("{}.json", reports.len()));
        std::fs::write(&path, run.stdout).unwrap();
        reports.push(path);
    }
    let beside = super::boot::folder();
    for arguments in [
        &["rootfs", "root.ext4", "vmlinuz", "absent"][..],
        &["initramfs", "initramfs", "root.ext4", "absent"],
        &["cmdline", "root=/dev/vda console=ttyS9 quiet"],
        &["check", "--kernel", "vmlinuz", "--rootfs", "root.ext4"],
        &["check", "--kernel", "vmlinuz", "--initramfs", "initramfs"],
        &["check", "--kernel", "root.ext4", "--rootfs", "vmlinuz"],
        &["check", "--kernel", "absent"],
        &["compat", "--kernel", "vmlinuz", "--rootfs", "root.ext4"],
        #[cfg(feature = "fetch")]
        &["fetch", "--from", ".", "-o", "out"],
        #[cfg(feature = "fetch")]
        &["fetch", "--from", ".", "-o", "out", "--as-is"],
    ] {
        let run = beside.run(&[&arguments[..1], &["--format", "json"], &arguments[1..]].concat());
        let path = folder.path(format!("{}.json", reports.len()));
        std::fs::write(&path, run.stdout).unwrap();
        reports.push(path);
    }
    let log = "Linux version 6.1.0 (a@b) #1\nKernel panic - not syncing: No working init found.\n";
    let beside = beside.with("boot.log", log).with("none.log", "");
    for arguments in [
        &["boot.log"][..],
        &["none.log"],
        &["boot.log", "--kernel", "vmlinuz", "--rootfs", "root.ext4"],
    ] {
        let run = beside.run(&[&["diagnose", "--format", "json"], arguments].concat());
        let path = folder.path(format!("{}.json", reports.len()));
        std::fs::write(&path, run.stdout).unwrap();
        reports.push(path);
    }
    #[cfg(feature = "machines")]
    {
        let minimal = repository("kernel/vmlinuz-aarch64");
        let minimal = minimal.to_str().unwrap();
        for arguments in [
            &["doctor"][..],
            // Refused, silent, denied and reached, where QEMU is there; else the host's trouble.
            &["boot", "root.ext4", "--backend", "qemu"],
            &["boot", "vmlinuz", "--backend", "qemu", "--timeout", "1"],
            &["boot", minimal, "--backend", "qemu", "--deny", "Linux"],
            &["boot", minimal, "--backend", "qemu"],
        ] {
            let run =
                beside.run(&[&arguments[..1], &["--format", "json"], &arguments[1..]].concat());
            if run.stdout.is_empty() {
                skip("qemu", "no QEMU for aarch64 or x86_64 on PATH");
                continue;
            }
            let path = folder.path(format!("{}.json", reports.len()));
            std::fs::write(&path, run.stdout).unwrap();
            reports.push(path);
        }
    }
    let output = Command::new(python)
        .args(["-c", VALIDATE])
        .arg(repository("schema/kelpie-check-1.json"))
        .args(&reports)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let trouble = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{trouble}");
}

#[test]
fn a_report_has_the_keys_that_others_lean_on() {
    let folder = Folder::new().with("good", good()).with("cut", cut());
    let report = folder
        .run(&["kernel", "--format", "json", "good", "cut"])
        .json();
    for (pointer, value) in [
        ("/schema", "kelpie-check/1"),
        ("/verdict/outcome", "fails"),
        ("/verdict/stage", "read"),
        ("/verdict/code", "KC002"),
        ("/artifacts/0/path", "good"),
        ("/artifacts/0/role", "kernel"),
        ("/artifacts/0/facts/container", "arm64-image"),
        ("/artifacts/0/facts/layers/0", "arm64-image"),
        ("/artifacts/0/facts/architecture", "aarch64"),
        ("/artifacts/0/facts/endianness", "little"),
        ("/artifacts/0/facts/release", "6.1.0-forged"),
        ("/artifacts/0/facts/config_source", "embedded"),
        ("/artifacts/0/facts/options/EXT4_FS/state", "y"),
        ("/artifacts/0/facts/options/EXT4_FS/evidence", "embedded"),
        ("/artifacts/1/facts/codec", "zstd"),
        ("/findings/0/code", "KC002"),
        ("/findings/0/name", "truncated-kernel"),
        ("/findings/0/severity", "fatal"),
        ("/findings/0/stage", "read"),
        ("/checks/0/code", "KC001"),
        ("/checks/0/outcome", "ran"),
    ] {
        let found = report.pointer(pointer).unwrap_or(&serde_json::Value::Null);
        assert_eq!(found, value, "{pointer}");
    }
    for (pointer, value) in [
        ("/artifacts/0/facts/bits", 64),
        ("/artifacts/0/facts/page_size_bytes", 4096),
        ("/findings/0/artifact", 1),
        ("/findings/0/place/offset", 0x200),
    ] {
        let found = report.pointer(pointer).unwrap_or(&serde_json::Value::Null);
        assert_eq!(found, value, "{pointer}");
    }
    for key in ["message", "consequence", "fix"] {
        assert!(report["findings"][0][key].as_str().unwrap().ends_with('.'));
    }
}
