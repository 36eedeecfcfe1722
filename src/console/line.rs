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
    /// The kernel's time in microseconds; `None` where it is not before the message.
    pub kernel_time: Option<u64>,
    /// The program that a log of the system names before it.
    pub program: Option<&'a [u8]>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(number: u64, bytes: &'a [u8]) -> Self {
        Self { number, bytes }
    }

    /// The message behind the prefixes.
    pub fn message(&self) -> Message<'a> {
        let mut text = self.bytes;
        let mut time = None;
        let mut program = None;
        // A log of a log: journalctl before dmesg's level before the kernel's time and caller.
        for _ in 0..8 {
            text = text.trim_ascii_start();
            let mut named = |(name, rest): (Option<&'a [u8]>, &'a [u8])| {
                program = name.or(program);
                rest
            };
            let stripped = kernel_time(text)
                .map(|(at, rest)| {
                    time = Some(at);
                    rest
                })
                .or_else(|| level(text))
                .or_else(|| dmesg_facility(text))
                .or_else(|| bracketed(text))
                .or_else(|| numbered_time(text).map(&mut named))
                .or_else(|| syslog(text).map(&mut named))
                .or_else(|| quotation(text))
                .or_else(|| wrapped_field(text));
            match stripped {
                Some(rest) => text = rest,
                None => break,
            }
        }
        Message {
            text: text.trim_ascii_start(),
            is_stamped: time.is_some(),
            kernel_time: time,
            program,
        }
    }
}

/// `[    1.234567]`, and the caller behind it: `[    T1]`, `[   C0]`.
fn kernel_time(text: &[u8]) -> Option<(u64, &[u8])> {
    let (inside, rest) = brackets(text)?;
    let inside = inside.trim_ascii_start();
    let (seconds, fraction) = halves(inside, b'.')?;
    // Some put the caller into the same brackets: [    0.000000][    T0] or [ 0.000000@0].
    let fraction = halves(fraction, b'@').map_or(fraction, |(fraction, _)| fraction);
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = match brackets(rest) {
        Some((caller, behind)) if is_caller(caller) => behind,
        _ => rest,
    };
    Some((microseconds(seconds, fraction), rest))
}

