//! Reads what boots print, and names the cause of each that failed.
//!
//! A log is read once, in pieces of any size, and memory does not grow with it.

mod join;
mod judge;
mod observed;
mod recognise;
mod session;

pub use observed::{Diagnosis, End, Observed, Shown};

use crate::console::{EndKind, Line, Lines, Shows};
use crate::error::Result;
use crate::limits::Limits;
use observed::Evidence;
use recognise::{Known, Recogniser};
use session::Session;

/// At how many columns terminals and mail wrap lines.
const WRAPPED_BYTES: std::ops::RangeInclusive<usize> = 70..=80;
/// How much on both sides of a break is looked through.
const SEAM_BYTES: usize = 100;

/// Prompts stand at the end of what was printed, without the end of a line.
const PROMPTS: [&[u8]; 2] = [b"login: ", b"(initramfs) "];

/// Watches a console.
#[derive(Debug)]
pub struct Watch {
    lines: Lines,
    boots: Boots,
    is_boot_expected: bool,
}

/// The boots so far, the last of which goes on.
#[derive(Debug)]
struct Boots {
    recogniser: &'static Recogniser,
    kept: Vec<Observed>,
    most: usize,
    dropped: u64,
    is_unsettled: bool,
    /// True if anything readable came.
    has_text: bool,
    /// The line before, which may go on in the next.
    before: Before,
    /// What is typed into the boot that goes on.
    session: Session,
}

/// The line before the one that is read.
#[derive(Debug, Default)]
struct Before {
    number: u64,
    text: Vec<u8>,
    /// The known lines that it is.
    known: Vec<usize>,
    /// True if something of a known line is in it.
    may_be_known: bool,
}

impl Watch {
    /// A watch over a console that has said nothing yet.
    pub fn new(limits: &Limits) -> Result<Self> {
        Ok(Self {
            lines: Lines::new(limits.line_bytes),
            boots: Boots {
                recogniser: Recogniser::get()?,
                kept: Vec::new(),
                most: usize::try_from(limits.boots).unwrap_or(usize::MAX).max(1),
                dropped: 0,
                is_unsettled: false,
                has_text: false,
                before: Before::default(),
                session: Session::default(),
            },
            is_boot_expected: false,
        })
    }

    /// What is read is known to be of a boot, which may not have printed a word.
    pub fn expect_boot(&mut self) {
        self.is_boot_expected = true;
    }

    /// Reads on.
    pub fn push(&mut self, bytes: &[u8]) {
        let boots = &mut self.boots;
        boots.has_text |= bytes.iter().any(u8::is_ascii_graphic);
        self.lines.push(bytes, &mut |line| boots.take(line));
        self.take_begun();
        self.boots.settle();
    }

    /// Takes up a line that has no end yet, if it is a prompt.
    fn take_begun(&mut self) {
        let Some(line) = self.lines.begun() else {
            return;
        };
        if PROMPTS.iter().any(|prompt| line.bytes.ends_with(prompt)) {
            self.boots.take(line);
        } else if session::is_shell_prompt(line.message()) {
            self.boots.take_prompt(line);
        }
    }

    /// Nothing more comes, for the reason that `why` gives: [`EndKind::LogEnds`] of a file,
    /// [`EndKind::Deadline`] or [`EndKind::Exited`] of a machine.
    pub fn finish(&mut self, why: EndKind) {
        self.take_begun();
        let boots = &mut self.boots;
        self.lines.finish(&mut |line| boots.take(line));
        if boots.kept.is_empty() && (why != EndKind::LogEnds || self.is_boot_expected) {
            boots.kept.push(Observed::default());
        }
        if let Some(last) = boots.kept.last_mut() {
            last.told = Some(why);
            last.has_text |= boots.has_text;
            boots.is_unsettled = true;
        }
        boots.settle();
    }

    /// The boots, the last one as far as it is.
    pub fn boots(&self) -> &[Observed] {
        &self.boots.kept
    }

    /// The boot that goes on.
    pub fn current(&self) -> Option<&Observed> {
        self.boots.kept.last()
    }

    /// All that was read, once it is finished. What shows nothing of a boot is none, unless one was
    /// expected.
    pub fn into_diagnosis(self) -> Diagnosis {
        let is_expected = self.is_boot_expected;
        let shows = |boot: &Observed| {
            is_expected
                || boot.clues.has_host
                || boot.clues.root_failure.is_some()
                || !boot.clues.is_empty()
                || !judge::told_of(boot).is_empty()
        };
        Diagnosis {
            log: String::new(),
            lines: self.lines.count(),
            dropped: self.boots.dropped,
            boots: self.boots.kept.into_iter().filter(shows).collect(),
            unread: None,
        }
    }

