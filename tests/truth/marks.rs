//! Whether a boot came up, and at which stage it failed, by what its console shows.
//!
//! The stage that `kelpie-check boot` observes is that of the cause it names, so that a cause with a wrong
//! stage is wrong in the prediction and in the observation alike. Here both are read once more, from the lines
//! themselves, by tables of their own: nothing of src/ is used except the names of the stages.
//!
//! Sources: Linux 6.1 and 6.18, `init/main.c`, `init/do_mounts.c`; mkinitfs 3.13, `initramfs-init.in`;
//! initramfs-tools 0.142, `scripts/functions`; dracut 059, `dracut-emergency.sh`; systemd 252, `src/core/main.c`,
//! bootup(7); OpenRC 0.54, `openrc`; BusyBox 1.37, `switch_root`, `init`; the init of `initramfs build`.

use Stage::{Console, Init, Initramfs, Load, Read, RootDevice, RootMount, Start, Userspace};
use kelpie_check::stage::Stage;

/// What the machine was given, as far as it decides what a line means.
pub struct Given {
    pub has_initramfs: bool,
    pub has_disk: bool,
    pub command_line: String,
}

/// What a console tells.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The stages at which it can have failed.
    pub stages: Vec<Stage>,
    /// The line that says so; empty where there is none.
    pub line: String,
}

/// Texts that are all on the console, the one that says the most first, and the stages at which a boot
/// that shows them failed: one, unless they leave more.
struct Mark {
    texts: &'static [&'static str],
    stages: &'static [Stage],
}

const fn mark(texts: &'static [&'static str], stages: &'static [Stage]) -> Mark {
    Mark { texts, stages }
}

/// An init was started, or tried. The first that is on the console counts.
static OF_INITS: &[Mark] = &[
    // Only the init of an initramfs is "executed"; what the kernel tries behind it is in the archive too.
    // ENOEXEC is the archive's fault, or that of a kernel that runs no program at all: any init's.
    mark(&["Failed to execute ", "(error -8)"], &[Initramfs, Init]),
    mark(&["Failed to execute "], &[Initramfs]),
    mark(&["Requested init ", " failed (error "], &[Init]),
    mark(&["No working init found."], &[Init]),
    // An initramfs has mounted the root, and finds nothing to hand over to.
    mark(&["switch_root: can't execute"], &[Init]),
    mark(&["kelpie-check: cannot run "], &[Init]),
    mark(&["kelpie-check: cannot find an init"], &[Init]),
    // The init of a mounted root was started. Whether its loader gave up or the program is not told.
    mark(&[ENDED, "VFS: Mounted root ("], &[Init, Userspace]),
    mark(&[ENDED, "Mounting root: ok."], &[Init, Userspace]),
    mark(&[ENDED, "kelpie-check: root mounted"], &[Init, Userspace]),
    // A word of the command line asked the initramfs for a shell.
    mark(&["Entering single mode. Type 'exit'"], &[Initramfs]),
    mark(&["Spawning shell within the initramfs"], &[Initramfs]),
    mark(&["Warning: Break before "], &[Initramfs]),
    // A shell in place of the init that was asked for.
    mark(&["Run /bin/sh as init", "VFS: Mounted root ("], &[Init]),
    // An initramfs does not come to its root. It goes on without a module, which may be the one it needs.
    mark(
        &["kelpie-check: cannot load "],
        &[Initramfs, RootDevice, RootMount],
    ),
    mark(&["kelpie-check: cannot mount a root"], &[RootDevice]),
    mark(&["kelpie-check: cannot find root="], &[RootDevice]),
    mark(&["kelpie-check: cannot open /dev/"], &[RootDevice]),
    mark(&["kelpie-check: cannot mount "], &[RootMount]),
    // mkinitfs looks for the media that it boots from where no root is named.
    mark(&["Mounting boot media: failed."], &[RootDevice]),
    mark(
        &["Can't lookup blockdev", NOT_MOUNTED, "[vda]"],
        &[RootDevice],
    ),
    mark(&["Unknown parameter '", NOT_MOUNTED], &[RootMount]),
    mark(&["EXT4-fs (", NOT_MOUNTED], &[RootMount]),
    // The disk is there, and the kernel knows no file system for one: no module was loaded.
    mark(&["/sysroot failed: No such file", "[vda]"], &[Initramfs]),
    // It does not know the type that was asked for: the module is missing, or the type is wrong.
    mark(
        &["/sysroot failed: No such device", "[vda]"],
        &[Initramfs, RootMount],
    ),
    mark(&[NOT_MOUNTED, "[vda]"], &[RootMount]),
    // No disk was seen: there is none, or the module for it is missing.
    mark(&[NOT_MOUNTED], &[Initramfs, RootDevice]),
    mark(&[ENDED, "Run /init as init"], &[Initramfs]),
    mark(
        &["systemd[1]: Freezing execution", "Run /init as init"],
        &[Initramfs],
    ),
];

