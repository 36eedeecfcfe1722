//! What is mistaken for a Linux kernel, and what it is instead.
//!
//! Two kinds: imposters wear the header of a kernel image and would be taken for one, so they are
//! asked for first; near misses are asked for when no container has the bytes. Each goes by
//! positive evidence of what it is, for a damaged kernel must stay a damaged kernel.

mod data;
mod programs;

use crate::bytes::Window;
use crate::source::Source;

/// A kind of file that is none of ours.
struct NearMiss {
    /// What it is, with its article: `a Git LFS pointer`.
    what: &'static str,
    /// What to do about it, in one sentence.
    hint: &'static str,
    /// Whether these first 64 KiB (fewer in a short file) are of it.
    recognise: fn(Window<'_>) -> bool,
}

/// A program that is no Linux kernel.
struct Program {
    what: &'static str,
    hint: &'static str,
    /// Told by the head, and by the source where the mark is not in the head.
    recognise: fn(Window<'_>, &Source) -> bool,
}

/// What a file is that is no Linux kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miss {
    /// What it is, with its article: `the memory test Memtest86+`.
    pub what: &'static str,
    /// What to do about it, in one sentence.
    pub hint: &'static str,
}

/// The program that only wears a kernel's header.
pub(super) fn imposter(head: Window<'_>, source: &Source) -> Option<Miss> {
    program(programs::IMPOSTERS, head, source)
}

/// What bytes are that no container has.
pub(super) fn name(head: Window<'_>, source: &Source) -> Option<Miss> {
    imposter(head, source)
        .or_else(|| program(programs::PROGRAMS, head, source))
        .or_else(|| data::name(head))
        .or_else(|| program(programs::HEADERLESS, head, source))
}

fn program(programs: &[Program], head: Window<'_>, source: &Source) -> Option<Miss> {
    programs
        .iter()
        .find(|program| (program.recognise)(head, source))
        .map(|program| Miss {
            what: program.what,
            hint: program.hint,
        })
}