    /// How many boots before the first of [`Self::boots`] were let go of.
    pub fn dropped(&self) -> u64 {
        self.boots.dropped
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.lines.count()
    }
}

impl Boots {
    fn take(&mut self, line: Line<'_>) {
        if let Some(prompt) = self.session.prompt(&line) {
            self.take_command(line, prompt);
        }
        let may_be_known = self.recogniser.may_be_in(line.bytes);
        if self.may_be_wrapped(line.bytes) {
            self.take_wrapped(line.bytes, may_be_known);
        }
        let is_listing = self.kept.last().is_some_and(|boot| boot.clues.is_listing());
        let known = if is_listing || may_be_known {
            self.take_whole(line, is_listing, &[], &[])
        } else {
            Vec::new()
        };
        let before = &mut self.before;
        before.text.clear();
        if WRAPPED_BYTES.contains(&line.bytes.len()) {
            before.number = line.number;
            before.text.extend_from_slice(line.bytes);
            before.known = known;
            before.may_be_known = may_be_known;
        }
    }

    /// Returns true if a line may be the rest of the one before: that one is long, and this one begins like no line
    /// of its own.
    fn may_be_wrapped(&self, line: &[u8]) -> bool {
        let before = self.before.text.as_slice();
        if line.len() > *WRAPPED_BYTES.end() {
            return false;
        }
        // The rest of a word or of a sentence.
        let is_rest = line.first().is_some_and(|first| {
            first.is_ascii_lowercase() || first.is_ascii_digit() || b":),.;-\"'".contains(first)
        });
        if !is_rest {
            return false;
        }
        let is_stamped = line.starts_with(b"[") || line.starts_with(b"<");
        !is_stamped && WRAPPED_BYTES.contains(&before.len())
    }

    /// Takes the line before and this one as one that was wrapped, where only both together are a known line.
    fn take_wrapped(&mut self, line: &[u8], may_be_known: bool) {
        let before = std::mem::take(&mut self.before);
        let from = before.text.len().saturating_sub(SEAM_BYTES);
        let seam = [
            before.text.get(from..).unwrap_or_default(),
            line.get(..SEAM_BYTES).unwrap_or(line),
        ];
        let mut rest = Vec::new();
        if may_be_known {
            self.recogniser
                .of_line(line, |number, _, _| rest.push(number));
        }
        for between in [&b""[..], b" "] {
            let is_worth_it = (before.may_be_known && !may_be_known)
                || self.recogniser.may_be_in(&seam.join(between));
            if !is_worth_it {
                continue;
            }
            let joined = [before.text.as_slice(), line].join(between);
            let joined = Line::new(before.number, &joined);
            let known = self.take_whole(joined, false, &before.known, &rest);
            if known.len() > before.known.len().saturating_add(rest.len()) {
                break;
            }
        }
    }

    /// Takes up a line and returns the known lines that it is. No boot begins once more with a line that was `taken`,
    /// and what is in its `rest` is taken there.
    fn take_whole(
        &mut self,
        line: Line<'_>,
        is_listing: bool,
        taken: &[usize],
        rest: &[usize],
    ) -> Vec<usize> {
        let message = line.message();
        let mut known: Vec<(Known, Vec<&[u8]>)> = Vec::new();
        let mut numbers = Vec::new();
        self.recogniser
            .of_line(message.text, |number, what, varying| {
                numbers.push(number);
                // Only a beginning is one more each time that it is taken.
                let begins = matches!(
                    what,
                    Known::Mark(Shows::Banner | Shows::Beginning | Shows::Greeting)
                );
                let is_taken = rest.contains(&number) || (begins && taken.contains(&number));
                if !is_taken {
                    known.push((what, varying));
                }
            });
        let is_quoted = self.session.is_quoted(&message, &known);
        for (what, varying) in known {
            match what {
                Known::Mark(shows) => {
                    if !is_taken(shows, message.text) {
                        continue;
                    }
                    if (is_quoted && !shows.is_by_host())
                        || self.is_quoted(shows, message.is_stamped)
                    {
                        continue;
                    }
                    self.turn(shows, line.number);
                    let Some(boot) = self.kept.last_mut() else {
                        continue;
                    };
                    let before = boot.clues.end;
                    boot.clues.take(shows, &varying, message, line.number);
                    if boot.clues.end != before {
                        boot.end_line = boot
                            .clues
                            .end
                            .map(|_| Shown::new(line.number, message.text));
                    }
                }
                Known::Tell(..) if is_quoted => continue,
                Known::Tell(cause, tell) => {
                    let boot = self.begun(line.number);
                    boot.clues.has_kernel_lines |= message.is_stamped;
                    // The first of a kind is enough: a flood of them says no more.
                    if !boot
                        .evidence
                        .iter()
                        .any(|seen| std::ptr::eq(seen.tell, tell) && seen.cause.code == cause.code)
                    {
                        boot.evidence.push(Evidence {
                            cause,
                            tell,
                            line: Shown::new(line.number, message.text),
                        });
                    }
                }
            }
            self.is_unsettled = true;
        }
        if let Some(boot) = self.kept.last_mut() {
            if is_listing {
                boot.clues.take_listed(message);
            }
            self.session.follow(&boot.clues, &message);
        }
        numbers
    }

