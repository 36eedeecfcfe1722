//! The few x86-64 instructions of a getter.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; the System V ABI,
//! AMD64 supplement (`rdi`, `rsi` and `rdx` are the arguments, `rax` the result).

use super::getter::{Instructions, Machine, Step, Value};
use crate::bytes::{Endianness, Window};

const RAX: usize = 0;
const RDX: usize = 2;
const RSP: usize = 4;
const RBP: usize = 5;
const RSI: usize = 6;
const RDI: usize = 7;

/// The instruction set.
pub(super) static INSTRUCTIONS: Instructions = Instructions {
    entered: || Machine::entered([RDI, RSI, RDX], RSP),
    step,
    longest: 8,
};

/// The bytes of one instruction.
struct Reader<'a> {
    bytes: Window<'a>,
    at: u64,
}

impl Reader<'_> {
    fn u8(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at, 1)?.first().copied()?;
        self.at = self.at.checked_add(1)?;
        Some(byte)
    }

    fn u32(&mut self) -> Option<u32> {
        let word = self.bytes.u32("imm32", self.at, Endianness::Little).ok()?;
        self.at = self.at.checked_add(4)?;
        Some(word)
    }

    fn u64(&mut self) -> Option<u64> {
        let word = self.bytes.u64("imm64", self.at, Endianness::Little).ok()?;
        self.at = self.at.checked_add(8)?;
        Some(word)
    }

    fn signed_8(&mut self) -> Option<u64> {
        Some(i64::from(self.u8()?.cast_signed()).cast_unsigned())
    }

    fn signed_32(&mut self) -> Option<u64> {
        Some(i64::from(self.u32()?.cast_signed()).cast_unsigned())
    }
}

/// The prefix that widens registers and operands.
#[derive(Clone, Copy)]
struct Rex {
    is_64: bool,
    reg: usize,
    rm: usize,
}

impl Rex {
    fn of(byte: u8) -> Self {
        let bit = |mask: u8| if byte & mask == 0 { 0 } else { 8 };
        Self {
            is_64: byte & 8 != 0,
            reg: bit(4),
            rm: bit(1),
        }
    }
}

/// What a ModRM byte names.
enum Operand {
    Register(usize),
    Memory(Value),
    /// Memory, counted from the end of the instruction.
    Relative(u64),
}

struct ModRm {
    reg: usize,
    operand: Operand,
}

fn modrm(reader: &mut Reader<'_>, rex: Rex, machine: &Machine) -> Option<ModRm> {
    let byte = reader.u8()?;
    let (mode, rm) = (byte >> 6, byte & 7);
    let reg = usize::from((byte >> 3) & 7).checked_add(rex.reg)?;
    let operand = if mode == 3 {
        Operand::Register(usize::from(rm).checked_add(rex.rm)?)
    } else if mode == 0 && rm == 5 {
        Operand::Relative(reader.signed_32()?)
    } else {
        // A SIB byte is only needed for the stack pointer: base 4, no index.
        if rm == 4 && reader.u8()? != 0x24 {
            return None;
        }
        let base = machine.get(usize::from(rm).checked_add(rex.rm)?);
        let distance = match mode {
            0 => 0,
            1 => reader.signed_8()?,
            _ => reader.signed_32()?,
        };
        Operand::Memory(base.plus(distance)?)
    };
    Some(ModRm { reg, operand })
}

