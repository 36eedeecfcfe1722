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

/// A program with an instruction of AVX2, and the note by which compilers say so.
pub fn of_level_3() -> Vec<u8> {
    /// `vpxor %ymm0,%ymm0,%ymm0`, and a jump to itself.
    const CODE: [u8; 6] = [0xc5, 0xfd, 0xef, 0xc0, 0xeb, 0xfe];
    /// ".note.gnu.property": owner GNU, type 5, x86 ISA needed: the bits of the baseline to v3.
    const PROPERTY: [u32; 8] = [4, 16, 5, 0x0055_4e47, 0xc000_8002, 4, 7, 0];
    let mut file = bare(X86_64, &CODE);
    let note: Vec<u8> = PROPERTY
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let note_at = u64::try_from(file.len().next_multiple_of(8)).unwrap();
    file.resize(usize::try_from(note_at).unwrap(), 0);
    file.extend(&note);
    // The table of program headers moves behind both, with one entry more.
    let table_at = u64::try_from(file.len()).unwrap();
    let load = file[64..120].to_vec();
    file.extend(load);
    let length = u64::try_from(note.len()).unwrap();
    file.extend(4_u32.to_le_bytes());
    file.extend(4_u32.to_le_bytes());
    for value in [note_at, 0, 0, length, length, 8] {
        file.extend(value.to_le_bytes());
    }
    file[32..40].copy_from_slice(&table_at.to_le_bytes());
    file[56..58].copy_from_slice(&2_u16.to_le_bytes());
    file
}

/// A root without an init.
pub fn bare_root() -> Ext4 {
    Ext4::new().directory("/dev", 0o755)
}

/// A root with an init that lives.
pub fn good_root(architecture: Architecture) -> Ext4 {
    bare_root().file("/sbin/init", 0o755, living(architecture))
}
