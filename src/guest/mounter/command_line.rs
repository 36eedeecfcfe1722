//! The kernel command line, taken apart in the guest as the kernel does: words between spaces,
//! quotes around what holds some, and nothing of ours behind `--`.
//!
//! Source: `lib/cmdline.c` (`next_arg`), `init/do_mounts.c` (the parameters of the root).

use super::super::assembler::{Condition, Datum, Operation, Register};
use super::super::linux::MS_RDONLY;
use super::routines::Writing;
use Condition::{Equal, Less, NotEqual};
use Register::{R0, R1, R2, R3, R4, R5};

/// Longer lines are cut; the kernel's own limit is 4096 at the most.
const LINE_BYTES: i32 = 4096;
/// A space, and all that separates words.
const SEPARATORS_END: i32 = 33;
const QUOTE: i32 = 34;

/// What the parameters come to: each a variable of one word.
pub(super) struct Parameters {
    /// `root=`, a text.
    pub root: Datum,
    /// `rootfstype=`, a text; zero without.
    pub root_type: Datum,
    /// `rootflags=`, a text; zero without.
    pub root_flags: Datum,
    /// `init=`, a text; zero without.
    pub init: Datum,
    /// `rootdelay=`, a text; zero without.
    pub root_delay: Datum,
    /// `rootwait=`, a text; zero without.
    pub root_wait: Datum,
    /// `rootwait`: something else than zero.
    pub waits_forever: Datum,
    /// `ro` or `rw`: what mount(2) takes.
    pub mount_flags: Datum,
}

/// Reads and parses the line.
pub(super) fn parse(w: &mut Writing) -> Parameters {
    let parameters = Parameters {
        root: w.p.space(8),
        root_type: w.p.space(8),
        root_flags: w.p.space(8),
        init: w.p.space(8),
        root_delay: w.p.space(8),
        root_wait: w.p.space(8),
        waits_forever: w.p.space(8),
        mount_flags: w.p.space(8),
    };
    let line = w.p.space(u64::from(LINE_BYTES.unsigned_abs()));
    let path = w.p.text("/proc/cmdline");
    let (read, end) = (w.p.label(), w.p.label());
    w.read_file(path, line, LINE_BYTES);
    w.p.set(R5, R0);
    w.p.branch(R5, Condition::NotLess, 0, read);
    w.cannot("open /proc/cmdline");
    w.say_error(R5);
    w.p.jump(w.give_up);

    w.p.place(read);
    // The kernel mounts read-only unless it is told otherwise.
    w.p.set(R0, MS_RDONLY);
    w.store(parameters.mount_flags, R0, R1);
    w.p.set(R1, line);
    let word = w.p.here();
    next_word(w, end);

    // The word begins at R3, and R1 is behind it.
    let same = w.p.label();
    w.after_prefix(R3, "--");
    w.p.branch(R0, Equal, 0, same);
    w.load_byte(R2, R0, 0);
    w.p.branch(R2, Equal, 0, end);
    w.p.place(same);
    for (name, variable) in [
        ("root=", parameters.root),
        ("rootfstype=", parameters.root_type),
        ("rootflags=", parameters.root_flags),
        ("init=", parameters.init),
        ("rootdelay=", parameters.root_delay),
        ("rootwait=", parameters.root_wait),
    ] {
        let (other, unquoted) = (w.p.label(), w.p.label());
        w.after_prefix(R3, name);
        w.p.branch(R0, Equal, 0, other);
        w.load_byte(R2, R0, 0);
        w.p.branch(R2, NotEqual, QUOTE, unquoted);
        w.p.add(R0, 1);
        w.p.place(unquoted);
        w.store(variable, R0, R2);
        w.p.jump(word);
        w.p.place(other);
    }
    for (name, variable, value) in [
        ("ro", parameters.mount_flags, MS_RDONLY),
        ("rw", parameters.mount_flags, 0),
        ("rootwait", parameters.waits_forever, 1),
    ] {
        let other = w.p.label();
        w.after_prefix(R3, name);
        w.p.branch(R0, Equal, 0, other);
        w.load_byte(R2, R0, 0);
        w.p.branch(R2, NotEqual, 0, other);
        w.p.set(R0, value);
        w.store(variable, R0, R2);
        w.p.jump(word);
        w.p.place(other);
    }
    w.p.jump(word);
    w.p.place(end);
    parameters
}

/// Finds the next word from R1 on: R3 is where it begins, a NUL is where it ended, and R1 is behind
/// that. Goes to `end` where there is none.
fn next_word(w: &mut Writing, end: super::super::assembler::Label) {
    let (begin, past, no_quote, ended, unquoted) = (
        w.p.label(),
        w.p.label(),
        w.p.label(),
        w.p.label(),
        w.p.label(),
    );
    let skip = w.p.here();
    w.load_byte(R2, R1, 0);
    w.p.branch(R2, Equal, 0, end);
    w.p.branch(R2, Condition::NotLess, SEPARATORS_END, begin);
    w.p.add(R1, 1);
    w.p.jump(skip);

    w.p.place(begin);
    w.p.set(R3, R1);
    // R4: whether a quote is open.
    w.p.set(R4, 0);
    let scan = w.p.here();
    w.load_byte(R2, R1, 0);
    w.p.set(R5, R1);
    w.p.branch(R2, Equal, 0, ended);
    w.p.branch(R2, NotEqual, QUOTE, no_quote);
    w.p.set(R5, 1);
    w.p.push(Operation::Subtract(R5, R4));
    w.p.set(R4, R5);
    w.p.jump(past);
    w.p.place(no_quote);
    w.p.branch(R4, NotEqual, 0, past);
    let separator = w.p.label();
    w.p.branch(R2, Less, SEPARATORS_END, separator);
    w.p.place(past);
    w.p.add(R1, 1);
    w.p.jump(scan);

    w.p.place(separator);
    w.p.set(R2, 0);
    w.store_byte(R2, R1, 0);
    w.p.add(R1, 1);
    // R5 is the end of the word: a quote before it goes, and one at the beginning.
    w.p.place(ended);
    w.load_byte(R2, R5, -1);
    w.p.branch(R2, NotEqual, QUOTE, unquoted);
    w.p.set(R2, 0);
    w.store_byte(R2, R5, -1);
    w.p.place(unquoted);
    let plain = w.p.label();
    w.load_byte(R2, R3, 0);
    w.p.branch(R2, NotEqual, QUOTE, plain);
    w.p.add(R3, 1);
    w.p.place(plain);
}