const ENDED: &str = "Attempted to kill init!";
const NO_INTERRUPTS: &str = "APIC: ACPI MADT or MP tables are not detected";
const NOT_MOUNTED: &str = "Mounting root: failed.";

/// Nobody sees the kernel. Which of these it was, silence does not tell.
const UNSEEN: &[Stage] = &[Read, Load, Start, Console];

/// How much of a command line Linux takes on x86 and on arm64, with the zero at its end.
const COMMAND_LINE_BYTES: usize = 2048;

impl Given {
    /// Whether silence was asked for.
    fn is_hushed(&self) -> bool {
        let hushes =
            |word: &str| matches!(word, "quiet" | "console=null") || word.starts_with("loglevel=");
        self.words().any(hushes)
    }

    /// The stages at which a boot went wrong whose kernel stopped at these as it mounted the root.
    fn behind(&self, stopped: &[Stage]) -> Vec<Stage> {
        // What is cut off the command line is lost: root= stands at its end.
        if self.command_line.len() >= COMMAND_LINE_BYTES {
            return vec![Load];
        }
        let mut stages = Vec::new();
        // Init's words are behind " -- ", and so are the disks that a VMM names at the end. Whether the
        // kernel would have found them is not told.
        let of_init = self.command_line.split_once(" -- ");
        // Or they are a part of a quotation that does not end.
        let named = self.command_line.split_once(" virtio_mmio.device=");
        let in_quotation = named.is_some_and(|(before, _)| before.matches('"').count() % 2 == 1);
        if in_quotation || of_init.is_some_and(|(_, words)| words.contains("virtio_mmio.device=")) {
            stages.push(Load);
        }
        // Nothing of the initramfs was started: it went wrong before, unless all that it was given for
        // is to bring files.
        if self.has_initramfs {
            stages.push(Initramfs);
        }
        let has_root = self.has_disk || self.words().any(|word| word.starts_with("root="));
        if has_root || !self.has_initramfs {
            stages.extend(stopped);
        }
        // The device of a share is there where its file system is.
        let is_share = |word: &str| word.starts_with("rootfstype=virtiofs");
        if stopped == [RootMount] && self.words().any(is_share) {
            stages.push(RootDevice);
        }
        stages
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.command_line.split_whitespace()
    }
}

/// What this console tells of a boot that failed; `None` where nothing on it is a mark.
pub fn told(console: &str, given: &Given) -> Option<Told> {
    // Without interrupts, no device answers: what looks as if it had none was wrong from the start.
    let is_deaf = console.contains(NO_INTERRUPTS);
    let told = |stages: &[Stage], line: &str| Told {
        stages: stages
            .iter()
            .map(|stage| match stage {
                RootDevice if is_deaf => Start,
                stage => *stage,
            })
            .collect(),
        line: line.trim().to_owned(),
    };
    if console.trim().is_empty() {
        return (!given.is_hushed()).then(|| told(UNSEEN, ""));
    }
    let is_shown = |mark: &&Mark| mark.texts.iter().all(|text| console.contains(text));
    if let Some(mark) = OF_INITS.iter().find(is_shown) {
        return Some(told(mark.stages, line(console, mark.texts[0])?));
    }
    if let Some(panic) = line(console, "Unable to mount root fs on ") {
        let (_, number) = panic.split_once("unknown-block(")?;
        let stopped = of_root(console, number.split_once(')')?.0)?;
        return Some(told(&given.behind(stopped), panic));
    }
    let waits = line(console, "Waiting for root device ")?;
    Some(told(&given.behind(&[RootDevice]), waits))
}

