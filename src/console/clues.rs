//! The facts that the lines of one boot give, gathered as they pass. All are bounded.

use super::decode::{Ended, errno_of};
use super::end::EndKind;
use super::line::Message;
use super::mark::Shows;
use crate::architecture::Architecture;
use crate::stage::Stage;

/// How much of a text in a line is kept.
const TEXT_BYTES: usize = 200;
/// How much of a command line is kept: the longest that a kernel takes.
const COMMAND_LINE_BYTES: usize = 4096;
/// How many of a kind are kept.
const KEPT: usize = 32;
/// How many lines behind its head the list of partitions may have.
const LISTED_LINES: u32 = 64;

/// The targets by which systemd says that the system is up, by the names of old and new releases. Emergency and
/// rescue mode have targets of their own.
const FIRST_TARGETS: [&str; 8] = [
    "sysinit.target",
    "System Initialization",
    "basic.target",
    "Basic System",
    "multi-user.target",
    "Multi-User System",
    "graphical.target",
    "Graphical Interface",
];

/// Those of them that only the root has.
const LAST_TARGETS: [&str; 4] = [
    "multi-user.target",
    "Multi-User System",
    "graphical.target",
    "Graphical Interface",
];

/// The programs that the kernel tries as init, one after the other, where no init= names one.
const DEFAULT_INITS: [&str; 4] = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"];

/// What is known of one boot.
#[derive(Debug, Clone, Default)]
pub struct Clues {
    /// The kernel's release, as its banner says.
    pub kernel: Option<String>,
    /// Whether the kernel's time stood before its banner.
    pub is_stamped: bool,
    /// True if some line has the kernel's time before it, be it with or without a banner.
    pub has_kernel_lines: bool,
    /// The device for which an initramfs waited in vain, by the name that it printed first.
    pub missing_device: Option<String>,
    /// The device that mount found no file system on, without `/dev/`.
    pub refused_mount: Option<String>,
    /// True if a VMM or a firmware spoke.
    pub has_host: bool,
    /// True if systemd could not mount what the root's table of file systems lists.
    pub has_failed_local_mounts: bool,
    /// What it runs on, where a line tells.
    pub architecture: Option<Architecture>,
    /// The command line as the kernel says it.
    pub command_line: Option<String>,
    /// The stages that were reached, in the order of the ladder.
    pub reached: Vec<Reached>,
    /// Whether an initramfs was unpacked.
    pub has_initramfs: bool,
    /// Why an initramfs was not unpacked to its end.
    pub unpacking_failed: Option<String>,
    /// Whether the init of an initramfs was started.
    pub ran_initramfs: bool,
    /// Whether the initramfs handed over to the root.
    pub switched_root: bool,
    /// True if systemd is the init of the initramfs.
    pub has_early_systemd: bool,
    /// True if systemd is the init of the root.
    pub has_systemd: bool,
    /// True if a shell waits for input.
    pub has_prompt: bool,
    /// True if a script tried to become a program that is missing.
    pub has_failed_script: bool,
    /// Whether some device of virtio was reached.
    pub has_virtio: bool,
    /// The disks and partitions that were seen.
    pub disks: Vec<String>,
    /// Whether the kernel listed the disks that there are.
    pub has_listed_disks: bool,
    /// Why the root's device could not be opened.
    pub root_failure: Option<RootFailure>,
    /// On what the panic over the root says that it could not be mounted.
    pub root_panic: Option<Block>,
    /// The file systems that were tried on the root.
    pub tried: Option<String>,
    /// The device that is waited for.
    pub waits_for: Option<String>,
    /// The program that was last tried as init.
    pub init: Option<String>,
    /// The shell that spoke last, by the name that it was started by.
    pub shell: Option<String>,
    /// The programs that could not be run as init.
    pub init_failures: Vec<InitFailure>,
    /// Whether init has ended, and how where that is told.
    pub init_ended: Option<Option<Ended>>,
    /// The strongest end so far.
    pub end: Option<EndKind>,
    /// True if the kernel met an error of its own, and no stage was reached after it.
    pub has_open_oops: bool,
    /// True if the init of an initramfs said who made it: one that looks for a root.
    pub has_known_initramfs: bool,
    listing: u32,
    /// True if only a target of systemd shows that the system is up.
    is_up_by_target: bool,
}

