//! What is typed into a system that is up, and what is printed there: another log, or this boot's own.
//!
//! A log that is shown in a shell has lines of boots and panics that are not this boot's.

use super::recognise::Known;
use crate::console::{Clues, Line, Message, Shows};
use crate::stage::Stage;

/// The longest prompt of a shell.
const PROMPT_BYTES: usize = 64;
/// The longest prompt with what a log has before it.
const PREFIXED_BYTES: usize = 160;
/// By how much the times of two CPUs may differ, in microseconds.
const SKEW: u64 = 50_000;

/// Commands that show texts, or the kernel's messages up to now.
const SHOWS_LOG: [&[u8]; 6] = [
    b"dmesg",
    b"journalctl",
    b"logread",
    b"coredumpctl",
    b"abrt-cli",
    b"crash",
];
const SHOWS_FILE: [&[u8]; 16] = [
    b"cat", b"less", b"more", b"most", b"tail", b"head", b"grep", b"egrep", b"zgrep", b"zcat",
    b"xzcat", b"zstdcat", b"zless", b"strings", b"vi", b"vim",
];

/// The shell on the console, as far as it was seen.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// True if the boot has a userspace, or a shell in its initramfs.
    is_open: bool,
    /// True if the boot reached userspace, and has not ended.
    is_up: bool,
    /// True if the kernel's own lines have its time.
    has_times: bool,
    /// True if the kernel's lines have the kernel as their program.
    has_kernel: bool,
    /// The newest time of the kernel, in microseconds.
    newest: u64,
    /// The host that asked for a login, until a prompt is seen.
    host: Option<Vec<u8>>,
    /// What stands before the directory in its prompt.
    user: Option<Vec<u8>>,
    /// The line of its last prompt.
    since: u64,
    /// True if its last command shows a log.
    shows_log: bool,
    /// True if lines of an older time are being shown.
    is_past: bool,
}

/// A prompt of a shell, with or without a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prompt {
    /// The first of this boot.
    First,
    /// A later one of the same shell.
    Again {
        /// The line of the prompt before.
        since: u64,
    },
}

impl Session {
    /// Takes up what a line has shown of the boot.
    pub(super) fn follow(&mut self, clues: &Clues, message: &Message<'_>) {
        self.is_open = clues.ran_initramfs || clues.has_reached(Stage::Userspace);
        self.is_up = clues.has_reached(Stage::Userspace)
            && clues.init_ended.is_none()
            && clues.end.is_none_or(|end| !end.is_final());
        if !self.shows_log && !self.is_past {
            self.has_times |= message.is_stamped;
            self.has_kernel |= message.program == Some(b"kernel");
            self.newest = self.newest.max(message.kernel_time.unwrap_or_default());
        }
    }

    /// Takes up a line that has a prompt of a shell; `None` for other lines.
    pub(super) fn prompt(&mut self, line: &Line<'_>) -> Option<Prompt> {
        if !self.is_open {
            return None;
        }
        if self.asks_for_login(line) {
            return None;
        }
        // Most lines have neither mark, which is found out faster.
        let head = line.bytes.get(..PREFIXED_BYTES).unwrap_or(line.bytes);
        memchr::memchr2(b'#', b'$', head)?;
        let message = line.message();
        if message.is_stamped {
            return None;
        }
        let (user, command) = split_prompt(message.text)?;
        let is_host = |host: &[u8]| {
            let before = user.strip_suffix(host);
            before.is_some_and(|before| before.is_empty() || before.ends_with(b"@"))
        };
        let is_known = match &self.user {
            Some(known) => known.as_slice() == user,
            None => self.host.as_deref().is_some_and(is_host),
        };
        let shown = match &self.user {
            _ if is_known => Prompt::Again { since: self.since },
            // What is shown may have prompts of its own.
            Some(_) if self.shows_log || self.is_past || !self.is_up => return None,
            _ => Prompt::First,
        };
        self.user = Some(user.to_vec());
        self.since = line.number;
        self.is_past = false;
        self.shows_log = shows_log(command);
        Some(shown)
    }

    /// Takes up the prompt of a login, which names the host. After an end it is another boot's.
    fn asks_for_login(&mut self, line: &Line<'_>) -> bool {
        let Some(at) = memchr::memmem::find(line.bytes, b" login: ") else {
            return false;
        };
        let before = line.bytes.get(..at).unwrap_or_default();
        if self.shows_log || before.ends_with(b"Last") {
            return false;
        }
        if !self.is_up {
            self.user = None;
            self.host = None;
        } else if self.user.is_none() {
            let host = before.rsplit(|byte| *byte == b' ').next();
            self.host = host.map(<[u8]>::to_vec);
            self.since = line.number;
        }
        true
    }

