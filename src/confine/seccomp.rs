//! seccomp: system calls that [`Needs`] leaves out fail with EPERM.
//!
//! Source: Linux `Documentation/userspace-api/seccomp_filter.rst`, `arch/x86/entry/syscalls/`.

use super::{Needs, Sockets};
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Calls that no command needs: they reach other processes or change the kernel. The calls of
/// io_uring are among them because it opens sockets without a call that a filter sees.
const NEVER: &[i64] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_userfaultfd,
];

/// Calls that only a command needs that starts programs: it may put them into namespaces.
const PROGRAMS: &[i64] = &[
    libc::SYS_chroot,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
];

/// Calls that change the mode, owner, times or attributes of a file. Landlock does not mediate them,
/// and no command needs them that only reads.
const ATTRIBUTES: &[i64] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    // fchmodat2, which has this number on every architecture.
    452,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// The older calls of x86-64 for the same.
#[cfg(target_arch = "x86_64")]
const OLD_ATTRIBUTES: &[i64] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD_ATTRIBUTES: &[i64] = &[];

/// Calls that a command without sockets does not need.
const SOCKETS: &[i64] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_socketpair,
];

/// x32 programs make the calls of x86-64 with this bit set, and the kernel takes them from any program.
#[cfg(target_arch = "x86_64")]
const X32_BIT: i64 = 0x4000_0000;

/// Calls above whose number differs in x32 (`syscall_64.tbl`): ioctl, execve, ptrace, kexec_load,
/// process_vm_readv, process_vm_writev and execveat.
#[cfg(target_arch = "x86_64")]
const X32_NUMBERS: &[(i64, i64)] = &[
    (libc::SYS_ioctl, 514),
    (libc::SYS_execve, 520),
    (libc::SYS_ptrace, 521),
    (libc::SYS_kexec_load, 528),
    (libc::SYS_process_vm_readv, 539),
    (libc::SYS_process_vm_writev, 540),
    (libc::SYS_execveat, 545),
];

/// Returns true if the running kernel filters system calls.
pub(super) fn is_available() -> bool {
    Path::new("/proc/sys/kernel/seccomp/actions_avail").exists()
}

/// Applies the filters to the calling thread. The kernel asks all of them, and the strictest answer
/// counts.
pub(super) fn filter(needs: &Needs) -> Result<(), Error> {
    let program = program(needs)?;
    if !needs.programs {
        apply_filter(&without_clone3()?)?;
    }
    apply_filter(&program)
}

/// Answers `clone3` with ENOSYS, so that C libraries fall back to `clone`. A filter can't read the
/// flags of `clone3`, which lie in memory.
fn without_clone3() -> Result<BpfProgram, Error> {
    let calls = [
        libc::SYS_clone3,
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_clone3 | X32_BIT),
    ];
    compiled(calls.map(|call| (call, Vec::new())).into(), ENOSYS)
}

fn program(needs: &Needs) -> Result<BpfProgram, Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut deny = |call: i64, conditions: Vec<SeccompRule>| {
        #[cfg(target_arch = "x86_64")]
        {
            let number = X32_NUMBERS
                .iter()
                .find(|(native, _)| *native == call)
                .map_or(call, |(_, x32)| *x32);
            rules.insert(number | X32_BIT, conditions.clone());
        }
        rules.insert(call, conditions);
    };
    for call in NEVER {
        deny(*call, Vec::new());
    }
    deny(libc::SYS_ioctl, typing()?);
    if !needs.programs {
        for call in PROGRAMS {
            deny(*call, Vec::new());
        }
        deny(libc::SYS_clone, namespaces()?);
    }
    if !needs.programs && needs.writes.is_empty() {
        for call in ATTRIBUTES.iter().chain(OLD_ATTRIBUTES) {
            deny(*call, Vec::new());
        }
    }
    match needs.sockets {
        Sockets::None => {
            for call in SOCKETS {
                deny(*call, Vec::new());
            }
            deny(libc::SYS_socket, Vec::new());
        }
        Sockets::Unix => deny(libc::SYS_socket, vec![other_than_unix()?]),
        Sockets::Network => deny(libc::SYS_socket, other_than_internet()?),
    }
    compiled(rules, EPERM)
}

fn compiled(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: u32) -> Result<BpfProgram, Error> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    Ok(filter.try_into()?)
}

/// `EPERM` of `include/uapi/asm-generic/errno-base.h`.
const EPERM: u32 = 1;

/// `ENOSYS` of `include/uapi/asm-generic/errno.h`.
const ENOSYS: u32 = 38;

/// Socket families (`include/linux/socket.h`).
const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const AF_NETLINK: u64 = 16;

/// The first argument of `socket` is a family other than `AF_UNIX`.
fn other_than_unix() -> Result<SeccompRule, Error> {
    Ok(SeccompRule::new(vec![argument(
        0,
        SeccompCmpOp::Ne,
        AF_UNIX,
    )?])?)
}

/// Sockets that no client of a server needs. The resolver of the C library reads the addresses of this
/// host by a netlink socket of protocol 0 (`NETLINK_ROUTE`).
fn other_than_internet() -> Result<Vec<SeccompRule>, Error> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    /// The type of a socket without its flags (`include/linux/net.h`).
    const TYPE: u64 = 0xf;
    const SOCK_RAW: u64 = 3;
    /// With `AF_INET` it stands for `AF_PACKET`.
    const SOCK_PACKET: u64 = 10;
    let other_family = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK]
        .into_iter()
        .map(|family| argument(0, Ne, family))
        .collect::<Result<_, _>>()?;
    Ok(vec![
        SeccompRule::new(other_family)?,
        SeccompRule::new(vec![argument(0, Eq, AF_NETLINK)?, argument(2, Ne, 0)?])?,
        SeccompRule::new(vec![
            argument(0, Ne, AF_NETLINK)?,
            argument(1, MaskedEq(TYPE), SOCK_RAW)?,
        ])?,
        SeccompRule::new(vec![argument(1, MaskedEq(TYPE), SOCK_PACKET)?])?,
    ])
}

/// The first argument of `clone` has a flag that makes a namespace (clone(2)).
fn namespaces() -> Result<Vec<SeccompRule>, Error> {
    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    const FLAGS: [u64; 7] = [
        0x0002_0000,
        0x0200_0000,
        0x0400_0000,
        0x0800_0000,
        0x1000_0000,
        0x2000_0000,
        0x4000_0000,
    ];
    FLAGS
        .into_iter()
        .map(|flag| {
            Ok(SeccompRule::new(vec![argument(
                0,
                SeccompCmpOp::MaskedEq(flag),
                flag,
            )?])?)
        })
        .collect()
}

/// The low half of an argument compares with a value.
fn argument(number: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, Error> {
    Ok(SeccompCondition::new(
        number,
        SeccompCmpArgLen::Dword,
        operator,
        value,
    )?)
}

/// The request of `ioctl` puts text into the input of a terminal, where the user's shell reads it after
/// this process has ended: `TIOCSTI`, and `TIOCLINUX` on a virtual console (ioctl_tty(2)).
fn typing() -> Result<Vec<SeccompRule>, Error> {
    const TIOCSTI: u64 = 0x5412;
    const TIOCLINUX: u64 = 0x541c;
    [TIOCSTI, TIOCLINUX]
        .into_iter()
        .map(|request| {
            let is_it =
                SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request)?;
            Ok(SeccompRule::new(vec![is_it])?)
        })
        .collect()
}
