//! What a VMM can see and do: a program in the place of QEMU reports it.

use super::runs::{Bench, kernel, stderr, text};
use super::support::{program, skip};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What a layer-less host is simulated by.
const SIMULATE: &str = "KELPIE_CHECK_SIMULATE";

/// A bench with a program in the place of QEMU.
struct Probe {
    bench: Bench,
}

impl Probe {
    fn new() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            skip("jail", "this system has no jail");
            return None;
        }
        let compiler = program("cc", "cc")?;
        let bench = Bench::new();
        std::fs::create_dir(bench.path("bin")).unwrap();
        bench.write("secret", "of the user");
        let built = Command::new(compiler)
            .args(["-static", "-O1", "-w", "-o"])
            .arg(bench.path("bin/qemu-system-x86_64"))
            .arg(super::support::repository("tests/boot/probe.c"))
            .output()
            .unwrap();
        if !built.status.success() {
            skip("cc", "no static program can be built here");
            return None;
        }
        Some(Self { bench })
    }

    /// Boots it with a descriptor and a variable that are not for it. Returns its lines and the
    /// report.
    fn run(&self, arguments: &[&str], simulated: &str) -> (Vec<String>, Value) {
        let log = self.bench.path("log");
        let mut path = self.bench.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let boot = self.bench.boot(arguments);
        let output = Command::new("sh")
            .args(["-c", "exec 9</etc/passwd; exec \"$0\" \"$@\""])
            .arg(boot.get_program())
            .args(boot.get_args())
            .args([&kernel("x86_64"), "--backend=qemu", "--accelerator=tcg"])
            .args(["--expect=probe ends", "--timeout=20", "--format=json"])
            .args(["--log", text(&log)])
            .env("TMPDIR", self.bench.temporary())
            .env("PATH", path)
            .env("KELPIE_TEST_SECRET", "of the user")
            .env(SIMULATE, simulated)
            .output()
            .unwrap();
        self.bench.is_empty();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        // Names of the host's files may be of any bytes.
        let log = std::fs::read(&log).unwrap_or_default();
        let lines = String::from_utf8_lossy(&log);
        (lines.lines().map(str::to_owned).collect(), report)
    }
}

fn layer<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    report["jail"]
        .as_array()?
        .iter()
        .find(|layer| layer["layer"] == name)
}

fn is_in_force(report: &Value, name: &str) -> bool {
    layer(report, name).is_some_and(|layer| layer["in_force"] == true)
}

/// The lines that begin with a word, without it.
fn told<'a>(lines: &'a [String], word: &str) -> Vec<&'a str> {
    lines
        .iter()
        .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
        .collect()
}

fn folder(path: &Path) -> String {
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_vmm_gets_nothing_of_the_users_environment_and_descriptors() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&[], "");
    assert!(lines.contains(&"probe ends".to_owned()), "{report:#}");
    let mut environment = told(&lines, "ENVIRONMENT");
    environment.retain(|variable| !variable.starts_with("TMPDIR="));
    assert_eq!(environment, ["LANG=C"]);
    assert_eq!(told(&lines, "DESCRIPTOR"), ["0", "1", "2"]);
}

#[test]
fn a_vmm_gets_no_privileges_and_no_system_calls_against_others() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&[], "");
    assert_eq!(told(&lines, "NO_NEW_PRIVS"), ["1"], "{report:#}");
    assert!(is_in_force(&report, "privileges"), "{report:#}");
    let capabilities = told(&lines, "CAPABILITIES");
    // CAP_DAC_OVERRIDE, where the test runs as root.
    assert!(["0", "2"].contains(&capabilities[0]), "{capabilities:?}");
    if !is_in_force(&report, "seccomp") {
        return skip("jail", "the host has no seccomp");
    }
    assert_eq!(told(&lines, "SECCOMP"), ["2"], "{report:#}");
    assert_eq!(told(&lines, "READS_MEMORY"), ["no"], "{report:#}");
}

#[test]
fn a_vmm_sees_its_own_files_and_no_others() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&[], "");
    let Some(namespaces) = layer(&report, "namespaces") else {
        panic!("no namespaces in {report:#}");
    };
    if namespaces["in_force"] == false {
        return skip("jail", &namespaces["detail"].to_string());
    }
    assert!(is_in_force(&report, "private root"), "{report:#}");
    let bench = folder(&probe.bench.path(""));
    let own = [
        format!("{}/kelpie-check-boot-", folder(&probe.bench.temporary())),
        format!("{bench}/bin/qemu-system-x86_64"),
        folder(Path::new(&kernel("x86_64"))),
    ];
    let system = [
        "/lib",
        "/usr/",
        "/dev/",
        "/proc/self/fd/",
        "/etc/ld.so.cache",
    ];
    for path in told(&lines, "SEES") {
        let is_own = own.iter().any(|own| path.starts_with(own));
        let is_of_system = system.iter().any(|system| path.starts_with(system));
        assert!(is_own || is_of_system, "{path}");
    }
    let devices: Vec<&str> = told(&lines, "SEES")
        .into_iter()
        .filter(|path| path.starts_with("/dev/"))
        .collect();
    assert!(devices.len() <= 5, "{devices:?}");
    assert_eq!(
        told(&lines, "OPEN"),
        [
            "/etc/passwd no",
            "/proc/1/environ no",
            "kernel yes",
            "kernel no"
        ]
    );
    assert_eq!(told(&lines, "LOOKUP"), ["/etc/passwd no"]);
    assert_eq!(
        told(&lines, "CREATE"),
        [
            "/usr/lib/probe-was-here no",
            "/probe-was-here no",
            "probe-was-here yes"
        ]
    );
    let mut interfaces = told(&lines, "INTERFACE");
    interfaces.retain(|name| *name != "lo");
    assert!(interfaces.is_empty(), "{interfaces:?}");
    assert_eq!(told(&lines, "PROCESS"), ["1"]);
}

