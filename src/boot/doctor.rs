//! What this host can boot, and what it lacks for the rest.
//!
//! Sources: Linux `Documentation/virt/kvm/api.rst`; QEMU's `-accel help`; Apple's documentation of
//! the entitlement com.apple.security.hypervisor.

use super::guard::{Event, Job, Order};
use super::host::{self, Trial, Virtualisation};
use super::jail::{Layer, Needs};
use super::leash::TRIAL;
use super::vm::{Incoming, RunningVm};
use super::{BACKENDS, Fit, scratch};
use crate::architecture::Architecture;
use crate::printable::shell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// RAM that a boot takes by itself, in MiB.
const RAM_MIB: u64 = 512;
/// What a boot may write: a kernel that is converted, and what a guest writes to its disk.
const SCRATCH_BYTES: u64 = 256 * 1024 * 1024;

/// The architectures that something here boots.
pub const GUESTS: [Architecture; 3] = [
    Architecture::X86_64,
    Architecture::Aarch64,
    Architecture::Riscv64,
];

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub subject: String,
    /// Whether it is as it should be.
    pub is_good: bool,
    /// What was found.
    pub found: String,
    /// What to do about it; empty where nothing is missing.
    pub fix: String,
}

/// What a host can boot of one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootable {
    /// The guest's.
    pub architecture: Architecture,
    /// The backend that `--backend auto` takes, and how it runs instructions; none where nothing
    /// does.
    pub by: Option<(&'static str, &'static str)>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The findings, the hypervisor's first.
    pub findings: Vec<Finding>,
    /// What can be booted, by architecture.
    pub bootable: Vec<Bootable>,
    /// The layers of a jail that work here; empty if none was tried.
    pub jail: Vec<Layer>,
}

