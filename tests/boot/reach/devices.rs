//! The devices that a machine has, seen from inside: no network, no socket, no share without a folder
//! root, and no text of the host in the firmware.

use super::DONE;
use super::attempts::Console;
use super::boot::Boot;
use super::compile::compile;
use crate::runs::{Bench, has_qemu};
use crate::support::libkrun::host;

/// Numbers of devices that lead out of the guest (VIRTIO 1.2, section 5).
const NETWORK: &str = "1 ";
const SHARE_9P: &str = "9 ";
const SOCKET: &str = "19 ";
const FILE_SYSTEM: &str = "26 ";

fn devices(bench: &Bench, backend: &str) -> Option<Console> {
    let kernel = compile(bench, "kernel")?;
    let boot = Boot {
        backend,
        initramfs: None,
        root: None,
        parameters: "",
        timeout_seconds: 60,
        environment: &[("KELPIE_REACH_SECRET", "a-secret-of-the-host")],
    };
    let (console, json) = boot.run(bench, &kernel);
    assert_eq!(
        json["observed"]["outcome"], "reached",
        "{json:#}\n{console}"
    );
    assert!(console.lines().any(|line| line == DONE), "{console}");
    Some(console)
}

/// No device leads out, and no bus has any that the command line does not name.
fn leads_nowhere(console: &Console) {
    for device in console.after("device ") {
        for out in [NETWORK, SHARE_9P, SOCKET, FILE_SYSTEM] {
            assert!(!device.starts_with(out), "{console}");
        }
    }
    let lines: Vec<&str> = console.lines().collect();
    for nothing in ["PCI devices 0", "parallel port 0", "VMware backdoor 0"] {
        assert!(lines.contains(&nothing), "{console}");
    }
    // The other serial ports are wired to nothing.
    assert!(
        lines.contains(&"wrote to the serial port at 2f8"),
        "{console}"
    );
    assert!(!console.to_string().contains("words for another port"));
}

#[test]
fn a_guest_of_qemu_has_no_device_that_leads_out() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(console) = devices(&bench, "qemu") else {
        return;
    };
    leads_nowhere(&console);
    // Nothing of the host is in fw_cfg, which QEMU fills from its command line.
    assert!(console.after("firmware file ").count() > 0, "{console}");
    let folder = bench.path("");
    let words = [folder.to_str().unwrap(), "/tmp", "a-secret-of-the-host"];
    for text in console.after("firmware text ") {
        for word in words {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[test]
fn a_guest_of_libkrun_has_no_device_that_leads_out() {
    if host().is_none() {
        return;
    }
    let bench = Bench::new();
    let Some(console) = devices(&bench, "libkrun") else {
        return;
    };
    leads_nowhere(&console);
    assert!(console.after("device ").count() > 0, "{console}");
}
