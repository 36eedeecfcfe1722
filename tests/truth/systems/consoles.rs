//! How a real system's boot ended, by its raw console. Nothing of src/ is asked but the names of the
//! stages.
//!
//! Sources: initramfs-tools 0.142 (`scripts/functions`, `scripts/local`, `init`); dracut 059
//! (`dracut-lib.sh`, `dracut-emergency.sh`); systemd 252 (`src/core/main.c`, `units/emergency.service`);
//! mkinitfs 3.13 (`initramfs-init.in`); Linux 6.1 to 6.18 (`init/main.c`, `init/do_mounts.c`).

use kelpie_check::stage::Stage;
use kelpie_check::stage::Stage::{
    Init, Initramfs, Load, Read, RootDevice, RootMount, Start, Userspace,
};

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its first target: a login prompt.
    Boots,
    /// A shell or a target that was asked for, or that systemd went to, in place of the first target.
    Elsewhere,
    /// It failed at one of these stages.
    Fails(&'static [Stage]),
}

struct Mark {
    texts: &'static [&'static str],
    end: End,
}

const fn fails(texts: &'static [&'static str], stages: &'static [Stage]) -> Mark {
    Mark {
        texts,
        end: End::Fails(stages),
    }
}

const fn elsewhere(texts: &'static [&'static str]) -> Mark {
    Mark {
        texts,
        end: End::Elsewhere,
    }
}

/// What only a system prints that has what it was told to start: getty's prompt, systemd's target, the
/// shell that `init=/bin/sh` names (dash, as process 1).
const BOOTED: [&[&str]; 3] = [
    &[" login: "],
    &["Reached target ", "Multi-User System."],
    &["/bin/sh: 0: can't access tty; job control turned off"],
];

/// All texts of a mark are on the console. The first that is counts.
static MARKS: &[Mark] = &[
    // A shell that the command line asks for.
    elsewhere(&["Spawning shell within the initramfs", "(initramfs)"]),
    elsewhere(&["Break before "]),
    // The kernel starts the init of BusyBox in the archive, which mounts nothing.
    fails(
        &[
            "Failed to execute /init",
            "Please press Enter to activate this console.",
        ],
        &[Initramfs],
    ),
    // initramfs-tools.
    fails(
        &[
            "Target filesystem doesn't have requested",
            "No init found. Try passing init= bootarg.",
        ],
        &[Init],
    ),
    fails(&["No init found. Try passing init= bootarg."], &[Init]),
    fails(
        &["No root device specified. Boot arguments must include a root= parameter."],
        &[RootDevice],
    ),
    fails(
        &["ALERT!", " does not exist.  Dropping to a shell!"],
        &[RootDevice, Initramfs],
    ),
    fails(
        &["Failed to mount ", " as root file system."],
        &[RootMount, Initramfs],
    ),
    fails(&["Please unlock disk"], &[RootDevice]),
    fails(
        &["Unable to find a medium containing a live file system"],
        &[RootDevice],
    ),
    // mkinitfs.
    fails(
        &["Mounting root: failed."],
        &[Initramfs, RootDevice, RootMount],
    ),
    fails(&["Mounting boot media: failed."], &[RootDevice]),
    fails(&["switch_root: can't execute"], &[Init]),
    // dracut.
    fails(&["Can't mount root filesystem"], &[RootMount]),
    fails(&["Failed to mount sysroot.mount"], &[RootMount]),
    fails(&["FATAL: Don't know how to handle 'root="], &[RootDevice]),
    fails(
        &["dracut: FATAL: No or empty root= argument"],
        &[RootDevice],
    ),
    fails(
        &["Could not boot.", "does not exist"],
        &[RootDevice, Initramfs],
    ),
    fails(&["Cannot find init!"], &[Init]),
    fails(&["Failed to switch root: "], &[Init]),
    // The init of the root was started, and ended.
    fails(
        &[
            "Kernel panic - not syncing: Attempted to kill init!",
            "Begin: Running /scripts/init-bottom",
        ],
        &[Init, Userspace],
    ),
    fails(
        &[
            "Kernel panic - not syncing: Attempted to kill init!",
            "Switching root",
        ],
        &[Init, Userspace],
    ),
    fails(
        &[
            "Kernel panic - not syncing: Attempted to kill init!",
            "VFS: Mounted root (",
        ],
        &[Init, Userspace],
    ),
    fails(
        &[
            "Kernel panic - not syncing: Attempted to kill init!",
            "Run /init as init process",
        ],
        &[Initramfs],
    ),
    fails(&["Kernel panic - not syncing: Requested init "], &[Init]),
    fails(
        &["Kernel panic - not syncing: No working init found."],
        &[Init],
    ),
    fails(
        &["Kernel panic - not syncing: VFS: Unable to mount root fs on "],
        &[Initramfs, RootDevice, RootMount],
    ),
    fails(
        &["Kernel panic - not syncing: IO-APIC + timer doesn't work!"],
        &[Start],
    ),
    fails(&["Kernel panic - not syncing: "], &[Read, Load, Start]),
    // systemd as the root's init.
    fails(&["systemd[1]: Freezing execution"], &[Init, Userspace]),
    fails(&["Failed to start default target"], &[Userspace]),
    elsewhere(&["You are in rescue mode"]),
    elsewhere(&["You are in emergency mode"]),
    elsewhere(&["Cannot open access to console, the root account is locked."]),
    elsewhere(&["Welcome to emergency mode!"]),
];

/// Returns the end that a console shows and the line that shows it.
pub fn end(console: &str) -> Option<(End, String)> {
    let console = &plain(console);
    if let Some(line) = BOOTED.iter().find_map(|texts| line(console, texts)) {
        return Some((End::Boots, line));
    }
    let mut marks = MARKS.iter();
    let mark = marks.find(|mark| mark.texts.iter().all(|text| console.contains(text)))?;
    Some((mark.end.clone(), line(console, &mark.texts[..1])?))
}

/// Returns true if the console shows an end, so that nothing more needs to be waited for.
pub fn is_over(console: &str) -> bool {
    end(console).is_some()
}

fn line(console: &str, texts: &[&str]) -> Option<String> {
    let has_all = |line: &&str| texts.iter().all(|text| line.contains(text));
    Some(console.lines().find(has_all)?.trim().to_owned())
}

/// The text without its colours and other controls.
fn plain(console: &str) -> String {
    let mut parts = console.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        text.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    text.retain(|letter| letter == '\n' || !letter.is_control());
    text
}

#[test]
fn a_login_prompt_is_the_end_of_a_boot_whatever_went_wrong_before() {
    let console = "Begin: ...\nFailed to mount /x as root file system.\nkelpie login: ";
    assert_eq!(end(console).unwrap().0, End::Boots);
}

#[test]
fn a_shell_that_was_asked_for_is_no_failure() {
    let console = "Spawning shell within the initramfs\n(initramfs) ";
    assert_eq!(end(console).unwrap().0, End::Elsewhere);
}

#[test]
fn a_console_without_a_mark_shows_no_end() {
    assert_eq!(end("Linux version 6.1\nLoading, please wait...\n"), None);
}

#[test]
fn colours_hide_no_mark() {
    let console = "[\u{1b}[0;32m  OK  \u{1b}[0m] Reached target \u{1b}[0;1;39mmulti-user.target\u{1b}[0m - Multi-User System.\r\n";
    let (end, line) = end(console).unwrap();
    assert_eq!(end, End::Boots);
    assert_eq!(
        line,
        "[  OK  ] Reached target multi-user.target - Multi-User System."
    );
}
