//! libkrun on /dev/kvm: to userspace where the host runs guests, to init where it emulates them.

use super::roots::root;
use super::runs::{Bench, kernel, text};
use super::support::libkrun::{Host, host};
use serde_json::Value;

/// What an emulating host needs of a kernel: none of the instructions that it lacks.
const EMULATED: &str = "noxsave clearcpuid=smap,smep,cx16,popcnt 8250.nr_uarts=1";

fn line(host: &Host, root: &str) -> String {
    let line = format!("console=ttyS0 root={root} rootfstype=ext4 rw init=/sbin/init");
    match host {
        Host::Runs => line,
        Host::Emulates => format!("{line} {EMULATED}"),
    }
}

fn boot(host: &Host, bench: &Bench, root: &str, until: &str) -> Option<(Value, i32)> {
    let image = super::roots::root(bench, "x86_64", "exec /bin/busybox sleep 1000")?;
    Some(bench.json(&[
        &kernel("x86_64"),
        "--rootfs",
        text(&image),
        "--backend=libkrun",
        "--ram-mib=128",
        "--cmdline",
        &line(host, root),
        "--until",
        until,
        "--timeout=400",
    ]))
}

#[test]
fn a_root_is_mounted_from_virtio_blk_and_its_init_started() {
    if std::env::consts::ARCH != "x86_64" {
        return;
    }
    let Some(host) = host() else { return };
    let bench = Bench::new();
    let until = match host {
        Host::Runs => "userspace",
        Host::Emulates => "init",
    };
    let Some((json, status)) = boot(&host, &bench, "/dev/vda", until) else {
        return;
    };
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["backend"]["name"], "libkrun", "{json:#}");
    assert_eq!(json["backend"]["accelerator"], "kvm", "{json:#}");
    assert_eq!(json["observed"]["outcome"], "reached", "{json:#}");
    assert_eq!(json["observed"]["stage"], until, "{json:#}");
}

#[test]
fn a_wrong_root_panics_by_its_true_cause() {
    if std::env::consts::ARCH != "x86_64" {
        return;
    }
    let Some(host) = host() else { return };
    let bench = Bench::new();
    let Some((json, status)) = boot(&host, &bench, "/dev/vdb", "userspace") else {
        return;
    };
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["observed"]["outcome"], "failed", "{json:#}");
    assert_eq!(json["observed"]["code"], "KC405", "{json:#}");
    assert_eq!(json["predicted"]["code"], "KC405", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}

/// Without what keeps the kernel from instructions that the host lacks, it is the host that fails.
#[test]
fn an_instruction_that_the_host_lacks_is_not_called_the_guests_failure() {
    let Some(Host::Emulates) = host() else {
        return;
    };
    let bench = Bench::new();
    let Some(image) = root(&bench, "x86_64", "true") else {
        return;
    };
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--rootfs",
        text(&image),
        "--backend=libkrun",
        "--ram-mib=128",
        "--cmdline=console=ttyS0 root=/dev/vda rw 8250.nr_uarts=1",
        "--timeout=400",
    ]);
    assert_eq!(status, 3, "{json:#}");
    assert_eq!(json["observed"]["outcome"], "host", "{json:#}");
    assert_eq!(json["observed"]["code"], "KC905", "{json:#}");
}