/// Landlock holds the files where no namespaces do.
#[test]
fn a_host_without_namespaces_still_confines_the_files() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&[], "no-namespaces");
    assert!(lines.contains(&"probe ends".to_owned()), "{report:#}");
    assert!(layer(&report, "namespaces").is_some(), "{report:#}");
    assert!(!is_in_force(&report, "namespaces"), "{report:#}");
    if !is_in_force(&report, "Landlock") {
        return skip("jail", "the host has no Landlock");
    }
    assert_eq!(
        told(&lines, "OPEN"),
        [
            "/etc/passwd no",
            "/proc/1/environ no",
            "kernel yes",
            "kernel no"
        ]
    );
    assert_eq!(
        told(&lines, "CREATE"),
        [
            "/usr/lib/probe-was-here no",
            "/probe-was-here no",
            "probe-was-here yes"
        ]
    );
}

#[test]
fn a_host_without_any_layer_still_boots_and_names_each() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&[], "no-namespaces,no-landlock,no-seccomp");
    assert!(lines.contains(&"probe ends".to_owned()), "{report:#}");
    for name in ["namespaces", "Landlock", "seccomp"] {
        let layer = layer(&report, name).unwrap_or_else(|| panic!("no {name} in {report:#}"));
        assert_eq!(layer["in_force"], false, "{report:#}");
        assert!(!layer["detail"].as_str().unwrap().is_empty());
    }
    assert!(is_in_force(&report, "privileges"), "{report:#}");
}

/// The sandbox of the command denies some of these too, so it is off here.
#[test]
fn a_vmm_opens_unix_sockets_only_and_makes_no_calls_of_x32() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&["--no-sandbox"], "");
    if !is_in_force(&report, "seccomp") {
        return skip("jail", "the host has no seccomp");
    }
    assert_eq!(
        told(&lines, "SOCKET"),
        [
            "unix yes",
            "inet denied",
            "netlink denied",
            "packet denied",
            "vsock denied"
        ]
    );
    if cfg!(target_arch = "x86_64") {
        assert_eq!(told(&lines, "X32"), ["denied"]);
    }
}

/// Without a PID namespace, a process that leaves the group of the VMM outlives it.
#[test]
fn a_process_that_leaves_the_group_of_the_vmm_ends_with_it() {
    let Some(probe) = Probe::new() else { return };
    let start = std::time::Instant::now();
    let (lines, _) = probe.run(&[], "no-namespaces");
    // The process ends by itself after 60 s.
    assert!(start.elapsed().as_secs() < 40, "{:?}", start.elapsed());
    let survivor = told(&lines, "SURVIVOR");
    assert_eq!(survivor.len(), 1, "{lines:?}");
    let process = Path::new("/proc").join(survivor[0]);
    assert!(!process.exists(), "{}", process.display());
}

#[test]
fn no_jail_says_what_is_given_up() {
    let Some(probe) = Probe::new() else { return };
    let (lines, report) = probe.run(&["--no-jail"], "");
    assert!(lines.contains(&"probe ends".to_owned()), "{report:#}");
    let jail = layer(&report, "jail").unwrap();
    assert_eq!(jail["in_force"], false);
    let detail = jail["detail"].as_str().unwrap();
    for word in ["files", "network", "environment"] {
        assert!(detail.contains(word), "{detail}");
    }
}

/// QEMU's own filter is asked of a QEMU that has it; a network card is asked of none.
#[test]
fn qemu_gets_no_network_card() {
    let Some(probe) = Probe::new() else { return };
    let (lines, _) = probe.run(&[], "");
    let arguments = told(&lines, "ARGUMENT").join(" ");
    assert!(arguments.contains("-nic none"), "{arguments}");
}

/// A guest of libkrun names its files by paths that nothing checks, `../..` included.
#[test]
fn a_folder_root_is_refused_where_nothing_holds_its_guest_in_it() {
    if !cfg!(all(
        feature = "boot",
        target_os = "linux",
        target_arch = "x86_64"
    )) {
        return skip("libkrun", "this build has no libkrun in it");
    }
    if std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_err()
    {
        return skip("libkrun", "/dev/kvm does not open");
    }
    let bench = Bench::new();
    let root = bench.path("root");
    std::fs::create_dir(&root).unwrap();
    let output = bench
        .boot(&[
            &kernel("x86_64"),
            "--rootfs",
            text(&root),
            "--backend=libkrun",
            "--cmdline=console=ttyS0 root=rootfs rootfstype=virtiofs rw",
            "--force",
            "--timeout=5",
            "--format=json",
        ])
        .env(SIMULATE, "no-namespaces")
        .output()
        .unwrap();
    bench.is_empty();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}{}", stderr(&output));
    assert!(said.contains("a folder root is not started"), "{said}");
    assert!(said.contains("mke2fs -d"), "{said}");
}

#[test]
fn doctor_names_the_layers_of_this_host() {
    let doctor = |simulated: &str| -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
            .args(["doctor", "--format=json"])
            .env(SIMULATE, simulated)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let report = doctor("no-landlock,no-namespaces");
    let names = if cfg!(target_os = "linux") {
        vec!["namespaces", "privileges", "Landlock", "seccomp"]
    } else {
        vec!["jail"]
    };
    for name in names {
        assert!(layer(&report, name).is_some(), "no {name} in {report:#}");
    }
    assert!(!is_in_force(&report, "Landlock"), "{report:#}");
    assert!(!is_in_force(&report, "namespaces"), "{report:#}");
}
