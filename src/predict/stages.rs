//! What is known of each stage of a boot, in a few words: the text beside it in a report.

use super::boot::{Boot, RootMounter};
use super::drivers::Supply;
use super::early_lookup::RootDevice;
use super::populate_rootfs::Unpacked;
use crate::architecture::Architecture;
use crate::bytes::escaped;
use crate::error::{Kind, Result};
use crate::stage::Stage;
use crate::vmm::{Platform, VIRTIO_BLK};

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything that the kernel can contribute is there.
    Passed,
    /// A fatal finding stops the boot here.
    Failed,
    /// It goes on, and a finding says what hurts.
    Warned,
    /// A fact is missing.
    Unknown,
    /// There is nothing to do at this stage.
    None,
    /// It depends on artefacts that were not given.
    Open,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Passed,
        Self::Failed,
        Self::Warned,
        Self::Unknown,
        Self::None,
        Self::Open,
    ];

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warned",
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Open => "open",
        }
    }
}

/// One stage of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The stage.
    pub stage: Stage,
    /// How it stands.
    pub standing: Standing,
    /// What decides it, in a few words.
    pub text: String,
    /// The options of the kernel that were asked for.
    pub options: Vec<&'static str>,
}

/// How a stage stands, the words for it, and the options that decide it.
type Told = (Standing, String, Vec<&'static str>);

/// A stage: what is told of it in a whole boot, and of a kernel alone.
struct Row(
    Stage,
    fn(&Boot<'_>) -> Result<Told>,
    fn(&Boot<'_>) -> Result<Told>,
);

static ROWS: [Row; 9] = [
    Row(Stage::Read, read, read_alone),
    Row(Stage::Load, load, load_alone),
    Row(Stage::Start, start, start_alone),
    Row(Stage::Console, console, console_alone),
    Row(Stage::Initramfs, initramfs, initramfs_alone),
    Row(Stage::RootDevice, root_device, |boot| {
        let platform = boot.platform().ok();
        let options = platform.map_or_else(|| VIRTIO_BLK.options.to_vec(), Platform::disk_options);
        needs_initramfs(boot, &options)
    }),
    Row(Stage::RootMount, root_mount, |boot| {
        needs_initramfs(boot, &["EXT4_FS"])
    }),
    Row(Stage::Init, init, |boot| {
        told(Standing::Open, all_of(boot, &INIT_OPTIONS).1)
    }),
    Row(
        Stage::Userspace,
        |_| {
            let text = "kelpie-check does not predict what init does";
            told(Standing::Open, text)
        },
        |_| {
            told(
                Standing::Open,
                "kelpie-check does not predict what init does",
            )
        },
    ),
];

const INIT_OPTIONS: [&str; 3] = ["BINFMT_ELF", "BINFMT_SCRIPT", "DEVTMPFS_MOUNT"];
const ARM_OPTIONS: [&str; 3] = ["ARM_GIC_V3", "ARM_PSCI_FW", "ARM_ARCH_TIMER"];

/// Returns what is known of each stage before any cause: of a whole boot, or of a kernel alone.
pub fn outline(boot: &Boot<'_>, is_kernel_alone: bool) -> Vec<Rung> {
    let rows = ROWS.iter().map(|Row(stage, whole, alone)| {
        let tell = if is_kernel_alone { alone } else { whole };
        let (standing, text, options) = tell(boot).unwrap_or_else(|error| {
            let standing = match error.kind() {
                Kind::NotGiven => Standing::Open,
                _ => Standing::Unknown,
            };
            (standing, error.to_string(), Vec::new())
        });
        Rung {
            stage: *stage,
            standing,
            text,
            options,
        }
    });
    rows.collect()
}

fn told(standing: Standing, text: impl Into<String>) -> Result<Told> {
    Ok((standing, text.into(), Vec::new()))
}

fn decided_by(standing: Standing, text: String, options: &[&'static str]) -> Result<Told> {
    Ok((standing, text, options.to_vec()))
}

fn read(boot: &Boot<'_>) -> Result<Told> {
    let kernel = boot.kernel().ok();
    let layers = kernel.and_then(|kernel| kernel.titles().ok());
    let release = kernel.and_then(|kernel| kernel.release().ok());
    match (release, layers) {
        (Some(release), Some((titles, true))) => told(
            Standing::Passed,
            format!("Linux {release}, {}", titles.join(" › ")),
        ),
        (Some(release), _) => told(
            Standing::Unknown,
            format!("Linux {release}, its payload not decoded"),
        ),
        (None, _) => told(Standing::Unknown, "no readable kernel"),
    }
}

fn read_alone(boot: &Boot<'_>) -> Result<Told> {
    let kernel = boot.kernel()?;
    let Ok((_, is_whole)) = kernel.titles() else {
        return told(Standing::Unknown, "not recognised");
    };
    if !is_whole {
        return told(Standing::Unknown, "headers read, payload not decoded");
    }
    let is_decoded = kernel.chain().is_ok_and(|chain| {
        let mut layers = chain.layers.iter();
        layers.any(|layer| layer.codec.is_some() && layer.decoded_bytes.is_some())
    });
    told(
        Standing::Passed,
        match is_decoded {
            true => "decodes completely, lengths and checksums match",
            false => "stored uncompressed, complete",
        },
    )
}

fn load(boot: &Boot<'_>) -> Result<Told> {
    let target = boot.target.title;
    let kernel = boot.kernel()?;
    let mut words: Vec<String> = Vec::new();
    if let Ok((titles, _)) = kernel.titles() {
        words.extend(titles.first().map(|title| (*title).to_owned()));
    }
    let page_size = kernel.optional(|header| header.page_size_bytes);
    let page_size = page_size.ok().flatten();
    words.extend(page_size.map(|bytes| format!("{}K pages", bytes / 1024)));
    let mib = boot.ram_bytes()? / (1024 * 1024);
    match boot.accepted_form()? {
        Some(form) => {
            words.push(format!("fits {mib} MiB"));
            let text = format!("{}; {target} takes it as {}", words.join(", "), form.form);
            told(Standing::Passed, text)
        }
        None => {
            let text = format!("{}; {target} needs another form", words.join(", "));
            told(Standing::Unknown, text)
        }
    }
}

fn load_alone(boot: &Boot<'_>) -> Result<Told> {
    let target = boot.target.title;
    let Ok(platform) = boot.platform() else {
        return told(Standing::Unknown, format!("{target}: no machine for it"));
    };
    match boot.accepted_form()? {
        Some(form) => told(
            Standing::Passed,
            format!(
                "{target} takes it as {}, {} MiB of RAM are enough",
                form.form, platform.ram_mib
            ),
        ),
        None => told(Standing::Unknown, format!("{target} needs another form")),
    }
}

fn start(boot: &Boot<'_>) -> Result<Told> {
    let options: Vec<&'static str> = match boot.platform()?.architecture {
        Architecture::Aarch64 => ARM_OPTIONS.to_vec(),
        Architecture::X86_64 => [boot.machine()?.table_options(), vec!["KVM_GUEST"]].concat(),
        _ => Vec::new(),
    };
    let is_built_in = |option: &&'static str| boot.builds_in(option).unwrap_or(false);
    let words: Vec<&str> = options.iter().copied().filter(is_built_in).collect();
    let text = match words.as_slice() {
        [] => "no finding".to_owned(),
        words => format!("{} built in", words.join(", ")),
    };
    decided_by(Standing::Passed, text, &options)
}

fn start_alone(boot: &Boot<'_>) -> Result<Told> {
    let Ok(platform) = boot.platform() else {
        return told(Standing::Unknown, NO_MACHINE);
    };
    let options = match platform.architecture {
        Architecture::Aarch64 => ARM_OPTIONS.to_vec(),
        Architecture::X86_64 => {
            let tables = platform.tables.options();
            let read = tables.iter().find(|name| state(boot, name) == Some("y"));
            let wanted = read.or(tables.first()).copied();
            wanted.into_iter().chain(["KVM_GUEST"]).collect()
        }
        _ => {
            let text = "not checked for this kernel";
            return told(Standing::Open, text);
        }
    };
    let (standing, text) = all_of(boot, &options);
    told(standing, text)
}

fn console(boot: &Boot<'_>) -> Result<Told> {
    let platform = boot.platform()?;
    let named = boot.command_line()?.consoles();
    let devices: Vec<&str> = if named.is_empty() {
        platform.consoles.iter().map(|one| one.device).collect()
    } else {
        named.iter().map(|one| one.device.as_str()).collect()
    };
    let mut standing = Standing::Unknown;
    let mut words = Vec::new();
    let mut options = Vec::new();
    for device in devices {
        let mut consoles = platform.consoles.iter();
        let Some(console) = consoles.find(|known| known.device == device) else {
            words.push(format!("{device}: not on this machine"));
            continue;
        };
        let mut missing = Vec::new();
        for option in platform.console_options(console) {
            options.push(option);
            if !boot.builds_in(option)? {
                missing.push(option);
            }
        }
        words.push(if missing.is_empty() {
            standing = Standing::Passed;
            format!("{device}: driver built in")
        } else {
            format!("{device}: without {}", missing.join(", "))
        });
    }
    decided_by(standing, words.join(", "), &options)
}

fn console_alone(boot: &Boot<'_>) -> Result<Told> {
    let Ok(platform) = boot.platform() else {
        return told(Standing::Unknown, NO_MACHINE);
    };
    let mut standing = Standing::Unknown;
    let words = platform.consoles.iter().map(|console| {
        let options: Vec<&str> = platform.console_options(console).collect();
        let state = match all_of(boot, &options).0 {
            Standing::Passed => {
                standing = Standing::Passed;
                "driver built in"
            }
            Standing::Open => "driver not built in",
            _ => "driver unknown",
        };
        format!("{}: {state}", console.device)
    });
    let words: Vec<String> = words.collect();
    told(standing, words.join(", "))
}

fn initramfs(boot: &Boot<'_>) -> Result<Told> {
    let (standing, text) = match boot.unpacked()? {
        Unpacked::None => (Standing::None, "none given".to_owned()),
        Unpacked::Ignored => (
            Standing::Warned,
            "the kernel was built without BLK_DEV_INITRD and ignores it".to_owned(),
        ),
        Unpacked::Foreign => (
            Standing::Warned,
            "the file is not an initramfs, and none of it is unpacked".to_owned(),
        ),
        Unpacked::CodecMissing(segment) => (
            Standing::Warned,
            format!(
                "the kernel cannot unpack {}",
                segment.codec.map_or("it", |codec| codec.name)
            ),
        ),
        Unpacked::SettingsRefused { .. } => (
            Standing::Warned,
            "the kernel's xz decoder refuses its settings".to_owned(),
        ),
        Unpacked::Tree(archive) => {
            let rdinit = boot.rdinit()?;
            let entries = archive.entries;
            let trouble = boot.early_init()?.map(|program| program.trouble.as_ref());
            match trouble {
                None => (
                    Standing::Warned,
                    format!("{entries} entries, without {rdinit}"),
                ),
                Some(None) => (
                    Standing::Passed,
                    format!("by {}, {entries} entries; {rdinit} runs", maker(boot)),
                ),
                Some(Some(trouble)) => (
                    Standing::Failed,
                    format!("by {}, {entries} entries; {rdinit} {trouble}", maker(boot)),
                ),
            }
        }
    };
    decided_by(standing, text, &["BLK_DEV_INITRD"])
}

/// The generator of the initramfs, with its version.
fn maker(boot: &Boot<'_>) -> String {
    let initramfs = boot.initramfs().ok().flatten();
    match initramfs.map(|initramfs| initramfs.generator()) {
        Some(Ok(generator)) => match &generator.version {
            Some(version) => format!("{} {version}", generator.name),
            None => generator.name.to_owned(),
        },
        _ => "an unknown generator".to_owned(),
    }
}

fn initramfs_alone(boot: &Boot<'_>) -> Result<Told> {
    let options = boot.options().ok().map(|known| &known.options);
    let states = options.into_iter().flat_map(|options| options.iter());
    let codecs: Vec<String> = states
        .filter(|judged| judged.state.name() == "y")
        .filter_map(|judged| judged.spec.name.strip_prefix("RD_"))
        .map(str::to_lowercase)
        .collect();
    told(
        Standing::Open,
        match state(boot, "BLK_DEV_INITRD") {
            Some("y") if codecs.is_empty() => "supported; none given".to_owned(),
            Some("y") => format!("supported ({}); none given", codecs.join(" ")),
            Some("n" | "not-y") => "not supported by this kernel".to_owned(),
            _ => "none given".to_owned(),
        },
    )
}

fn root_device(boot: &Boot<'_>) -> Result<Told> {
    if let RootMounter::Nothing = boot.root_mounter()? {
        return told(Standing::None, NO_ROOT);
    }
    let device = boot.root_device()?;
    let named = boot.root_line()?.value("root").unwrap_or_default();
    let mut options = boot.machine()?.storage_options();
    if device == RootDevice::Share {
        options.push("VIRTIO_FS");
    }
    let mut standing = Standing::Passed;
    let mut words = Vec::new();
    for option in &options {
        let (one, word) = supplied(boot, option)?;
        if one != Standing::Passed {
            standing = one;
        }
        words.push(word);
    }
    let place = match &device {
        RootDevice::Unstated => "no root=".to_owned(),
        RootDevice::Disk => format!("{named} is the disk"),
        RootDevice::Partition(number) => format!("{named} is partition {number}"),
        RootDevice::Share => format!("{named} is the shared folder"),
        RootDevice::Absent { named, instead } => format!("no {named}, but {instead}"),
    };
    decided_by(standing, format!("{place}; {}", words.join(", ")), &options)
}

fn supplied(boot: &Boot<'_>, option: &'static str) -> Result<(Standing, String)> {
    Ok(match boot.supply(option)? {
        Supply::BuiltIn => (Standing::Passed, format!("{option} built in")),
        Supply::Module { name } => (Standing::Passed, format!("{name} from the initramfs")),
        Supply::NoInitramfs => (Standing::Failed, format!("{option} is a module")),
        Supply::NotInInitramfs { name } => (
            Standing::Failed,
            format!("{name} is a module and not in the initramfs"),
        ),
        Supply::Absent => (Standing::Unknown, format!("without {option}")),
    })
}

fn root_mount(boot: &Boot<'_>) -> Result<Told> {
    let mounter = boot.root_mounter()?;
    if let RootMounter::Nothing = mounter {
        return told(Standing::None, NO_ROOT);
    }
    let Some(root) = boot.root()? else {
        return told(Standing::Open, "no root given");
    };
    let Some(option) = boot.root_option()? else {
        let text = format!("{} cannot be mounted", root.contents()?.title());
        return told(Standing::Unknown, text);
    };
    let (standing, word) = supplied(boot, option)?;
    let mut words = vec![word];
    if let Some(ext4) = root.ext4()? {
        let state = ext4.state();
        let kib = ext4.block_size_bytes() / 1024;
        words.push(format!("{} of {kib} K blocks", ext4.kind()));
        let state = if state.needs_recovery {
            "the kernel replays its journal first"
        } else if state.clean && !state.has_errors {
            "clean"
        } else {
            "not clean"
        };
        words.push(state.to_owned());
    }
    if let RootMounter::Kernel = mounter {
        let is_read_only = boot.root_line()?.read_only();
        words.push(
            if is_read_only {
                "read-only"
            } else {
                "read-write"
            }
            .to_owned(),
        );
    }
    decided_by(standing, words.join(", "), &[option])
}

fn init(boot: &Boot<'_>) -> Result<Told> {
    let Some(chain) = boot.init()? else {
        let text = format!("{} of the initramfs", boot.rdinit()?);
        return told(Standing::Passed, text);
    };
    let Some(program) = chain.program().or(chain.tried.first()) else {
        return told(Standing::Unknown, "no init is tried");
    };
    let mut text = escaped(&program.path);
    if let Some(found) = &program.found
        && found.path != program.path
    {
        text.push_str(&format!(" → {}", escaped(&found.path)));
    }
    if let Some(interpreter) = &program.interpreter {
        text.push_str(&format!(" by {}", escaped(interpreter)));
    }
    let standing = match &program.trouble {
        None => {
            text.push_str(", with everything it needs");
            Standing::Passed
        }
        Some(trouble) => {
            text.push_str(&format!(": {trouble}"));
            Standing::Failed
        }
    };
    decided_by(standing, text, &INIT_OPTIONS)
}

/// Stages after the kernel stay open, and say what an initramfs would have to bring.
fn needs_initramfs(boot: &Boot<'_>, options: &[&str]) -> Result<Told> {
    let (standing, mut text) = all_of(boot, options);
    if standing == Standing::Open {
        text.push_str(": an initramfs must load the missing drivers");
    }
    told(Standing::Open, text)
}

/// Passed if all are built in, open if one is not, unknown otherwise; and the words.
fn all_of(boot: &Boot<'_>, options: &[&str]) -> (Standing, String) {
    let mut standing = Standing::Passed;
    let words = options.iter().map(|name| {
        let (state, word) = match state(boot, name) {
            Some("y") => (Standing::Passed, "y"),
            Some("m") => (Standing::Open, "m"),
            Some("n") => (Standing::Open, "n"),
            Some("not-y") => (Standing::Open, "not built in"),
            _ => (Standing::Unknown, "unknown"),
        };
        let mut worse = [Standing::Open, Standing::Unknown].into_iter();
        let worst = worse.find(|bad| [standing, state].contains(bad));
        standing = worst.unwrap_or(Standing::Passed);
        format!("{name} {word}")
    });
    let words: Vec<String> = words.collect();
    (standing, words.join(", "))
}

/// The state of an option, if the kernel's options are known.
fn state(boot: &Boot<'_>, name: &str) -> Option<&'static str> {
    let known = boot.options().ok()?;
    let mut options = known.options.iter();
    let judged = options.find(|judged| judged.spec.name == name)?;
    Some(judged.state.name())
}

const NO_MACHINE: &str = "no machine to check against";
const NO_ROOT: &str = "not needed: the initramfs is the system";
