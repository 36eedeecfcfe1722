//! What a program is made of: registers, operations, labels, data.

use super::syscall::Syscall;

/// A register of the program. A system call changes none of them but [`Register::R0`], which takes
/// its result; neither does a function, which gives its result in the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Register {
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
}

/// A place in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(usize);

/// A place in the data, or in the space after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Datum(usize);

/// When a branch is taken; numbers are signed, as the results of system calls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Condition {
    Equal,
    NotEqual,
    Less,
    NotLess,
}

/// What a register is added to or compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Another register.
    Register(Register),
    /// A number.
    Constant(i32),
}

impl From<Register> for Operand {
    fn from(register: Register) -> Self {
        Self::Register(register)
    }
}

impl From<i32> for Operand {
    fn from(constant: i32) -> Self {
        Self::Constant(constant)
    }
}

/// What a system call is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Argument {
    /// What a register holds.
    Register(Register),
    /// A number, its sign extended.
    Constant(i32),
    /// Where a datum lies.
    Address(Datum),
}

impl From<Register> for Argument {
    fn from(register: Register) -> Self {
        Self::Register(register)
    }
}

impl From<i32> for Argument {
    fn from(constant: i32) -> Self {
        Self::Constant(constant)
    }
}

impl From<Datum> for Argument {
    fn from(datum: Datum) -> Self {
        Self::Address(datum)
    }
}

/// One step of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Here is this place.
    Place(Label),
    /// The first register takes the value of the argument.
    Set(Register, Argument),
    /// The first register takes the address of the kernel's arguments: their number, their
    /// addresses, zero, the addresses of the environment, zero.
    Stack(Register),
    /// The first register takes the byte at the second plus the offset.
    LoadByte(Register, Register, i8),
    /// The byte at the second register plus the offset becomes the low one of the first.
    StoreByte(Register, Register, i8),
    /// The first register takes the eight bytes at the second plus the offset.
    LoadWord(Register, Register, i8),
    /// The eight bytes at the second register plus the offset become the first.
    StoreWord(Register, Register, i8),
    /// The register grows by the operand.
    Add(Register, Operand),
    /// The first register shrinks by the second.
    Subtract(Register, Register),
    /// The code goes on there if the register compares so with the operand.
    Branch(Register, Condition, Operand, Label),
    /// The code goes on there.
    Jump(Label),
    /// A function begins: all registers but the first are kept for the caller.
    Enter,
    /// The function ends.
    Return,
    /// Runs the function there.
    Call(Label),
    /// Asks the kernel; the first register takes what it answers.
    Syscall(Syscall, Vec<Argument>),
}

/// A datum before it has an address.
#[derive(Debug, Clone)]
enum Content {
    /// Bytes of the file.
    Bytes(Vec<u8>),
    /// Zeroes that the file does not hold.
    Space(u64),
}

/// Where the data of a program lie.
pub(super) struct Layout {
    /// The bytes after the code.
    pub bytes: Vec<u8>,
    /// The zeroes after those.
    pub space_bytes: u64,
    /// The offset of each datum from the first byte of the code.
    pub data: Vec<u64>,
}

/// A program for a guest, of no architecture yet.
#[derive(Debug, Clone, Default)]
pub struct Program {
    operations: Vec<Operation>,
    data: Vec<Content>,
    labels: usize,
}

impl Program {
    /// Nothing to do yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// A place that is not in the code yet.
    pub fn label(&mut self) -> Label {
        let label = Label(self.labels);
        self.labels = self.labels.saturating_add(1);
        label
    }

    /// A text with the NUL that ends it; the same text is kept once.
    pub fn text(&mut self, text: &str) -> Datum {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(bytes)
    }

    /// Bytes that begin on the boundary of a word.
    pub fn bytes(&mut self, bytes: Vec<u8>) -> Datum {
        let known = self
            .data
            .iter()
            .position(|content| matches!(content, Content::Bytes(known) if *known == bytes));
        known.map_or_else(|| self.datum(Content::Bytes(bytes)), Datum)
    }

    /// Zeroes to be written to, from the boundary of a word on.
    pub fn space(&mut self, bytes: u64) -> Datum {
        self.datum(Content::Space(bytes))
    }

    fn datum(&mut self, content: Content) -> Datum {
        let datum = Datum(self.data.len());
        self.data.push(content);
        datum
    }

    /// Appends an operation.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Puts a label here.
    pub fn place(&mut self, label: Label) {
        self.push(Operation::Place(label));
    }

    /// Puts a new label here.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Sets a register.
    pub fn set(&mut self, register: Register, value: impl Into<Argument>) {
        self.push(Operation::Set(register, value.into()));
    }

    /// Adds to a register.
    pub fn add(&mut self, register: Register, operand: impl Into<Operand>) {
        self.push(Operation::Add(register, operand.into()));
    }

    /// Goes to `label` where the register compares so with the operand.
    pub fn branch(
        &mut self,
        register: Register,
        condition: Condition,
        operand: impl Into<Operand>,
        label: Label,
    ) {
        self.push(Operation::Branch(
            register,
            condition,
            operand.into(),
            label,
        ));
    }

    /// Goes to `label`.
    pub fn jump(&mut self, label: Label) {
        self.push(Operation::Jump(label));
    }

    /// Runs the function at `label`.
    pub fn call(&mut self, label: Label) {
        self.push(Operation::Call(label));
    }

    /// Asks the kernel.
    pub fn syscall(&mut self, call: Syscall, arguments: &[Argument]) {
        self.push(Operation::Syscall(call, arguments.to_vec()));
    }

    /// Lays the data out behind code of this length: what has content first.
    pub(super) fn layout(&self, code_bytes: u64, boundary: u64) -> Layout {
        let mut bytes: Vec<u8> = Vec::new();
        let mut data = vec![0_u64; self.data.len()];
        let end = |bytes: &[u8]| code_bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
        for (offset, content) in data.iter_mut().zip(&self.data) {
            if let Content::Bytes(content) = content {
                *offset = end(&bytes);
                bytes.extend_from_slice(content);
                while !end(&bytes).is_multiple_of(boundary) {
                    bytes.push(0);
                }
            }
        }
        let start = end(&bytes);
        let mut next = start;
        for (offset, content) in data.iter_mut().zip(&self.data) {
            if let Content::Space(length) = content {
                *offset = next;
                next = next
                    .saturating_add(*length)
                    .checked_next_multiple_of(boundary)
                    .unwrap_or(u64::MAX);
            }
        }
        Layout {
            bytes,
            space_bytes: next.saturating_sub(start),
            data,
        }
    }
}

impl Label {
    pub(super) fn index(self) -> usize {
        self.0
    }
}

impl Datum {
    pub(super) fn index(self) -> usize {
        self.0
    }
}
