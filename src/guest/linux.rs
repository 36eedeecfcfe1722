//! What programs say to the kernel: numbers of its interface, and calls that more than one makes.
//!
//! Sources: `include/uapi/linux/fcntl.h` and `asm-generic/fcntl.h`, `mount.h`, `fs.h`, `reboot.h`.
//! arm64 has other numbers for some flags of open(2); none of those is here.

use super::assembler::{Program, Syscall};

pub(super) const STDOUT: i32 = 1;

pub(super) const AT_FDCWD: i32 = -100;
pub(super) const O_RDONLY: i32 = 0;
pub(super) const O_WRONLY: i32 = 1;
pub(super) const O_RDWR: i32 = 2;
pub(super) const O_NOCTTY: i32 = 0o400;

pub(super) const MS_RDONLY: i32 = 1;
pub(super) const MS_MOVE: i32 = 8192;
pub(super) const MNT_DETACH: i32 = 2;

/// 0xfee1dead, as the signed number that it is.
pub(super) const LINUX_REBOOT_MAGIC1: i32 = -0x011e_2153;
pub(super) const LINUX_REBOOT_MAGIC2: i32 = 672_274_793;
pub(super) const LINUX_REBOOT_CMD_RESTART: i32 = 0x0123_4567;

pub(super) const ENOENT: i32 = -2;
pub(super) const EACCES: i32 = -13;
pub(super) const EEXIST: i32 = -17;
pub(super) const ENODEV: i32 = -19;
pub(super) const EROFS: i32 = -30;

/// Waits for so long.
pub(super) fn sleep(p: &mut Program, seconds: u64, nanoseconds: u64) {
    let mut timespec = seconds.to_le_bytes().to_vec();
    timespec.extend(nanoseconds.to_le_bytes());
    let timespec = p.bytes(timespec);
    p.syscall(Syscall::Nanosleep, &[timespec.into(), 0.into()]);
}
