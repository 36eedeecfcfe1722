//! KC610: init is built for a newer processor than the machine has.

use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, InitEnd, InitFault, InitTrouble};
use crate::bytes::escaped;
use crate::console::{Clues, Ended};
use crate::error::Result;
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
    summary: "Init or one of its libraries states to need a level of x86-64 that the machine's CPU has not.",
    explanation: "The x86-64 psABI counts four levels of processors: the baseline, v2 (SSE4.2, \
        POPCNT), v3 (AVX2, BMI2, FMA) and v4 (AVX-512). Distributions are built for one of them, \
        and their libraries say so in a property note: Red Hat Enterprise Linux 9 needs v2, its \
        tenth release v3. glibc's loader compares the note with the CPU and goes no further; \
        without such a loader the first instruction that the CPU lacks ends init. What the guest's \
        CPU has is the hypervisor's choice: QEMU's default model without KVM is the baseline.\n\n\
        Where nobody says which level the machine has, v2 is taken for granted, and v3 and v4 are \
        worth a warning.",
    fix: "Give the machine a CPU of that level, or use a root that is built for an older one.",
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
            by: "Linux, kernel/exit.c, where an instruction was unknown (SIGILL)",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "x86-64 psABI, Micro-Architecture Levels and GNU_PROPERTY_X86_ISA_1_NEEDED",
        "glibc sysdeps/x86/dl-prop.h, dl_isa_level_check",
    ],
    check: Some(check),
};

/// What every machine that is met today has.
const USUAL_LEVEL: u8 = 2;

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(chain) = bundle.init()? else {
        return Ok(Vec::new());
    };
    let Some(program) = chain.program() else {
        return Ok(Vec::new());
    };
    let Some(need) = program.isa_level.as_ref().filter(|need| need.level > 1) else {
        return Ok(Vec::new());
    };
    if does_not_start(bundle)? {
        return Ok(Vec::new());
    }
    let has = bundle.cpu_level.unwrap_or(USUAL_LEVEL);
    if need.level <= has {
        return Ok(Vec::new());
    }
    let level = need.level;
    let fix = format!("Give the machine a CPU of x86-64-v{level}, or use a root for an older one.");
    Ok(vec![match bundle.cpu_level {
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
                said(program, need, "which CPU the machine has is not known"),
                format!("Where the CPU has less, {}.", uncapitalised(&end(program))),
                fix,
            )
            .with_severity(Severity::Warn),
    }])
}

/// The level that a program needs, where that is more than is usual and nobody says what there is.
pub(crate) fn level_left_open(bundle: &Bundle, program: &Program) -> Option<u8> {
    let level = program.isa_level.as_ref()?.level;
    (bundle.cpu_level.is_none() && level > USUAL_LEVEL).then_some(level)
}

/// Whether the program of the chain is not the one that runs: then another cause tells why.
fn does_not_start(bundle: &Bundle) -> Result<bool> {
    Ok(matches!(
        bundle.init_trouble()?,
        Some(InitTrouble {
            end: InitEnd::Requested | InitEnd::Shell | InitEnd::Nothing,
            ..
        }) | Some(InitTrouble {
            fault: InitFault::Option(_),
            ..
        })
    ))
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
        _ => "The first instruction that the CPU lacks ends init, and the kernel panics with \
              \"Attempted to kill init! exitcode=0x00000004\""
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
