//! What a process is allowed by its credentials and limits: no new privileges, no capabilities, no core
//! dump, few descriptors.
//!
//! Sources: capabilities(7) ("Transformation of capabilities during execve()"), Linux
//! `Documentation/userspace-api/no_new_privs.rst`, close_range(2).

use super::{Layer, Needs, PRIVILEGES};
use rustix::process::{Resource, Rlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// A VMM of one disk and one CPU has fewer than 100 descriptors open.
const DESCRIPTORS: u64 = 1024;

/// Closes every descriptor beside standard input, output and error.
#[allow(unsafe_code)]
pub(in super::super) fn close_descriptors() {
    // SAFETY: close_range takes three integers. The leash calls this first, when nothing in this
    // process owns a descriptor above 2: those that exist were inherited.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}

/// Gives everything up, except that root still reads the files of other users that are in the jail.
pub(super) fn drop_all(needs: &Needs, has_user_namespace: bool) -> Result<Layer, String> {
    let failed = |what: &str, error: rustix::io::Errno| format!("{what}: {error}");
    limit(Resource::Core, 0).map_err(|error| failed("setrlimit", error))?;
    // A share of a folder holds a descriptor for each file that the guest looked up.
    if needs.folder.is_none() {
        limit(Resource::Nofile, DESCRIPTORS).map_err(|error| failed("setrlimit", error))?;
    }
    let is_root = rustix::process::geteuid().is_root() && !has_user_namespace;
    let kept = if is_root {
        CapabilitySet::DAC_OVERRIDE
    } else {
        CapabilitySet::empty()
    };
    let current = rustix::thread::capabilities(None).map_err(|error| failed("capget", error))?;
    if current.effective.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().difference(kept).iter() {
            // A capability that this kernel does not know is refused.
            rustix::thread::remove_capability_from_bounding_set(capability).ok();
        }
    }
    rustix::thread::clear_ambient_capability_set().ok();
    let kept = current.permitted & kept;
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )
    .map_err(|error| failed("capset", error))?;
    rustix::thread::set_no_new_privs(true).map_err(|error| failed("no_new_privs", error))?;
    Ok(Layer::on(
        PRIVILEGES,
        if kept.is_empty() {
            "no_new_privs, no capabilities, no core dumps"
        } else {
            "no_new_privs, no capability but CAP_DAC_OVERRIDE, no core dumps"
        },
    ))
}

fn limit(resource: Resource, most: u64) -> Result<(), rustix::io::Errno> {
    let hard = rustix::process::getrlimit(resource).maximum;
    let most = Some(hard.map_or(most, |hard| hard.min(most)));
    rustix::process::setrlimit(
        resource,
        Rlimit {
            current: most,
            maximum: most,
        },
    )
}
