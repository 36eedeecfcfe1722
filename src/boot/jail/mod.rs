//! The jail of a machine: what its VMM can see and do after the guest has taken it over.
//!
//! [`Needs`] lists the files of one machine. The [`leash`](super::guard) applies the layers to itself,
//! in this order, and then becomes the VMM:
//!
//! 1. namespaces (mount, network, PID, IPC, UTS), and a private root that holds only [`Needs`];
//! 2. resource limits, `no_new_privs`, no capabilities;
//! 3. Landlock, which repeats [`Needs`] for a host without namespaces;
//! 4. seccomp, against system calls that no VMM needs.
//!
//! A host without a layer goes without it, and [`Layer`] says so. A folder root is the exception: only
//! the private root keeps its guest inside the folder, since Landlock does not mediate `O_PATH`.
//!
//! Sources: Linux `Documentation/userspace-api/landlock.rst`, `no_new_privs.rst` and
//! `seccomp_filter.rst`; namespaces(7), user_namespaces(7), pivot_root(2).

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod privileges;
mod program;
#[cfg(target_os = "linux")]
mod root;
#[cfg(target_os = "linux")]
mod seccomp;

use super::plan::{Accelerator, Plan, RootPlan};
use crate::confine::is_simulated_absent;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub(super) use namespaces::enter as enter_namespaces;
#[cfg(target_os = "linux")]
pub(super) use privileges::close_descriptors;

/// The layers that `KELPIE_CHECK_SIMULATE` can make absent, by the names that it uses.
const SIMULATED_LAYERS: [&str; 3] = ["namespaces", "landlock", "seccomp"];

/// What one machine needs of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The folder that the VMM writes to.
    pub scratch: PathBuf,
    /// Kernel, initramfs and disk where they lie outside of the scratch folder. They are only read.
    pub files: Vec<PathBuf>,
    /// The folder that the guest reads as its root.
    pub folder: Option<PathBuf>,
    /// The program that the leash becomes, its libraries and its firmware. Empty if the leash runs
    /// the machine in its own process.
    pub program: Vec<PathBuf>,
    /// Whether the VMM opens /dev/kvm.
    pub kvm: bool,
    /// Layers that a test wants absent.
    pub absent: Vec<String>,
}

/// One layer of a jail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Whether it is in force.
    pub is_in_force: bool,
    /// What it consists of here, or why it is missing.
    pub detail: String,
}

impl Layer {
    fn on(name: &str, detail: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            is_in_force: true,
            detail: detail.into(),
        }
    }

    fn off(name: &str, detail: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            is_in_force: false,
            detail: detail.into(),
        }
    }
}

/// The names of the layers, in the order in which they are applied.
pub const NAMESPACES: &str = "namespaces";
/// A root directory that holds only what the machine needs.
pub const ROOT: &str = "private root";
/// `no_new_privs`, capabilities, resource limits.
pub const PRIVILEGES: &str = "privileges";
/// Landlock.
pub const LANDLOCK: &str = "Landlock";
/// The filter of system calls.
pub const SECCOMP: &str = "seccomp";
/// The user that the VMM runs as.
pub const USER: &str = "user";
/// The only layer of a machine that runs without a jail.
pub const JAIL: &str = "jail";

/// What a machine without a jail could do.
pub const GIVEN_UP: &str = "--no-jail: a guest that takes over its VMM can read and write all files \
    of this user, use the network, and see its environment and processes";

impl Needs {
    /// Returns the needs of a machine. Paths are resolved, so that the links in the scratch folder
    /// lead to the same files in the jail.
    pub fn new(plan: &Plan, scratch: &Path, program: Option<&Path>) -> std::io::Result<Self> {
        let mut needs = Self {
            scratch: scratch.canonicalize()?,
            kvm: plan.accelerator == Accelerator::Kvm,
            absent: simulated_absent(),
            program: program.map(program::reads).unwrap_or_default(),
            ..Self::default()
        };
        let disk = match &plan.root {
            Some(RootPlan::Disk { path, .. }) => Some(path),
            Some(RootPlan::Folder { path, .. }) => {
                needs.folder = Some(path.canonicalize()?);
                None
            }
            None => None,
        };
        for path in [Some(&plan.kernel), plan.initramfs.as_ref(), disk]
            .into_iter()
            .flatten()
        {
            let path = path.canonicalize()?;
            if !path.starts_with(&needs.scratch) {
                needs.files.push(path);
            }
        }
        Ok(needs)
    }