/// Where the kernel stopped that could not mount the device of this number.
fn of_root(console: &str, number: &str) -> Option<&'static [Stage]> {
    if number == "0,0" {
        // A root in memory has no device, and was mounted as far as its options.
        let in_memory = line(console, "tmpfs: Unknown parameter '").is_some();
        return Some(if in_memory {
            &[RootMount]
        } else {
            &[RootDevice]
        });
    }
    // The number is made of the name: the list of what there is tells whether there is such a device.
    let (major, minor) = number.split_once(',')?;
    let (major, minor): (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
    let listed = format!("{major:02x}{minor:02x} ");
    let has_list = line(console, " partitions:").is_some();
    let is_listed = console
        .lines()
        .any(|line| message(line).trim_start().starts_with(&listed));
    // A file system that complains of a disk has found it. `quiet` hides the list, and not that.
    let has_read = line(console, "EXT4-fs (").is_some();
    Some(match (has_list, is_listed || has_read) {
        (_, true) => &[RootMount],
        (true, false) => &[RootDevice],
        (false, false) => &[RootDevice, RootMount],
    })
}

fn line<'a>(console: &'a str, text: &str) -> Option<&'a str> {
    console.lines().find(|line| line.contains(text))
}

/// A line of the kernel's without its time.
fn message(line: &str) -> &str {
    match line.split_once("] ") {
        Some((time, message)) if time.starts_with('[') => message,
        _ => line,
    }
}

/// How a boot ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// Its init came up, by this line.
    Up(&'a str),
    /// It gave up, by this line.
    GaveUp(&'a str),
    /// An init that tells when it is up was started, and has not told so.
    Starting(&'a str),
    /// The console does not tell.
    Open,
}

/// An init is up: its first target, the prompt of a login, or the word of the inits that the cases use.
static UP: &[&str] = &[
    "kelpie-check: userspace reached",
    " login: ",
    "init started: BusyBox",
    "INIT: Entering runlevel",
    "- runit: enter stage: /etc/runit/2",
    "Reached target sysinit.target",
    "Reached target System Initialization",
    "Reached target basic.target",
    "Reached target Basic System",
    "Reached target multi-user.target",
    "Reached target Multi-User System",
];

/// What starts, and will tell when it is up.
static STARTING: &[&str] = &["running in system mode", "Welcome to "];

/// Nothing more comes of it.
static GAVE_UP: &[&str] = &[
    "Kernel panic - not syncing",
    "Freezing execution",
    "[!!!!!!] ",
    "You are in emergency mode",
    "Entering emergency mode",
    "the root account is locked",
    "Dropping to a shell!",
    "Dropping to debug shell",
    "(initramfs) ",
    "emergency recovery shell",
];

/// An initramfs hands over to the root: what systemd says before it says of the initramfs.
static HANDS_OVER: &[&str] = &[
    "Switching root",
    "Starting initrd-switch-root.service",
    "Starting Switch Root...",
    "Running /scripts/init-bottom",
];
/// Words by which systemd tells that it is in an initramfs.
static IN_INITRAMFS: &[&str] = &["Running in initrd", "RUNNING IN INITRD", "(Initramfs)"];

/// Whether this boot came up. The first line that decides counts.
pub fn end(console: &str) -> End<'_> {
    let has = |line: &str, texts: &[&str]| texts.iter().any(|text| line.contains(text));
    let mut is_early = console.lines().any(|line| has(line, IN_INITRAMFS));
    let mut end = End::Open;
    for line in console.lines() {
        is_early &= !has(line, HANDS_OVER);
        let of_openrc = line.contains("OpenRC ") && line.contains(" is starting up");
        if has(line, GAVE_UP) {
            return End::GaveUp(line.trim());
        }
        if is_early {
            continue;
        }
        if has(line, UP) || of_openrc {
            return End::Up(line.trim());
        }
        if has(line, STARTING) {
            end = End::Starting(line.trim());
        }
    }
    end
}
