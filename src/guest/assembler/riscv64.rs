//! Instructions of RISC-V, 64 bits, without the compressed ones.
//!
//! Sources: The RISC-V Instruction Set Manual, volume I, "RV32I" and "RV64I Base Integer Instruction
//! Set" and the listing of encodings; `arch/riscv/kernel/entry.S` for `ecall`, which changes a0
//! alone.

use super::code::{Code, Target, patch, signed_field};
use super::program::{Argument, Condition, Operand, Operation, Register};

/// x1, ra: `jal` writes where to go on.
const RA: u32 = 1;
/// x2: the stack.
const SP: u32 = 2;
/// x5, t0, holds the constants of additions and comparisons.
const SCRATCH: u32 = 5;
/// x17, a7, holds the number of a system call.
const CALL: u32 = 17;
/// x10 to x14, a0 to a4, hold its arguments, and a0 its result.
const ARGUMENTS: [u32; 5] = [10, 11, 12, 13, 14];

/// Registers that functions and `ecall` leave alone: s2 to s7.
fn number(register: Register) -> u32 {
    match register {
        Register::R0 => 18,
        Register::R1 => 19,
        Register::R2 => 20,
        Register::R3 => 21,
        Register::R4 => 22,
        Register::R5 => 23,
    }
}

/// Kept by functions, each at its offset from the stack pointer; 48 bytes in all.
const KEPT: [(u32, u32); 6] = [(RA, 0), (19, 8), (20, 16), (21, 24), (22, 32), (23, 40)];

/// The low twelve bits of a number, where an instruction of type I has them.
fn immediate(value: i32) -> u32 {
    (u32::from_le_bytes(value.to_le_bytes()) & 0xfff) << 20
}

/// rd, rs1 and rs2 in their fields.
fn fields(rd: u32, rs1: u32, rs2: u32) -> u32 {
    (rd << 7) | (rs1 << 15) | (rs2 << 20)
}

/// The twenty bits above the low twelve, so that adding those, with their sign, gives the value.
fn upper(value: i32) -> u32 {
    u32::from_le_bytes(value.to_le_bytes()).wrapping_add(0x800) & 0xffff_f000
}

fn constant(code: &mut Code, to: u32, value: i32) {
    if (-0x800..0x800).contains(&value) {
        // addi to, zero, value
        code.word(0x0000_0013 | fields(to, 0, 0) | immediate(value));
    } else {
        // lui to, upper
        code.word(0x0000_0037 | (to << 7) | upper(value));
        // addiw to, to, lower: of 32 bits, so that the sign is right in all 64
        code.word(0x0000_001b | fields(to, to, 0) | immediate(value));
    }
}

fn copy(code: &mut Code, to: u32, from: u32) {
    // mv to, from: addi to, from, 0
    code.word(0x0000_0013 | fields(to, from, 0));
}

/// auipc and addi: 32 bits, from the auipc on.
fn pc_relative(bytes: &mut [u8], distance: i64) -> Option<()> {
    let distance = i32::try_from(distance).ok()?;
    patch(bytes, |word| word | upper(distance))?;
    patch(bytes.get_mut(4..)?, |word| word | immediate(distance))
}

/// jal: 20 bits of two bytes, in the manual's order.
fn jal(bytes: &mut [u8], distance: i64) -> Option<()> {
    let field = signed_field(distance, 21)?;
    let bits = |from: u32, count: u32, to: u32| {
        field
            .checked_shr(from)
            .zip(1_u32.checked_shl(count))
            .map(|(field, end)| field & end.wrapping_sub(1))
            .and_then(|field| field.checked_shl(to))
    };
    let encoded = bits(20, 1, 31)? | bits(1, 10, 21)? | bits(11, 1, 20)? | bits(12, 8, 12)?;
    patch(bytes, |word| word | encoded)
}

fn jump(code: &mut Code, link: u32, target: Target) {
    let instruction = 0x0000_006f | (link << 7);
    code.refer(&instruction.to_le_bytes(), target, jal);
}

