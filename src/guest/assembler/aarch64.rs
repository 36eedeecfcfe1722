//! Instructions of arm64.
//!
//! Sources: Arm Architecture Reference Manual for A-profile (DDI 0487), "A64 Base Instruction
//! Descriptions"; `Documentation/arch/arm64/` and `arch/arm64/kernel/entry.S` for `svc`, which
//! changes x0 alone.

use super::code::{Code, Target, patch, signed_field};
use super::program::{Argument, Condition, Operand, Operation, Register};

/// Registers that functions and `svc` leave alone: x19 to x24.
fn number(register: Register) -> u32 {
    match register {
        Register::R0 => 19,
        Register::R1 => 20,
        Register::R2 => 21,
        Register::R3 => 22,
        Register::R4 => 23,
        Register::R5 => 24,
    }
}

/// x9 holds the constants of additions and comparisons.
const SCRATCH: u32 = 9;
/// x8 holds the number of a system call.
const CALL: u32 = 8;
/// x0 to x4 hold its arguments, and x0 its result.
const ARGUMENTS: [u32; 5] = [0, 1, 2, 3, 4];

/// Kept by functions, with x30, which `bl` writes.
const KEPT: [(u32, u32); 3] = [(20, 21), (22, 23), (24, 30)];

/// Rd or Rt, Rn and Rm in their fields.
fn fields(d: u32, n: u32, m: u32) -> u32 {
    d | (n << 5) | (m << 16)
}

fn constant(code: &mut Code, to: u32, value: i32) {
    let [a, b, c, d] = value.to_le_bytes();
    let low = u32::from(u16::from_le_bytes([a, b]));
    let high = u32::from(u16::from_le_bytes([c, d]));
    if value < 0 {
        // movn to, #!low: all other bits become ones
        code.word(0x9280_0000 | ((low ^ 0xffff) << 5) | to);
        if high != 0xffff {
            // movk to, #high, lsl #16
            code.word(0xf2a0_0000 | (high << 5) | to);
        }
    } else {
        // movz to, #low
        code.word(0xd280_0000 | (low << 5) | to);
        if high != 0 {
            code.word(0xf2a0_0000 | (high << 5) | to);
        }
    }
}

fn set(code: &mut Code, to: u32, argument: Argument) {
    match argument {
        // mov to, register: orr to, xzr, register
        Argument::Register(register) => code.word(0xaa00_03e0 | fields(to, 0, number(register))),
        Argument::Constant(value) => constant(code, to, value),
        // adr to, distance
        Argument::Address(datum) => {
            let adr = 0x1000_0000 | to;
            code.refer(
                &adr.to_le_bytes(),
                Target::Datum(datum),
                |bytes, distance| {
                    let field = signed_field(distance, 21)?;
                    patch(bytes, |word| {
                        word | ((field & 3) << 29) | ((field >> 2) << 5)
                    })
                },
            );
        }
    }
}

/// The register of an operand, a constant by way of the scratch register.
fn operand(code: &mut Code, operand: Operand) -> u32 {
    match operand {
        Operand::Register(register) => number(register),
        Operand::Constant(value) => {
            constant(code, SCRATCH, value);
            SCRATCH
        }
    }
}

/// A load or store with an offset of nine bits: ldurb, sturb, ldur, stur.
fn memory(code: &mut Code, opcode: u32, register: Register, base: Register, offset: i8) {
    let offset = u32::from_le_bytes(i32::from(offset).to_le_bytes()) & 0x1ff;
    code.word(opcode | (offset << 12) | fields(number(register), number(base), 0));
}

/// b and bl: 26 bits of words.
fn branch26(bytes: &mut [u8], distance: i64) -> Option<()> {
    let field = signed_field(distance, 28)?;
    patch(bytes, |word| word | (field >> 2))
}

/// b.cond: 19 bits of words.
fn branch19(bytes: &mut [u8], distance: i64) -> Option<()> {
    let field = signed_field(distance, 21)?;
    patch(bytes, |word| word | ((field >> 2) << 5))
}

pub(super) fn lower(operation: &Operation, code: &mut Code) -> Option<()> {
    match operation {
        Operation::Place(label) => code.place(*label)?,
        Operation::Set(register, argument) => set(code, number(*register), *argument),
        // mov register, sp: add register, sp, #0
        Operation::Stack(register) => code.word(0x9100_03e0 | number(*register)),
        Operation::LoadByte(register, base, offset) => {
            memory(code, 0x3840_0000, *register, *base, *offset);
        }
        Operation::StoreByte(register, base, offset) => {
            memory(code, 0x3800_0000, *register, *base, *offset);
        }
        Operation::LoadWord(register, base, offset) => {
            memory(code, 0xf840_0000, *register, *base, *offset);
        }
        Operation::StoreWord(register, base, offset) => {
            memory(code, 0xf800_0000, *register, *base, *offset);
        }
        // add register, register, other
        Operation::Add(register, other) => {
            let other = operand(code, *other);
            let register = number(*register);
            code.word(0x8b00_0000 | fields(register, register, other));
        }
        // sub register, register, other
        Operation::Subtract(register, other) => {
            let register = number(*register);
            code.word(0xcb00_0000 | fields(register, register, number(*other)));
        }
        Operation::Branch(register, condition, other, label) => {
            let other = operand(code, *other);
            // cmp register, other: subs xzr, register, other
            code.word(0xeb00_0000 | fields(31, number(*register), other));
            // b.eq, b.ne, b.lt, b.ge
            let condition: u32 = match condition {
                Condition::Equal => 0,
                Condition::NotEqual => 1,
                Condition::Less => 11,
                Condition::NotLess => 10,
            };
            let instruction = 0x5400_0000 | condition;
            code.refer(&instruction.to_le_bytes(), Target::Label(*label), branch19);
        }
        // b
        Operation::Jump(label) => code.refer(
            &0x1400_0000_u32.to_le_bytes(),
            Target::Label(*label),
            branch26,
        ),
        // bl
        Operation::Call(label) => code.refer(
            &0x9400_0000_u32.to_le_bytes(),
            Target::Label(*label),
            branch26,
        ),
        // stp one, other, [sp, #-16]!
        Operation::Enter => {
            for (one, other) in KEPT {
                code.word(0xa9bf_03e0 | one | (other << 10));
            }
        }
        // ldp one, other, [sp], #16; ret
        Operation::Return => {
            for (one, other) in KEPT.into_iter().rev() {
                code.word(0xa8c1_03e0 | one | (other << 10));
            }
            code.word(0xd65f_03c0);
        }
        Operation::Syscall(call, arguments) => {
            if arguments.len() > ARGUMENTS.len() {
                return None;
            }
            for (register, argument) in ARGUMENTS.into_iter().zip(arguments) {
                set(code, register, *argument);
            }
            constant(code, CALL, i32::from(call.generic()?));
            // svc #0
            code.word(0xd400_0001);
            // mov result, x0: orr result, xzr, x0
            code.word(0xaa00_03e0 | number(Register::R0));
        }
    }
    Some(())
}
