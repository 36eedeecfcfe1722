//! The mounts of `/etc/fstab` that an init system waits for, and what it does if one fails.
//!
//! Sources: systemd 252 and 257 `src/fstab-generator/fstab-generator.c` (`parse_fstab`, `add_mount`),
//! `src/shared/fstab-util.c`, `src/basic/mountpoint-util.c` (`fstype_is_network`),
//! `units/local-fs.target`; OpenRC 0.55 `init.d/localmount.in` and `init.d/fsck.in`, which go on.

use super::super::fstab::{Mount, fstab};
use super::super::text;
use super::systemd::{TargetWords, Unit, unit};
use super::{InitSystem, is_executable};
use crate::error::Result;
use crate::tree::Tree;

/// The mounts that an init system waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededMounts {
    /// The lines of `/etc/fstab`, in their order.
    pub mounts: Vec<Mount>,
    /// What the init does if one of them fails.
    pub then: MountFails,
}

/// What an init does if a mount fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountFails {
    /// It never reaches its first target, as a sentence without its full stop.
    Stops(&'static str),
    /// This is not modelled, as the end of "unknown: …".
    Unknown(String),
}

const GENERATORS: [&str; 2] = [
    "/usr/lib/systemd/system-generators/systemd-fstab-generator",
    "/lib/systemd/system-generators/systemd-fstab-generator",
];
const LOCAL_FS: &str = "local-fs.target";
const EMERGENCY: &str = "emergency.target";
/// File systems in a network: `remote-fs.target` does without them.
const NETWORK: [&str; 17] = [
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "gfs",
    "gfs2",
    "glusterfs",
    "lustre",
    "ncp",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "pvfs2",
    "smb3",
    "smbfs",
    "sshfs",
];
/// Where systemd mounts what it needs before it reads `/etc/fstab`.
const OWN: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];

/// Returns the mounts that an init of `system` waits for; `None` if it does without any of them.
pub fn needed_mounts(
    tree: &dyn Tree,
    system: InitSystem,
    words: &TargetWords,
) -> Result<Option<NeededMounts>> {
    let then = match system {
        InitSystem::Systemd => match by_systemd(tree, words)? {
            Some(then) => then,
            None => return Ok(None),
        },
        InitSystem::Sysvinit | InitSystem::Runit | InitSystem::S6 | InitSystem::Dinit => {
            MountFails::Unknown(format!("what {system} does if it cannot mount"))
        }
        InitSystem::OpenRc
        | InitSystem::BusyboxInit
        | InitSystem::Container
        | InitSystem::OwnScript
        | InitSystem::OwnProgram => return Ok(None),
    };
    let Some(fstab) = fstab(tree)? else {
        return Ok(None);
    };
    let mounts: Vec<Mount> = fstab.mounts.into_iter().filter(is_needed).collect();
    Ok((!mounts.is_empty()).then_some(NeededMounts { mounts, then }))
}

/// `local-fs.target` requires the mounts, and names `emergency.target` in `OnFailure=`.
fn by_systemd(tree: &dyn Tree, words: &TargetWords) -> Result<Option<MountFails>> {
    if words.is_fstab_ignored || words.unit.as_deref() == Some(EMERGENCY) {
        return Ok(None);
    }
    let mut has_generator = false;
    for path in GENERATORS {
        has_generator |= is_executable(tree, path)?;
    }
    let Unit::File(path) = unit(tree, LOCAL_FS)? else {
        return Ok(None);
    };
    if !has_generator {
        return Ok(None);
    }
    if let Some(masked) = &words.masked_mount {
        return Ok(Some(MountFails::Unknown(format!(
            "what systemd.mask={masked} does to the mounts of /etc/fstab"
        ))));
    }
    let text = text(tree, path.as_bytes())?.map(|(_, text)| text);
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let names_emergency = text
        .lines()
        .any(|line| line.trim() == "OnFailure=emergency.target");
    let has_emergency = matches!(unit(tree, EMERGENCY)?, Unit::File(_));
    Ok(Some(if names_emergency && has_emergency {
        MountFails::Stops(
            "The unit local-fs.target fails, after a wait of 90 seconds if the device is missing, and \
             systemd starts emergency.target in place of its first target",
        )
    } else {
        MountFails::Unknown(format!(
            "what systemd does if it cannot mount: {LOCAL_FS} has no OnFailure={EMERGENCY}"
        ))
    }))
}

/// Returns true if an init mounts this at boot and waits for it.
fn is_needed(mount: &Mount) -> bool {
    let has = |name: &str| mount.options.iter().any(|option| option == name);
    // The last of two that contradict each other counts.
    let is_on = |on: &str, off: &str| {
        let mut options = mount.options.iter().rev();
        options
            .find(|option| *option == on || *option == off)
            .is_some_and(|option| option == on)
    };
    let point = mount.mount_point.as_str();
    let is_own = OWN.iter().any(|own| {
        let below = point.strip_prefix(own);
        below.is_some_and(|below| below.is_empty() || (*own != "/run" && below.starts_with('/')))
    });
    let kind = mount.file_system.as_str();
    let is_network =
        has("_netdev") || NETWORK.contains(&kind.strip_prefix("fuse.").unwrap_or(kind));
    point.starts_with('/')
        && point != "/"
        && !is_own
        && !is_network
        && !matches!(kind, "swap" | "autofs")
        && !is_on("noauto", "auto")
        && !is_on("nofail", "fail")
        && !has("x-systemd.automount")
        && !has("comment=systemd.automount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_needed_unless_its_line_says_otherwise() {
        let is_needed = |point: &str, kind: &str, options: &str| {
            is_needed(&Mount {
                device: "LABEL=x".to_owned(),
                mount_point: point.to_owned(),
                file_system: kind.to_owned(),
                options: options.split(',').map(str::to_owned).collect(),
            })
        };
        for options in [
            "defaults",
            "nofail,fail",
            "noauto,auto",
            "x-systemd.device-timeout=5",
        ] {
            assert!(is_needed("/srv", "ext4", options), "{options}");
        }
        for options in [
            "nofail",
            "noauto",
            "fail,nofail",
            "x-systemd.automount",
            "comment=systemd.automount",
            "_netdev",
        ] {
            assert!(!is_needed("/srv", "ext4", options), "{options}");
        }
        for kind in ["swap", "nfs4", "fuse.sshfs", "autofs"] {
            assert!(!is_needed("/srv", kind, "defaults"), "{kind}");
        }
        for point in ["/", "none", "/proc", "/dev/shm", "/sys/fs/bpf", "/run"] {
            assert!(!is_needed(point, "tmpfs", "defaults"), "{point}");
        }
        assert!(is_needed("/run/media", "ext4", "defaults"));
        assert!(is_needed("/developer", "ext4", "defaults"));
    }
}
