//! One line, and what stands before its message: level, time, host, who prints it.
//!
//! Sources: Linux `kernel/printk/printk.c` (`print_prefix`, `CONFIG_PRINTK_CALLER`); util-linux
//! `dmesg` (`-x`, `-T`); systemd `journalctl -o short`; Rust's `env_logger`, as libkrun sets it up;
//! Firecracker's `logger`; Kata Containers `src/runtime/virtcontainers/hypervisor.go`, the field
//! `vmconsole`; Moby `daemon/logger/jsonfilelog`.

/// A line of a console or of a log.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its number, from one.
    pub number: u64,
    /// What it says, without its end and without what steers a terminal.
    pub bytes: &'a [u8],
}

/// The message of a line, behind its prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The text.
    pub text: &'a [u8],
    /// Whether the kernel's time stood before it.
    pub is_stamped: bool,
}

impl<'a> Line<'a> {
    pub(crate) fn new(number: u64, bytes: &'a [u8]) -> Self {
        Self { number, bytes }
    }

    /// The message behind the prefixes.
    pub fn message(&self) -> Message<'a> {
        let mut text = self.bytes;
        let mut is_stamped = false;
        // A log of a log: journalctl before dmesg's level before the kernel's time and caller.
        for _ in 0..8 {
            text = text.trim_ascii_start();
            let stripped = kernel_time(text)
                .inspect(|_| is_stamped = true)
                .or_else(|| level(text))
                .or_else(|| dmesg_facility(text))
                .or_else(|| bracketed(text))
                .or_else(|| iso_time(text))
                .or_else(|| syslog(text))
                .or_else(|| quotation(text))
                .or_else(|| wrapped_field(text));
            match stripped {
                Some(rest) => text = rest,
                None => break,
            }
        }
        Message {
            text: text.trim_ascii_start(),
            is_stamped,
        }
    }
}

/// `[    1.234567]`, and the caller behind it: `[    T1]`, `[   C0]`.
fn kernel_time(text: &[u8]) -> Option<&[u8]> {
    let (inside, rest) = brackets(text)?;
    let inside = inside.trim_ascii_start();
    let (seconds, fraction) = halves(inside, b'.')?;
    // Some put the caller into the same brackets: [    0.000000][    T0] or [ 0.000000@0].
    let fraction = halves(fraction, b'@').map_or(fraction, |(fraction, _)| fraction);
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    Some(match brackets(rest) {
        Some((caller, behind)) if is_caller(caller) => behind,
        _ => rest,
    })
}

fn is_caller(inside: &[u8]) -> bool {
    match inside.trim_ascii().split_first() {
        Some((b'T' | b'C', number)) => digits(number),
        _ => false,
    }
}

/// `<6>`.
fn level(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"<")?;
    let (number, rest) = halves(inside, b'>')?;
    (digits(number) && number.len() <= 3).then_some(rest)
}

/// `kern  :info  : `, as `dmesg -x` has it.
fn dmesg_facility(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"kern")?;
    let rest = rest.trim_ascii_start().strip_prefix(b":")?;
    let (level, rest) = halves(rest, b':')?;
    let level = level.trim_ascii_end();
    (level.len() <= 6 && level.iter().all(u8::is_ascii_lowercase)).then_some(rest)
}

/// `[2026-11-25T10:00:00Z INFO  krun_vmm::builder] ` and `[Wed Nov 25 10:00:00 2026] `.
fn bracketed(text: &[u8]) -> Option<&[u8]> {
    let (inside, rest) = brackets(text)?;
    let is_time = inside
        .windows(6)
        .any(|six| matches!(six, [b':', a, b, b':', c, d] if digits(&[*a, *b, *c, *d])));
    let is_logger =
        inside.starts_with(b"anonymous-instance") || inside.windows(2).any(|two| two == b"::");
    (is_time || is_logger).then_some(rest)
}

/// `2026-11-25T10:00:00.123456Z `, before what a service or a VMM says.
fn iso_time(text: &[u8]) -> Option<&[u8]> {
    let (first, rest) = halves(text, b' ')?;
    let is_time = matches!(first, [a, b, c, d, b'-', e, f, b'-', g, h, b'T', ..]
        if digits(&[*a, *b, *c, *d, *e, *f, *g, *h]));
    if !is_time {
        return None;
    }
    // journalctl -o short-iso has the host and the program behind it.
    Some(program(rest).unwrap_or(rest))
}

