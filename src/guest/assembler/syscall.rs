//! The system calls that programs make, and their numbers.
//!
//! Sources: `arch/x86/entry/syscalls/syscall_64.tbl`; `include/uapi/asm-generic/unistd.h`, which
//! arm64 and RISC-V share. A number never changes once it is given.

/// A system call, by the kernel's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Syscall {
    Chdir,
    Chroot,
    Close,
    Dup3,
    Execve,
    Exit,
    FinitModule,
    Mount,
    Nanosleep,
    Openat,
    Read,
    Reboot,
    Sync,
    Umount2,
    Unlinkat,
    Write,
}

impl Syscall {
    /// Every system call here, with its name in the kernel's headers, its number on x86-64, and the
    /// one that newer architectures share.
    pub const ALL: [(Self, &'static str, u16, u16); 16] = [
        (Self::Chdir, "chdir", 80, 49),
        (Self::Chroot, "chroot", 161, 51),
        (Self::Close, "close", 3, 57),
        (Self::Dup3, "dup3", 292, 24),
        (Self::Execve, "execve", 59, 221),
        (Self::Exit, "exit", 60, 93),
        (Self::FinitModule, "finit_module", 313, 273),
        (Self::Mount, "mount", 165, 40),
        (Self::Nanosleep, "nanosleep", 35, 101),
        (Self::Openat, "openat", 257, 56),
        (Self::Read, "read", 0, 63),
        (Self::Reboot, "reboot", 169, 142),
        (Self::Sync, "sync", 162, 81),
        (Self::Umount2, "umount2", 166, 39),
        (Self::Unlinkat, "unlinkat", 263, 35),
        (Self::Write, "write", 1, 64),
    ];

    fn row(self) -> Option<(u16, u16)> {
        Self::ALL
            .into_iter()
            .find(|(call, ..)| *call == self)
            .map(|(_, _, x86_64, generic)| (x86_64, generic))
    }

    pub(super) fn x86_64(self) -> Option<u16> {
        self.row().map(|(x86_64, _)| x86_64)
    }

    pub(super) fn generic(self) -> Option<u16> {
        self.row().map(|(_, generic)| generic)
    }
}