    /// Returns true if a line is of another log, which a command shows here.
    pub(super) fn is_quoted(
        &mut self,
        message: &Message<'_>,
        known: &[(Known, Vec<&[u8]>)],
    ) -> bool {
        if !self.is_up || known.is_empty() {
            return false;
        }
        if self.shows_log {
            return true;
        }
        // A machine that was reset begins with these, at an older time.
        let is_beginning = known
            .iter()
            .any(|(what, _)| matches!(what, Known::Mark(Shows::Banner | Shows::Beginning)));
        if is_beginning {
            return false;
        }
        if self.is_past {
            return true;
        }
        let time = message.kernel_time.or_else(|| time_within(message.text));
        let is_end = known
            .iter()
            .any(|(what, _)| matches!(what, Known::Mark(shows) if shows.is_end_by_kernel()));
        match time {
            // Without a shell, the machine may have been reset before a console that has no banner.
            Some(time) if self.user.is_some() && time.saturating_add(SKEW) < self.newest => {
                self.is_past = true;
                true
            }
            Some(_) => false,
            None if message.program.is_some() && self.has_kernel => {
                is_end && message.program != Some(b"kernel")
            }
            None => is_end && self.has_times,
        }
    }
}

/// Returns true if a line without an end is the prompt of root's shell: `/ # `, `bash-5.2# `, `root@(none):/# `,
/// `[root@host ~]# `. One of another user is more likely the host's, at the end of a log.
pub(super) fn is_shell_prompt(message: Message<'_>) -> bool {
    let before = message.text.strip_suffix(b"# ");
    !message.is_stamped && before.is_some_and(is_before_mark)
}

/// Returns true for what a shell may have before the `#` of its prompt.
fn is_before_mark(before: &[u8]) -> bool {
    let words = before
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    before.len() <= PROMPT_BYTES
        && words.count() <= 2
        // Neither a bar of progress nor the time of the kernel.
        && !before.ends_with(b"#")
        && !before.starts_with(b"[ ")
        && before.first().is_none_or(|first| first.is_ascii_alphanumeric() || b"/~[(".contains(first))
}

/// The user and host of a prompt, and the command after it.
fn split_prompt(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = line.get(..PROMPT_BYTES).unwrap_or(line);
    let at = head.iter().position(|byte| b"#$".contains(byte))?;
    let (before, rest) = line.split_at(at);
    let rest = rest.get(1..)?;
    // A comment has nothing before its mark, and a prompt has a blank after it.
    let is_prompt = !before.is_empty() && is_before_mark(before);
    if !is_prompt || !(rest.is_empty() || rest.starts_with(b" ")) {
        return None;
    }
    let is_named = before.iter().any(|byte| b"@-".contains(byte))
        || before.windows(2).any(|pair| matches!(pair, b":~" | b":/"));
    let is_path = before.starts_with(b"/") || before.starts_with(b"~");
    if !is_named && !is_path {
        return None;
    }
    // Only the directory changes.
    let user = if is_path {
        b"/"
    } else {
        before
            .split(|byte| b": ~".contains(byte))
            .next()
            .unwrap_or_default()
    };
    Some((user, rest.trim_ascii()))
}

/// Returns true if a command shows a log. Files of /proc, /sys and /dev are the kernel's own, and reading one may end
/// it.
fn shows_log(command: &[u8]) -> bool {
    let mut words = command
        .split(|byte| b" |;".contains(byte))
        .filter(|word| !word.is_empty());
    let program = words.find(|word| !matches!(*word, b"sudo" | b"doas" | b"busybox"));
    let Some(program) = program else { return false };
    let name = program
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    let is_of_kernel = |word: &[u8]| {
        let is_log = word.ends_with(b"kmsg") || word.starts_with(b"/sys/fs/pstore");
        let roots: [&[u8]; 3] = [b"/proc", b"/sys", b"/dev"];
        !is_log && roots.iter().any(|root| word.starts_with(root))
    };
    // What is followed goes on with this boot's own lines.
    let is_live =
        |word: &[u8]| is_of_kernel(word) || matches!(word, b"-f" | b"-w" | b"-F" | b"--follow");
    (SHOWS_LOG.contains(&name) || SHOWS_FILE.contains(&name)) && !words.any(is_live)
}

/// The kernel's time within a line, after what a program printed without an end.
fn time_within(text: &[u8]) -> Option<u64> {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'[', rest) {
        let from = rest.get(at..)?;
        if let Some(time) = Line::new(0, from).message().kernel_time {
            return Some(time);
        }
        rest = from.get(1..)?;
    }
    None
}
