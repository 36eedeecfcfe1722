//! Reads what boots print, and names the cause of each that failed.
//!
//! A log is read once, in pieces of any size, and memory does not grow with it.

mod join;
mod judge;
mod observed;
mod recognise;

pub use observed::{Diagnosis, End, Observed, Shown};

use crate::console::{EndKind, Line, Lines, Shows};
use crate::error::Result;
use crate::limits::Limits;
use observed::Evidence;
use recognise::{Known, Recogniser};

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
        self.lines.push(bytes, &mut |line| boots.take(line));
        if let Some(line) = self.lines.begun()
            && PROMPTS.iter().any(|prompt| line.bytes.ends_with(prompt))
        {
            boots.take(line);
        }
        boots.settle();
    }

    /// Nothing more comes, for the reason that `why` gives: [`EndKind::LogEnds`] of a file,
    /// [`EndKind::Deadline`] or [`EndKind::Exited`] of a machine.
    pub fn finish(&mut self, why: EndKind) {
        let boots = &mut self.boots;
        self.lines.finish(&mut |line| boots.take(line));
        if boots.kept.is_empty() && (why != EndKind::LogEnds || self.is_boot_expected) {
            boots.kept.push(Observed::default());
        }
        if let Some(last) = boots.kept.last_mut() {
            last.told = Some(why);
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
            is_expected || !boot.clues.is_empty() || !judge::told_of(boot).is_empty()
        };
        Diagnosis {
            log: String::new(),
            lines: self.lines.count(),
            dropped: self.boots.dropped,
            boots: self.boots.kept.into_iter().filter(shows).collect(),
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
        let is_listing = self.kept.last().is_some_and(|boot| boot.clues.is_listing());
        if !is_listing && !self.recogniser.may_be_in(line.bytes) {
            return;
        }
        let message = line.message();
        let mut known: Vec<(Known, Vec<&[u8]>)> = Vec::new();
        self.recogniser.of_line(message.text, |what, varying| {
            known.push((what, varying.to_vec()));
        });
        for (what, varying) in known {
            match what {
                Known::Mark(shows) => {
                    if !is_taken(shows, message.text) {
                        continue;
                    }
                    if self.is_quoted(shows, message.is_stamped) {
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
                Known::Tell(cause, tell) => {
                    let boot = self.begun(line.number);
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
        if is_listing && let Some(boot) = self.kept.last_mut() {
            boot.clues.take_listed(message);
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
