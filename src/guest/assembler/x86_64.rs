//! Instructions of x86-64.
//!
//! Sources: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2 ("Instruction
//! Format" for REX and ModR/M, then each instruction's page); `Documentation/arch/x86/entry_64.rst`
//! and the psABI's "Linux Conventions" for `syscall`, which changes rax, rcx and r11 alone.

use super::code::{Code, Target};
use super::program::{Argument, Condition, Operand, Operation, Register};

const REX: u8 = 0x40;
/// REX.W: operands of 64 bits.
const REX_W: u8 = 0x48;
/// REX.R: the register field of ModR/M is r8 to r15.
const REX_R: u8 = 0x04;
/// REX.B: the other field is.
const REX_B: u8 = 0x01;

const RAX: u8 = 0;
const RSP: u8 = 4;

/// Where system calls take arguments: rdi, rsi, rdx, r10, r8.
const ARGUMENTS: [u8; 5] = [7, 6, 2, 10, 8];

/// Registers that `syscall` leaves alone, that take no argument, and that address memory without a
/// SIB byte (r12 would need one): rbx, rbp, r9, r13, r14, r15.
fn number(register: Register) -> u8 {
    match register {
        Register::R0 => 3,
        Register::R1 => 5,
        Register::R2 => 9,
        Register::R3 => 13,
        Register::R4 => 14,
        Register::R5 => 15,
    }
}

/// Kept by functions, in the order in which they are pushed.
const KEPT: [u8; 5] = [5, 9, 13, 14, 15];

/// REX with the high bits of both register numbers.
fn rex(base: u8, register: u8, other: u8) -> u8 {
    let high = |number: u8, bit: u8| if number >= 8 { bit } else { 0 };
    base | high(register, REX_R) | high(other, REX_B)
}

/// ModR/M with the low bits of both register numbers.
fn modrm(mode: u8, register: u8, other: u8) -> u8 {
    (mode << 6) | ((register & 7) << 3) | (other & 7)
}

/// `OP register, other` on 64 bits of two registers.
fn registers(code: &mut Code, opcode: u8, register: u8, other: u8) {
    code.push(&[
        rex(REX_W, register, other),
        opcode,
        modrm(3, register, other),
    ]);
}

/// `OP other, constant` on 64 bits; the register field extends the opcode.
fn immediate(code: &mut Code, opcode: u8, extension: u8, other: u8, constant: i32) {
    code.push(&[rex(REX_W, 0, other), opcode, modrm(3, extension, other)]);
    code.push(&constant.to_le_bytes());
}

/// `OP register, [base + offset]`, an offset of 8 bits.
fn memory(code: &mut Code, prefix: u8, opcode: &[u8], register: u8, base: u8, offset: i8) {
    code.push(&[rex(prefix, register, base)]);
    code.push(opcode);
    code.push(&[modrm(1, register, base)]);
    code.push(&offset.to_le_bytes());
}

/// A distance of 32 bits, counted from the byte after it.
fn relative32(bytes: &mut [u8], distance: i64) -> Option<()> {
    let distance = i32::try_from(distance.checked_sub(4)?).ok()?;
    *bytes.first_chunk_mut::<4>()? = distance.to_le_bytes();
    Some(())
}

fn jump(code: &mut Code, opcode: &[u8], target: Target) {
    code.push(opcode);
    code.refer(&[0; 4], target, relative32);
}

fn set(code: &mut Code, to: u8, argument: Argument) {
    match argument {
        // mov to, register: REX.W 89 /r
        Argument::Register(register) => registers(code, 0x89, number(register), to),
        // xor to32, to32: 31 /r, which clears all 64 bits
        Argument::Constant(0) => {
            if to >= 8 {
                code.push(&[rex(REX, to, to)]);
            }
            code.push(&[0x31, modrm(3, to, to)]);
        }
        // mov to, constant: REX.W C7 /0 id, its sign extended
        Argument::Constant(constant) => immediate(code, 0xc7, 0, to, constant),
        // lea to, [rip + distance]: REX.W 8D /r with mode 0 and 101
        Argument::Address(datum) => {
            code.push(&[rex(REX_W, to, 0), 0x8d, modrm(0, to, 5)]);
            code.refer(&[0; 4], Target::Datum(datum), relative32);
        }
    }
}

