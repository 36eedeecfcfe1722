//! The files that a disk image refers to, as `rootfs` and `check` report them.

use super::Folder;
use super::forge::references as forge;
use serde_json::{Value, json};

/// Names that tell if one of them was opened: none of them exists.
const OTHER: &str = "/no/such/host file";

fn reported(image: Vec<u8>) -> (Value, String) {
    let folder = Folder::new().with("image", image);
    let json = folder.run(&["rootfs", "image", "--format", "json"]).json();
    let facts = json["artifacts"][0]["facts"]["references"].clone();
    (facts, folder.run(&["rootfs", "image"]).stdout)
}

fn names(image: Vec<u8>, kind: &str) {
    let (facts, page) = reported(image);
    assert_eq!(facts, json!([{ "kind": kind, "name": OTHER }]), "{page}");
    let line = format!("{kind} {OTHER}");
    assert!(page.contains(&line), "{page}");
}

#[test]
fn a_backing_file_and_a_data_file_are_reported() {
    names(forge::qcow2_backed(1 << 20, OTHER, "raw"), "backing file");
    names(forge::qcow2_with_data_file(1 << 20, OTHER), "data file");
}

#[test]
fn the_extents_and_the_parent_of_a_vmdk_are_reported() {
    let flat = [forge::flat_extent(1 << 20, OTHER)];
    names(forge::vmdk_descriptor(&flat, None), "extent");
    let own = ["RW 2048 SPARSE \"own.vmdk\"".to_owned()];
    let child = forge::vmdk_descriptor(&own, Some(OTHER));
    names(forge::vmdk_sparse(2048, &child), "parent");
    let extents = forge::vmdk_descriptor(&flat, None);
    names(forge::vmdk_sparse(0, &extents), "extent");
    names(forge::vmdk_sparse(2048, &extents), "extent");
    let (facts, page) = reported(forge::vmdk_sparse(
        2048,
        &forge::vmdk_descriptor(&own, None),
    ));
    assert_eq!(facts, json!([]), "{page}");
}

#[test]
fn the_parent_of_a_vhd_and_of_a_vhdx_is_reported() {
    names(forge::vhd_differencing(1 << 20, OTHER), "parent");
    names(forge::vhdx_differencing(1 << 20, OTHER), "parent");
}

#[test]
fn a_raw_image_refers_to_nothing() {
    let (facts, page) = reported(vec![0; 1 << 20]);
    assert_eq!(facts, json!([]), "{page}");
}

#[test]
fn a_name_with_control_characters_is_escaped() {
    let name = "a\u{1b}[31m\u{9b}b\nc";
    let (facts, page) = reported(forge::qcow2_backed(1 << 20, name, "raw"));
    let shown = facts[0]["name"].as_str().unwrap();
    assert!(
        !shown.contains(|letter: char| letter.is_control()),
        "{shown}"
    );
    assert!(!page.contains("\u{1b}[31m"), "{page}");
}

#[test]
fn check_reports_them_too() {
    let folder = Folder::new()
        .with("image", forge::qcow2_backed(1 << 20, OTHER, "raw"))
        .with("kernel", super::good());
    let arguments = ["check", "--kernel", "kernel", "--rootfs", "image"];
    let run = folder.run(&[&arguments[..], &["--format", "json"]].concat());
    assert!(run.stdout.contains(OTHER), "{}", run.stdout);
    let artifacts = run.json()["artifacts"].clone();
    let has_it = artifacts.as_array().unwrap().iter().any(|artifact| {
        artifact["facts"]["references"] == json!([{ "kind": "backing file", "name": OTHER }])
    });
    assert!(has_it, "{artifacts:#}");
}