fn step(machine: &mut Machine, bytes: Window<'_>, address: u64) -> Option<Step> {
    if bytes.has(0, &[0xf3, 0x0f, 0x1e, 0xfa]) {
        // endbr64
        return Some(Step::On(4));
    }
    let mut reader = Reader { bytes, at: 0 };
    let mut opcode = reader.u8()?;
    let mut rex = Rex::of(0);
    if opcode & 0xf0 == 0x40 {
        // REX.X extends an index, which none of these has.
        if opcode & 2 != 0 {
            return None;
        }
        rex = Rex::of(opcode);
        opcode = reader.u8()?;
    }
    let low = usize::from(opcode & 7).checked_add(rex.rm)?;
    match opcode {
        // push
        0x50..=0x57 => {
            let value = machine.get(low);
            let top = machine.get(RSP).plus(8_u64.wrapping_neg())?;
            machine.set(RSP, top);
            machine.store(top, value)?;
        }
        // pop
        0x58..=0x5f => {
            let top = machine.get(RSP);
            let value = machine.load(top)?;
            machine.set(RSP, top.plus(8)?);
            machine.set(low, value);
        }
        // leave
        0xc9 => {
            let top = machine.get(RBP);
            let value = machine.load(top)?;
            machine.set(RSP, top.plus(8)?);
            machine.set(RBP, value);
        }
        // nop
        0x90 if rex.rm == 0 => {}
        // xor of a register with itself
        0x31 | 0x33 => match modrm(&mut reader, rex, machine)? {
            ModRm {
                reg,
                operand: Operand::Register(rm),
            } if reg == rm => machine.set(reg, Value::Number(0)),
            _ => return None,
        },
        // add, or and sub of an immediate: one number is often made of another
        0x81 | 0x83 if rex.is_64 => {
            let ModRm { reg, operand } = modrm(&mut reader, rex, machine)?;
            let Operand::Register(rm) = operand else {
                return None;
            };
            let immediate = if opcode == 0x83 {
                reader.signed_8()?
            } else {
                reader.signed_32()?
            };
            let value = match (reg & 7, machine.get(rm)) {
                (0, value) => value.plus(immediate)?,
                (1, Value::Number(number)) => Value::Number(number | immediate),
                (5, value) => value.plus(immediate.wrapping_neg())?,
                _ => return None,
            };
            machine.set(rm, value);
        }
        // inc and dec
        0xff if rex.is_64 => match modrm(&mut reader, rex, machine)? {
            ModRm {
                reg,
                operand: Operand::Register(rm),
            } if reg & 7 <= 1 => {
                let one = if reg & 7 == 0 { 1 } else { u64::MAX };
                machine.set(rm, machine.get(rm).plus(one)?);
            }
            _ => return None,
        },
        // mov to register or memory
        0x89 => {
            let ModRm { reg, operand } = modrm(&mut reader, rex, machine)?;
            let value = machine.get(reg);
            match operand {
                Operand::Register(rm) => machine.set(rm, narrowed(value, rex)?),
                Operand::Memory(place) if rex.is_64 => machine.store(place, value)?,
                _ => return None,
            }
        }
        // mov to a register
        0x8b => {
            let ModRm { reg, operand } = modrm(&mut reader, rex, machine)?;
            let value = match operand {
                Operand::Register(rm) => narrowed(machine.get(rm), rex)?,
                Operand::Memory(place) if rex.is_64 => machine.load(place)?,
                Operand::Relative(distance) if rex.is_64 => {
                    let end = address.wrapping_add(reader.at);
                    machine.load(Value::Address(end.wrapping_add(distance)))?
                }
                _ => return None,
            };
            machine.set(reg, value);
        }
        // lea
        0x8d if rex.is_64 => {
            let ModRm { reg, operand } = modrm(&mut reader, rex, machine)?;
            let value = match operand {
                Operand::Memory(place) => place,
                Operand::Relative(distance) => {
                    let end = address.wrapping_add(reader.at);
                    Value::Address(end.wrapping_add(distance))
                }
                Operand::Register(_) => return None,
            };
            machine.set(reg, value);
        }
        // mov of an immediate to a register
        0xb8..=0xbf => {
            let number = if rex.is_64 {
                reader.u64()?
            } else {
                u64::from(reader.u32()?)
            };
            machine.set(low, Value::Number(number));
        }
        // mov of an immediate to register or memory
        0xc7 => {
            let ModRm { reg, operand } = modrm(&mut reader, rex, machine)?;
            if reg & 7 != 0 {
                return None;
            }
            match operand {
                Operand::Register(rm) if rex.is_64 => {
                    machine.set(rm, Value::Number(reader.signed_32()?));
                }
                Operand::Register(rm) => machine.set(rm, Value::Number(reader.u32()?.into())),
                Operand::Memory(place) if rex.is_64 => {
                    machine.store(place, Value::Number(reader.signed_32()?))?;
                }
                _ => return None,
            }
        }
        // ret
        0xc3 => return Some(Step::Return(RAX)),
        _ => return None,
    }
    Some(Step::On(reader.at))
}

/// What a move leaves of a value: without REX.W its low 32 bits.
fn narrowed(value: Value, rex: Rex) -> Option<Value> {
    match value {
        _ if rex.is_64 => Some(value),
        Value::Number(number) => Some(Value::Number(number & u64::from(u32::MAX))),
        _ => None,
    }
}