/// `Nov 25 10:00:00 host kernel: `.
fn syslog(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    let mut next = || -> Option<&[u8]> {
        let (word, behind) = halves(rest.trim_ascii_start(), b' ')?;
        rest = behind;
        Some(word)
    };
    // journalctl writes the month in the language of its host.
    let month = next()?;
    let is_word = (3..=8).contains(&month.len())
        && month
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80 || *byte == b'.');
    if !is_word {
        return None;
    }
    let day = next()?.trim_ascii_end();
    let time = next()?;
    let is_time = matches!(time, [a, b, b':', c, d, b':', e, f, ..]
        if digits(&[*a, *b, *c, *d, *e, *f]));
    if !digits(day) || !is_time {
        return None;
    }
    program(rest)
}

/// `> `, before what somebody quotes.
fn quotation(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b">")?;
    rest.first()
        .is_none_or(|next| b" >[".contains(next))
        .then_some(rest)
}

/// The field of a structured log that holds the guest's line: `vmconsole="…"` of Kata's runtime, `"log":"…"` of
/// a container engine. Quotes inside it stay escaped.
fn wrapped_field(text: &[u8]) -> Option<&[u8]> {
    let fields: &[&[u8]] = if text.starts_with(b"time=\"") {
        &[b" vmconsole=\""]
    } else if text.starts_with(b"{\"") {
        &[b"\"vmconsole\":\"", b"\"log\":\""]
    } else {
        return None;
    };
    fields.iter().find_map(|field| {
        let at = memchr::memmem::find(text, field)?;
        let rest = text.get(at.saturating_add(field.len())..)?;
        Some(rest.strip_suffix(b"\"").unwrap_or(rest))
    })
}

/// What is behind `host program[123]: `.
fn program(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = halves(text, b' ')?;
    let (program, rest) = halves(rest, b' ')?;
    program.ends_with(b":").then_some(rest)
}

fn brackets(text: &[u8]) -> Option<(&[u8], &[u8])> {
    halves(text.strip_prefix(b"[")?, b']')
}

fn halves(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = memchr::memchr(at, text)?;
    let (before, behind) = text.split_at(place);
    Some((before, behind.get(1..)?))
}

fn digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> (String, bool) {
        let message = Line::new(1, text.as_bytes()).message();
        (
            String::from_utf8_lossy(message.text).into_owned(),
            message.is_stamped,
        )
    }

    #[test]
    fn what_stands_before_a_message_is_taken_off() {
        for (line, is_stamped) in [
            ("Run /init", false),
            ("[    1.234567] Run /init", true),
            ("<6>[    1.234567] Run /init", true),
            ("[    0.000000][    T0] Run /init", true),
            ("[    0.000000] [   C12] Run /init", true),
            ("[12345.678901] Run /init", true),
            ("kern  :info  : [    1.234567] Run /init", true),
            ("[Wed Nov 25 10:00:00 2026] Run /init", false),
            ("Nov 25 10:00:00 host kernel: Run /init", false),
            ("Nov  5 10:00:00 host kernel: [    1.2] Run /init", true),
            ("2026-11-25T10:00:00+0000 host kernel: Run /init", false),
            ("gen 18 10:00:00 host kernel: [    1.2] Run /init", true),
            ("> > [    1.234567] Run /init", true),
            (
                "time=\"2026-11-25T10:00:00Z\" level=debug pid=1 vmconsole=\"[    1.2] Run /init\"",
                true,
            ),
            (
                "2026-11-25T10:00:00.1234567Z [    1.234567] Run /init",
                true,
            ),
            (
                "[2026-11-25T10:00:00Z INFO  krun_vmm::builder] Run /init",
                false,
            ),
            (
                "2026-11-25T10:00:00.123456789 [anonymous-instance:main] Run /init",
                false,
            ),
        ] {
            assert_eq!(
                message(line),
                ("Run /init".to_owned(), is_stamped),
                "{line}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_a_prefix_stays() {
        for line in [
            "[vda] 65536 512-byte logical blocks",
            "<none>",
            "kernel: x",
            "May I come in",
            "[",
            "[1.2",
            "[ OK ] Started",
        ] {
            assert_eq!(message(line), (line.to_owned(), false));
        }
    }
}
