//! What this host can run by itself: /dev/kvm or Hypervisor.framework, tried with a guest of a few
//! bytes, since some hosts open /dev/kvm and then emulate the guest's kernel code.
//!
//! Sources: Linux `Documentation/virt/kvm/api.rst` ("KVM_GET_API_VERSION"); Intel's manual for the
//! encodings of the guest, volume 2; Arm's DEN0022 (PSCI), SYSTEM_RESET; libkrun 1.19.7.

use super::guard::{Event, Job};
use super::jail::Needs;
use super::plan::{Accelerator, Plan};
use super::vm::{Incoming, RunningVm};
use super::{BACKENDS, Fit};
use crate::architecture::Architecture;
use crate::guest::assembler::Assembled;
use crate::guest::executable;
use crate::machine::{Choices, Machine};
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long the guest of a few bytes may take: it needs a hundredth of that where it is run.
const PATIENCE: Duration = Duration::from_secs(3);

/// The program that runs the helpers of `boot`, where there is one: what tries a guest needs it.
static OWN: OnceLock<PathBuf> = OnceLock::new();

/// What is known so far of the guest of a few bytes.
static TRIED: Mutex<Option<Trial>> = Mutex::new(None);

/// Names the program that runs the helpers [`super::guard::GUARD`], [`super::leash::LEASH`] and
/// [`super::leash::INNER`]. Without it no guest is tried, and /dev/kvm counts as good where it opens.
pub fn set_own_program(own: &Path) {
    OWN.set(own.to_owned()).ok();
}

/// Returns the program that was named so.
pub(super) fn own_program() -> Option<&'static Path> {
    OWN.get().map(PathBuf::as_path)
}

/// Whether guests of an architecture are run by the host's own CPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Virtualisation {
    /// They are.
    Runs(Accelerator),
    /// The guest is for another CPU.
    OtherArchitecture {
        /// The host's.
        host: &'static str,
        /// The guest's.
        guest: Architecture,
    },
    /// There is no hypervisor.
    Missing,
    /// There is one, and it does not open.
    Refused {
        /// What the system says.
        why: String,
        /// Whether that is about permission.
        is_permission: bool,
    },
    /// It opens, and does not run guests as a CPU does.
    Emulates {
        /// What the trial came to.
        how: String,
    },
}

impl Virtualisation {
    /// What to do about it, in a sentence.
    pub fn fix(&self) -> String {
        match self {
            Self::Runs(_) => String::new(),
            Self::OtherArchitecture { .. } => {
                "Use --backend qemu, which translates any architecture.".to_owned()
            }
            Self::Missing if cfg!(target_os = "macos") => {
                "Use a Mac with Apple silicon.".to_owned()
            }
            Self::Missing => {
                "Load the module kvm_intel or kvm_amd (virtualisation has to be on in the \
                              firmware; in a virtual machine, nested virtualisation)."
                    .to_owned()
            }
            Self::Refused {
                is_permission: true,
                ..
            } => "Join the group that owns /dev/kvm: `sudo usermod -aG kvm $USER`, then log in \
                    again."
                .to_owned(),
            Self::Refused { .. } if cfg!(target_os = "macos") => {
                "Sign this program with the entitlement com.apple.security.hypervisor; \
                 `kelpie-check doctor` prints how."
                    .to_owned()
            }
            Self::Refused { .. } => "Check if another hypervisor uses the CPU.".to_owned(),
            Self::Emulates { .. } => {
                "Use --backend qemu, or a host whose CPU can run guests.".to_owned()
            }
        }
    }
}

impl fmt::Display for Virtualisation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs(accelerator) => write!(out, "guests are run by {}", accelerator.name()),
            Self::OtherArchitecture { host, guest } => {
                write!(out, "this host is {host}, the guest {guest}")
            }
            Self::Missing if cfg!(target_os = "macos") => {
                out.write_str("this Mac has no Hypervisor.framework for guests")
            }
            Self::Missing => out.write_str("there is no /dev/kvm"),
            Self::Refused { why, .. } if cfg!(target_os = "macos") => {
                write!(out, "Hypervisor.framework refuses: {why}")
            }
            Self::Refused { why, .. } => write!(out, "/dev/kvm does not open: {why}"),
            Self::Emulates { how } => {
                write!(
                    out,
                    "/dev/kvm emulates guests instead of running them ({how})"
                )
            }
        }
    }
}

