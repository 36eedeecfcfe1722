//! A mirror of Alpine: three ways to a kernel, the cache, the lock, and the question for newer ones.

use super::made::apk::{Apk, sha256};
use super::made::tar;
use super::server::{Fault, Page};
use super::{Bench, arm, arm_zboot, initramfs, key, package_files, support, x86};
use serde_json::{Value, json};

#[test]
fn both_architectures_come_from_the_netboot_folder_each_in_its_form() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.lay_netboot("aarch64", &arm_zboot(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "SHA-256 as listed");
    bench
        .alpine("aarch64", &[])
        .ends(0, "converted for libkrun");
    let written = bench.written();
    assert_eq!(
        bench.names(),
        [
            "initramfs-aarch64",
            "initramfs-x86_64",
            "kernel-metadata.json",
            "vmlinuz-aarch64",
            "vmlinuz-x86_64"
        ]
    );
    assert_eq!(written["vmlinuz-x86_64"], x86());
    assert_eq!(written["vmlinuz-aarch64"], arm());
    assert_eq!(written["initramfs-aarch64"], initramfs());
    let metadata = bench.metadata();
    let of_arm = &metadata["kernels"][1];
    for (key, value) in [
        ("alpine_version", json!("3.22")),
        ("architecture", json!("aarch64")),
        ("kernel_version", json!("6.1.0-forged")),
        ("kernel_file", json!("vmlinuz-aarch64")),
        ("initrd_file", json!("initramfs-aarch64")),
        ("source", json!("netboot")),
        ("container", json!("arm64-image")),
        ("target", json!("libkrun")),
        ("verified", json!("SHA-256 as listed over HTTPS")),
    ] {
        assert_eq!(of_arm[key], value, "{key}");
    }
    assert_eq!(of_arm["sha256"]["vmlinuz-aarch64"], json!(sha256(&arm())));
    assert_eq!(of_arm["sources"][0]["sha256"], json!(sha256(&arm_zboot())));
    assert_eq!(metadata["kernels"][0]["target"], Value::Null);
    assert_eq!(metadata["kernels"][0]["codec"], json!("zstd"));
}

#[test]
fn as_is_keeps_the_form_that_the_kernel_came_in() {
    let bench = Bench::new();
    bench.lay_netboot("aarch64", &arm_zboot(), &initramfs());
    // libkrun does not take it so, and the check says so.
    bench.alpine("aarch64", &["--as-is"]).ends(1, "KC102");
    assert_eq!(bench.written()["vmlinuz-aarch64"], arm_zboot());
}

#[test]
fn a_second_run_fetches_nothing_and_writes_nothing() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "written");
    let before = bench.written();
    bench.server.seen();
    let again = bench.alpine("x86_64", &["--format", "json"]);
    again.ends(0, "unchanged");
    assert_eq!(again.json()["fetch"]["received_bytes"], json!(0));
    let seen = bench.server.seen();
    assert!(seen.iter().all(|seen| seen.status == 304), "{seen:?}");
    assert_eq!(bench.written(), before);
}

#[test]
fn offline_takes_what_is_in_the_cache_and_nothing_else() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
        .alpine("x86_64", &["--offline"])
        .ends(3, "it is not in the cache, and --offline asks no server");
    bench.alpine("x86_64", &[]).ends(0, "written");
    bench.server.seen();
    let run = bench.alpine("x86_64", &["--offline", "-o", "elsewhere"]);
    run.ends(0, "written");
    assert_eq!(bench.server.seen(), []);
    assert_eq!(
        std::fs::read(bench.path("elsewhere/vmlinuz-x86_64")).unwrap(),
        x86()
    );
}

#[test]
fn a_damaged_cache_is_not_believed() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "written");
    let blob = bench.path("cache/kelpie-check/sha256").join(sha256(&x86()));
    std::fs::write(&blob, "something else").unwrap();
    bench
        .alpine("x86_64", &["-o", "elsewhere"])
        .ends(0, "written");
    assert_eq!(std::fs::read(blob).unwrap(), x86());
}

fn release_files() -> Vec<tar::Entry> {
    vec![
        tar::directory("./boot"),
        tar::file("./boot/vmlinuz-lts", "another"),
        tar::file("./boot/initramfs-lts", "another"),
        tar::file("./boot/modloop-virt", vec![7; 700_000]),
        tar::file("./boot/vmlinuz-virt", x86()),
        tar::file("./boot/initramfs-virt", initramfs()),
        tar::file("./boot/config-6.1.0-forged-virt", "CONFIG_EXT4_FS=y\n"),
    ]
}

