//! A portable assembler: a program is a list of operations, and each operation becomes a few
//! documented instructions of one architecture.
//!
//! What keeps it small: six registers that a system call leaves alone, offsets that every encoding
//! holds, and operations whose length never depends on where a label lies, so that one pass writes
//! the code and a second one fills in the distances.

mod aarch64;
mod code;
mod program;
mod riscv64;
mod syscall;
mod x86_64;

pub use program::{Argument, Condition, Datum, Label, Operand, Operation, Program, Register};
pub use syscall::Syscall;

use crate::architecture::Architecture;
use crate::error::{Error, Result};
use code::Code;

/// Everything that lies in memory begins on such a boundary where it is read as a word.
const WORD_BYTES: u64 = 8;

/// An architecture that programs are made for.
struct Backend {
    /// Appends the instructions of an operation; `None` where they cannot hold its operands.
    lower: fn(&Operation, &mut Code) -> Option<()>,
}

fn backend(architecture: Architecture) -> Option<Backend> {
    let lower = match architecture {
        Architecture::X86_64 => x86_64::lower,
        Architecture::Aarch64 => aarch64::lower,
        Architecture::Riscv64 => riscv64::lower,
        _ => return None,
    };
    Some(Backend { lower })
}

/// Whether programs are made for this architecture.
pub fn serves(architecture: Architecture) -> bool {
    backend(architecture).is_some()
}

/// A program as it lies in memory: code, then data, then space that begins as zeroes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// The machine that it runs on.
    pub architecture: Architecture,
    /// Code and data; it runs from the first byte, wherever it lies on a boundary of eight.
    pub bytes: Vec<u8>,
    /// How much of `bytes` is code.
    pub code_bytes: u64,
    /// The zeroes after `bytes`.
    pub space_bytes: u64,
}

/// Turns a program into code for this architecture.
pub fn assemble(program: &Program, architecture: Architecture) -> Result<Assembled> {
    let backend = backend(architecture).ok_or_else(|| {
        Error::invalid_setting(
            "guest architecture",
            "x86_64, aarch64 or riscv64",
            architecture.name(),
        )
    })?;
    let mut code = Code::default();
    for operation in program.operations() {
        (backend.lower)(operation, &mut code).ok_or_else(|| {
            Error::unsupported(
                "guest program",
                format!("{operation:?} has no instructions on {architecture}"),
            )
        })?;
    }
    code.align(WORD_BYTES);
    let code_bytes = code.len();
    let layout = program.layout(code_bytes, WORD_BYTES);
    code.resolve(&layout.data)?;
    let mut bytes = code.into_bytes();
    bytes.extend(layout.bytes);
    Ok(Assembled {
        architecture,
        bytes,
        code_bytes,
        space_bytes: layout.space_bytes,
    })
}
