//! Namespaces of the machine's own.
//!
//! Sources: namespaces(7), user_namespaces(7) ("Defining user and group ID mappings").

use super::{Layer, NAMESPACES, Needs, SIMULATED};
use rustix::io::Errno;
use rustix::thread::UnshareFlags;

/// Leaves the host's namespaces. The caller's next child is the first process of the new PID
/// namespace. A process without privileges, and root in a container that refuses it, does so through
/// a user namespace. Returns the layer, and whether it has one.
pub(in super::super) fn enter(needs: &Needs) -> (Layer, bool) {
    if needs.lacks("namespaces") {
        return (Layer::off(NAMESPACES, SIMULATED), false);
    }
    let own = UnshareFlags::NEWNS
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if uid.is_root() && unshare(own).is_ok() {
        return (
            Layer::on(NAMESPACES, "mount, network, PID, IPC, UTS"),
            false,
        );
    }
    if let Err(error) = unshare(own | UnshareFlags::NEWUSER) {
        let why = format!("the host permits no namespaces (unshare: {error})");
        return (Layer::off(NAMESPACES, why), false);
    }
    let mapped = map("uid_map", uid.as_raw()).and_then(|()| map("gid_map", gid.as_raw()));
    let detail = match mapped {
        Ok(()) => "mount, network, PID, IPC, UTS, user".to_owned(),
        // They are in force, but nothing can be mounted in them.
        Err(error) => format!("network, PID, IPC, UTS, user without a map ({error})"),
    };
    (Layer::on(NAMESPACES, detail), true)
}

#[allow(unsafe_code)]
fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: `unshare_unsafe` asks that no other thread sees the descriptors of an unshared table:
    // the flags do not contain FILES, and the leash has one thread.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Has user or group 0 of the namespace stand for the caller's own.
fn map(file: &str, outside: u32) -> std::io::Result<()> {
    if file == "gid_map" {
        std::fs::write("/proc/self/setgroups", "deny")?;
    }
    std::fs::write(format!("/proc/self/{file}"), format!("0 {outside} 1"))
}
