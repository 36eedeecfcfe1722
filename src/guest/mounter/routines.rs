//! What the program does over and over: speak, read a file, compare texts.

use super::super::assembler::{
    Argument, Condition, Datum, Label, Operation, Program, Register, Syscall,
};
use super::super::linux::{AT_FDCWD, O_RDONLY, STDOUT};
use Condition::{Equal, Less, NotEqual};
use Register::{R0, R1, R2, R3, R4, R5};

/// The first of the digits.
const ZERO: i32 = 48;

/// A program that is being written, with the functions that it may call.
pub(super) struct Writing {
    pub p: Program,
    say: Label,
    say_number: Label,
    after_prefix: Label,
    number: Label,
    read_file: Label,
    /// Where a failure ends: init exits, and the kernel panics.
    pub give_up: Label,
}

impl Writing {
    pub fn new() -> Self {
        let mut p = Program::new();
        Self {
            say: p.label(),
            say_number: p.label(),
            after_prefix: p.label(),
            number: p.label(),
            read_file: p.label(),
            give_up: p.label(),
            p,
        }
    }

    /// Writes a text to the console. Changes the first register, as every function does.
    pub fn say(&mut self, text: &str) {
        let text = self.p.text(text);
        self.say_at(text);
    }

    /// Begins a line about a failure.
    pub fn cannot(&mut self, what: &str) {
        self.say(&format!("{}{what}", super::CANNOT));
    }

    /// Writes the text whose address this is.
    pub fn say_at(&mut self, address: impl Into<Argument>) {
        self.p.set(R0, address);
        self.p.call(self.say);
    }

    /// Writes what a failed call answered, as the kernel writes such numbers, and ends the line.
    pub fn say_error(&mut self, answer: Register) {
        self.say(" (error ");
        self.p.set(R0, answer);
        self.p.call(self.say_number);
        self.say(")\n");
    }

    /// The address behind `prefix` in the text at `text`, or zero if that begins otherwise; in the
    /// first register. Changes the fifth.
    pub fn after_prefix(&mut self, text: Register, prefix: &str) {
        let prefix = self.p.text(prefix);
        self.p.set(R0, text);
        self.p.set(R4, prefix);
        self.p.call(self.after_prefix);
    }

    /// The number that the text at the first register begins with.
    pub fn number(&mut self) {
        self.p.call(self.number);
    }

    /// Reads a file, and ends it with a NUL; what open(2) answered in the first register, where
    /// that failed. Changes the second and third.
    pub fn read_file(&mut self, path: Datum, into: Datum, bytes: i32) {
        self.p.set(R0, path);
        self.p.set(R1, into);
        self.p.set(R2, bytes);
        self.p.call(self.read_file);
    }

    /// The first register takes the word in a variable.
    pub fn load(&mut self, register: Register, variable: Datum) {
        self.p.set(register, variable);
        self.p.push(Operation::LoadWord(register, register, 0));
    }

    /// A variable takes the word in a register. Changes the other one.
    pub fn store(&mut self, variable: Datum, value: Register, with: Register) {
        self.p.set(with, variable);
        self.p.push(Operation::StoreWord(value, with, 0));
    }

    pub fn load_byte(&mut self, register: Register, base: Register, offset: i8) {
        self.p.push(Operation::LoadByte(register, base, offset));
    }

    pub fn store_byte(&mut self, register: Register, base: Register, offset: i8) {
        self.p.push(Operation::StoreByte(register, base, offset));
    }

    /// Opens a file to read it: a number, or an error, in the first register.
    pub fn open(&mut self, path: impl Into<Argument>, flags: i32) {
        self.p.syscall(
            Syscall::Openat,
            &[AT_FDCWD.into(), path.into(), flags.into(), 0.into()],
        );
    }

    /// The functions themselves, behind everything else.
    pub fn finish(mut self) -> Program {
        self.define_say();
        self.define_say_number();
        self.define_after_prefix();
        self.define_number();
        self.define_read_file();
        self.p
    }

    fn enter(&mut self, function: Label) {
        self.p.place(function);
        self.p.push(Operation::Enter);
    }

    fn leave(&mut self) {
        self.p.push(Operation::Return);
    }

