//! Programs for init, and the roots and archives around them.

use super::forge::ext4::Ext4;
use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::{Assembled, Operation, Program, Register, Syscall, assemble};
use kelpie_check::guest::{executable, marker};

pub use Architecture::{Aarch64, X86_64};

/// The architectures of the minimal kernels.
pub const BOTH: [Architecture; 2] = [X86_64, Aarch64];

fn built(program: &Program, architecture: Architecture) -> Vec<u8> {
    executable(&assemble(program, architecture).unwrap())
}

/// Says that userspace is reached, as our own init does, and sleeps.
pub fn living(architecture: Architecture) -> Vec<u8> {
    let mut program = Program::new();
    let said = format!("{}\n", marker::TEXT);
    let text = program.text(&said);
    let length = i32::try_from(said.len()).unwrap();
    program.syscall(Syscall::Write, &[1.into(), text.into(), length.into()]);
    sleep(&mut program);
    built(&program, architecture)
}

/// Sleeps, and says nothing: as a shell that nobody types into.
pub fn sleeping(architecture: Architecture) -> Vec<u8> {
    let mut program = Program::new();
    sleep(&mut program);
    built(&program, architecture)
}

fn sleep(program: &mut Program) {
    let hour = program.bytes([3600_u64.to_le_bytes(), [0; 8]].concat());
    let forever = program.here();
    program.syscall(Syscall::Nanosleep, &[hour.into(), 0.into()]);
    program.jump(forever);
}

/// Ends with a status.
pub fn exiting(architecture: Architecture, status: i32) -> Vec<u8> {
    let mut program = Program::new();
    program.syscall(Syscall::Exit, &[status.into()]);
    built(&program, architecture)
}

/// Reads where nothing is.
pub fn crashing(architecture: Architecture) -> Vec<u8> {
    let mut program = Program::new();
    program.set(Register::R0, 0);
    program.push(Operation::LoadWord(Register::R1, Register::R0, 0));
    built(&program, architecture)
}

/// Bare instructions.
pub fn bare(architecture: Architecture, code: &[u8]) -> Vec<u8> {
    executable(&Assembled {
        architecture,
        bytes: code.to_vec(),
        code_bytes: u64::try_from(code.len()).unwrap(),
        space_bytes: 0,
    })
}

/// A root without an init.
pub fn bare_root() -> Ext4 {
    Ext4::new().directory("/dev", 0o755)
}

/// A root with an init that lives.
pub fn good_root(architecture: Architecture) -> Ext4 {
    bare_root().file("/sbin/init", 0o755, living(architecture))
}
