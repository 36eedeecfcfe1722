//! Where a server may send the client, and for how long it may keep it.

use super::server::{Fault, Page};
use super::{Bench, initramfs, x86};
use std::time::{Duration, Instant};

const KERNEL: &str = "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt";
const NETBOOT: [&str; 2] = ["--via", "netboot"];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
}

#[test]
fn a_redirect_to_what_is_no_web_server_is_refused() {
    for to in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://x",
        "http:",
        "",
        "\\\\x\\y",
    ] {
        let bench = bench();
        bench
            .server
            .change(KERNEL, |page| page.fault = Fault::Redirect(to.to_owned()));
        let run = bench.alpine("x86_64", &NETBOOT);
        assert_eq!(run.status, 3, "{to}: {}", run.stdout);
        assert!(bench.names().is_empty());
    }
}

#[test]
fn relative_redirects_are_followed() {
    for to in ["/elsewhere", "../../../../../elsewhere?x"] {
        let bench = bench();
        let path = if to.ends_with("?x") {
            "/elsewhere?x"
        } else {
            to
        };
        bench.server.put(path, Page::new(x86()));
        bench
            .server
            .change(KERNEL, |page| page.fault = Fault::Redirect(to.to_owned()));
        bench.alpine("x86_64", &NETBOOT).ends(0, "written");
    }
}

#[test]
fn credentials_in_the_mirrors_url_are_refused() {
    let bench = bench();
    let mirror = bench.server.url("/alpine").replace("://", "://me:secret@");
    let run = bench.run(&["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror]);
    run.ends(2, "kernel-metadata.json");
    assert_eq!(bench.server.seen(), []);
}

#[test]
fn a_server_that_is_slow_without_an_end_meets_the_deadline() {
    for path in [KERNEL.to_owned(), format!("{KERNEL}.sha256")] {
        let bench = bench();
        // The server sends fast enough to pass the time limit of a read and the check of the rate.
        let body = vec![b' '; 60_000];
        let length = if path == KERNEL { 60 } else { 6 };
        bench.server.put(&path, Page::new(body));
        bench
            .server
            .change(&path, |page| page.fault = Fault::Trickle(length));
        let started = Instant::now();
        let run = bench.alpine("x86_64", &[&NETBOOT[..], &["--deadline", "2"]].concat());
        run.ends(3, "--deadline");
        assert!(started.elapsed() < Duration::from_secs(8), "{}", run.stderr);
    }
}

#[test]
fn breaking_the_connection_again_and_again_does_not_extend_the_deadline() {
    let bench = bench();
    bench.server.change(KERNEL, |page| {
        page.has_ranges = false;
        page.body = vec![0; 8 << 20];
        page.fault = Fault::Break {
            after: 6 << 20,
            times: usize::MAX,
        };
    });
    let started = Instant::now();
    let run = bench.alpine("x86_64", &[&NETBOOT[..], &["--deadline", "1"]].concat());
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{}",
        run.stderr
    );
}
