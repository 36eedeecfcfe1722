//! kernels.json, the fragments and the files agree.

use super::support::{repository, skip};
use super::unbuilt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::process::Command;

/// The rows of kernels.json.
fn rows() -> Vec<Value> {
    let text = std::fs::read_to_string(repository("testdata/kernels/kernels.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], 1);
    json["kernels"].as_array().unwrap().clone()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} of {row:#}"))
}

/// The names that files of a folder have before an ending.
fn names(folder: &str, start: &str, end: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository(folder))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_prefix(start)?.strip_suffix(end)?;
            Some(name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// What `kelpie-check kernel` reads of every variant, by file name.
fn facts() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["kernel", "--format", "json"])
        .arg(repository("testdata/kernels"))
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let artifacts = json["artifacts"].as_array().unwrap();
    artifacts
        .iter()
        .map(|artifact| {
            let path = artifact["path"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            (name, artifact["facts"].clone())
        })
        .collect()
}

/// The settings of a fragment, by option: `y`, `n` or a text.
fn settings(row: &Value) -> Vec<(String, String)> {
    let fragment = std::fs::read_to_string(repository(text(row, "fragment"))).unwrap();
    fragment
        .lines()
        .filter_map(|line| {
            let (option, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
            Some((option.to_owned(), value.to_owned()))
        })
        .collect()
}

#[test]
fn every_kernel_has_its_row_and_every_row_its_fragment() {
    let listed: Vec<String> = rows()
        .iter()
        .map(|row| text(row, "name").to_owned())
        .collect();
    assert_eq!(names("testdata/kernels", "vmlinuz-", ""), listed);
    for name in names("kernel/variants", "", ".config") {
        if !listed.contains(&name) {
            skip("variants", &unbuilt(&name));
        }
    }
    let fragments = names("kernel/variants", "", ".config");
    for name in listed {
        assert!(fragments.contains(&name), "{name} has no fragment");
    }
}

#[test]
fn the_kernels_are_the_bytes_that_were_built() {
    let mut total = 0;
    for row in rows() {
        let path = repository("testdata/kernels").join(text(&row, "file"));
        let bytes = std::fs::read(path).unwrap();
        let digest = Sha256::digest(&bytes);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, text(&row, "sha256"), "{row:#}");
        assert_eq!(row["bytes"], bytes.len(), "{row:#}");
        total += bytes.len();
    }
    assert!(total <= 20_000_000, "{total} bytes in all");
}

#[test]
fn what_is_read_of_a_variant_is_how_it_was_built() {
    let facts = facts();
    for row in rows() {
        let read = &facts[text(&row, "file")];
        for (key, fact) in [
            ("architecture", "architecture"),
            ("linux", "release"),
            ("codec", "codec"),
            ("container", "container"),
        ] {
            assert_eq!(row[key], read[fact], "{key} of {row:#}");
        }
        assert_eq!(read["layers_whole"], true, "{row:#}");
    }
}

#[test]
fn the_options_of_a_variant_are_those_of_its_fragment() {
    let facts = facts();
    for row in rows() {
        let options = facts[text(&row, "file")]["options"].as_object().unwrap();
        let mut compared = 0;
        for (option, value) in settings(&row) {
            if let Some(read) = options.get(&option) {
                // Symbols do not tell a module from nothing.
                let state = match read["evidence"].as_str() {
                    Some("symbols") if value == "n" => "not-y",
                    _ => value.as_str(),
                };
                assert_eq!(read["state"], state, "{option} of {row:#}");
                compared += 1;
            }
        }
        let is_another_release = text(&row, "package") != "linux-source-6.1";
        let is_another_container = row["container"] == "efi-zboot";
        assert!(
            compared > 0 || is_another_release || is_another_container,
            "nothing shows what differs in {row:#}"
        );
    }
}

#[test]
fn each_codec_packs_a_kernel() {
    let mut codecs: Vec<String> = names("kernel/variants", "x86_64-", ".config")
        .iter()
        .map(|name| codec(&format!("kernel/variants/x86_64-{name}.config")))
        .collect();
    codecs.sort();
    codecs.dedup();
    assert_eq!(
        codecs,
        ["BZIP2", "GZIP", "LZ4", "LZMA", "LZO", "XZ", "ZSTD"]
    );
}

/// The codec of a fragment; that of the minimal kernel where it names none.
fn codec(fragment: &str) -> String {
    let fragment = std::fs::read_to_string(repository(fragment)).unwrap();
    let named = fragment.lines().find_map(|line| {
        line.strip_prefix("CONFIG_KERNEL_")
            .and_then(|rest| rest.strip_suffix("=y"))
    });
    named.unwrap_or("ZSTD").to_owned()
}
