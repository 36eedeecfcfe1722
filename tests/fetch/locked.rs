//! `--locked`: what kernel-metadata.json lists, nothing else, and from the named server only.

use super::made::apk::{Apk, sha256};
use super::server::{Fault, Page, Server};
use super::{Bench, initramfs, key, package_files, x86};
use serde_json::{Value, json};

const LOCK: &str = "kernel/kernel-metadata.json";

/// A bench whose kernel was fetched out of a package: with a configuration and a list of modules.
fn bench() -> Bench {
    let bench = Bench::new();
    let apk = Apk::new("6.12.9-r0", "x86_64", package_files(x86()));
    bench.lay_packages("x86_64", &[apk], true);
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &key()])
        .ends(0, "written");
    bench
}

fn change_lock(bench: &Bench, change: impl Fn(&mut Value)) {
    let mut lock = bench.metadata();
    change(&mut lock);
    bench.write(LOCK, serde_json::to_vec(&lock).unwrap());
}

fn locked(bench: &Bench, arguments: &[&str]) -> super::Run {
    let (mirror, keys) = (bench.server.url("/alpine"), key());
    let first = [
        "--locked", "--arch", "x86_64", "--mirror", &mirror, "--keys", &keys,
    ];
    bench.run(&[&first[..], arguments].concat())
}

#[test]
fn a_file_that_the_lock_does_not_list_is_refused() {
    let bench = bench();
    change_lock(&bench, |lock| {
        lock["sha256"]
            .as_object_mut()
            .unwrap()
            .remove("config-x86_64");
    });
    std::fs::remove_file(bench.path("kernel/config-x86_64")).unwrap();
    let before = bench.written();
    let run = locked(&bench, &[]);
    run.ends(3, "config-x86_64");
    run.ends(3, "does not list");
    assert_eq!(bench.written(), before);
}

#[test]
fn a_source_that_lacks_a_listed_file_is_refused() {
    let bench = bench();
    change_lock(&bench, |lock| {
        lock["sha256"]["initramfs-x86_64"] = json!(sha256(b"mine"));
        lock["initrd_file"] = json!("initramfs-x86_64");
    });
    bench.write("kernel/initramfs-x86_64", "mine");
    let before = bench.written();
    locked(&bench, &[]).ends(3, "initramfs-x86_64");
    assert_eq!(bench.written(), before);
}

#[test]
fn the_lock_is_never_rewritten() {
    let bench = bench();
    change_lock(&bench, |lock| lock["note"] = json!("mine"));
    let lock = bench.written()["kernel-metadata.json"].clone();
    let whole = bench.written();
    std::fs::write(bench.path("kernel/vmlinuz-x86_64"), "lost").unwrap();
    locked(&bench, &[]).ends(0, "written");
    assert_eq!(bench.written(), whole);
    std::fs::remove_file(bench.path("kernel/config-x86_64")).unwrap();
    // Not by another target either, whose form is the same.
    locked(&bench, &["--target", "qemu"]).ends(0, "written");
    assert_eq!(bench.written(), whole);
    locked(&bench, &["--cache", "fresh"]).ends(0, "unchanged");
    assert_eq!(bench.written()["kernel-metadata.json"], lock);
}

#[test]
fn a_server_that_only_the_lock_names_is_not_contacted() {
    let bench = bench();
    let other = Server::start();
    let body = x86();
    other.put("/x", Page::new(body.clone()));
    change_lock(&bench, |lock| {
        lock["source"] = json!("netboot");
        lock["sources"] = json!([{"name": other.url("/x"), "sha256": sha256(&body)}]);
    });
    let run = locked(&bench, &["--cache", "fresh"]);
    run.ends(3, "--mirror");
    run.ends(3, &other.url(""));
    assert_eq!(other.seen(), []);
    // The prefix of a host's name is not the host.
    let mirror = format!("{}0/alpine/x", bench.server.url(""));
    change_lock(&bench, |lock| {
        lock["sources"] = json!([{"name": mirror, "sha256": sha256(&body)}]);
    });
    locked(&bench, &["--cache", "fresh"]).ends(3, "--mirror");
}

#[test]
fn a_server_that_the_mirror_redirects_to_is_not_contacted() {
    let bench = Bench::plain();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
        .alpine("x86_64", &["--via", "netboot", "--allow-untrusted"])
        .ends(0, "written");
    let other = Server::start();
    other.put("/x", Page::new(x86()));
    let to = other.url("/x");
    bench.server.change(
        "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt",
        |page| page.fault = Fault::Redirect(to.clone()),
    );
    locked(&bench, &["--cache", "fresh"]).ends(3, "--locked");
    assert_eq!(other.seen(), []);
}

#[test]
fn a_digest_that_is_a_path_leads_nowhere() {
    let bench = bench();
    let victim = bench.write("victim", "precious");
    for digest in [
        victim.display().to_string(),
        "../../../victim".to_owned(),
        String::new(),
    ] {
        change_lock(&bench, |lock| lock["sources"][0]["sha256"] = json!(digest));
        locked(&bench, &[]).ends(3, "SHA-256");
        assert_eq!(std::fs::read(&victim).unwrap(), b"precious", "{digest}");
    }
}

#[test]
fn another_package_than_the_lock_names_is_refused() {
    let bench = bench();
    change_lock(&bench, |lock| lock["package_version"] = json!("6.12.8-r0"));
    locked(&bench, &[]).ends(3, "6.12.8-r0");
}
