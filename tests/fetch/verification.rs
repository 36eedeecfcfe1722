//! What vouches for a kernel: a signature, a digest over HTTPS, a recorded digest; and nothing else.

use super::made::apk::Apk;
use super::made::tar;
use super::server::{Fault, Page};
use super::{Bench, initramfs, key, package_files, x86};

const KERNEL: &str = "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt";

fn package() -> Apk {
    Apk::new("6.12.9-r0", "x86_64", package_files(x86()))
}

fn release_files() -> Vec<tar::Entry> {
    vec![
        tar::file("boot/vmlinuz-virt", x86()),
        tar::file("boot/initramfs-virt", initramfs()),
    ]
}

#[test]
fn a_digest_by_plain_http_vouches_for_nothing() {
    let bench = Bench::plain();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.lay_release("x86_64", "3.22.1", &release_files());
    for way in ["netboot", "release"] {
        let run = bench.alpine("x86_64", &["--via", way]);
        run.ends(3, "--allow-untrusted");
        run.ends(3, "plain http");
        assert!(bench.names().is_empty());
        bench
            .alpine("x86_64", &["--via", way, "--allow-untrusted"])
            .ends(0, "verified     nothing");
        std::fs::remove_dir_all(bench.path("kernel")).unwrap();
    }
    bench.alpine("x86_64", &[]).ends(3, "--allow-untrusted");
}

#[test]
fn a_digest_by_plain_http_is_no_answer_to_check_either() {
    let bench = Bench::plain();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
        .alpine("x86_64", &["--via", "netboot", "--allow-untrusted"])
        .ends(0, "written");
    bench.alpine("x86_64", &["--check"]).ends(3, "plain http");
    bench
        .alpine("x86_64", &["--check", "--allow-untrusted"])
        .ends(0, "newest");
}

#[test]
fn a_signed_package_may_come_by_plain_http() {
    let bench = Bench::plain();
    bench.lay_packages("x86_64", &[package()], true);
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &key()])
        .ends(0, "signed by kelpie-test.rsa.pub");
}

#[test]
fn the_signed_package_is_tried_before_unsigned_netboot_files() {
    for bench in [Bench::new(), Bench::plain()] {
        bench.lay_netboot("x86_64", &x86(), &initramfs());
        bench.lay_packages("x86_64", &[package()], true);
        let run = bench.alpine("x86_64", &["--keys", &key(), "--allow-untrusted"]);
        run.ends(0, "signed by kelpie-test.rsa.pub");
        run.ends(0, "--with-initramfs");
        let seen = bench.server.seen();
        assert!(
            seen.iter().all(|seen| !seen.path.contains("netboot")),
            "{seen:?}"
        );
    }
}

#[test]
fn a_signature_counts_where_none_is_asked_for() {
    let bench = Bench::new();
    bench.write("x.apk", package().build());
    bench
        .run(&["--apk", "x.apk", "--keys", &key(), "--allow-untrusted"])
        .ends(0, "signed by kelpie-test.rsa.pub");
}

#[test]
fn an_initramfs_that_is_needed_comes_from_where_there_is_one() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.lay_packages("x86_64", &[package()], true);
    let keys = key();
    bench
        .alpine("x86_64", &["--keys", &keys, "--with-initramfs"])
        .ends(0, "SHA-256 as listed over HTTPS");
    assert_eq!(bench.written()["initramfs-x86_64"], initramfs());
    // A folder with an initramfs keeps one.
    bench
        .alpine("x86_64", &["--keys", &keys])
        .ends(0, "unchanged");
    assert_eq!(bench.written()["initramfs-x86_64"], initramfs());
    bench
        .alpine("x86_64", &["--keys", &keys, "--kernel-only"])
        .ends(0, "signed by kelpie-test.rsa.pub");
}

#[test]
fn a_signed_package_that_is_not_what_the_index_says_is_refused() {
    for (listed_as, says) in [
        (("linux-virt", "6.12.10-r0", "x86_64"), "version"),
        (("linux-lts", "6.12.9-r0", "x86_64"), "name"),
        (("linux-virt", "6.12.9-r0", "aarch64"), "architecture"),
    ] {
        let bench = Bench::new();
        let apk = Apk {
            listed_as: Some(listed_as),
            ..package()
        };
        let (name, _, arch) = listed_as;
        bench.lay_packages(arch, &[apk], true);
        let flavor = name.trim_start_matches("linux-");
        let keys = key();
        let run = bench.alpine(arch, &["--via", "apk", "--keys", &keys, "--flavor", flavor]);
        run.ends(3, "in APKINDEX");
        run.ends(3, says);
        assert!(bench.names().is_empty());
    }
}

#[test]
fn unchanged_is_no_answer_for_a_file_with_another_digest() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let netboot = ["--via", "netboot"];
    bench.alpine("x86_64", &netboot).ends(0, "written");
    let newer = super::forge::good::bzimage(&["KVM_GUEST"]);
    bench.lay_netboot("x86_64", &newer, &initramfs());
    // The server keeps the user at the old kernel, which is in the cache.
    bench.server.change(KERNEL, |page| {
        page.fault = Fault::Status {
            code: 304,
            times: usize::MAX,
        }
    });
    let before = bench.written();
    bench.alpine("x86_64", &netboot).ends(3, "an answer 304");
    assert_eq!(bench.written(), before);
}

#[test]
fn a_signed_index_of_another_release_is_refused() {
    let bench = Bench::new();
    bench.lay_packages("x86_64", &[package()], true);
    let index = super::apk::described_index("v3.19.1-12-g0123456", &[package()]);
    bench.server.put(
        "/alpine/v3.22/main/x86_64/APKINDEX.tar.gz",
        Page::new(index),
    );
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &key()])
        .ends(3, "v3.19");
    let index = super::apk::described_index("v3.22.0-12-g0123456", &[package()]);
    bench.server.put(
        "/alpine/v3.22/main/x86_64/APKINDEX.tar.gz",
        Page::new(index),
    );
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &key()])
        .ends(0, "written");
}