    /// Takes up a prompt with a command after it. After an end that only the kernel tells, it shows that the end was
    /// quoted: nothing runs after a panic.
    fn take_command(&mut self, line: Line<'_>, prompt: session::Prompt) {
        let Some(boot) = self.kept.last_mut() else {
            return;
        };
        match prompt {
            session::Prompt::First => {
                let message = line.message();
                if boot.clues.is_early() && !boot.clues.has_prompt {
                    boot.clues.take_prompt(message, line.number);
                    self.is_unsettled = true;
                }
            }
            session::Prompt::Again { since } => {
                let has_end =
                    boot.clues.init_ended.is_some() || boot.clues.end == Some(EndKind::Panic);
                let is_after = boot.end_line.as_ref().is_some_and(|end| end.number > since);
                if has_end && is_after {
                    boot.clues.take_back_end();
                    boot.end_line = None;
                    boot.evidence.retain(|seen| seen.line.number <= since);
                    self.is_unsettled = true;
                }
            }
        }
    }

    fn take_prompt(&mut self, line: Line<'_>) {
        if let Some(prompt) = self.session.prompt(&line) {
            self.take_command(line, prompt);
        }
        let message = line.message();
        let boot = self.begun(line.number);
        if !boot.clues.has_prompt {
            boot.clues.take_prompt(message, line.number);
            self.is_unsettled = true;
        }
    }

    /// Whether a banner is somebody's quotation: while a kernel stamps its lines, one without a stamp.
    fn is_quoted(&self, shows: Shows, is_stamped: bool) -> bool {
        let stamps = |boot: &Observed| boot.clues.is_stamped && !boot.has_told_its_end();
        shows == Shows::Banner && !is_stamped && self.kept.last().is_some_and(stamps)
    }

    /// Begins another boot where a line shows that one begins.
    fn turn(&mut self, shows: Shows, line: u64) {
        let Some(current) = self.kept.last_mut() else {
            self.begin(line);
            return;
        };
        let has_spoken = current.clues.kernel.is_some() || current.clues.end.is_some();
        if has_spoken && matches!(shows, Shows::Banner | Shows::Beginning) {
            current.told = Some(EndKind::Reset);
            judge::settle(current);
            self.begin(line);
        }
    }

    fn begin(&mut self, line: u64) {
        if self.kept.len() >= self.most {
            self.kept.remove(0);
            self.dropped = self.dropped.saturating_add(1);
        }
        self.kept.push(Observed {
            first_line: line,
            ..Observed::default()
        });
        self.session = Session::default();
    }

    fn begun(&mut self, line: u64) -> &mut Observed {
        if self.kept.is_empty() {
            self.begin(line);
        }
        let last = self.kept.len().saturating_sub(1);
        // There is one: it was begun just now.
        match self.kept.get_mut(last) {
            Some(boot) => boot,
            None => unreachable!("a boot was begun"),
        }
    }

    fn settle(&mut self) {
        if self.is_unsettled
            && let Some(last) = self.kept.last_mut()
        {
            judge::settle(last);
        }
        self.is_unsettled = false;
    }
}

/// Whether a mark is what it looks like: a banner names a version, and not all that QEMU says is an
/// error.
fn is_taken(shows: Shows, text: &[u8]) -> bool {
    let has = |part: &[u8]| memchr::memmem::find(text, part).is_some();
    match shows {
        Shows::Banner => text
            .strip_prefix(b"Linux version ")
            .and_then(<[u8]>::first)
            .is_some_and(u8::is_ascii_digit),
        Shows::End(EndKind::VmmFailed) => {
            !has(b": warning: ") && !has(b": info: ") && !has(b"terminating on signal")
        }
        _ => true,
    }
}