/// The time that two runs of digits stand for. A time that is too large is the largest.
fn microseconds(seconds: &[u8], fraction: &[u8]) -> u64 {
    let places = fraction.iter().copied().chain(std::iter::repeat(b'0'));
    seconds
        .iter()
        .copied()
        .chain(places.take(6))
        .fold(0, |time: u64, digit| {
            let digit = u64::from(digit.saturating_sub(b'0'));
            time.saturating_mul(10).saturating_add(digit)
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

/// `2026-11-25T10:00:00.123456Z `, `2026-11-25 10:00:00 ` and `25/11/2026 10:00:00 `, before what a service, a VMM or a
/// program in Go says.
fn numbered_time(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (first, rest) = halves(text, b' ')?;
    let is_date = |date: &[u8]| {
        let parts = date.split(|byte| b"-/".contains(byte));
        (8..=10).contains(&date.len())
            && parts.clone().count() == 3
            && parts.into_iter().all(digits)
    };
    let rest = match halves(first, b'T') {
        Some((date, time)) if is_date(date) && time.first().is_some_and(u8::is_ascii_digit) => rest,
        Some(_) => return None,
        None if is_date(first) => {
            let (time, rest) = halves(rest, b' ')?;
            is_clock(time).then_some(rest)?
        }
        None => return None,
    };
    // journalctl -o short-iso and rsyslog have the host and the program after it.
    Some(match program(rest) {
        Some((name, rest)) => (Some(name), rest),
        None => (None, rest),
    })
}

/// `10:00:00`, and what is finer.
fn is_clock(time: &[u8]) -> bool {
    matches!(time, [a, b, b':', c, d, b':', e, f, ..] if digits(&[*a, *b, *c, *d, *e, *f]))
}

/// `Nov 25 10:00:00 host kernel: `, and `Wed Nov 25 10:00:00 2026 kern.info kernel: ` of OpenWrt's logread.
fn syslog(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    // journalctl writes the month in the language of its host.
    let is_word = |word: &[u8]| {
        (3..=8).contains(&word.len())
            && word
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80 || *byte == b'.')
    };
    let next = |rest: &'_ [u8]| -> Option<(usize, usize)> {
        let from = rest.len().checked_sub(rest.trim_ascii_start().len())?;
        let length = memchr::memchr(b' ', rest.get(from..)?)?;
        Some((from, from.checked_add(length)?))
    };
    let mut rest = text;
    let mut word = || -> Option<&[u8]> {
        let (from, to) = next(rest)?;
        let word = rest.get(from..to)?;
        rest = rest.get(to.checked_add(1)?..)?;
        Some(word)
    };
    if !is_word(word()?) {
        return None;
    }
    let mut day = word()?;
    if is_word(day) {
        day = word()?;
    }
    let time = word()?;
    if !digits(day) || !is_clock(time) {
        return None;
    }
    if let Some((from, to)) = next(rest)
        && rest
            .get(from..to)
            .is_some_and(|year| digits(year) && year.len() == 4)
    {
        rest = rest.get(to..)?.trim_ascii_start();
    }
    let (name, rest) = program(rest)?;
    Some((Some(name), rest))
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

/// The program, and what is behind `host program[123]: `. Some name a facility too: `kern.info kernel: `; and some no
/// host, which is known of the kernel only.
fn program(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    let mut is_sentence = false;
    for place in 0..3 {
        let (word, behind) = halves(rest, b' ')?;
        if let Some(name) = word.strip_suffix(b":") {
            // `host login: ` is a prompt, and no program that says something.
            let is_program = match place {
                0 => name == b"kernel",
                _ if is_sentence => name == b"kernel" || name.ends_with(b"]"),
                _ => name != b"login",
            };
            return is_program.then_some((name, behind));
        }
        let is_facility = word.contains(&b'.')
            && word
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || *byte == b'.');
        if place > 0 && !is_facility {
            return None;
        }
        // `Command line: ` is a message, and no host with a program.
        is_sentence = place == 0 && matches!(word, [b'A'..=b'Z', b'a'..=b'z', ..]);
        rest = behind;
    }
    None
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
    fn logs_of_a_system_name_the_program() {
        for (line, program) in [
            ("May  1 10:11:12 host systemd[1]: Run /init", "systemd[1]"),
            (
                "2024-05-01T10:11:12.123456+00:00 host kernel: Run /init",
                "kernel",
            ),
            (
                "2024-05-01 10:11:12 host kernel: [    1.2] Run /init",
                "kernel",
            ),
            (
                "Wed May  1 10:11:12 2024 kern.info kernel: [    1.2] Run /init",
                "kernel",
            ),
            (
                "Jan  1 00:00:05 host user.notice kernel: Run /init",
                "kernel",
            ),
            ("May  1 10:11:12 kernel: Run /init", "kernel"),
            ("May  1 10:11:12 Debian kernel: Run /init", "kernel"),
        ] {
            let message = Line::new(1, line.as_bytes()).message();
            assert_eq!(message.text, b"Run /init", "{line}");
            assert_eq!(message.program, Some(program.as_bytes()), "{line}");
        }
        for line in [
            "2024-05-01T10:11:12.123456+00:00 host login: ",
            "2024/05/01 10:11:12 host login: ",
        ] {
            let message = Line::new(1, line.as_bytes()).message();
            assert_eq!(message.text, b"host login: ", "{line}");
        }
    }

    #[test]
    fn the_kernels_time_is_in_microseconds() {
        for (line, time) in [
            ("[    1.2] x", Some(1_200_000)),
            ("[12345.678901] x", Some(12_345_678_901)),
            ("[99999999999999999999.0] x", Some(u64::MAX)),
            ("x", None),
        ] {
            assert_eq!(
                Line::new(1, line.as_bytes()).message().kernel_time,
                time,
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
