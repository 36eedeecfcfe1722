//! The assembler: each operation against what binutils say of its bytes, and against what a
//! processor does with them.

use super::ARCHITECTURES;
use super::machine::{disassembler, process};
use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::{
    Argument, Condition, Operand, Operation, Program, Register, Syscall, assemble,
};
use kelpie_check::guest::executable;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use Condition::{Equal, Less, NotEqual, NotLess};
use Register::{R0, R1, R2, R3, R4, R5};

/// An operation, and its assembly for x86-64 (AT&T), arm64 and RISC-V as objdump writes it.
type Row = (
    Operation,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// Every operation whose code does not depend on its place, with every register in some row.
fn rows() -> Vec<Row> {
    use Operation as O;
    vec![
        (
            O::Set(R0, Argument::Constant(7)),
            &["mov $0x7,%rbx"],
            &["mov x19, #0x7"],
            &["addi s2,zero,7"],
        ),
        (
            O::Set(R5, Argument::Constant(0)),
            &["xor %r15d,%r15d"],
            &["mov x24, #0x0"],
            &["addi s7,zero,0"],
        ),
        (
            O::Set(R1, Argument::Constant(-100)),
            &["mov $0xffffffffffffff9c,%rbp"],
            &["mov x20, #0xffffffffffffff9c"],
            &["addi s3,zero,-100"],
        ),
        (
            O::Set(R2, Argument::Constant(0x1234_5fff)),
            &["mov $0x12345fff,%r9"],
            &["mov x21, #0x5fff", "movk x21, #0x1234, lsl #16"],
            &["lui s4,0x12346", "addiw s4,s4,-1"],
        ),
        (
            O::Set(R3, Argument::Constant(-0x1234_5678)),
            &["mov $0xffffffffedcba988,%r13"],
            &["mov x22, #0xffffffffffffa988", "movk x22, #0xedcb, lsl #16"],
            &["lui s5,0xedcbb", "addiw s5,s5,-1656"],
        ),
        (
            O::Set(R4, Argument::Register(R5)),
            &["mov %r15,%r14"],
            &["mov x23, x24"],
            &["addi s6,s7,0"],
        ),
        (
            O::Stack(R0),
            &["mov %rsp,%rbx"],
            &["mov x19, sp"],
            &["addi s2,sp,0"],
        ),
        (
            O::LoadByte(R0, R1, 1),
            &["movzbq 0x1(%rbp),%rbx"],
            &["ldurb w19, [x20, #1]"],
            &["lbu s2,1(s3)"],
        ),
        (
            O::LoadByte(R2, R3, -128),
            &["movzbq -0x80(%r13),%r9"],
            &["ldurb w21, [x22, #-128]"],
            &["lbu s4,-128(s5)"],
        ),
        (
            O::StoreByte(R1, R4, 127),
            &["mov %bpl,0x7f(%r14)"],
            &["sturb w20, [x23, #127]"],
            &["sb s3,127(s6)"],
        ),
        (
            O::StoreByte(R5, R0, -1),
            &["mov %r15b,-0x1(%rbx)"],
            &["sturb w24, [x19, #-1]"],
            &["sb s7,-1(s2)"],
        ),
        (
            O::LoadWord(R3, R2, 8),
            &["mov 0x8(%r9),%r13"],
            &["ldur x22, [x21, #8]"],
            &["ld s5,8(s4)"],
        ),
        (
            O::StoreWord(R4, R5, -8),
            &["mov %r14,-0x8(%r15)"],
            &["stur x23, [x24, #-8]"],
            &["sd s6,-8(s7)"],
        ),
        (
            O::Add(R0, Operand::Register(R3)),
            &["add %r13,%rbx"],
            &["add x19, x19, x22"],
            &["add s2,s2,s5"],
        ),
        (
            O::Add(R2, Operand::Constant(-10)),
            &["add $0xfffffffffffffff6,%r9"],
            &["mov x9, #0xfffffffffffffff6", "add x21, x21, x9"],
            &["addi t0,zero,-10", "add s4,s4,t0"],
        ),
        (
            O::Subtract(R5, R0),
            &["sub %rbx,%r15"],
            &["sub x24, x24, x19"],
            &["sub s7,s7,s2"],
        ),
        (
            O::Enter,
            &[
                "push %rbp",
                "push %r9",
                "push %r13",
                "push %r14",
                "push %r15",
            ],
            &[
                "stp x20, x21, [sp, #-16]!",
                "stp x22, x23, [sp, #-16]!",
                "stp x24, x30, [sp, #-16]!",
            ],
            &[
                "addi sp,sp,-48",
                "sd ra,0(sp)",
                "sd s3,8(sp)",
                "sd s4,16(sp)",
                "sd s5,24(sp)",
                "sd s6,32(sp)",
                "sd s7,40(sp)",
            ],
        ),
        (
            O::Return,
            &[
                "pop %r15", "pop %r14", "pop %r13", "pop %r9", "pop %rbp", "ret",
            ],
            &[
                "ldp x24, x30, [sp], #16",
                "ldp x22, x23, [sp], #16",
                "ldp x20, x21, [sp], #16",
                "ret",
            ],
            &[
                "ld ra,0(sp)",
                "ld s3,8(sp)",
                "ld s4,16(sp)",
                "ld s5,24(sp)",
                "ld s6,32(sp)",
                "ld s7,40(sp)",
                "addi sp,sp,48",
                "jalr zero,0(ra)",
            ],
        ),
        (
            O::Syscall(
                Syscall::Mount,
                vec![R0.into(), R1.into(), 1.into(), 0.into(), R4.into()],
            ),
            &[
                "mov %rbx,%rdi",
                "mov %rbp,%rsi",
                "mov $0x1,%rdx",
                "xor %r10d,%r10d",
                "mov %r14,%r8",
                "mov $0xa5,%rax",
                "syscall",
                "mov %rax,%rbx",
            ],
            &[
                "mov x0, x19",
                "mov x1, x20",
                "mov x2, #0x1",
                "mov x3, #0x0",
                "mov x4, x23",
                "mov x8, #0x28",
                "svc #0x0",
                "mov x19, x0",
            ],
            &[
                "addi a0,s2,0",
                "addi a1,s3,0",
                "addi a2,zero,1",
                "addi a3,zero,0",
                "addi a4,s6,0",
                "addi a7,zero,40",
                "ecall",
                "addi s2,a0,0",
            ],
        ),
    ]
}

/// The instructions in these bytes, as objdump reads them.
fn disassembled(architecture: Architecture, bytes: &[u8]) -> Option<Vec<String>> {
    let mut command = disassembler(architecture)?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code");
    std::fs::write(&file, bytes).unwrap();
    let output = command.arg(&file).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with(' '));
    // Offset, bytes, instruction, comment. A long instruction's further bytes have a line without.
    let instructions = lines.filter_map(|line| line.splitn(3, '\t').nth(2));
    Some(
        instructions
            .map(|text| {
                let words = text.split_whitespace();
                let words = words.take_while(|word| !matches!(*word, "#" | "//"));
                words.collect::<Vec<_>>().join(" ")
            })
            .collect(),
    )
}

