//! The getters of libkrunfw, run on symbols: `*load_addr = …; *entry_addr = …; *size = …; return
//! &KERNEL_BUNDLE[0];`, as compilers write it with and without optimisation.
//!
//! Only what such a function can consist of is understood: numbers and addresses, moved between
//! registers, the stack and what the arguments point at. Anything else is an error, so that a number
//! is never guessed.

use super::library::{Code, CodeBytes};
use super::{aarch64, x86_64};
use crate::architecture::Architecture;
use crate::bytes::Window;
use crate::error::{Error, Result, hex};
use std::fmt;

/// More than any getter has.
const INSTRUCTIONS: usize = 128;
/// Places of the stack that are remembered.
const STACK_PLACES: usize = 64;
/// As many arguments as a getter has.
pub(super) const ARGUMENTS: usize = 3;

/// What a register or a place of the stack holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// What the function did not set itself.
    Unknown,
    Number(u64),
    /// The argument of that index, counted from 0: a pointer.
    Argument(usize),
    /// An address of the stack, counted from where the stack pointer was at first.
    Stack(u64),
    /// An address in the library.
    Address(u64),
    /// What the dynamic linker writes at that address.
    Slot(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("nothing"),
            Self::Number(number) => write!(f, "{number:#x}"),
            Self::Argument(index) => write!(f, "argument {}", index.saturating_add(1)),
            Self::Stack(_) => f.write_str("an address of the stack"),
            Self::Address(address) => write!(f, "the address {address:#x}"),
            Self::Slot(address) => write!(f, "the pointer at {address:#x}"),
        }
    }
}

impl Value {
    /// This value, moved by `distance`, which wraps as a register does.
    pub(super) fn plus(self, distance: u64) -> Option<Self> {
        Some(match self {
            Self::Number(number) => Self::Number(number.wrapping_add(distance)),
            Self::Stack(place) => Self::Stack(place.wrapping_add(distance)),
            Self::Address(address) => Self::Address(address.wrapping_add(distance)),
            _ if distance == 0 => self,
            _ => return None,
        })
    }
}

/// What a function did.
pub(super) struct Outcome {
    pub(super) name: &'static str,
    /// The number that was stored where each argument points.
    pub(super) stores: [Option<u64>; ARGUMENTS],
    pub(super) returned: Value,
}

/// Registers, the stack and what was stored.
pub(super) struct Machine {
    registers: [Value; 32],
    stack: Vec<(u64, Value)>,
    stores: [Option<u64>; ARGUMENTS],
}

/// Where execution goes on.
pub(super) enum Step {
    /// At the next instruction, after this many bytes.
    On(u64),
    /// In the caller, with the value of that register.
    Return(usize),
}

impl Machine {
    /// A machine as a function is entered: arguments in these registers.
    pub(super) fn entered(arguments: [usize; ARGUMENTS], stack_pointer: usize) -> Self {
        let mut machine = Self {
            registers: [Value::Unknown; 32],
            stack: Vec::new(),
            stores: [None; ARGUMENTS],
        };
        for (index, register) in arguments.into_iter().enumerate() {
            machine.set(register, Value::Argument(index));
        }
        machine.set(stack_pointer, Value::Stack(0));
        machine
    }

    pub(super) fn get(&self, register: usize) -> Value {
        self.registers
            .get(register)
            .copied()
            .unwrap_or(Value::Unknown)
    }

    pub(super) fn set(&mut self, register: usize, value: Value) {
        if let Some(place) = self.registers.get_mut(register) {
            *place = value;
        }
    }

    /// Stores eight bytes; `None` where that is not understood.
    pub(super) fn store(&mut self, place: Value, value: Value) -> Option<()> {
        match (place, value) {
            (Value::Argument(index), Value::Number(number)) => {
                *self.stores.get_mut(index)? = Some(number);
            }
            (Value::Stack(place), value) => {
                // A part of what is there already would be replaced.
                let overlaps = |at: u64| at != place && at.abs_diff(place) < 8;
                if self.stack.iter().any(|(at, _)| overlaps(*at)) {
                    return None;
                }
                self.stack.retain(|(at, _)| *at != place);
                if self.stack.len() >= STACK_PLACES {
                    return None;
                }
                self.stack.push((place, value));
            }
            _ => return None,
        }
        Some(())
    }

    /// Loads eight bytes; `None` where that is not understood.
    pub(super) fn load(&self, place: Value) -> Option<Value> {
        match place {
            Value::Stack(place) => self
                .stack
                .iter()
                .find(|(at, _)| *at == place)
                .map(|(_, value)| *value),
            Value::Address(address) => Some(Value::Slot(address)),
            _ => None,
        }
    }
}

/// An instruction set: how a function is entered, and one step of it. The window begins with the
/// instruction at that address.
pub(super) struct Instructions {
    pub(super) entered: fn() -> Machine,
    pub(super) step: fn(&mut Machine, Window<'_>, u64) -> Option<Step>,
    /// The most bytes of an instruction, which an error shows.
    pub(super) longest: u64,
}

/// Runs the function.
pub(super) fn run(
    name: &'static str,
    code: &CodeBytes<'_>,
    architecture: Architecture,
) -> Result<Outcome> {
    let set = match architecture {
        Architecture::X86_64 => &x86_64::INSTRUCTIONS,
        Architecture::Aarch64 => &aarch64::INSTRUCTIONS,
        other => {
            let found = format!("code of {other}; x86_64 and aarch64 are read");
            return Err(Error::unsupported(name, found));
        }
    };
    let Code { bytes, address } = code.code();
    let mut machine = (set.entered)();
    let mut at = 0_u64;
    for _ in 0..INSTRUCTIONS {
        let left = bytes.len().saturating_sub(at);
        let rest = bytes.window(name, at, left)?;
        match (set.step)(&mut machine, rest, address.wrapping_add(at)) {
            Some(Step::On(length)) => at = at.saturating_add(length),
            Some(Step::Return(register)) => {
                return Ok(Outcome {
                    name,
                    stores: machine.stores,
                    returned: machine.get(register),
                });
            }
            None => {
                let shown = rest.get(0, left.min(set.longest)).unwrap_or_default();
                let found = match shown {
                    [] => "the end of the function".to_owned(),
                    shown => hex(shown),
                };
                let expected = "an instruction that moves numbers and addresses only";
                // It may do the same in another way.
                let error = Error::unsupported(name, found).at(rest.base());
                return Err(error.expected(expected));
            }
        }
    }
    let expected = format!("a return within {INSTRUCTIONS} instructions");
    let error = Error::unsupported(name, "none").at(bytes.base());
    Err(error.expected(expected))
}
