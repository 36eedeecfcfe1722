//! The filter of system calls: those that change the host or other processes, and that no VMM needs.
//! QEMU adds its own filter with `-sandbox`.
//!
//! Sources: Linux `Documentation/userspace-api/seccomp_filter.rst`; the default profile of Docker 27
//! (`profiles/seccomp/default.json`), which denies the same calls and answers clone3 with ENOSYS, so
//! that C libraries fall back to clone.

use super::{Layer, SECCOMP};
use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Calls that fail with EPERM.
const DENIED: [c_long; 45] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Restricts the calling thread.
pub(super) fn restrict() -> Layer {
    let applied = filters().and_then(|filters| {
        filters.iter().try_for_each(|filter| {
            seccompiler::apply_filter(filter).map_err(|error| error.to_string())
        })
    });
    match applied {
        Ok(()) => Layer::on(
            SECCOMP,
            format!("{} system calls denied, Unix sockets only", DENIED.len()),
        ),
        Err(why) => Layer::off(SECCOMP, why),
    }
}

/// Compiles the filters. The kernel asks all of them, and the strictest answer counts.
fn filters() -> Result<Vec<BpfProgram>, String> {
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.into_iter().map(|call| (call, Vec::new())).collect();
    denied.insert(libc::SYS_clone, vec![new_user_namespace()?]);
    denied.insert(libc::SYS_socket, vec![other_than_unix()?]);
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok(vec![
        compiled(denied, libc::EPERM)?,
        compiled(clone3, libc::ENOSYS)?,
        #[cfg(target_arch = "x86_64")]
        no_x32()?,
    ])
}

/// A socket family other than `AF_UNIX`. A network namespace does not isolate `AF_VSOCK`.
fn other_than_unix() -> Result<SeccompRule, String> {
    let unix = u64::try_from(libc::AF_UNIX).map_err(|error| error.to_string())?;
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, unix);
    condition
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|error| error.to_string())
}

/// Denies every call of x32. Their numbers have bit 30 set, and the kernel takes them from any program
/// of x86-64, so the other filters miss them. seccompiler compares a number with single values only.
#[cfg(target_arch = "x86_64")]
fn no_x32() -> Result<BpfProgram, String> {
    const LOAD_WORD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const JUMP_IF_SET: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    /// The offset of `nr` in `struct seccomp_data`.
    const NUMBER: u32 = 0;
    /// `__X32_SYSCALL_BIT` of `arch/x86/include/uapi/asm/unistd.h`.
    const X32_BIT: u32 = 0x4000_0000;
    let errno = libc::SECCOMP_RET_ERRNO | u32::try_from(libc::EPERM).unwrap_or_default();
    [
        (LOAD_WORD, 0, NUMBER),
        (JUMP_IF_SET, 1, X32_BIT),
        (RETURN, 0, libc::SECCOMP_RET_ALLOW),
        (RETURN, 0, errno),
    ]
    .into_iter()
    .map(|(code, jt, k)| {
        let code = u16::try_from(code).map_err(|error| error.to_string())?;
        Ok(seccompiler::sock_filter { code, jt, jf: 0, k })
    })
    .collect()
}

/// `clone` with CLONE_NEWUSER.
fn new_user_namespace() -> Result<SeccompRule, String> {
    let flag = u64::try_from(libc::CLONE_NEWUSER).map_err(|error| error.to_string())?;
    let condition = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(flag),
        flag,
    );
    condition
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|error| error.to_string())
}

fn compiled(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> Result<BpfProgram, String> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)
        .map_err(|_| "no filter for this architecture".to_owned())?;
    let errno = u32::try_from(errno).map_err(|error| error.to_string())?;
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        architecture,
    )
    .and_then(BpfProgram::try_from)
    .map_err(|error| error.to_string())
}
