//! The banner, `Linux version …`: the line that the kernel prints first.
//!
//! Source: `init/version-timestamp.c` (`linux_banner`), `init/Makefile` (`UTS_VERSION`).

use crate::bytes::escaped;
use crate::error::{Error, Result};
use memchr::memmem;

const PREFIX: &[u8] = b"Linux version ";

/// Longest line taken for a banner: `UTS_RELEASE` and `UTS_VERSION` have 64 bytes each, builder
/// and compiler have no limit of their own.
const LINE_BYTES: usize = 1024;

/// How much of the kernel may be interrupted by another task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preemption {
    /// `PREEMPT`: always.
    Full,
    /// `PREEMPT_DYNAMIC`: chosen by `preempt=` on the command line.
    Dynamic,
    /// `PREEMPT_RT`: always, and in interrupt handlers too.
    RealTime,
}

/// The banner and its parts. Bytes that are no text are escaped (`\xff`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// The whole line, without the newline.
    pub text: String,
    /// Where it stands in the decoded kernel.
    pub offset: u64,
    /// What `uname -r` prints: `6.1.0-56-amd64`.
    pub release: String,
    /// Major and minor number of the release.
    pub version: (u32, u32),
    /// The third number of the release, where it has one.
    pub patch: Option<u32>,
    /// What follows the numbers: `-56-amd64`.
    pub local_version: String,
    /// Who built it, `user@host`.
    pub builder: String,
    /// Compiler and linker, as they name themselves.
    pub compiler: String,
    /// The build, from its `#` on: `#1-Alpine`.
    pub build: String,
    /// The number of the build.
    pub build_number: u64,
    /// It runs on more than one processor.
    pub smp: bool,
    /// How it preempts, where that is not "never" or "voluntarily" (which are not told apart).
    pub preemption: Option<Preemption>,
    /// When it was built, or what the packager put in that place (`Debian 6.1.176-1 (2026-07-05)`).
    pub date: String,
}

impl Banner {
    /// Finds the banner in a decoded kernel.
    ///
    /// A kernel holds the text more than once: `linux_proc_banner` is a format, and a banner whose
    /// `#` has no number is the one that the final link replaced. Other programs hold it too, in
    /// scripts and in tables of strings. So a banner has a numbered release, builder, compiler and
    /// build number, ends its line and its string, and does not continue other text.
    pub fn find(image: &[u8]) -> Result<Self> {
        let mut continuing = None;
        let mut partial = 0_u32;
        for at in memmem::find_iter(image, PREFIX) {
            let Some(banner) = Self::parse(image, at) else {
                partial = partial.saturating_add(1);
                continue;
            };
            let before = at.checked_sub(1).and_then(|at| image.get(at));
            if before.is_none_or(|byte| !is_text(*byte)) {
                return Ok(banner);
            }
            // Data may stand right before the string, and its last byte may look like text.
            continuing.get_or_insert(banner);
        }
        continuing.ok_or_else(|| {
            let found = match partial {
                0 => "`Linux version ` does not occur in it",
                _ => "`Linux version ` occurs in it, but not in the format of a kernel",
            };
            Error::absent("banner", found)
        })
    }