#[test]
fn binutils_read_every_operation_as_it_is_meant() {
    let rows = rows();
    for architecture in ARCHITECTURES {
        let mut program = Program::new();
        let mut expected = Vec::new();
        for (operation, x86_64, aarch64, riscv64) in &rows {
            program.push(operation.clone());
            expected.extend_from_slice(match architecture {
                Architecture::X86_64 => x86_64,
                Architecture::Aarch64 => aarch64,
                _ => riscv64,
            });
        }
        let assembled = assemble(&program, architecture).unwrap();
        let Some(mut found) = disassembled(architecture, &assembled.bytes) else {
            continue;
        };
        // Zeroes up to the boundary of a word.
        found.truncate(expected.len());
        assert_eq!(found, expected, "{architecture}");
    }
}

#[test]
fn binutils_read_distances_forwards_and_backwards() {
    let far = 3000;
    let mut program = Program::new();
    let text = program.text("text");
    let back = program.here();
    let forth = program.label();
    program.branch(R0, Equal, R1, forth);
    program.call(forth);
    program.set(R2, text);
    for _ in 0..far {
        program.push(Operation::Subtract(R0, R0));
    }
    program.place(forth);
    program.branch(R0, NotEqual, R1, back);
    program.branch(R0, Less, R1, back);
    program.branch(R0, NotLess, R1, back);
    program.jump(back);

    for architecture in ARCHITECTURES {
        let assembled = assemble(&program, architecture).unwrap();
        let Some(found) = disassembled(architecture, &assembled.bytes) else {
            continue;
        };
        let data = assembled.code_bytes;
        let x86_forth = 9 + 5 + 7 + 3 * far;
        let arm_forth = 8 + 4 + 4 + 4 * far;
        let riscv_forth = 8 + 4 + 8 + 4 * far;
        let expected: Vec<String> = match architecture {
            Architecture::X86_64 => vec![
                "cmp %rbp,%rbx".to_owned(),
                format!("je {x86_forth:#x}"),
                format!("call {x86_forth:#x}"),
                format!("lea {:#x}(%rip),%r9", data - 21),
            ],
            Architecture::Aarch64 => vec![
                "cmp x19, x20".to_owned(),
                format!("b.eq {arm_forth:#x}"),
                format!("bl {arm_forth:#x}"),
                format!("adr x21, {data:#x}"),
            ],
            _ => vec![
                "bne s2,s3,0x8".to_owned(),
                format!("jal zero,{riscv_forth:#x}"),
                format!("jal ra,{riscv_forth:#x}"),
                format!("auipc s4,{:#x}", (data - 12 + 0x800) >> 12),
                format!("addi s4,s4,{}", low_twelve(data - 12)),
            ],
        };
        assert_eq!(found[..expected.len()], expected, "{architecture}");
        let after = expected.len() + usize::try_from(far).unwrap();
        let back: &[&str] = match architecture {
            Architecture::X86_64 => &[
                "cmp %rbp,%rbx",
                "jne 0x0",
                "cmp %rbp,%rbx",
                "jl 0x0",
                "cmp %rbp,%rbx",
                "jge 0x0",
                "jmp 0x0",
            ],
            Architecture::Aarch64 => &[
                "cmp x19, x20",
                "b.ne 0x0",
                "cmp x19, x20",
                "b.lt 0x0",
                "cmp x19, x20",
                "b.ge 0x0",
                "b 0x0",
            ],
            _ => &[
                "beq",
                "jal zero,0x0",
                "bge",
                "jal zero,0x0",
                "blt",
                "jal zero,0x0",
                "jal zero,0x0",
            ],
        };
        for (found, expected) in found[after..].iter().zip(back) {
            assert!(
                found.starts_with(expected),
                "{architecture}: {found}, not {expected}"
            );
        }
    }
}

