//! KC514: the kernel cannot mount its root over the network.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NETWORK_ROOT_NOT_MOUNTED: Cause = Cause {
    code: Code(514),
    name: "network-root-not-mounted",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The root is on a server (NFS, CIFS or 9p), and the kernel cannot mount it.",
    explanation: "With root=/dev/nfs the kernel configures an interface by ip=, asks the server for the \
        directory that nfsroot= or DHCP names, and mounts it. It fails without a driver of the \
        network card, without CONFIG_ROOT_NFS and CONFIG_IP_PNP, without an answer of the \
        server, with an NFS version that the server does not serve, or where the export refuses \
        the client. It is known only by booting.",
    fix: "See that IP-Config completes with the right server, that the server exports the \
        directory to this address (`showmount -e SERVER`, no_root_squash), and name the version: \
        nfsroot=SERVER:/PATH,vers=3,tcp.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs via ‹NFS›",
            by: "Linux, init/do_mounts.c",
            says: Says::It,
        },
        Tell {
            text: "Root-NFS: ‹…›",
            by: "Linux, fs/nfs/nfsroot.c",
            says: Says::Mostly,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,255)›",
            by: "Linux, in its panic: 0,255 is Root_NFS",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"‹nfs›\" or unknown-block(‹0,255›)‹: error -6›",
            by: "Linux, init/do_mounts.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "nfs: server ‹192.168.1.1› not responding, still trying",
            by: "Linux, net/sunrpc/clnt.c",
            says: Says::When(weak),
        },
        Tell {
            text: "IP-Config: Retrying forever (NFS root)...",
            by: "Linux, net/ipv4/ipconfig.c",
            says: Says::Mostly,
        },
        Tell {
            text: "IP-Config: No network devices available",
            by: "Linux, net/ipv4/ipconfig.c",
            says: Says::Mostly,
        },
        Tell {
            text: "IP-Config: Auto-configuration of network failed",
            by: "Linux, net/ipv4/ipconfig.c",
            says: Says::Mostly,
        },
        Tell {
            text: "DHCP: timed out‹…›",
            by: "Linux, net/ipv4/ipconfig.c",
            says: Says::When(weak),
        },
        Tell {
            text: "mount.nfs: ‹Connection timed out›",
            by: "nfs-utils, in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "nfsmount: ‹…›",
            by: "klibc nfsmount, in an initramfs",
            says: Says::When(weak),
        },
    ],
    sources: &[
        "Linux 6.12 init/do_mounts.c, mount_nfs_root and mount_root",
        "Linux 6.12 fs/nfs/nfsroot.c; include/linux/root_dev.h, Root_NFS",
        "Linux 6.12 net/ipv4/ipconfig.c",
        "Linux Documentation/admin-guide/nfs/nfsroot.rst",
    ],
    check: Check::Running,
};

/// `Root_NFS` and `Root_CIFS`.
const ROOTS: [u32; 2] = [255, 254];

fn weigh(clues: &Clues) -> Belief {
    let block = clues
        .root_failure
        .as_ref()
        .map(|failure| failure.block)
        .or(clues.root_panic);
    let is_network = block.is_some_and(|block| block.major == 0 && ROOTS.contains(&block.minor));
    let is_named = clues
        .root_failure
        .as_ref()
        .is_some_and(|failure| matches!(failure.named.trim_start_matches("/dev/"), "nfs" | "cifs"));
    Belief::Certain.only_if(is_network || is_named)
}

/// A mount over the network that a running system makes is another matter.
fn weak(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.is_past_initramfs() && !clues.has_reached(Stage::RootMount))
}