fn set(code: &mut Code, to: u32, argument: Argument) {
    match argument {
        Argument::Register(register) => copy(code, to, number(register)),
        Argument::Constant(value) => constant(code, to, value),
        // auipc to, upper; addi to, to, lower
        Argument::Address(datum) => {
            let auipc = 0x0000_0017 | (to << 7);
            let addi = 0x0000_0013 | fields(to, to, 0);
            let both = u64::from(auipc) | (u64::from(addi) << 32);
            code.refer(&both.to_le_bytes(), Target::Datum(datum), pc_relative);
        }
    }
}

/// The register of an operand, a constant by way of the scratch register.
fn operand(code: &mut Code, operand: Operand) -> u32 {
    match operand {
        Operand::Register(register) => number(register),
        Operand::Constant(0) => 0,
        Operand::Constant(value) => {
            constant(code, SCRATCH, value);
            SCRATCH
        }
    }
}

/// A load: lbu or ld.
fn load(code: &mut Code, funct3: u32, to: u32, base: u32, offset: i32) {
    code.word(0x0000_0003 | (funct3 << 12) | fields(to, base, 0) | immediate(offset));
}

/// A store: sb or sd, its offset in two fields.
fn store(code: &mut Code, funct3: u32, from: u32, base: u32, offset: i32) {
    let offset = immediate(offset) >> 20;
    let split = ((offset >> 5) << 25) | ((offset & 0x1f) << 7);
    code.word(0x0000_0023 | (funct3 << 12) | fields(0, base, from) | split);
}

pub(super) fn lower(operation: &Operation, code: &mut Code) -> Option<()> {
    match operation {
        Operation::Place(label) => code.place(*label)?,
        Operation::Set(register, argument) => set(code, number(*register), *argument),
        Operation::Stack(register) => copy(code, number(*register), SP),
        // lbu, sb, ld, sd
        Operation::LoadByte(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            load(code, 4, register, base, i32::from(*offset));
        }
        Operation::StoreByte(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            store(code, 0, register, base, i32::from(*offset));
        }
        Operation::LoadWord(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            load(code, 3, register, base, i32::from(*offset));
        }
        Operation::StoreWord(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            store(code, 3, register, base, i32::from(*offset));
        }
        // add register, register, other
        Operation::Add(register, other) => {
            let other = operand(code, *other);
            let register = number(*register);
            code.word(0x0000_0033 | fields(register, register, other));
        }
        // sub register, register, other
        Operation::Subtract(register, other) => {
            let register = number(*register);
            code.word(0x4000_0033 | fields(register, register, number(*other)));
        }
        // The opposite branch over a jal: a branch alone reaches 4 KiB.
        Operation::Branch(register, condition, other, label) => {
            let other = operand(code, *other);
            // bne, beq, bge, blt
            let opposite: u32 = match condition {
                Condition::Equal => 1,
                Condition::NotEqual => 0,
                Condition::Less => 5,
                Condition::NotLess => 4,
            };
            // ... register, other, 8
            code.word(0x0000_0463 | (opposite << 12) | fields(0, number(*register), other));
            jump(code, 0, Target::Label(*label));
        }
        // j: jal zero
        Operation::Jump(label) => jump(code, 0, Target::Label(*label)),
        // jal ra
        Operation::Call(label) => jump(code, RA, Target::Label(*label)),
        Operation::Enter => {
            // addi sp, sp, -48
            code.word(0x0000_0013 | fields(SP, SP, 0) | immediate(-48));
            for (register, offset) in KEPT {
                store(code, 3, register, SP, i32::try_from(offset).ok()?);
            }
        }
        Operation::Return => {
            for (register, offset) in KEPT {
                load(code, 3, register, SP, i32::try_from(offset).ok()?);
            }
            code.word(0x0000_0013 | fields(SP, SP, 0) | immediate(48));
            // ret: jalr zero, 0(ra)
            code.word(0x0000_8067);
        }
        Operation::Syscall(call, arguments) => {
            if arguments.len() > ARGUMENTS.len() {
                return None;
            }
            for (register, argument) in ARGUMENTS.into_iter().zip(arguments) {
                set(code, register, *argument);
            }
            constant(code, CALL, i32::from(call.generic()?));
            // ecall
            code.word(0x0000_0073);
            copy(code, number(Register::R0), 10);
        }
    }
    Some(())
}
