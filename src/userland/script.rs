//! Scripts: the first line, read as the kernel reads it.
//!
//! Source: `fs/binfmt_script.c`, `load_script`, as it is since 5.1 (a buffer of 256 bytes, and no
//! interpreter whose path may be cut off); each outcome was also tried on 6.18.

use super::trouble::{NotExecutable, said};
use crate::bytes::escaped;
use crate::tree::Lost;
use std::fmt;

/// How much of a file the kernel looks at: `BINPRM_BUF_SIZE`.
pub const BINPRM_BUF_SIZE: usize = 256;

/// What a first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shebang {
    /// The path of the interpreter. Empty where the line ends by a NUL or with the file.
    pub interpreter: Vec<u8>,
    /// The rest of the line, which is one argument.
    pub argument: Option<Vec<u8>>,
}

/// Why a first line is not one that the kernel obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineFault {
    /// Nothing stands behind `#!`.
    NoInterpreter,
    /// The path of the interpreter goes on past the 256 bytes that the kernel looks at.
    TooLong,
}

/// Why a script is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptTrouble {
    /// The first line names nothing, or names it too far to the right.
    Line {
        /// The script.
        script: Vec<u8>,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// `#!` is there, behind something else.
    NotAtStart {
        /// The script.
        script: Vec<u8>,
        /// The bytes before it: a byte order mark, blanks or newlines.
        before: Vec<u8>,
    },
    /// The interpreter leads nowhere.
    InterpreterMissing {
        /// The script.
        script: Vec<u8>,
        /// The interpreter, with the carriage return that it may end with.
        interpreter: Vec<u8>,
        /// Where the lookup ended.
        lost: Lost,
        /// Whether the line ends with CR LF, so that the kernel looks for `/bin/sh\r`, and the
        /// path without it is there.
        carriage_return: bool,
    },
    /// The interpreter is there and not a program.
    InterpreterNotExecutable {
        /// The script.
        script: Vec<u8>,
        /// The interpreter.
        interpreter: Vec<u8>,
        /// What it is.
        why: NotExecutable,
    },
    /// A script whose interpreter is a script, and so on: more of them than the kernel follows.
    TooDeep {
        /// The sixth.
        script: Vec<u8>,
    },
}

impl ScriptTrouble {
    /// What the kernel answers, positive.
    pub fn errno(&self) -> i32 {
        match self {
            Self::Line { .. } | Self::NotAtStart { .. } => super::trouble::ENOEXEC,
            Self::InterpreterMissing { lost, .. } => lost.errno.number(),
            Self::InterpreterNotExecutable { .. } => super::trouble::EACCES,
            Self::TooDeep { .. } => super::trouble::ELOOP,
        }
    }
}

impl fmt::Display for ScriptTrouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { script, fault } => match fault {
                LineFault::NoInterpreter => {
                    write!(
                        out,
                        "the first line of {} names no interpreter",
                        escaped(script)
                    )
                }
                LineFault::TooLong => write!(
                    out,
                    "the interpreter in the first line of {} continues after byte \
                        {BINPRM_BUF_SIZE}",
                    escaped(script)
                ),
            },
            Self::NotAtStart { script, before } => {
                let what = if before.starts_with(BOM) {
                    "a byte order mark".to_owned()
                } else {
                    format!("\"{}\"", escaped(before))
                };
                write!(out, "{} begins with {what} before #!", escaped(script))
            }
            Self::InterpreterMissing {
                script,
                interpreter,
                lost,
                carriage_return,
            } => {
                let interpreter = escaped(interpreter);
                write!(
                    out,
                    "{} needs {interpreter}: {}",
                    escaped(script),
                    said(lost)
                )?;
                if *carriage_return {
                    write!(out, " (its lines end with CR LF)")?;
                }
                Ok(())
            }
            Self::InterpreterNotExecutable {
                script,
                interpreter,
                why,
            } => write!(
                out,
                "{} needs {}, which {why}",
                escaped(script),
                escaped(interpreter)
            ),
            Self::TooDeep { script } => {
                let script = escaped(script);
                write!(
                    out,
                    "{script} is the sixth script in a row, but the kernel follows only five"
                )
            }
        }
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_terminator(byte: &u8) -> bool {
    is_blank(byte) || *byte == 0
}

/// Reads the first line of a file from its first [`BINPRM_BUF_SIZE`] bytes, or from all that it
/// has; `None` where it begins with anything but `#!`.
pub fn shebang(first: &[u8]) -> Option<Result<Shebang, LineFault>> {
    // The kernel's buffer is padded with NULs.
    let mut buffer = first.get(..BINPRM_BUF_SIZE).unwrap_or(first).to_vec();
    buffer.resize(BINPRM_BUF_SIZE, 0);
    let rest = buffer.strip_prefix(b"#!")?;
    Some(line(rest))
}

fn line(rest: &[u8]) -> Result<Shebang, LineFault> {
    // A newline behind a NUL is not found.
    let newline = rest.iter().position(|byte| matches!(byte, b'\n' | 0));
    let newline = newline.filter(|at| rest.get(*at) == Some(&b'\n'));
    let line = match newline {
        Some(end) => rest.get(..end).unwrap_or(rest),
        None => {
            let name = rest.iter().position(|byte| !is_blank(byte));
            let name = name.ok_or(LineFault::NoInterpreter)?;
            let tail = rest.get(name..).unwrap_or_default();
            if !tail.iter().any(is_terminator) {
                return Err(LineFault::TooLong);
            }
            // The kernel overwrites the last byte, which may be one of an argument.
            rest.split_last().map_or(rest, |(_, kept)| kept)
        }
    };
    let end = line.iter().rposition(|byte| !is_blank(byte));
    let name = line.iter().position(|byte| !is_blank(byte));
    let (Some(name), Some(end)) = (name, end) else {
        return Err(LineFault::NoInterpreter);
    };
    let line = line.get(name..=end).unwrap_or_default();
    let separator = line.iter().position(is_terminator);
    let (interpreter, after) = line.split_at(separator.unwrap_or(line.len()));
    // Behind a NUL nothing is looked at.
    let argument = after
        .iter()
        .position(|byte| !is_blank(byte))
        .and_then(|start| after.get(start..))
        .and_then(|text| text.split(|byte| *byte == 0).next())
        .filter(|text| !text.is_empty());
    Ok(Shebang {
        interpreter: interpreter.to_vec(),
        argument: argument.map(<[u8]>::to_vec),
    })
}

/// What stands before a `#!` that is not at the start, where a person would not see it.
pub(super) fn before_shebang(first: &[u8]) -> Option<&[u8]> {
    let unmarked = first.strip_prefix(BOM).unwrap_or(first);
    let blanks = unmarked
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())?;
    let before = first
        .len()
        .saturating_sub(unmarked.len())
        .saturating_add(blanks);
    let (before, rest) = first.split_at_checked(before)?;
    (!before.is_empty() && rest.starts_with(b"#!")).then_some(before)
}