/// Whether guests of that architecture run here.
pub fn virtualisation(guest: Architecture) -> Virtualisation {
    let host = std::env::consts::ARCH;
    let fits = guest.name() == host || (guest.name() == "i386" && host == "x86_64");
    if !fits {
        return Virtualisation::OtherArchitecture { host, guest };
    }
    match opens() {
        Err(other) => other,
        Ok(accelerator) => match tried(guest, accelerator) {
            Some(Trial::Emulated(how)) => Virtualisation::Emulates { how },
            Some(Trial::Refused(why)) => Virtualisation::Refused {
                why,
                is_permission: false,
            },
            Some(Trial::Ran(_)) | None => Virtualisation::Runs(accelerator),
        },
    }
}

#[cfg(target_os = "macos")]
fn opens() -> Result<Accelerator, Virtualisation> {
    if std::env::consts::ARCH == "aarch64" {
        Ok(Accelerator::Hvf)
    } else {
        Err(Virtualisation::Missing)
    }
}

#[cfg(not(target_os = "macos"))]
fn opens() -> Result<Accelerator, Virtualisation> {
    match OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(_) => Ok(Accelerator::Kvm),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Virtualisation::Missing),
        Err(error) => Err(Virtualisation::Refused {
            is_permission: error.kind() == io::ErrorKind::PermissionDenied,
            why: error.to_string(),
        }),
    }
}

/// The version of KVM's interface; `None` where it is not known here.
pub fn api_version() -> Option<i32> {
    #[cfg(all(target_os = "linux", feature = "boot"))]
    return kvm_ioctls::Kvm::new().ok().map(|kvm| kvm.get_api_version());
    #[cfg(not(all(target_os = "linux", feature = "boot")))]
    None
}

/// What became of the guest of a few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It ran to its end, in so long.
    Ran(Duration),
    /// It began, and the host did not come to its end.
    Emulated(String),
    /// It was not started.
    Refused(String),
}

/// The guest of a few bytes, tried once a process; `None` where nothing here can try it.
pub fn tried(guest: Architecture, accelerator: Accelerator) -> Option<Trial> {
    let own = OWN.get()?;
    let code = code(guest)?;
    let mut known = TRIED.lock().ok()?;
    if known.is_none() {
        *known = try_guest(own, guest, accelerator, &code);
    }
    known.clone()
}

fn try_guest(
    own: &Path,
    guest: Architecture,
    accelerator: Accelerator,
    code: &[u8],
) -> Option<Trial> {
    let backend = BACKENDS
        .into_iter()
        .find(|backend| backend.name == "libkrun")?;
    if !super::krun::IS_BUILT_IN {
        return None;
    }
    let refused = |error: io::Error| Some(Trial::Refused(error.to_string()));
    let mut machine = match RunningVm::prepare(own) {
        Ok(machine) => machine,
        Err(error) => return refused(error),
    };
    let kernel = machine.scratch().join("guest");
    if let Err(error) = std::fs::write(&kernel, code) {
        return refused(error);
    }
    let choices = Choices {
        ram_mib: Some(64),
        ..Choices::default()
    };
    let platform = backend.target.platform(guest)?;
    let plan = Plan {
        machine: Machine::new(backend.target, platform, &choices),
        kernel,
        kernel_is_elf: guest == Architecture::X86_64,
        initramfs: None,
        command_line: "none".into(),
        root: None,
        accelerator,
        cpu: None,
    };
    let fit = Fit {
        accelerator,
        program: None,
        note: None,
        emulates: false,
    };
    let started = Instant::now();
    let scratch = machine.scratch().to_owned();
    let begun = (backend.order)(&plan, &fit, own, &scratch).and_then(|order| {
        let jail = Some(Needs::new(&plan, &scratch, None)?);
        machine.start(&Job { order, jail })
    });
    if let Err(error) = begun {
        return refused(error);
    }
    let outcome = watch_guest(&machine, guest, started);
    machine.end();
    Some(outcome)
}