fn low_twelve(value: u64) -> i64 {
    let low = i64::try_from(value & 0xfff).unwrap();
    if low >= 0x800 { low - 0x1000 } else { low }
}

/// Numbers at which an encoding changes its form.
const NUMBERS: [i32; 19] = [
    0,
    1,
    -1,
    127,
    128,
    2047,
    2048,
    -2048,
    -2049,
    4095,
    4096,
    65_535,
    65_536,
    -65_536,
    -65_537,
    0x1234_5678,
    -0x1234_5678,
    i32::MAX,
    i32::MIN,
];

/// A program that writes what it found out to standard output, and what that has to be.
fn examination() -> (Program, Vec<u8>) {
    let mut p = Program::new();
    let mut expected = Vec::new();
    let out = p.space(4096);
    let word = |p: &mut Program, register: Register| {
        p.push(Operation::StoreWord(register, R5, 0));
        p.add(R5, 8);
    };
    p.set(R5, out);

    for number in NUMBERS {
        p.set(R1, number);
        word(&mut p, R1);
        expected.extend(i64::from(number).to_le_bytes());
        p.set(R1, 5);
        p.add(R1, number);
        word(&mut p, R1);
        expected.extend((i64::from(number) + 5).to_le_bytes());
    }

    for one in [-3, 0, 2, 100_000] {
        for other in [-3, 0, 2, 100_000] {
            for condition in [Equal, NotEqual, Less, NotLess] {
                let taken = match condition {
                    Equal => one == other,
                    NotEqual => one != other,
                    Less => one < other,
                    NotLess => one >= other,
                };
                for by_register in [false, true] {
                    let there = p.label();
                    p.set(R1, one);
                    p.set(R2, other);
                    p.set(R3, 1);
                    let operand = if by_register {
                        Operand::Register(R2)
                    } else {
                        Operand::Constant(other)
                    };
                    p.branch(R1, condition, operand, there);
                    p.set(R3, 0);
                    p.place(there);
                    p.push(Operation::StoreByte(R3, R5, 0));
                    p.add(R5, 1);
                    expected.push(u8::from(taken));
                }
            }
        }
    }

    // Bytes before and after a place; the low one of what was a negative number.
    let around = p.space(16);
    p.set(R1, around);
    p.add(R1, 8);
    p.set(R2, -2);
    p.push(Operation::StoreByte(R2, R1, -8));
    p.push(Operation::LoadByte(R3, R1, -8));
    word(&mut p, R3);
    expected.extend(0xfe_u64.to_le_bytes());
    p.push(Operation::LoadWord(R4, R1, -8));
    word(&mut p, R4);
    expected.extend(0xfe_u64.to_le_bytes());
    p.push(Operation::Subtract(R4, R3));
    word(&mut p, R4);
    expected.extend(0_u64.to_le_bytes());

    // A function that calls itself: its registers are its own, and its result is in the first.
    let (sum, start) = (p.label(), p.label());
    p.jump(start);
    p.place(sum);
    p.push(Operation::Enter);
    let done = p.label();
    p.set(R1, R0);
    p.branch(R1, Equal, 0, done);
    p.add(R0, -1);
    p.call(sum);
    p.add(R0, R1);
    p.set(R2, 99);
    p.set(R3, 99);
    p.set(R4, 99);
    p.set(R5, 99);
    p.place(done);
    p.push(Operation::Return);
    p.place(start);
    p.set(R1, 11);
    p.set(R2, 12);
    p.set(R3, 13);
    p.set(R4, 14);
    p.set(R0, 10);
    p.call(sum);
    for (register, value) in [(R0, 55_u64), (R1, 11), (R2, 12), (R3, 13), (R4, 14)] {
        word(&mut p, register);
        expected.extend(value.to_le_bytes());
    }

    // What the kernel answers, and what it leaves alone.
    let missing = p.text("/nowhere/at/all");
    p.syscall(
        Syscall::Openat,
        &[(-100).into(), missing.into(), 0.into(), 0.into()],
    );
    for (register, value) in [(R0, -2_i64), (R1, 11), (R2, 12), (R3, 13), (R4, 14)] {
        word(&mut p, register);
        expected.extend(value.to_le_bytes());
    }

    // What it was started with: a number, and a text.
    p.push(Operation::Stack(R1));
    p.push(Operation::LoadWord(R2, R1, 0));
    word(&mut p, R2);
    expected.extend(2_u64.to_le_bytes());
    p.push(Operation::LoadWord(R2, R1, 16));
    p.push(Operation::LoadByte(R3, R2, 1));
    word(&mut p, R3);
    expected.extend(u64::from(b'r').to_le_bytes());

    p.set(R1, out);
    p.push(Operation::Subtract(R5, R1));
    p.syscall(Syscall::Write, &[1.into(), R1.into(), R5.into()]);
    p.syscall(Syscall::Exit, &[42.into()]);
    (p, expected)
}