#[test]
fn the_release_tarball_is_taken_where_the_folder_lists_no_digests() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let unlisted = "/alpine/v3.22/releases/x86_64/netboot/initramfs-virt.sha256";
    bench.server.remove(unlisted);
    bench.lay_release("x86_64", "3.22.1", &release_files());
    bench.alpine("x86_64", &[]).ends(0, "alpine-netboot 3.22.1");
    let written = bench.written();
    assert_eq!(written["vmlinuz-x86_64"], x86());
    assert_eq!(written["initramfs-x86_64"], initramfs());
    assert_eq!(written["config-x86_64"], b"CONFIG_EXT4_FS=y\n");
    assert_eq!(bench.metadata()["source"], json!("release"));
    assert_eq!(bench.metadata()["package_version"], json!("3.22.1"));
}

#[test]
fn an_exact_release_is_named_by_its_tarball() {
    let bench = Bench::new();
    bench.lay_release("x86_64", "3.22.1", &release_files());
    let mirror = bench.server.url("/alpine");
    let run = bench.run(&[
        "--alpine", "3.22.1", "--arch", "x86_64", "--mirror", &mirror, "--via", "release",
    ]);
    run.ends(0, "alpine-netboot-3.22.1-x86_64.tar.gz");
    assert_eq!(bench.metadata()["alpine_version"], json!("3.22.1"));
}

#[test]
fn files_that_nobody_vouches_for_need_to_be_allowed() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    for name in ["vmlinuz-virt", "initramfs-virt"] {
        let path = format!("/alpine/v3.22/releases/x86_64/netboot/{name}.sha256");
        bench.server.remove(&path);
    }
    bench
        .alpine("x86_64", &["--via", "netboot"])
        .ends(3, "--allow-untrusted");
    assert!(bench.names().is_empty());
    bench
        .alpine("x86_64", &["--via", "netboot", "--allow-untrusted"])
        .ends(0, "verified     nothing");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
}

fn packages(versions: &[&str]) -> Vec<Apk> {
    versions
        .iter()
        .map(|version| Apk::new(version, "x86_64", package_files(x86())))
        .collect()
}

#[test]
fn the_newest_package_gives_the_kernel_alone() {
    let bench = Bench::new();
    let all = packages(&["6.12.9-r0", "6.12.31-r0", "6.12.31_rc1-r0"]);
    bench.lay_packages("x86_64", &all, true);
    let run = bench.alpine("x86_64", &["--kernel-only", "--keys", &key()]);
    run.ends(0, "signed by kelpie-test.rsa.pub");
    assert_eq!(
        bench.names(),
        [
            "config-x86_64",
            "kernel-metadata.json",
            "modules-x86_64",
            "vmlinuz-x86_64"
        ]
    );
    assert_eq!(
        bench.written()["modules-x86_64"],
        b"/lib/modules/6.1.0-forged/kernel/fs/fuse/fuse.ko.gz\n"
    );
    let metadata = bench.metadata();
    assert_eq!(metadata["package"], json!("linux-virt"));
    assert_eq!(metadata["package_version"], json!("6.12.31-r0"));
    assert_eq!(metadata["source"], json!("apk"));
}

#[test]
fn a_kernel_without_an_initramfs_takes_the_old_one_away() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "written");
    bench.lay_packages("x86_64", &packages(&["6.12.9-r0"]), true);
    let run = bench.alpine("x86_64", &["--via", "apk", "--keys", &key()]);
    run.ends(0, "the source has no initramfs");
    assert!(!bench.names().contains(&"initramfs-x86_64".to_owned()));
}

#[test]
fn check_says_whether_there_is_a_newer_kernel() {
    let bench = Bench::new();
    let keys = key();
    let check = ["--check", "--keys", &keys];
    bench
        .alpine("x86_64", &check)
        .ends(3, "does not list vmlinuz-x86_64");
    bench.lay_packages("x86_64", &packages(&["6.12.9-r0"]), true);
    bench
        .alpine("x86_64", &["--kernel-only", "--keys", &keys])
        .ends(0, "written");
    let before = bench.written();
    bench.alpine("x86_64", &check).ends(0, "the newest one");
    bench.lay_packages("x86_64", &packages(&["6.12.9-r0", "6.12.10-r0"]), true);
    bench.alpine("x86_64", &check).ends(1, "newer: 6.12.10-r0");
    let run = bench.alpine("x86_64", &[&check[..], &["--format", "json"]].concat());
    assert_eq!(run.json()["fetch"]["outcome"], json!("newer"));
    assert_eq!(run.json()["fetch"]["newest"], json!("6.12.10-r0"));
    assert_eq!(bench.written(), before);
}

#[test]
fn check_sees_other_files_in_the_netboot_folder() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "written");
    bench.alpine("x86_64", &["--check"]).ends(0, "newest");
    bench.lay_netboot("x86_64", &x86(), b"another");
    bench.alpine("x86_64", &["--check"]).ends(1, "newer");
}