/// Waits for the guest's two letters, or for its restart where it has no port to write to.
fn watch_guest(machine: &RunningVm, guest: Architecture, started: Instant) -> Trial {
    let mut said = Vec::new();
    let mut log = Vec::new();
    while let Some(left) = PATIENCE
        .checked_sub(started.elapsed())
        .filter(|left| !left.is_zero())
    {
        match machine.next(left) {
            Ok(Some(Incoming::Console(piece))) => said.extend(piece),
            Ok(Some(Incoming::Event(Event::Log(line)))) => log.push(line),
            Ok(Some(Incoming::Event(Event::Unable(why)))) => return Trial::Refused(why),
            Ok(Some(Incoming::Event(Event::Ended { code, .. }))) => {
                if code == Some(0) && guest != Architecture::X86_64 {
                    return Trial::Ran(started.elapsed());
                }
                if !said.windows(2).any(|pair| pair == LETTERS) {
                    break;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
        if said.windows(2).any(|pair| pair == LETTERS) {
            return Trial::Ran(started.elapsed());
        }
    }
    let gave_up = log
        .iter()
        .rev()
        .find(|line| line.contains("KVM_EXIT") || line.contains("failed"));
    match (said.is_empty(), gave_up) {
        (_, Some(line)) if line.contains("KVM_EXIT") => {
            Trial::Emulated("KVM_EXIT_INTERNAL_ERROR at an instruction of the trial".to_owned())
        }
        (true, Some(line)) => Trial::Refused(line.clone()),
        _ => Trial::Emulated(format!(
            "a guest of a few bytes did not end within {} s",
            PATIENCE.as_secs()
        )),
    }
}

/// What the guest writes to the serial port, before and after the instructions that are tried.
const LETTERS: &[u8] = b"kc";

/// The guest, in the form that libkrun takes.
fn code(guest: Architecture) -> Option<Vec<u8>> {
    match guest {
        Architecture::X86_64 => Some(executable(&Assembled {
            architecture: guest,
            bytes: X86_64.to_vec(),
            code_bytes: u64::try_from(X86_64.len()).ok()?,
            space_bytes: 0,
        })),
        Architecture::Aarch64 => Some(image(&AARCH64)),
        _ => None,
    }
}

/// It begins in 64-bit mode, as Linux would. POPCNT and XGETBV are among the instructions that hosts
/// lack which emulate.
const X86_64: &[u8] = &[
    0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
    0xb0, b'k', // mov al, 'k'
    0xee, // out dx, al
    0xf3, 0x0f, 0xb8, 0xc8, // popcnt ecx, eax
    0x0f, 0x20, 0xe0, // mov rax, cr4
    0x0f, 0xba, 0xe8, 0x12, // bts eax, 18 (CR4.OSXSAVE)
    0x0f, 0x22, 0xe0, // mov cr4, rax
    0x31, 0xc9, // xor ecx, ecx
    0x0f, 0x01, 0xd0, // xgetbv
    0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
    0xb0, b'c', // mov al, 'c'
    0xee, // out dx, al
    0xf4, // hlt
    0xeb, 0xfd, // jmp to hlt
];

/// It asks the firmware for a restart (PSCI, `hvc`), at which libkrun ends with 0.
const AARCH64: [u32; 4] = [
    0x5280_0120, // mov w0, #0x9
    0x72b0_8000, // movk w0, #0x8400, lsl #16: SYSTEM_RESET
    0xd400_0002, // hvc #0
    0x1400_0000, // b .
];

/// A raw Image without more than its code.
fn image(code: &[u32]) -> Vec<u8> {
    code.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_architecture_is_never_run_here() {
        let other = if std::env::consts::ARCH == "s390x" {
            Architecture::X86_64
        } else {
            Architecture::S390x
        };
        assert!(matches!(
            virtualisation(other),
            Virtualisation::OtherArchitecture { .. }
        ));
    }

    #[test]
    fn every_trouble_has_a_fix() {
        let troubles = [
            Virtualisation::Missing,
            Virtualisation::Refused {
                why: "no".to_owned(),
                is_permission: true,
            },
            Virtualisation::Refused {
                why: "no".to_owned(),
                is_permission: false,
            },
            Virtualisation::Emulates {
                how: "so".to_owned(),
            },
        ];
        for trouble in troubles {
            assert!(trouble.fix().ends_with('.'), "{trouble}");
        }
    }
}
