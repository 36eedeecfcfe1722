//! An index or a package that is older than one that was seen before.

use super::made::apk::Apk;
use super::{Bench, key, package_files, x86};
use serde_json::json;
use std::path::PathBuf;

/// 2026-11-20T00:00:00Z
const NOVEMBER: u64 = 1_795_132_800;
const DAY: u64 = 86_400;

fn package(version: &str, build_time: u64) -> Apk {
    Apk {
        build_time: Some(build_time),
        ..Apk::new(version, "x86_64", package_files(x86()))
    }
}

/// A bench that fetched 6.12.10-r0 out of an index of 20 November.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.lay_packages("x86_64", &[package("6.12.10-r0", NOVEMBER)], true);
    fetch(&bench, &[]).ends(0, "written");
    bench
}

fn fetch(bench: &Bench, arguments: &[&str]) -> super::Run {
    let keys = key();
    bench.alpine(
        "x86_64",
        &[&["--via", "apk", "--keys", &keys], arguments].concat(),
    )
}

/// The only record of what an index offered.
fn record(bench: &Bench) -> PathBuf {
    let records: Vec<_> = std::fs::read_dir(bench.path("cache/kelpie-check/seen"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none())
        .collect();
    assert_eq!(records.len(), 1, "{records:?}");
    records[0].clone()
}

#[test]
fn an_index_older_than_the_recorded_one_is_refused() {
    let bench = bench();
    // The same kernel, in an index of the day before.
    bench.lay_packages("x86_64", &[package("6.12.10-r0", NOVEMBER - DAY)], true);
    let run = fetch(&bench, &["-o", "elsewhere"]);
    run.ends(3, "2026-11-19T00:00:00Z");
    run.ends(3, "--allow-downgrade");
    fetch(&bench, &["--check"]).ends(3, "2026-11-20T00:00:00Z");
    fetch(&bench, &["-o", "elsewhere", "--allow-downgrade"]).ends(0, "written");
    // From here on the older one is the recorded one.
    fetch(&bench, &["-o", "third"]).ends(0, "written");
}

#[test]
fn a_package_older_than_the_recorded_one_is_refused_whatever_the_index_says_of_its_time() {
    let bench = bench();
    bench.lay_packages("x86_64", &[package("6.12.9-r0", NOVEMBER + DAY)], true);
    let run = fetch(&bench, &["-o", "elsewhere"]);
    run.ends(3, "6.12.10-r0");
    run.ends(3, "--allow-downgrade");
    fetch(&bench, &["-o", "elsewhere", "--allow-downgrade"]).ends(0, "6.12.9-r0");
}

#[test]
fn a_package_older_than_that_of_the_folder_is_refused_without_the_cache() {
    let bench = bench();
    bench.lay_packages("x86_64", &[package("6.12.9-r0", NOVEMBER + DAY)], true);
    let before = bench.written();
    let run = fetch(&bench, &["--cache", "other"]);
    run.ends(3, "kernel-metadata.json");
    run.ends(3, "--allow-downgrade");
    assert_eq!(bench.written(), before);
    bench.lay_packages("x86_64", &[package("6.12.10-r0", NOVEMBER - DAY)], true);
    fetch(&bench, &["--cache", "third"]).ends(3, "index");
    assert_eq!(bench.written(), before);
    fetch(&bench, &["--cache", "third", "--allow-downgrade"]).ends(0, "unchanged");
}

#[test]
fn an_older_release_tarball_is_refused() {
    let files = [
        super::made::tar::file("boot/vmlinuz-virt", x86()),
        super::made::tar::file("boot/initramfs-virt", super::initramfs()),
    ];
    let bench = Bench::new();
    bench.lay_release("x86_64", "3.22.2", &files);
    bench
        .alpine("x86_64", &["--via", "release"])
        .ends(0, "3.22.2");
    bench.lay_release("x86_64", "3.22.1", &files);
    for arguments in [["-o", "elsewhere"], ["--cache", "other"]] {
        let run = bench.alpine("x86_64", &[&["--via", "release"], &arguments[..]].concat());
        run.ends(3, "3.22.2");
    }
    bench
        .alpine("x86_64", &["--via", "release", "--allow-downgrade"])
        .ends(0, "3.22.1");
}

#[test]
fn another_release_of_alpine_is_no_downgrade() {
    let bench = bench();
    let older = package("6.6.1-r0", NOVEMBER - DAY);
    let folder = "/alpine/v3.19/main/x86_64";
    for (name, bytes) in [
        (
            "APKINDEX.tar.gz".to_owned(),
            super::apk::index(std::slice::from_ref(&older), true),
        ),
        (older.file_name(), older.build()),
    ] {
        let page = super::Page::new(bytes);
        bench.server.put(&format!("{folder}/{name}"), page);
    }
    let (mirror, keys) = (bench.server.url("/alpine"), key());
    bench
        .run(&[
            "--alpine", "3.19", "--arch", "x86_64", "--mirror", &mirror, "--via", "apk", "--keys",
            &keys,
        ])
        .ends(0, "6.6.1-r0");
}

#[test]
fn a_damaged_record_is_named_and_not_believed() {
    for damage in [&b"{"[..], b"", b"[]", &[0xff; 4096], &[b' '; 200_000]] {
        let bench = bench();
        let record = record(&bench);
        std::fs::write(&record, damage).unwrap();
        let run = fetch(&bench, &["-o", "elsewhere"]);
        run.ends(3, &record.display().to_string());
        run.ends(3, "--allow-downgrade");
        fetch(&bench, &["-o", "elsewhere", "--allow-downgrade"]).ends(0, "written");
        fetch(&bench, &["-o", "third"]).ends(0, "written");
    }
}

#[test]
fn a_record_of_another_index_is_not_believed() {
    let bench = bench();
    let record = record(&bench);
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("v3.22", "v3.19")).unwrap();
    fetch(&bench, &["-o", "elsewhere"]).ends(3, "another index");
}

#[test]
fn an_index_without_a_signature_is_not_recorded() {
    let bench = Bench::new();
    let far = package("99.0-r0", 4_000_000_000);
    bench.lay_packages("x86_64", &[far], false);
    fetch(&bench, &["--allow-untrusted"]).ends(0, "99.0-r0");
    bench.lay_packages("x86_64", &[package("6.12.10-r0", NOVEMBER)], true);
    fetch(&bench, &["-o", "elsewhere"]).ends(0, "6.12.10-r0");
    assert!(record(&bench).is_file());
}

#[test]
fn check_reports_the_age_of_the_index() {
    let bench = bench();
    let (mirror, keys) = (bench.server.url("/alpine"), key());
    let check = [
        "--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror, "--keys", &keys, "--check",
        "--format",
    ];
    let at = |time: u64, format: &str| {
        super::run(
            bench
                .command(&[&check[..], &[format]].concat())
                .env("SOURCE_DATE_EPOCH", time.to_string()),
        )
    };
    at(NOVEMBER + 3 * DAY + 5, "human").ends(0, "built 2026-11-20T00:00:00Z, 3 days ago");
    at(NOVEMBER + 7_200, "human").ends(0, "2 hours ago");
    let run = at(NOVEMBER + 3 * DAY + 5, "json");
    let fetch = &run.json()["fetch"];
    assert_eq!(fetch["index_built_at"], json!("2026-11-20T00:00:00Z"));
    assert_eq!(fetch["index_age_seconds"], json!(3 * DAY + 5));
}