    fn define_say(&mut self) {
        self.enter(self.say);
        let end = self.p.label();
        self.p.set(R1, R0);
        let next = self.p.here();
        self.load_byte(R2, R1, 0);
        self.p.branch(R2, Equal, 0, end);
        self.p.add(R1, 1);
        self.p.jump(next);
        self.p.place(end);
        self.p.push(Operation::Subtract(R1, R0));
        self.p
            .syscall(Syscall::Write, &[STDOUT.into(), R0.into(), R1.into()]);
        self.leave();
    }

    /// Digits from the last one on; there is no division, and no error number is large.
    fn define_say_number(&mut self) {
        self.enter(self.say_number);
        let digits = self.p.space(32);
        let (minus, say) = (self.p.label(), self.p.label());
        self.p.set(R1, R0);
        self.p.set(R5, R0);
        let positive = self.p.label();
        self.p.branch(R1, Condition::NotLess, 0, positive);
        self.p.set(R1, 0);
        self.p.push(Operation::Subtract(R1, R0));
        self.p.place(positive);
        self.p.set(R2, digits);
        self.p.add(R2, 31);
        let digit = self.p.here();
        self.p.set(R3, 0);
        let divided = self.p.label();
        let divide = self.p.here();
        self.p.branch(R1, Less, 10, divided);
        self.p.add(R1, -10);
        self.p.add(R3, 1);
        self.p.jump(divide);
        self.p.place(divided);
        self.p.add(R1, ZERO);
        self.p.add(R2, -1);
        self.store_byte(R1, R2, 0);
        self.p.set(R1, R3);
        self.p.branch(R1, NotEqual, 0, digit);
        self.p.branch(R5, Less, 0, minus);
        self.p.jump(say);
        self.p.place(minus);
        self.p.set(R1, i32::from(b'-'));
        self.p.add(R2, -1);
        self.store_byte(R1, R2, 0);
        self.p.place(say);
        self.p.set(R0, R2);
        self.p.call(self.say);
        self.leave();
    }

    fn define_after_prefix(&mut self) {
        self.enter(self.after_prefix);
        let (other, end) = (self.p.label(), self.p.label());
        let next = self.p.here();
        self.load_byte(R1, R4, 0);
        self.p.branch(R1, Equal, 0, end);
        self.load_byte(R2, R0, 0);
        self.p.branch(R1, NotEqual, R2, other);
        self.p.add(R0, 1);
        self.p.add(R4, 1);
        self.p.jump(next);
        self.p.place(other);
        self.p.set(R0, 0);
        self.p.place(end);
        self.leave();
    }

    /// Seven digits at the most: more seconds than anybody waits.
    fn define_number(&mut self) {
        self.enter(self.number);
        let end = self.p.label();
        self.p.set(R1, R0);
        self.p.set(R0, 0);
        self.p.set(R4, 7);
        let next = self.p.here();
        self.p.branch(R4, Equal, 0, end);
        self.p.add(R4, -1);
        self.load_byte(R2, R1, 0);
        self.p.branch(R2, Less, ZERO, end);
        self.p
            .branch(R2, Condition::NotLess, ZERO.saturating_add(10), end);
        self.times_five(R0, R3);
        self.p.add(R0, R0);
        self.p.add(R0, R2);
        self.p.add(R0, ZERO.saturating_neg());
        self.p.add(R1, 1);
        self.p.jump(next);
        self.p.place(end);
        self.leave();
    }

    /// Makes a number five times as large, with the help of another register.
    pub fn times_five(&mut self, number: Register, with: Register) {
        self.p.set(with, number);
        self.p.add(number, number);
        self.p.add(number, number);
        self.p.add(number, with);
    }

    fn define_read_file(&mut self) {
        self.enter(self.read_file);
        let (full, end) = (self.p.label(), self.p.label());
        self.open(R0, O_RDONLY);
        self.p.set(R4, R0);
        self.p.branch(R4, Less, 0, end);
        // One byte is left for the NUL.
        self.p.add(R2, -1);
        let next = self.p.here();
        self.p
            .syscall(Syscall::Read, &[R4.into(), R1.into(), R2.into()]);
        self.p.branch(R0, Less, 1, full);
        self.p.add(R1, R0);
        self.p.push(Operation::Subtract(R2, R0));
        self.p.jump(next);
        self.p.place(full);
        self.p.set(R3, 0);
        self.store_byte(R3, R1, 0);
        self.p.syscall(Syscall::Close, &[R4.into()]);
        self.p.set(R0, R4);
        self.p.place(end);
        self.leave();
    }
}