    /// Returns the needs of nothing, to try the layers of this host.
    pub fn of_a_trial(scratch: &Path) -> std::io::Result<Self> {
        Ok(Self {
            scratch: scratch.canonicalize()?,
            absent: simulated_absent(),
            ..Self::default()
        })
    }

    #[cfg(target_os = "linux")]
    fn lacks(&self, name: &str) -> bool {
        self.absent.iter().any(|absent| absent == name)
    }
}

fn simulated_absent() -> Vec<String> {
    SIMULATED_LAYERS
        .into_iter()
        .filter(|name| is_simulated_absent(name))
        .map(str::to_owned)
        .collect()
}

/// Why a folder root is refused without a private root.
#[cfg(target_os = "linux")]
fn refusal(layers: &[Layer]) -> String {
    let why = layers
        .iter()
        .filter(|layer| [NAMESPACES, ROOT].contains(&layer.name.as_str()) && !layer.is_in_force)
        .map(|layer| layer.detail.as_str())
        .next_back()
        .unwrap_or_default();
    format!(
        "a folder root is not started without mount namespaces, because its guest could read every \
         file of this host ({why}); give the root as an image (mke2fs -d FOLDER makes one), or trust \
         the guest with --no-jail"
    )
}

/// Confines the calling process to `needs`. `layers` are those that its parent has applied. Returns the
/// layers, or why the machine must not start.
#[cfg(target_os = "linux")]
pub(super) fn confine(
    needs: &Needs,
    mut layers: Vec<Layer>,
    has_user_namespace: bool,
) -> Result<Vec<Layer>, String> {
    let is_in_force = |layers: &[Layer], name: &str| {
        layers
            .iter()
            .any(|layer| layer.name == name && layer.is_in_force)
    };
    if is_in_force(&layers, NAMESPACES) {
        layers.push(match root::enter(needs) {
            Ok(()) => Layer::on(ROOT, "only the files of the machine are visible"),
            Err(why) => Layer::off(ROOT, why),
        });
    }
    if needs.folder.is_some() && !is_in_force(&layers, ROOT) {
        return Err(refusal(&layers));
    }
    layers.push(privileges::drop_all(needs, has_user_namespace)?);
    layers.push(if needs.lacks("landlock") {
        Layer::off(LANDLOCK, SIMULATED)
    } else {
        landlock::restrict(needs)
    });
    layers.push(if needs.lacks("seccomp") {
        Layer::off(SECCOMP, SIMULATED)
    } else {
        seccomp::restrict()
    });
    Ok(layers)
}

/// Why a layer is absent in a test.
#[cfg(target_os = "linux")]
const SIMULATED: &str = "simulated to be absent";

/// Says that this system has no layers.
#[cfg(not(target_os = "linux"))]
pub(super) fn confine(
    _: &Needs,
    mut layers: Vec<Layer>,
    _has_user_namespace: bool,
) -> Result<Vec<Layer>, String> {
    layers.push(Layer::off(
        JAIL,
        "this system has no namespaces, Landlock or seccomp",
    ));
    Ok(layers)
}

/// Returns the layers of a machine that runs without a jail.
pub(super) fn given_up() -> Vec<Layer> {
    vec![Layer::off(JAIL, GIVEN_UP)]
}

/// Returns what the user is that the VMM runs as.
pub(super) fn user() -> Layer {
    if rustix::process::geteuid().is_root() {
        Layer::off(
            USER,
            "kelpie-check runs as root; run it as a user without privileges for one more layer",
        )
    } else {
        Layer::on(USER, "not root")
    }
}