    fn parse(image: &[u8], at: usize) -> Option<Self> {
        let rest = image.get(at..)?;
        let window = rest.get(..LINE_BYTES.min(rest.len()))?;
        let length = memchr::memchr2(b'\n', 0, window)?;
        // A string of C ends; a line of a script goes on.
        if window.get(length) != Some(&b'\n')
            || rest.get(length.checked_add(1)?).is_some_and(|b| *b != 0)
        {
            return None;
        }
        let line = window.get(..length)?;
        let after = line.strip_prefix(PREFIX)?;
        let (release, after) = split_at(after, memchr::memchr(b' ', after)?)?;
        let (builder, after) = parenthesised(after)?;
        let (compiler, after) = parenthesised(after)?;
        let build_text = after.strip_prefix(b" ")?;
        let (build, mut date) = match memchr::memchr(b' ', build_text) {
            Some(end) => split_at(build_text, end)?,
            None => (build_text, &b""[..]),
        };
        let (build_number, _) = number(build.strip_prefix(b"#")?)?;

        let (major, after) = number(release)?;
        let (minor, after) = number(after.strip_prefix(b".")?)?;
        let third = after.strip_prefix(b".").and_then(number);
        let local_version = third.map_or(after, |(_, after)| after);

        let mut smp = false;
        let mut preemption = None;
        while let Some(rest) = date.strip_prefix(b" ") {
            let (word, after) = match memchr::memchr(b' ', rest) {
                Some(end) => split_at(rest, end)?,
                None => (rest, &b""[..]),
            };
            match word {
                b"SMP" => smp = true,
                b"PREEMPT" => preemption = Some(Preemption::Full),
                b"PREEMPT_DYNAMIC" => preemption = Some(Preemption::Dynamic),
                // Before 5.3 the patch set of that name wrote it with a space.
                b"PREEMPT_RT" | b"RT" => preemption = Some(Preemption::RealTime),
                b"" => {}
                _ => {
                    date = rest;
                    break;
                }
            }
            date = after;
        }
        Some(Self {
            text: escaped(line),
            offset: u64::try_from(at).ok()?,
            release: escaped(release),
            version: (u32::try_from(major).ok()?, u32::try_from(minor).ok()?),
            patch: third.and_then(|(third, _)| u32::try_from(third).ok()),
            local_version: escaped(local_version),
            builder: escaped(builder),
            compiler: escaped(compiler),
            build: escaped(build),
            build_number,
            smp,
            preemption,
            date: escaped(date),
        })
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn split_at(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(at)
}

/// The decimal number at the beginning, and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let (digits, rest) = split_at(bytes, digits.count())?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// What stands in ` (…)` at the beginning, and what follows it. Parentheses nest: `(gcc (Debian
/// 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)`.
fn parenthesised(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = bytes.strip_prefix(b" (")?;
    let mut depth = 1_usize;
    for (at, byte) in inner.iter().enumerate() {
        match byte {
            b'(' => depth = depth.checked_add(1)?,
            b')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some((inner.get(..at)?, inner.get(at.checked_add(1)?..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) \
        (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) \
        #1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-05)";

    #[test]
    fn the_banner_falls_into_its_parts() {
        let image = format!("\0%s version %s\n\0{DEBIAN}\n\0");
        let banner = Banner::find(image.as_bytes()).unwrap();
        assert_eq!(banner.text, DEBIAN);
        assert_eq!(banner.offset, 16);
        assert_eq!(banner.release, "6.1.0-56-amd64");
        assert_eq!((banner.version, banner.patch), ((6, 1), Some(0)));
        assert_eq!(banner.local_version, "-56-amd64");
        assert_eq!(banner.builder, "debian-kernel@lists.debian.org");
        assert_eq!(
            banner.compiler,
            "gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40"
        );
        assert_eq!((banner.build.as_str(), banner.build_number), ("#1", 1));
        assert!(banner.smp);
        assert_eq!(banner.preemption, Some(Preemption::Dynamic));
        assert_eq!(banner.date, "Debian 6.1.176-1 (2026-07-05)");
    }

    #[test]
    fn the_banner_without_a_build_number_is_passed_over() {
        let image = "\0Linux version 6.1.0 (a@b) (gcc) # SMP x\n\0\
                     Linux version 6.1.0 (a@b) (gcc) #7-Alpine SMP Mon\n\0";
        let banner = Banner::find(image.as_bytes()).unwrap();
        assert_eq!(banner.build, "#7-Alpine");
        assert_eq!(banner.build_number, 7);
        assert_eq!(banner.date, "Mon");
        assert_eq!(banner.preemption, None);
    }

    #[test]
    fn a_banner_right_behind_data_is_found_unless_a_better_one_follows() {
        let one = format!("A{DEBIAN}\n\0");
        assert_eq!(Banner::find(one.as_bytes()).unwrap().offset, 1);
        let two = format!("A{DEBIAN}\n\0{DEBIAN}\n\0");
        let better = Banner::find(two.as_bytes()).unwrap().offset;
        assert_eq!(better, u64::try_from(DEBIAN.len()).unwrap() + 3);
    }

    #[test]
    fn text_that_only_mentions_a_version_is_no_banner() {
        for text in [
            "",
            "Linux version 2.0.36\n\0",
            "Linux version %s (%s)\n\0",
            "Linux version 6.1.0 (a@b) (gcc) #1 SMP Mon\nnext line of a log",
            "Linux version 6.1.0 (a@b) (gcc #1 SMP Mon\n\0",
            "Linux version 99999999999999999999.1 (a@b) (gcc) #1 SMP Mon\n\0",
            "Linux version 6.1.0 (a@b) (gcc) #1 SMP Mon",
        ] {
            assert!(Banner::find(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn foreign_bytes_are_escaped() {
        let image = b"\0Linux version 6.1.0 (\xe4@b) (gcc) #1 Mon\n\0";
        assert_eq!(Banner::find(image).unwrap().builder, r"\xe4@b");
    }
}
