//! Servers as bad as they come: each gives a clear error and exit status 3, and leaves what is there.

use super::made::apk::Apk;
use super::server::{Fault, Page, Server};
use super::{Bench, initramfs, key, package_files, x86};

const KERNEL: &str = "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt";

/// A bench with a kernel fetched before, whose mirror has another one by now.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.alpine("x86_64", &[]).ends(0, "written");
    let newer = super::forge::good::bzimage(&["KVM_GUEST"]);
    bench.lay_netboot("x86_64", &newer, &initramfs());
    bench.server.seen();
    bench
}

/// Asserts that a run says this, ends with 3 and changes nothing.
#[track_caller]
fn refuses(bench: &Bench, arguments: &[&str], says: &str) {
    let before = bench.written();
    bench.alpine("x86_64", arguments).ends(3, says);
    assert!(bench.written() == before, "files changed");
}

#[test]
fn a_corrupt_file_is_refused() {
    let bench = bench();
    bench.server.change(KERNEL, |page| page.body[1000] ^= 1);
    refuses(&bench, &[], "SHA-256 of https://");
}

#[test]
fn an_error_page_in_place_of_a_kernel_is_refused() {
    let bench = bench();
    bench
        .server
        .put(KERNEL, Page::new("<!DOCTYPE html><title>Sign in</title>"));
    refuses(&bench, &[], "SHA-256 of https://");
}

#[test]
fn a_file_that_breaks_off_again_and_again_is_refused() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.fault = Fault::Break {
            after: 1000,
            times: 100,
        };
    });
    refuses(&bench, &[], "netboot/vmlinuz-virt");
    let asked = bench
        .server
        .seen()
        .iter()
        .filter(|seen| seen.path == KERNEL)
        .count();
    assert_eq!(asked, 4);
}

#[test]
fn a_missing_file_is_refused_at_once() {
    let bench = bench();
    bench.server.remove(KERNEL);
    refuses(&bench, &["--via", "netboot"], "404");
    let asked = bench
        .server
        .seen()
        .iter()
        .filter(|seen| seen.path == KERNEL)
        .count();
    assert_eq!(asked, 1);
}

#[test]
fn a_server_that_fails_for_good_is_refused() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.fault = Fault::Status {
            code: 503,
            times: 100,
        }
    });
    refuses(&bench, &[], "the server answered 503");
}

#[test]
fn a_server_that_fails_once_is_asked_again() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.fault = Fault::Status {
            code: 503,
            times: 2,
        }
    });
    bench.alpine("x86_64", &[]).ends(0, "written");
}

#[test]
fn a_server_that_falls_silent_is_given_up_on() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.fault = Fault::Stall { after: 1000 };
    });
    refuses(&bench, &["--timeout", "1"], "timeout");
}

#[test]
fn a_server_that_drips_is_too_slow() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.has_etag = false;
        page.fault = Fault::Drip;
    });
    refuses(&bench, &["--timeout", "1"], "too slow");
}

#[test]
fn redirects_in_a_circle_are_refused() {
    let bench = bench();
    let to = bench.server.url(KERNEL);
    bench
        .server
        .change(KERNEL, |page| page.fault = Fault::Redirect(to.clone()));
    refuses(&bench, &[], "redirects");
}

#[test]
fn nobody_listening_is_refused() {
    let bench = bench();
    let before = bench.written();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mirror = format!("https://127.0.0.1:{port}/alpine");
    bench
        .run(&["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror])
        .ends(3, "refused");
    assert!(bench.written() == before);
}

#[test]
fn a_file_that_is_longer_than_the_limit_is_refused_before_it_comes() {
    let bench = bench();
    refuses(&bench, &["--limit", "file_bytes=100"], "at most 100 bytes");
}

#[test]
fn an_unsigned_index_is_refused() {
    let bench = bench();
    let package = Apk::new("6.12.9-r0", "x86_64", package_files(x86()));
    bench.lay_packages("x86_64", &[package], false);
    let keys = key();
    refuses(
        &bench,
        &["--via", "apk", "--keys", &keys],
        "APKINDEX.tar.gz: expected one by a trusted key, found no signature",
    );
    bench
        .alpine("x86_64", &["--via", "apk", "--allow-untrusted"])
        .ends(0, "verified     nothing");
}

#[test]
fn a_connection_that_breaks_is_gone_on_with() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.fault = Fault::Break {
            after: 2_000,
            times: 2,
        }
    });
    bench.alpine("x86_64", &[]).ends(0, "written");
    let seen: Vec<_> = bench
        .server
        .seen()
        .into_iter()
        .filter(|seen| seen.path == KERNEL)
        .map(|seen| (seen.range, seen.status))
        .collect();
    assert_eq!(
        seen,
        [
            (None, 200),
            (Some("bytes=2000-".to_owned()), 206),
            (Some("bytes=4000-".to_owned()), 206),
        ]
    );
}

#[test]
fn a_server_without_ranges_is_asked_for_all_of_it() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.fault = Fault::Break {
            after: 2_000,
            times: 2,
        };
    });
    bench.alpine("x86_64", &[]).ends(0, "written");
    let whole = super::forge::good::bzimage(&["KVM_GUEST"]);
    assert_eq!(bench.written()["vmlinuz-x86_64"], whole);
}

#[test]
fn what_was_received_before_a_run_ended_is_gone_on_with_in_the_next() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.fault = Fault::Stall { after: 2_000 };
    });
    refuses(&bench, &["--timeout", "1"], "timeout");
    bench.server.change(KERNEL, |page| {
        page.has_ranges = true;
        page.fault = Fault::None;
    });
    bench.server.seen();
    bench.alpine("x86_64", &[]).ends(0, "written");
    let seen = bench.server.seen();
    let request = seen.iter().find(|seen| seen.path == KERNEL).unwrap();
    assert_eq!(request.status, 206, "{seen:?}");
}

#[test]
fn a_file_that_changed_in_between_is_fetched_anew() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.fault = Fault::Stall { after: 2_000 };
    });
    refuses(&bench, &["--timeout", "1"], "timeout");
    let other = super::forge::good::bzimage(&["VIRTIO_BLK"]);
    bench.lay_netboot("x86_64", &other, &initramfs());
    bench.alpine("x86_64", &["--target", "qemu"]);
    assert_eq!(bench.written()["vmlinuz-x86_64"], other);
}

#[test]
fn a_proxy_is_asked_in_place_of_the_server() {
    let bench = bench();
    let proxy = Server::start();
    let mirror = bench.server.url("/alpine");
    let arguments = ["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror];
    let run = super::run(
        bench
            .command(&arguments)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .env("ALL_PROXY", proxy.url("")),
    );
    // It is none, and says so.
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(!proxy.seen().is_empty(), "{}", run.stderr);
    assert_eq!(bench.server.seen(), []);
}

#[test]
fn https_needs_a_certificate_by_a_trusted_authority() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let mirror = bench.server.url("/alpine");
    let arguments = ["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror];
    let run = super::run(bench.command(&arguments).env_remove("SSL_CERT_FILE"));
    run.ends(3, "UnknownIssuer");
    bench.alpine("x86_64", &[]).ends(0, "written");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
}

#[test]
fn https_does_not_lead_to_http() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    let plain = Server::start();
    plain.put("/x", Page::new(x86()));
    let to = plain.url("/x");
    bench
        .server
        .change(KERNEL, |page| page.fault = Fault::Redirect(to.clone()));
    bench.alpine("x86_64", &[]).ends(3, "https");
    assert_eq!(plain.seen(), []);
}
