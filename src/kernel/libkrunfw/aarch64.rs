//! The few A64 instructions of a getter.
//!
//! Source: Arm Architecture Reference Manual for A-profile, chapter C4 (encodings) and C6; the
//! Procedure Call Standard for the Arm 64-bit Architecture (`x0` to `x2` are the arguments, `x0` the
//! result).

use super::getter::{Instructions, Machine, Step, Value};
use crate::bytes::{Endianness, Window};

/// Number 31 is the stack pointer in addresses, and zero elsewhere.
const SP: usize = 31;
const INSTRUCTION_BYTES: u64 = 4;
const RET: u32 = 0xd65f_03c0;

/// The instruction set.
pub(super) static INSTRUCTIONS: Instructions = Instructions {
    entered: || Machine::entered([0, 1, 2], SP),
    step,
    longest: INSTRUCTION_BYTES,
};

/// An instruction and its fields.
#[derive(Clone, Copy)]
struct Word(u32);

impl Word {
    /// The `count` bits from `low` on.
    fn bits(self, low: u32, count: u32) -> u64 {
        let bits = self.0.checked_shr(low).unwrap_or(0);
        let mask = u32::MAX.checked_shr(32_u32.saturating_sub(count));
        u64::from(bits & mask.unwrap_or(0))
    }

    /// The same, as a signed number.
    fn signed(self, low: u32, count: u32) -> u64 {
        let bits = self.bits(low, count);
        let sign = 1_u64.wrapping_shl(count.saturating_sub(1));
        (bits ^ sign).wrapping_sub(sign)
    }

    fn register(self, low: u32) -> usize {
        usize::try_from(self.bits(low, 5)).unwrap_or(SP)
    }

    fn is(self, mask: u32, value: u32) -> bool {
        self.0 & mask == value
    }

    /// Bit 31: the operation has 64 bits.
    fn is_64(self) -> bool {
        self.bits(31, 1) == 1
    }
}

/// A register that is zero where its number is 31.
fn read(machine: &Machine, register: usize) -> Value {
    match register {
        SP => Value::Number(0),
        other => machine.get(other),
    }
}

fn write(machine: &mut Machine, register: usize, value: Value) {
    if register != SP {
        machine.set(register, value);
    }
}

fn step(machine: &mut Machine, bytes: Window<'_>, address: u64) -> Option<Step> {
    let word = Word(bytes.u32("instruction", 0, Endianness::Little).ok()?);
    let (rd, rn) = (word.register(0), word.register(5));
    if word.0 == RET {
        return Some(Step::Return(0));
    }
    // Hints: nop, bti, paciasp, autiasp.
    if word.is(0xffff_f01f, 0xd503_201f) {
        return Some(Step::On(INSTRUCTION_BYTES));
    }
    if word.is(0xbf80_0000, 0x9100_0000) {
        add_or_sub(machine, word)?;
    } else if word.is(0x1f80_0000, 0x1280_0000) {
        move_wide(machine, word)?;
    } else if word.is(0x7f80_0000, 0x3200_0000) {
        // orr of a register and a pattern of bits, which with the zero register is mov
        let Value::Number(number) = read(machine, rn) else {
            return None;
        };
        machine.set(rd, Value::Number(sized(word, number | pattern(word)?)));
    } else if word.is(0xffe0_fc00, 0xaa00_0000) {
        // orr of two registers, which with the zero register is mov
        let value = match (read(machine, rn), read(machine, word.register(16))) {
            (Value::Number(0), value) => value,
            (Value::Number(one), Value::Number(other)) => Value::Number(one | other),
            _ => return None,
        };
        write(machine, rd, value);
    } else if word.is(0xffc0_0000, 0xf900_0000) {
        let place = machine.get(rn).plus(word.bits(10, 12).wrapping_mul(8))?;
        machine.store(place, read(machine, rd))?;
    } else if word.is(0xffc0_0000, 0xf940_0000) {
        let place = machine.get(rn).plus(word.bits(10, 12).wrapping_mul(8))?;
        let value = machine.load(place)?;
        write(machine, rd, value);
    } else if word.is(0xffe0_0c00, 0xf800_0000) {
        let place = machine.get(rn).plus(word.signed(12, 9))?;
        machine.store(place, read(machine, rd))?;
    } else if word.is(0xffe0_0c00, 0xf840_0000) {
        let place = machine.get(rn).plus(word.signed(12, 9))?;
        let value = machine.load(place)?;
        write(machine, rd, value);
    } else if word.is(0xfe00_0000, 0xa800_0000) {
        pair(machine, word)?;
    } else if word.is(0x1f00_0000, 0x1000_0000) {
        write(machine, rd, Value::Address(relative(word, address)));
    } else {
        return None;
    }
    Some(Step::On(INSTRUCTION_BYTES))
}