/// A stage that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The stage.
    pub stage: Stage,
    /// The line that shows it.
    pub line: u64,
    /// Its text.
    pub text: String,
}

/// A block device by its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The driver.
    pub major: u32,
    /// The device.
    pub minor: u32,
}

impl Block {
    /// `0,0`: no device at all.
    pub const NONE: Self = Self { major: 0, minor: 0 };

    /// Reads the numbers in `254,1`, or in a text with `unknown-block(254,1)`.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = match text.split_once("unknown-block(") {
            Some((_, rest)) => rest.split_once(')')?.0,
            None => text,
        };
        let (major, minor) = numbers.split_once(',')?;
        Some(Self {
            major: major.trim().parse().ok()?,
            minor: minor.trim().parse().ok()?,
        })
    }
}

/// The root's device could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootFailure {
    /// What `root=` names, as the kernel says it; `(null)` of old kernels is empty.
    pub named: String,
    /// The device that it came to.
    pub block: Block,
    /// The error, where the kernel tells it.
    pub error: Option<i32>,
}

/// A program could not be run as init.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitFailure {
    /// The program.
    pub path: String,
    /// The error, where the kernel tells it.
    pub error: Option<i32>,
    /// Whether `init=` asked for it, so that nothing else is tried.
    pub is_requested: bool,
}

/// Boot loaders, and systems in an initramfs, that welcome as a distribution does.
const OTHER_WELCOMES: [&[u8]; 4] = [
    b"Welcome to u-root",
    b"Welcome to GRUB",
    b"Welcome to systemd-boot",
    b"Welcome to rEFInd",
];

impl Clues {
    /// The highest stage that was reached.
    pub fn stage(&self) -> Option<Stage> {
        self.reached.last().map(|reached| reached.stage)
    }

    /// Whether a stage was reached.
    pub fn has_reached(&self, stage: Stage) -> bool {
        self.reached.iter().any(|reached| reached.stage == stage)
    }

    /// Whether nothing was seen yet.
    pub fn is_empty(&self) -> bool {
        self.kernel.is_none() && self.reached.is_empty() && self.end.is_none()
    }

    /// Whether the init of an initramfs was the last that ran, before any root was mounted.
    pub fn is_in_initramfs(&self) -> bool {
        self.ran_initramfs && !self.has_reached(Stage::RootMount)
    }

    /// Whether the lines of a list pass, which only their place tells.
    pub fn is_listing(&self) -> bool {
        self.listing > 0
    }