fn write_executable(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn processors_do_what_the_operations_say() {
    let (program, expected) = examination();
    for architecture in ARCHITECTURES {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("examination");
        let assembled = assemble(&program, architecture).unwrap();
        write_executable(&file, &executable(&assembled));
        let Some(mut command) = process(architecture, &file) else {
            continue;
        };
        let output = command.arg("argument").output().unwrap();
        assert_eq!(output.status.code(), Some(42), "{architecture}: {output:?}");
        assert_eq!(output.stdout, expected, "{architecture}");
    }
}

#[test]
fn numbers_of_system_calls_are_those_of_the_headers() {
    let headers = [
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", true),
        ("/usr/include/asm-generic/unistd.h", false),
    ];
    for (path, is_x86_64) in headers {
        let Ok(text) = std::fs::read_to_string(path) else {
            super::support::skip("headers", &format!("there is no {path}"));
            continue;
        };
        for (_, name, x86_64, generic) in Syscall::ALL {
            let number = if is_x86_64 { x86_64 } else { generic };
            let (one, other) = (format!("__NR_{name}"), format!("__NR3264_{name}"));
            let defined = text.lines().find_map(|line| {
                let mut words = line.split_whitespace();
                let is_it = words.next() == Some("#define")
                    && words
                        .next()
                        .is_some_and(|word| word == one || word == other);
                is_it.then(|| words.next())?
            });
            assert_eq!(
                defined,
                Some(number.to_string().as_str()),
                "{name} in {path}"
            );
        }
    }
}

#[test]
fn a_label_that_is_nowhere_is_refused() {
    for architecture in ARCHITECTURES {
        let mut program = Program::new();
        let nowhere = program.label();
        program.jump(nowhere);
        let error = assemble(&program, architecture).unwrap_err();
        assert!(
            error.to_string().contains("a place within reach"),
            "{error}"
        );
    }
}

#[test]
fn a_label_in_two_places_is_refused() {
    for architecture in ARCHITECTURES {
        let mut program = Program::new();
        let label = program.here();
        program.place(label);
        assert!(assemble(&program, architecture).is_err());
    }
}

#[test]
fn a_call_with_more_arguments_than_there_are_registers_is_refused() {
    for architecture in ARCHITECTURES {
        let mut program = Program::new();
        program.syscall(Syscall::Sync, &[0.into(); 6]);
        assert!(assemble(&program, architecture).is_err());
    }
}