/// `add` and `sub` of an immediate to 64 bits, the stack pointer included.
fn add_or_sub(machine: &mut Machine, word: Word) -> Option<()> {
    let shift = if word.bits(22, 1) == 1 { 12 } else { 0 };
    let distance = word.bits(10, 12).wrapping_shl(shift);
    let distance = if word.bits(30, 1) == 1 {
        distance.wrapping_neg()
    } else {
        distance
    };
    let value = machine.get(word.register(5)).plus(distance)?;
    machine.set(word.register(0), value);
    Some(())
}

/// `movn`, `movz` and `movk`.
fn move_wide(machine: &mut Machine, word: Word) -> Option<()> {
    let shift = u32::try_from(word.bits(21, 2)).ok()?.checked_mul(16)?;
    if !word.is_64() && shift >= 32 {
        return None;
    }
    let rd = word.register(0);
    let part = word.bits(5, 16).wrapping_shl(shift);
    let number = match (word.bits(29, 2), read(machine, rd)) {
        (0, _) => !part,
        (2, _) => part,
        (3, Value::Number(before)) => (before & !0xffff_u64.wrapping_shl(shift)) | part,
        _ => return None,
    };
    write(machine, rd, Value::Number(sized(word, number)));
    Some(())
}

/// What an operation of this width leaves of a number.
fn sized(word: Word, number: u64) -> u64 {
    if word.is_64() {
        number
    } else {
        number & u64::from(u32::MAX)
    }
}

/// The immediate of a logical operation: a run of ones, rotated, and repeated (`DecodeBitMasks`).
fn pattern(word: Word) -> Option<u64> {
    let (n, immr, imms) = (word.bits(22, 1), word.bits(16, 6), word.bits(10, 6));
    if n == 1 && !word.is_64() {
        return None;
    }
    let length = (n.wrapping_shl(6) | (!imms & 0x3f)).checked_ilog2()?;
    let size = 1_u32.checked_shl(length).filter(|size| *size >= 2)?;
    let levels = u64::from(size).checked_sub(1)?;
    let ones = u32::try_from(imms & levels).ok()?.checked_add(1)?;
    let rotation = u32::try_from(immr & levels).ok()?;
    if ones >= size {
        return None;
    }
    let within = u64::MAX.checked_shr(64_u32.checked_sub(size)?)?;
    let run = u64::MAX.checked_shr(64_u32.checked_sub(ones)?)?;
    let left = run.checked_shl(size.checked_sub(rotation)?).unwrap_or(0);
    let mut number = (run.wrapping_shr(rotation) | left) & within;
    let mut filled = size;
    while filled < 64 {
        number |= number.checked_shl(filled)?;
        filled = filled.checked_mul(2)?;
    }
    Some(sized(word, number))
}

/// `stp` and `ldp` of 64 bits: by an offset, and with the base moved before or after.
fn pair(machine: &mut Machine, word: Word) -> Option<()> {
    let mode = word.bits(23, 2);
    let (first, base, second) = (word.register(0), word.register(5), word.register(10));
    let distance = word.signed(15, 7).wrapping_mul(8);
    let moved = machine.get(base).plus(distance)?;
    // 1 moves the base afterwards, 2 not at all, 3 before.
    let place = match mode {
        1 => machine.get(base),
        2 | 3 => moved,
        _ => return None,
    };
    let next = place.plus(8)?;
    if word.bits(22, 1) == 0 {
        machine.store(place, read(machine, first))?;
        machine.store(next, read(machine, second))?;
    } else {
        let values = (machine.load(place)?, machine.load(next)?);
        write(machine, first, values.0);
        write(machine, second, values.1);
    }
    if mode != 2 {
        machine.set(base, moved);
    }
    Some(())
}

/// The address of `adr` and `adrp`.
fn relative(word: Word, address: u64) -> u64 {
    let distance = word.signed(5, 19).wrapping_mul(4) | word.bits(29, 2);
    if word.is_64() {
        (address & !0xfff).wrapping_add(distance.wrapping_mul(4096))
    } else {
        address.wrapping_add(distance)
    }
}