    /// The kernel's version, as far as two numbers.
    pub fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.kernel.as_deref()?.split(['.', '-', '+']);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }

    /// Takes up what a line shows. `varying` is what stands for the varying parts of its pattern.
    pub fn take(&mut self, shows: Shows, varying: &[&[u8]], message: Message<'_>, line: u64) {
        let varying = |number: usize| varying.get(number).map(|bytes| text(bytes));
        self.has_kernel_lines |= message.is_stamped;
        match shows {
            Shows::Beginning => self.reach(Stage::Start, message, line),
            Shows::Banner => {
                self.kernel = varying(0);
                self.is_stamped = message.is_stamped;
                self.reach(Stage::Start, message, line);
                self.reach(Stage::Console, message, line);
            }
            Shows::CommandLine => {
                if self.command_line.is_none() {
                    self.command_line = command_line(message.text);
                }
            }
            Shows::Machine(architecture) => {
                self.architecture.get_or_insert(architecture);
            }
            Shows::Stage(stage) => {
                self.is_up_by_target &= stage != Stage::Userspace;
                self.reach(stage, message, line);
            }
            Shows::Greeting => {
                self.notice_second_systemd();
                if self.is_early() {
                    self.has_early_systemd = true;
                } else {
                    self.has_systemd = true;
                    self.reach(Stage::Init, message, line);
                }
            }
            Shows::Welcome => self.welcomes(message, line),
            Shows::InInitramfs => self.is_told_of_initramfs(message, line),
            Shows::RootRefused => {
                if !self.has_reached(Stage::Init) || self.init.is_none() {
                    self.reached
                        .retain(|reached| reached.stage < Stage::RootMount);
                }
                self.is_told_of_initramfs(message, line);
            }
            Shows::Up => {
                self.switched_root |= self.has_known_initramfs || self.has_early_systemd;
                self.reach(Stage::Init, message, line);
                self.reach(Stage::Userspace, message, line);
            }
            Shows::FirstStage => {
                self.reach(Stage::Initramfs, message, line);
                self.reach(Stage::Init, message, line);
            }
            Shows::Target => self.reaches_target(message, line),
            Shows::Unit => {
                if self.is_early() {
                    self.has_early_systemd = true;
                } else {
                    self.reach(Stage::Init, message, line);
                }
            }
            Shows::EarlyShell => {
                self.is_told_of_initramfs(message, line);
                self.ends(EndKind::EmergencyShell);
            }
            Shows::ScriptFails => self.has_failed_script = true,
            Shows::Unmounted => {
                if !self.has_reached(Stage::Init) && !self.has_reached(Stage::Userspace) {
                    self.reached
                        .retain(|reached| reached.stage < Stage::RootMount);
                }
            }
            Shows::SwitchRoot => {
                self.switched_root = true;
                self.reach(Stage::RootMount, message, line);
            }
            Shows::Initramfs => self.has_initramfs = true,
            Shows::UnpackingFailed => {
                self.has_initramfs = true;
                self.unpacking_failed = varying(0);
            }
            Shows::RunsInit => {
                if let Some(path) = varying(0) {
                    self.runs(path, message, line);
                }
            }
            Shows::Shell => {
                // Some say a number behind their name.
                let name = varying(0).and_then(|name| name.split(':').next().map(str::to_owned));
                let is_handed_over = self.has_reached(Stage::RootMount)
                    && !self.has_reached(Stage::Init)
                    && self.init_failures.is_empty();
                if let Some(path) = name.clone().filter(|_| is_handed_over) {
                    self.runs(path, message, line);
                }
                let is_init = name.as_deref() == self.init.as_deref();
                if name.is_some() && is_init && self.is_system_in_initramfs() == Some(true) {
                    self.reach(Stage::Userspace, message, line);
                }
                self.shell = name;
            }
            Shows::Disk => {
                self.has_virtio = true;
                if let Some(name) = varying(1) {
                    if self.may_hold_root(&name) {
                        self.reach(Stage::RootDevice, message, line);
                    }
                    self.disk(name);
                }
            }
            Shows::Virtio => self.has_virtio = true,
            Shows::CannotOpenRoot => {
                if let (Some(named), Some(rest)) = (varying(0), varying(1)) {
                    self.cannot_open(&named, &rest, &text(message.text));
                }
            }
            Shows::Partitions => {
                self.has_listed_disks = true;
                self.listing = LISTED_LINES;
            }
            Shows::Tried => {
                self.tried = varying(0);
                self.listing = LISTED_LINES;
            }
            Shows::CannotMountRoot => {
                self.listing = 0;
                let said = text(message.text);
                self.root_panic = Block::parse(&said);
                // Newer kernels name the device in the panic too.
                let named = said.split('"').nth(1);
                if let (None, Some(named), Some(block)) =
                    (&self.root_failure, named, self.root_panic)
                {
                    self.root_failure = Some(RootFailure {
                        named: named.to_owned(),
                        block,
                        error: None,
                    });
                }
            }
            Shows::Waits => {
                self.waits_for = varying(0);
                self.ends(EndKind::Waiting);
            }
            Shows::InitFails => {
                let failure = InitFailure {
                    path: varying(0).unwrap_or_default(),
                    error: varying(1).and_then(|error| number(&error).or_else(|| errno_of(&error))),
                    is_requested: memchr::memmem::find(message.text, b"Requested init").is_some(),
                };
                self.init_fails(failure);
            }
            Shows::InitEnded => {
                let ended = exit_code(&text(message.text));
                self.init_ended = Some(ended.map(Ended::from_code));
            }
            Shows::VmmRefuses => {
                self.has_host = true;
                if self.kernel.is_none() && !self.has_kernel_lines {
                    self.ends(EndKind::VmmFailed);
                }
            }
            Shows::Host => self.has_host = true,
            Shows::DeviceMissing => {
                self.missing_device = self.missing_device.take().or(varying(0));
                self.is_told_of_initramfs(message, line);
            }
            Shows::MountRefused => {
                let device = varying(0).unwrap_or_default();
                let end =
                    device.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/');
                let name = device
                    .get(..end.unwrap_or(device.len()))
                    .unwrap_or_default();
                self.refused_mount.get_or_insert_with(|| name.to_owned());
            }
            Shows::MountFails => {
                let said = text(message.text);
                if said.contains("/sysroot") || said.contains(" sysroot") {
                    self.is_told_of_initramfs(message, line);
                }
            }
            Shows::LocalMountsFail => {
                if !self.is_early() {
                    self.has_failed_local_mounts = true;
                    self.reach(Stage::Init, message, line);
                    self.ends(EndKind::EmergencyShell);
                }
            }
            Shows::PartitionsOf => self.partitions_of(&text(message.text), message, line),
            Shows::SecondStage => {
                self.switched_root = true;
                self.reach(Stage::RootMount, message, line);
                self.reach(Stage::Init, message, line);
            }
            // The root's systemd starts a shell if the command line asks for one.
            Shows::End(EndKind::EmergencyShell)
                if self.has_reached(Stage::Init) && self.wants_shell() =>
            {
                self.reach(Stage::Userspace, message, line);
            }
            Shows::End(kind) => self.ends(kind),
        }
    }

    /// Takes up the prompt of a shell that waits for input. In an initramfs it depends on the files whether that
    /// shell was asked for.
    pub fn take_prompt(&mut self, message: Message<'_>, line: u64) {
        if self
            .end
            .is_some_and(|end| end.is_final() || end == EndKind::FallbackShell)
        {
            return;
        }
        self.has_prompt = true;
        let is_system = self.is_system_in_initramfs() == Some(true);
        if self.is_init_requested() || is_system || !self.is_early() {
            self.reach(Stage::Userspace, message, line);
        }
    }

    /// Returns true if the command line names the program that was last tried as init.
    fn is_init_requested(&self) -> bool {
        self.init.as_deref().is_some_and(|init| {
            self.parameter("rdinit") == Some(init) || self.parameter("init") == Some(init)
        })
    }

    /// Returns true if the initramfs is the whole system: its init runs, and no root is named that it could look for.
    /// `None` if the command line is not in the log.
    pub fn is_system_in_initramfs(&self) -> Option<bool> {
        if !self.ran_initramfs || self.has_known_initramfs || self.has_reached(Stage::RootMount) {
            return Some(false);
        }
        self.command_line.as_ref()?;
        let root = self.parameter("root").unwrap_or_default();
        let is_in_ram = root.is_empty() || root.starts_with("/dev/ram") || root == "rootfs";
        let is_requested = self.parameter("rdinit").is_some() && self.is_init_requested();
        Some(is_requested || (is_in_ram && self.parameter("init").is_none()))
    }

    /// Takes back an end that was quoted, and not this boot's.
    pub fn take_back_end(&mut self) {
        self.end = None;
        self.init_ended = None;
        self.has_open_oops = false;
    }

    /// Returns true if what speaks runs in an initramfs that has not handed over.
    pub fn is_early(&self) -> bool {
        !self.switched_root && (self.has_early_systemd || self.is_in_initramfs())
    }

    /// Returns true if the init of the root runs, so that no line is of an initramfs.
    pub fn is_past_initramfs(&self) -> bool {
        !self.is_early() && (self.has_reached(Stage::Init) || self.has_reached(Stage::Userspace))
    }

    /// Returns true if the beginning of the boot is not in the log.
    pub fn is_excerpt(&self) -> bool {
        self.kernel.is_none()
    }

    /// Takes up what the kernel could not open: older kernels and people write the name without quotes.
    fn cannot_open(&mut self, named: &str, rest: &str, said: &str) {
        let block = Block::parse(rest).or_else(|| is_old_number(rest).then_some(Block::NONE));
        let Some(block) = block else { return };
        let named = named.trim_matches(['"', '\'', '`', '(', ')', ' ', '\\']);
        let error = said
            .split_once("error ")
            .and_then(|(_, error)| number(error));
        self.root_failure = Some(RootFailure {
            named: if named == "null" { "" } else { named }.to_owned(),
            block,
            error,
        });
    }

    /// Takes up the partitions of a disk: ` sda: sda1 sda2`, `mmcblk0: p1 p2`.
    ///
    /// Source: Linux `block/partitions/core.c`, `check_partition`, and those of each table, which name them.
    fn partitions_of(&mut self, said: &str, message: Message<'_>, line: u64) {
        let Some((disk, partitions)) = said.trim().split_once(": ") else {
            return;
        };
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        };
        if !is_name(disk) {
            return;
        }
        if self.may_hold_root(disk) && self.command_line.is_some() {
            self.reach(Stage::RootDevice, message, line);
        }
        self.disk(disk.to_owned());
        let words = partitions.split([' ', '(', ')', '<', '>']);
        for part in words.filter(|word| is_name(word)) {
            if part.starts_with(disk) {
                self.disk(part.to_owned());
            } else if part.starts_with('p') {
                self.disk(format!("{disk}{part}"));
            }
        }
    }

    /// The systemd that speaks after the root was mounted is the root's own.
    fn notice_second_systemd(&mut self) {
        if self.has_early_systemd && self.has_reached(Stage::RootMount) {
            self.switched_root = true;
        }
    }

    /// systemd's "Welcome to ‹name›!" comes before it mounts or starts anything. The prompt of a login has no
    /// exclamation mark.
    ///
    /// Source: systemd 252 `src/core/main.c`, `status_welcome`.
    fn welcomes(&mut self, message: Message<'_>, line: u64) {
        let is_systemd = message.text.trim_ascii_end().ends_with(b"!");
        let is_of = |name: &[u8]| memchr::memmem::find(message.text, name).is_some();
        if OTHER_WELCOMES.iter().any(|name| is_of(name)) {
            return;
        }
        if is_of(b"(Initramfs)") || is_of(b"(Initrd)") {
            self.has_early_systemd = true;
            return;
        }
        self.notice_second_systemd();
        if self.is_early() {
            self.has_early_systemd |= is_systemd;
        } else if is_systemd {
            self.has_systemd = true;
            self.reach(Stage::Init, message, line);
        } else {
            self.reach(Stage::Userspace, message, line);
        }
    }

    /// The program that speaks is the init of an initramfs, whatever it said before.
    fn is_told_of_initramfs(&mut self, message: Message<'_>, line: u64) {
        self.has_known_initramfs = true;
        let runs_root = self.has_reached(Stage::Init) && self.init.is_some();
        // In an excerpt the targets of an initramfs look like those of the root.
        let was_taken_for_root =
            self.is_up_by_target && self.init.is_none() && !self.has_reached(Stage::RootMount);
        let is_up = self.has_reached(Stage::Userspace) && !was_taken_for_root;
        if self.switched_root || runs_root || is_up {
            return;
        }
        let has_systemd = self.has_reached(Stage::Init) && self.init.is_none();
        self.has_early_systemd |= has_systemd || self.has_systemd;
        self.has_systemd = false;
        self.ran_initramfs = true;
        self.reached.retain(|reached| reached.stage < Stage::Init);
        self.reach(Stage::Initramfs, message, line);
    }

    /// A target of the root's systemd. The first that says that the system is up is sysinit.target.
    ///
    /// Source: bootup(7), systemd 252.
    fn reaches_target(&mut self, message: Message<'_>, line: u64) {
        // No initramfs has these targets.
        let is_of_root =
            |name: &&str| memchr::memmem::find(message.text, name.as_bytes()).is_some();
        if LAST_TARGETS.iter().any(is_of_root) {
            self.switched_root |= self.is_early();
        }
        if self.is_early() {
            self.has_early_systemd = true;
            return;
        }
        self.reach(Stage::Init, message, line);
        let is_up = |name: &&str| memchr::memmem::find(message.text, name.as_bytes()).is_some();
        if FIRST_TARGETS.iter().any(is_up) {
            self.is_up_by_target |= !self.has_reached(Stage::Userspace);
            self.reach(Stage::Userspace, message, line);
        }
    }

    /// Takes up a line of the list of partitions, or of that of the file systems that were tried.
    ///
    /// Source: Linux `block/genhd.c`, `printk_all_partitions`: number, size, name, driver;
    /// `init/do_mounts.c`, `mount_root_generic`, whose names come in one line or in many.
    pub fn take_listed(&mut self, message: Message<'_>) {
        self.listing = self.listing.saturating_sub(1);
        let line = text(message.text);
        let mut words = line.split_whitespace();
        let (Some(number), Some(size), Some(name)) = (words.next(), words.next(), words.next())
        else {
            let name = line.trim();
            let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric());
            if let Some(tried) = &mut self.tried
                && is_name
                && tried.len() < TEXT_BYTES
            {
                tried.push(' ');
                tried.push_str(name);
            }
            return;
        };
        let is_number = number.len() >= 4 && number.chars().all(|digit| digit.is_ascii_hexdigit());
        if is_number && size.parse::<u64>().is_ok() {
            self.disk(name.to_owned());
        }
    }

    /// Takes up an end, unless a stronger one is known.
    pub fn ends(&mut self, kind: EndKind) {
        self.has_open_oops |= kind == EndKind::Oops;
        // What follows an end is its echo: a panic restarts the machine.
        if self.end.is_none_or(|end| !end.is_final() && end < kind) {
            self.end = Some(kind);
        }
    }

    fn reach(&mut self, stage: Stage, message: Message<'_>, line: u64) {
        if self.has_reached(stage) {
            return;
        }
        let at = self
            .reached
            .iter()
            .position(|reached| reached.stage > stage)
            .unwrap_or(self.reached.len());
        self.reached.insert(
            at,
            Reached {
                stage,
                line,
                text: text(message.text),
            },
        );
        // What it waited for has come, and what it stumbled over it got over.
        let is_over = match self.end {
            Some(EndKind::Waiting) => stage > Stage::RootDevice,
            Some(EndKind::OutOfMemory | EndKind::Lockup | EndKind::Oops) => true,
            _ => false,
        };
        if is_over {
            self.has_open_oops &= self.end != Some(EndKind::Oops);
            self.end = None;
        }
    }

    fn runs(&mut self, path: String, message: Message<'_>, line: u64) {
        let asked = |name: &str| self.parameter(name).is_some_and(|value| value == path);
        let is_of_initramfs = !self.has_reached(Stage::RootMount)
            && (asked("rdinit") || (path == "/init" && !asked("init")));
        let is_fallback = Some(&path.as_str()) == DEFAULT_INITS.last() && !asked("init");
        if is_of_initramfs {
            self.ran_initramfs = true;
            self.reach(Stage::Initramfs, message, line);
        } else {
            // The one before could not be run, or this one would not be tried.
            self.reached.retain(|reached| reached.stage < Stage::Init);
            if is_fallback {
                self.ends(EndKind::FallbackShell);
            } else {
                self.reach(Stage::Init, message, line);
            }
        }
        self.init = Some(path);
    }

    fn init_fails(&mut self, failure: InitFailure) {
        let stage = if self.is_in_initramfs() {
            Stage::Initramfs
        } else {
            Stage::Init
        };
        self.reached.retain(|reached| reached.stage < stage);
        if self.end == Some(EndKind::FallbackShell) {
            self.end = None;
        }
        if self.init_failures.len() < KEPT {
            self.init_failures.push(failure);
        }
    }

    /// Whether a disk is the one that `root=` names, as far as names tell.
    fn may_hold_root(&self, disk: &str) -> bool {
        if self.command_line.is_none() {
            return true;
        }
        self.parameter("root").is_some_and(|root| {
            root.strip_prefix("/dev/")
                .is_none_or(|name| name.starts_with(disk))
        })
    }

    /// Returns true if the command line asks systemd for emergency or rescue mode.
    ///
    /// Source: kernel-command-line(7), systemd 252.
    fn wants_shell(&self) -> bool {
        let words = self.command_line.as_deref().unwrap_or_default();
        words.split_whitespace().any(|word| {
            matches!(
                word,
                "emergency"
                    | "-b"
                    | "rescue"
                    | "single"
                    | "s"
                    | "S"
                    | "1"
                    | "systemd.unit=emergency.target"
                    | "systemd.unit=rescue.target"
            )
        })
    }

    fn disk(&mut self, name: String) {
        if self.disks.len() < KEPT && !self.disks.contains(&name) {
            self.disks.push(name);
        }
    }

    /// A parameter of the command line, as far as it needs no quotes.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.command_line
            .as_deref()?
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next_back()
    }
}

