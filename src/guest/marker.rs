//! The smallest initramfs: it proves that a kernel reaches userspace.
//!
//! Its init writes [`TEXT`] to the console and to the kernel's log, and restarts the machine. It
//! mounts no root and reads nothing.

use super::assembler::{Condition, Datum, Program, Register, Syscall, assemble};
use super::elf::executable;
use super::linux::{
    AT_FDCWD, LINUX_REBOOT_CMD_RESTART, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, O_NOCTTY,
    O_WRONLY, STDOUT, sleep,
};
use crate::architecture::Architecture;
use crate::initramfs::Writer;

/// What the init says.
pub const TEXT: &str = "kelpie-check: userspace reached";

/// The archive for this architecture; `None` where there is no init of ours for it.
pub fn archive(architecture: Architecture) -> Option<Vec<u8>> {
    let init = executable(&assemble(&init(), architecture).ok()?);
    let mut archive = Writer::new();
    archive.directory("dev", 0o755).ok()?;
    // The kernel opens /dev/console for init before that has mounted anything.
    archive.character_device("dev/console", 0o600, 5, 1).ok()?;
    archive.character_device("dev/kmsg", 0o600, 1, 11).ok()?;
    archive.file("init", 0o755, &init).ok()?;
    archive.finish().ok()
}

/// The init, of no architecture yet.
pub fn init() -> Program {
    let mut program = Program::new();
    let p = &mut program;
    let devtmpfs = p.text("devtmpfs");
    let dev = p.text("/dev");
    // Where the kernel has it mounted already (EBUSY), or has none (ENODEV), the nodes that are
    // there do.
    p.syscall(
        Syscall::Mount,
        &[
            devtmpfs.into(),
            dev.into(),
            devtmpfs.into(),
            0.into(),
            0.into(),
        ],
    );

    let console = p.text("/dev/console");
    let opened = p.label();
    open(p, console);
    p.branch(Register::R0, Condition::NotLess, 0, opened);
    p.set(Register::R0, STDOUT);
    p.place(opened);
    write(p, &format!("{TEXT}\n"));

    // To the log too, as an alert, which `quiet` does not hide: some consoles are the kernel's alone.
    let kmsg = p.text("/dev/kmsg");
    let unlogged = p.label();
    open(p, kmsg);
    p.branch(Register::R0, Condition::Less, 0, unlogged);
    write(p, &format!("<1>{TEXT}\n"));
    p.place(unlogged);

    p.syscall(Syscall::Sync, &[]);
    // A console behind a queue is still being read.
    sleep(p, 0, 50_000_000);
    p.syscall(
        Syscall::Reboot,
        &[
            LINUX_REBOOT_MAGIC1.into(),
            LINUX_REBOOT_MAGIC2.into(),
            LINUX_REBOOT_CMD_RESTART.into(),
            0.into(),
        ],
    );
    // An init that ends makes the kernel panic, and this boot was good.
    let forever = p.here();
    sleep(p, 3600, 0);
    p.jump(forever);
    program
}

fn open(p: &mut Program, path: Datum) {
    p.syscall(
        Syscall::Openat,
        &[
            AT_FDCWD.into(),
            path.into(),
            (O_WRONLY | O_NOCTTY).into(),
            0.into(),
        ],
    );
}

/// Writes a text to the file that is open as the number in the first register.
fn write(p: &mut Program, text: &str) {
    let datum = p.text(text);
    let length = i32::try_from(text.len()).unwrap_or(0);
    p.syscall(
        Syscall::Write,
        &[Register::R0.into(), datum.into(), length.into()],
    );
}