fn compare(code: &mut Code, register: Register, operand: Operand) {
    match operand {
        // cmp register, other: REX.W 39 /r
        Operand::Register(other) => registers(code, 0x39, number(other), number(register)),
        // cmp register, constant: REX.W 81 /7 id
        Operand::Constant(constant) => immediate(code, 0x81, 7, number(register), constant),
    }
}

pub(super) fn lower(operation: &Operation, code: &mut Code) -> Option<()> {
    match operation {
        Operation::Place(label) => code.place(*label)?,
        Operation::Set(register, argument) => set(code, number(*register), *argument),
        // mov register, rsp: REX.W 89 /r
        Operation::Stack(register) => registers(code, 0x89, RSP, number(*register)),
        // movzx register, byte [base + offset]: REX.W 0F B6 /r
        Operation::LoadByte(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            memory(code, REX_W, &[0x0f, 0xb6], register, base, *offset);
        }
        // mov byte [base + offset], register: REX 88 /r; without REX, bpl would be ch
        Operation::StoreByte(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            memory(code, REX, &[0x88], register, base, *offset);
        }
        // mov register, [base + offset]: REX.W 8B /r
        Operation::LoadWord(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            memory(code, REX_W, &[0x8b], register, base, *offset);
        }
        // mov [base + offset], register: REX.W 89 /r
        Operation::StoreWord(register, base, offset) => {
            let (register, base) = (number(*register), number(*base));
            memory(code, REX_W, &[0x89], register, base, *offset);
        }
        // add register, other: REX.W 01 /r
        Operation::Add(register, Operand::Register(other)) => {
            registers(code, 0x01, number(*other), number(*register));
        }
        // add register, constant: REX.W 81 /0 id
        Operation::Add(register, Operand::Constant(constant)) => {
            immediate(code, 0x81, 0, number(*register), *constant);
        }
        // sub register, other: REX.W 29 /r
        Operation::Subtract(register, other) => {
            registers(code, 0x29, number(*other), number(*register));
        }
        Operation::Branch(register, condition, operand, label) => {
            compare(code, *register, *operand);
            // je, jne, jl, jge: 0F 80+cc cd
            let opcode = match condition {
                Condition::Equal => 0x84,
                Condition::NotEqual => 0x85,
                Condition::Less => 0x8c,
                Condition::NotLess => 0x8d,
            };
            jump(code, &[0x0f, opcode], Target::Label(*label));
        }
        // jmp: E9 cd
        Operation::Jump(label) => jump(code, &[0xe9], Target::Label(*label)),
        // call: E8 cd
        Operation::Call(label) => jump(code, &[0xe8], Target::Label(*label)),
        // push register: 50+r, with REX.B from r8 on
        Operation::Enter => {
            for register in KEPT {
                one_register(code, 0x50, register);
            }
        }
        // pop register: 58+r; ret: C3
        Operation::Return => {
            for register in KEPT.into_iter().rev() {
                one_register(code, 0x58, register);
            }
            code.push(&[0xc3]);
        }
        Operation::Syscall(call, arguments) => {
            if arguments.len() > ARGUMENTS.len() {
                return None;
            }
            for (register, argument) in ARGUMENTS.into_iter().zip(arguments) {
                set(code, register, *argument);
            }
            set(code, RAX, Argument::Constant(i32::from(call.x86_64()?)));
            // syscall: 0F 05
            code.push(&[0x0f, 0x05]);
            // mov result, rax: REX.W 89 /r
            registers(code, 0x89, RAX, number(Register::R0));
        }
    }
    Some(())
}

/// An instruction whose opcode ends in the number of its register.
fn one_register(code: &mut Code, opcode: u8, register: u8) {
    if register >= 8 {
        code.push(&[REX | REX_B]);
    }
    code.push(&[opcode | (register & 7)]);
}