/// Returns true for a number as kernels before 2.6.19 print it: `03:01`.
fn is_old_number(text: &str) -> bool {
    let hexadecimal =
        |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_hexdigit());
    text.trim().split_once(':').is_some_and(|(major, minor)| {
        hexadecimal(major) && hexadecimal(minor.trim_end_matches([' ', '.']))
    })
}

/// What stands behind `ommand line: `, as much of it as a kernel takes.
fn command_line(message: &[u8]) -> Option<String> {
    const HEAD: &[u8] = b"ommand line: ";
    let at = memchr::memmem::find(message, HEAD)?;
    let rest = message.get(at.saturating_add(HEAD.len())..)?;
    let kept = rest.get(..COMMAND_LINE_BYTES).unwrap_or(rest);
    Some(String::from_utf8_lossy(kept).trim_end().to_owned())
}

/// As much of a text as is kept.
fn text(bytes: &[u8]) -> String {
    let kept = bytes.get(..TEXT_BYTES).unwrap_or(bytes);
    String::from_utf8_lossy(kept).into_owned()
}

/// The first number in a text, with its sign: `: error -6`.
fn number(text: &str) -> Option<i32> {
    let from = text.find(|letter: char| letter.is_ascii_digit())?;
    let (before, rest) = text.split_at(from);
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    let value: i32 = rest.get(..end)?.parse().ok()?;
    Some(if before.ends_with('-') {
        value.checked_neg()?
    } else {
        value
    })
}

/// The number in ` exitcode=0x00007f00`.
fn exit_code(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("exitcode=0x")?;
    let end = rest
        .find(|letter: char| !letter.is_ascii_hexdigit())
        .unwrap_or(rest.len());
    u32::from_str_radix(rest.get(..end)?, 16).ok()
}