/// Looks at the host. Starts a guest of a few bytes where there is a hypervisor, and each QEMU once
/// for its version.
pub fn examine() -> Diagnosis {
    let mut findings = vec![hypervisor()];
    findings.extend(entitlement());
    for architecture in GUESTS {
        for backend in BACKENDS {
            if backend.name == "libkrun" && architecture.name() != std::env::consts::ARCH {
                continue;
            }
            // A program that is missing is missing for every architecture.
            let finding = of_backend(backend, architecture);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings.dedup();
    findings.extend(memory());
    findings.push(room(&std::env::temp_dir()));
    let bootable = GUESTS
        .into_iter()
        .map(|architecture| Bootable {
            architecture,
            by: super::choose(architecture)
                .ok()
                .map(|(backend, fit, _)| (backend.name, fit.accelerator.name())),
        })
        .collect();
    Diagnosis {
        findings,
        bootable,
        jail: host::own_program().and_then(layers).unwrap_or_default(),
    }
}

/// How long the layers may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has a process enter a jail and end.
fn layers(own: &Path) -> Option<Vec<Layer>> {
    let mut machine = RunningVm::prepare(own).ok()?;
    let job = Job {
        order: Order {
            program: own.into(),
            arguments: vec![TRIAL.into()],
            environment: Vec::new(),
        },
        jail: Some(Needs::of_a_trial(machine.scratch()).ok()?),
    };
    machine.start(&job).ok()?;
    let started = Instant::now();
    while let Some(left) = PATIENCE.checked_sub(started.elapsed()) {
        match machine.next(left).ok()? {
            Some(Incoming::Event(Event::Jailed(layers))) => return Some(layers),
            Some(Incoming::Event(Event::Unable(_) | Event::Ended { .. })) | None => return None,
            Some(_) => {}
        }
    }
    None
}

fn own_architecture() -> Option<Architecture> {
    Architecture::by_name(std::env::consts::ARCH)
}

fn hypervisor() -> Finding {
    let subject = if cfg!(target_os = "macos") {
        "Hypervisor.framework"
    } else {
        "/dev/kvm"
    };
    let subject = subject.to_owned();
    let Some(architecture) = own_architecture() else {
        return Finding {
            subject,
            is_good: false,
            found: format!(
                "kelpie-check has no trial guest for {}",
                std::env::consts::ARCH
            ),
            fix: String::new(),
        };
    };
    let state = host::virtualisation(architecture);
    let api = host::api_version().map_or_else(String::new, |version| format!("API {version}, "));
    match &state {
        Virtualisation::Runs(accelerator) => Finding {
            subject,
            is_good: true,
            found: match host::tried(architecture, *accelerator) {
                Some(Trial::Ran(time)) => format!(
                    "{api}runs guests: one of a few bytes ended after {} ms",
                    time.as_millis()
                ),
                _ => format!("{api}opens; no guest was run on it"),
            },
            fix: String::new(),
        },
        other => Finding {
            subject,
            is_good: false,
            found: format!("{api}{other}"),
            fix: other.fix(),
        },
    }
}

/// On macOS, whether this program is signed so that it may start machines.
fn entitlement() -> Option<Finding> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let own = std::env::current_exe().ok()?;
    let output = Command::new("codesign")
        .args(["-d", "--entitlements", "-", "--xml"])
        .arg(&own)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let is_signed = String::from_utf8_lossy(&output.stdout).contains(ENTITLEMENT);
    Some(Finding {
        subject: "entitlement".to_owned(),
        is_good: is_signed,
        found: if is_signed {
            format!("this program has {ENTITLEMENT}")
        } else {
            format!("this program lacks {ENTITLEMENT}")
        },
        fix: if is_signed {
            String::new()
        } else {
            format!(
                "Run `codesign --entitlements docs/hypervisor.entitlements --force -s - {}`.",
                shell::path(own.as_os_str().as_encoded_bytes())
            )
        },
    })
}

const ENTITLEMENT: &str = "com.apple.security.hypervisor";

fn of_backend(backend: &super::Backend, architecture: Architecture) -> Finding {
    let subject = if backend.name == "qemu" {
        format!("{} {architecture}", backend.title)
    } else {
        backend.title.to_owned()
    };
    match (backend.fits)(architecture, None) {
        Ok(fit) => Finding {
            subject,
            is_good: !fit.emulates,
            found: found(backend, &fit),
            fix: if fit.emulates {
                "Use --backend qemu for guests that have to reach userspace.".to_owned()
            } else {
                String::new()
            },
        },
        Err(unfit) => Finding {
            subject,
            is_good: false,
            found: unfit.why,
            fix: unfit.fix,
        },
    }
}

fn found(backend: &super::Backend, fit: &Fit) -> String {
    let version = (backend.version)(fit).unwrap_or_else(|| "unknown version".to_owned());
    let mut found = format!("{version}, {}", fit.accelerator.name());
    if let Some(note) = &fit.note {
        found.push_str("; ");
        found.push_str(note);
    }
    if backend.untested {
        found.push_str("; untested");
    }
    found
}

/// Source: Linux `Documentation/filesystems/proc.rst`, "meminfo".
fn memory() -> Option<Finding> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib: u64 = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?
        .trim()
        .strip_suffix(" kB")?
        .parse()
        .ok()?;
    let mib = kib / 1024;
    let is_good = mib >= RAM_MIB;
    Some(Finding {
        subject: "memory".to_owned(),
        is_good,
        found: format!("{mib} MiB free, a machine takes {RAM_MIB}"),
        fix: if is_good {
            String::new()
        } else {
            "Free some, or give the machine less with --ram-mib.".to_owned()
        },
    })
}

fn room(folder: &Path) -> Finding {
    let free = scratch::free_bytes(folder);
    let is_good = free.is_none_or(|free| free >= SCRATCH_BYTES);
    Finding {
        subject: "temporary files".to_owned(),
        is_good,
        found: free.map_or_else(
            || format!("{}: free space unknown", folder.display()),
            |free| format!("{}: {} MiB free", folder.display(), free / 1024 / 1024),
        ),
        fix: if is_good {
            String::new()
        } else {
            "Name another place with TMPDIR.".to_owned()
        },
    }
}
