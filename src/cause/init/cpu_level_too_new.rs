//! KC610: init is built for a newer processor than the machine has.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::bytes::escaped;
use crate::console::{Clues, Ended};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{IsaNeed, Loader, Program};

/// The cause.
pub static CPU_LEVEL_TOO_NEW: Cause = Cause {
    code: Code(610),
    name: "cpu-level-too-new",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init or one of its libraries needs an x86-64 level that the machine's CPU does not \
        have.",
    explanation: "The x86-64 psABI defines four levels of processors: the baseline, v2 (SSE4.2, \
        POPCNT), v3 (AVX2, BMI2, FMA) and v4 (AVX-512). Distributions are built for one of them, \
        and their libraries state it in a property note: Red Hat Enterprise Linux 9 needs v2, and \
        version 10 needs v3. glibc's loader compares the note with the CPU and stops. Without such \
        a loader, the first unsupported instruction ends init. The hypervisor chooses the guest's \
        CPU: QEMU's default model without KVM is the baseline.\n\nIf the level of the machine is \
        not given, kelpie-check assumes v2 and warns about v3 and v4.",
    fix: "Give the machine a CPU of that level, or use a root that is built for a lower one.",
    tells: &[
        Tell {
            text: "Fatal glibc error: CPU does not support x86-64-v‹3›",
            by: "glibc built for that level",
            says: Says::It,
        },
        Tell {
            text: "CPU ISA level is lower than required",
            by: "glibc's loader since 2.33, of a file with the note",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000004",
            by: "Linux, kernel/exit.c, if an instruction was unknown (SIGILL)",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "x86-64 psABI, Micro-Architecture Levels and GNU_PROPERTY_X86_ISA_1_NEEDED",
        "glibc sysdeps/x86/dl-prop.h, dl_isa_level_check",
    ],
    check: Check::Boot,
};

/// What every machine that is met today has.
const USUAL_LEVEL: u8 = 2;

/// The finding about an init that starts on a CPU of the level `has`; `None` is one that is not known.
pub(crate) fn of(has: Option<u8>, program: &Program) -> Option<Finding> {
    let need = program.isa_level.as_ref().filter(|need| need.level > 1)?;
    let level = need.level;
    if level <= has.unwrap_or(USUAL_LEVEL) {
        return None;
    }
    let fix =
        format!("Give the machine a CPU of x86-64-v{level}, or use a root for a lower level.");
    Some(match has {
        Some(has) => CPU_LEVEL_TOO_NEW.finding(
            said(
                program,
                need,
                &format!("the machine's CPU has {}", named(has)),
            ),
            format!("{}.", end(program)),
            fix,
        ),
        None => CPU_LEVEL_TOO_NEW
            .finding(
                said(program, need, "the machine's CPU is unknown"),
                format!("If the CPU has less, {}.", uncapitalised(&end(program))),
                fix,
            )
            .with_severity(Severity::Warn),
    })
}

/// Returns the level that a program needs, if it is more than usual and the machine's is not known.
pub(crate) fn level_left_open(has: Option<u8>, program: &Program) -> Option<u8> {
    let level = program.isa_level.as_ref()?.level;
    (has.is_none() && level > USUAL_LEVEL).then_some(level)
}

fn said(program: &Program, need: &IsaNeed, machine: &str) -> String {
    format!(
        "Init is {}, {} needs {}, and {machine}.",
        escaped(&program.path),
        escaped(&need.path),
        named(need.level)
    )
}

fn named(level: u8) -> String {
    match level {
        0 | 1 => "the baseline of x86-64".to_owned(),
        level => format!("x86-64-v{level}"),
    }
}

/// What ends it, without the full stop.
fn end(program: &Program) -> String {
    match program.loader {
        Some(Loader::Glibc) => "The loader says \"CPU ISA level is lower than required\", and the \
                                kernel panics with \"Attempted to kill init! exitcode=0x00007f00\""
            .to_owned(),
        _ => "The first unsupported instruction ends init, and the kernel panics with \"Attempted \
            to kill init! exitcode=0x00000004\""
            .to_owned(),
    }
}

fn uncapitalised(text: &str) -> String {
    text.replacen("The ", "the ", 1)
}

/// An instruction that the CPU does not have.
fn weigh(clues: &Clues) -> Belief {
    match clues.init_ended {
        Some(Some(Ended::Killed(4))) => Belief::Likely,
        _ => Belief::No,
    }
}