#[test]
fn locked_takes_what_is_recorded_and_refuses_all_else() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
        .alpine("x86_64", &["--locked"])
        .ends(3, "does not list vmlinuz-x86_64");
    bench.alpine("x86_64", &[]).ends(0, "written");
    let before = bench.written();
    std::fs::write(bench.path("kernel/vmlinuz-x86_64"), "lost").unwrap();
    let mirror = bench.server.url("/alpine");
    let locked = [
        "--locked", "--arch", "x86_64", "--mirror", &mirror, "--cache", "fresh",
    ];
    bench.run(&locked).ends(0, "SHA-256 as recorded");
    assert_eq!(bench.written()["vmlinuz-x86_64"], before["vmlinuz-x86_64"]);
    // The mirror goes on: its digests agree with its files, and not with the record.
    bench.lay_netboot(
        "x86_64",
        &super::forge::good::bzimage(&["KVM_GUEST"]),
        &initramfs(),
    );
    std::fs::remove_dir_all(bench.path("fresh")).unwrap();
    let before = bench.written();
    bench.run(&locked).ends(3, "SHA-256 of https://");
    assert_eq!(bench.written(), before);
}

#[test]
fn what_is_written_is_held_to_the_record_too() {
    let bench = Bench::new();
    bench.lay_netboot("aarch64", &arm_zboot(), &initramfs());
    bench.alpine("aarch64", &[]).ends(0, "written");
    let before = bench.written();
    // In another form it has another digest.
    bench
        .run(&["--locked", "--arch", "aarch64", "--as-is"])
        .ends(3, "SHA-256 of vmlinuz-aarch64");
    assert_eq!(bench.written(), before);
}

#[test]
fn the_time_is_that_of_source_date_epoch() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let mirror = bench.server.url("/alpine");
    let arguments = ["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror];
    let run = super::run(
        bench
            .command(&arguments)
            .env("SOURCE_DATE_EPOCH", "1700000000"),
    );
    run.ends(0, "written");
    assert_eq!(
        bench.metadata()["extracted_at"],
        json!("2023-11-14T22:13:20Z")
    );
    let run = super::run(bench.command(&arguments).env("SOURCE_DATE_EPOCH", "soon"));
    run.ends(3, "SOURCE_DATE_EPOCH");
}

#[test]
fn another_architecture_than_was_asked_for_is_refused() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &arm(), &initramfs());
    bench
        .alpine("x86_64", &[])
        .ends(3, "architecture: expected x86_64, found aarch64");
    assert!(bench.names().is_empty());
}

#[test]
fn a_mirror_without_the_kernel_is_told_by_every_way_that_was_tried() {
    let bench = Bench::new();
    let run = bench.alpine("x86_64", &[]);
    run.ends(3, "no kernel virt of Alpine 3.22 for x86_64");
    for place in [
        "netboot/vmlinuz-virt",
        "latest-releases.yaml",
        "APKINDEX.tar.gz",
    ] {
        assert!(run.stderr.contains(place), "{}", run.stderr);
    }
}

#[test]
fn wrong_usage_is_wrong_usage() {
    let bench = Bench::new();
    bench.run(&[]).ends(2, "name a release with --alpine");
    bench
        .run(&["--alpine", "3.22", "--apk", "x"])
        .ends(2, "cannot be used");
    bench
        .run(&["--alpine", "3.22", "--mirror", "ftp://x"])
        .ends(2, "https://");
    bench
        .run(&["--alpine", "3.22", "--flavor", "../x"])
        .ends(2, "letters");
    bench
        .alpine("x86_64", &["--via", "carrier-pigeon"])
        .ends(2, "netboot, release, apk");
}

#[test]
fn real_kernels_of_alpine_pass_the_check_with_a_real_root() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    for arch in ["x86_64", "aarch64"] {
        let folder = corpus.join("alpine").join(arch);
        if !folder.join("rootfs.ext4").is_file() {
            support::skip(
                "corpus",
                &format!("the corpus has no alpine/{arch}/rootfs.ext4"),
            );
            continue;
        }
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let bench = Bench::new();
        bench.lay_netboot(arch, &read("vmlinuz-virt"), &read("initramfs-virt"));
        let root = folder.join("rootfs.ext4").display().to_string();
        bench
            .alpine(arch, &["--rootfs", &root])
            .ends(0, "verdict: boots");
        bench.server.seen();
        bench.alpine(arch, &[]).ends(0, "unchanged");
        let seen = bench.server.seen();
        assert!(seen.iter().all(|seen| seen.status == 304), "{seen:?}");
        bench
            .alpine(arch, &["--offline", "-o", "again"])
            .ends(0, "written");
    }
}

#[test]
fn a_redirect_within_the_mirror_is_followed() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let path = "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt";
    bench.server.put("/elsewhere", Page::new(x86()));
    let to = bench.server.url("/elsewhere");
    bench
        .server
        .change(path, |page| page.fault = Fault::Redirect(to.clone()));
    bench.alpine("x86_64", &[]).ends(0, "written");
}
