//! The ladder of a whole boot: for each stage, what decides it.

use super::{Rung, Standing, settle};
use crate::architecture::Architecture;
use crate::bundle::{Bundle, Mounter, RootDevice, Supply, Unpacked};
use crate::bytes::escaped;
use crate::check::{Check, InitFacts, KernelFacts};
use crate::error::{Error, Kind, Result};
use crate::finding::Finding;
use crate::stage::Stage;

/// What a stage comes to by the facts alone, the words for it, and the options that were asked for.
struct Step {
    standing: Standing,
    text: String,
    options: Vec<&'static str>,
}

impl Step {
    fn new(standing: Standing, text: impl Into<String>) -> Self {
        Self {
            standing,
            text: text.into(),
            options: Vec::new(),
        }
    }

    fn with(mut self, options: &[&'static str]) -> Self {
        self.options.extend_from_slice(options);
        self
    }
}

/// The ladder, from the bottom.
pub(in crate::check) fn climb(
    bundle: &Bundle,
    kernel: Option<&KernelFacts>,
    findings: &[Finding],
    checks: &[Check],
) -> Vec<Rung> {
    let none = KernelFacts::default();
    let facts = kernel.unwrap_or(&none);
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let step = match stage {
                Stage::Read => Ok(read(facts)),
                Stage::Load => load(bundle, facts),
                Stage::Start => start(bundle),
                Stage::Console => console(bundle),
                Stage::Initramfs => initramfs(bundle),
                Stage::RootDevice => root_device(bundle),
                Stage::RootMount => root_mount(bundle),
                Stage::Init => init(bundle),
                Stage::Userspace => Ok(Step::new(
                    Standing::Open,
                    "what init does once it runs is not predicted",
                )),
            };
            let step = step.unwrap_or_else(|error| unknown(&error));
            Rung {
                stage,
                standing: settle(stage, step.standing, findings, checks),
                text: step.text,
                options: step.options,
            }
        })
        .collect()
}

fn unknown(error: &Error) -> Step {
    match error.kind() {
        Kind::NotGiven => Step::new(Standing::Open, error.to_string()),
        _ => Step::new(Standing::Unknown, error.to_string()),
    }
}

fn read(facts: &KernelFacts) -> Step {
    match (&facts.release, facts.layers_whole) {
        (Some(release), true) => Step::new(
            Standing::Passed,
            format!("Linux {release}, {}", facts.titles.join(" › ")),
        ),
        (Some(release), false) => Step::new(
            Standing::Unknown,
            format!("Linux {release}, its payload not decoded"),
        ),
        (None, _) => Step::new(Standing::Unknown, "no kernel that can be read"),
    }
}

fn load(bundle: &Bundle, facts: &KernelFacts) -> Result<Step> {
    let target = bundle.target.title;
    let mut words: Vec<String> = Vec::new();
    words.extend(facts.titles.first().map(|title| (*title).to_owned()));
    words.extend(
        facts
            .page_size_bytes
            .map(|bytes| format!("{}K pages", bytes / 1024)),
    );
    let mib = bundle.ram_bytes()? / (1024 * 1024);
    Ok(match bundle.accepted_form()? {
        Some(form) => {
            words.push(format!("fits {mib} MiB"));
            Step::new(
                Standing::Passed,
                format!("{}; {target} takes it as {}", words.join(", "), form.form),
            )
        }
        None => Step::new(
            Standing::Unknown,
            format!("{}; {target} wants another form", words.join(", ")),
        ),
    })
}

fn start(bundle: &Bundle) -> Result<Step> {
    let platform = bundle.platform()?;
    let tables = bundle.table_options()?;
    let options: Vec<&'static str> = match platform.architecture {
        Architecture::Aarch64 => vec!["ARM_GIC_V3", "ARM_PSCI_FW", "ARM_ARCH_TIMER"],
        Architecture::X86_64 => [tables, &["KVM_GUEST"]].concat(),
        _ => Vec::new(),
    };
    let mut words = Vec::new();
    for option in &options {
        if bundle.builds_in(option).unwrap_or(false) {
            words.push(*option);
        }
    }
    let text = match words.as_slice() {
        [] => "nothing speaks against it".to_owned(),
        words => format!("{} built in", words.join(", ")),
    };
    Ok(Step::new(Standing::Passed, text).with(&options))
}

fn console(bundle: &Bundle) -> Result<Step> {
    let platform = bundle.platform()?;
    let line = bundle.command_line()?;
    let named = line.consoles();
    let devices: Vec<&str> = if named.is_empty() {
        platform
            .consoles
            .iter()
            .map(|console| console.device)
            .collect()
    } else {
        named
            .iter()
            .map(|console| console.device.as_str())
            .collect()
    };
    let mut standing = Standing::Unknown;
    let mut words = Vec::new();
    let mut options = Vec::new();
    for device in devices {
        let Some(console) = platform
            .consoles
            .iter()
            .find(|known| known.device == device)
        else {
            words.push(format!("{device}: not on this machine"));
            continue;
        };
        let mut missing = Vec::new();
        for option in platform.console_options(console) {
            options.push(option);
            if !bundle.builds_in(option)? {
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
    Ok(Step::new(standing, words.join(", ")).with(&options))
}

fn initramfs(bundle: &Bundle) -> Result<Step> {
    let options = ["BLK_DEV_INITRD"];
    Ok(match bundle.unpacked()? {
        Unpacked::None => Step::new(Standing::None, "none given"),
        Unpacked::Ignored => Step::new(
            Standing::Warned,
            "the kernel was built without BLK_DEV_INITRD and ignores it",
        ),
        Unpacked::Foreign => Step::new(
            Standing::Warned,
            "it is no initramfs, and nothing of it is unpacked",
        ),
        Unpacked::CodecMissing(segment) => Step::new(
            Standing::Warned,
            format!(
                "the kernel cannot unpack {}",
                segment.codec.map_or("it", |codec| codec.name)
            ),
        ),
        Unpacked::SettingsRefused { .. } => Step::new(
            Standing::Warned,
            "the kernel's xz decoder refuses its settings",
        ),
        Unpacked::Tree(archive) => {
            let rdinit = bundle.rdinit()?;
            match bundle.early_init()? {
                None => Step::new(
                    Standing::Warned,
                    format!("{} entries, no {rdinit} among them", archive.entries),
                ),
                Some(program) => {
                    let maker = match bundle.initramfs()? {
                        Some(initramfs) => match initramfs.generator() {
                            Ok(generator) => match &generator.version {
                                Some(version) => format!("{} {version}", generator.name),
                                None => generator.name.to_owned(),
                            },
                            Err(_) => "an unknown maker".to_owned(),
                        },
                        None => String::new(),
                    };
                    let facts = InitFacts::of(program);
                    let verdict = match &facts.trouble {
                        None => "runs".to_owned(),
                        Some(trouble) => trouble.clone(),
                    };
                    Step::new(
                        if facts.trouble.is_none() {
                            Standing::Passed
                        } else {
                            Standing::Failed
                        },
                        format!(
                            "by {maker}, {} entries; {rdinit} {verdict}",
                            archive.entries
                        ),
                    )
                }
            }
        }
    }
    .with(&options))
}

fn root_device(bundle: &Bundle) -> Result<Step> {
    if let Mounter::Archive = bundle.mounter()? {
        return Ok(Step::new(
            Standing::None,
            "none needed: the initramfs is the system",
        ));
    }
    let device = bundle.root_device()?;
    let named = bundle
        .command_line()?
        .value("root")
        .unwrap_or_default()
        .to_owned();
    let mut options = bundle.platform()?.transport.options().to_vec();
    options.push(match device {
        RootDevice::Share => "VIRTIO_FS",
        _ => "VIRTIO_BLK",
    });
    let mut standing = Standing::Passed;
    let mut words = Vec::new();
    for option in &options {
        let (one, word) = supplied(bundle, option)?;
        if one != Standing::Passed {
            standing = one;
        }
        words.push(word);
    }
    let place = match device {
        RootDevice::Unstated => "no root=".to_owned(),
        RootDevice::Disk => format!("{named} is the disk"),
        RootDevice::Partition(number) => format!("{named} is partition {number}"),
        RootDevice::Share => format!("{named} is the shared folder"),
        RootDevice::Absent { named, instead } => format!("no {named}, there is {instead}"),
    };
    Ok(Step::new(standing, format!("{place}; {}", words.join(", "))).with(&options))
}

fn supplied(bundle: &Bundle, option: &'static str) -> Result<(Standing, String)> {
    Ok(match bundle.supply(option)? {
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

fn root_mount(bundle: &Bundle) -> Result<Step> {
    if let Mounter::Archive = bundle.mounter()? {
        return Ok(Step::new(
            Standing::None,
            "none needed: the initramfs is the system",
        ));
    }
    let Some(root) = bundle.root()? else {
        return Ok(Step::new(Standing::Open, "no root given"));
    };
    let Some(option) = bundle.root_option()? else {
        return Ok(Step::new(
            Standing::Unknown,
            format!("{} is nothing to mount", root.contents()?.title()),
        ));
    };
    let (standing, word) = supplied(bundle, option)?;
    let mut words = vec![word];
    if let Some(ext4) = root.ext4()? {
        let state = ext4.state();
        words.push(format!(
            "{} of {} K blocks",
            ext4.kind(),
            ext4.block_size_bytes() / 1024
        ));
        words.push(
            if state.needs_recovery {
                "its journal is replayed first"
            } else if state.clean && !state.has_errors {
                "clean"
            } else {
                "not clean"
            }
            .to_owned(),
        );
    }
    if bundle.kernel_mounts_root()? {
        let read_only = bundle.command_line()?.read_only();
        words.push(if read_only { "read-only" } else { "read-write" }.to_owned());
    }
    Ok(Step::new(standing, words.join(", ")).with(&[option]))
}

fn init(bundle: &Bundle) -> Result<Step> {
    let Some(chain) = bundle.init()? else {
        return Ok(Step::new(
            Standing::Passed,
            format!("{} of the initramfs", bundle.rdinit()?),
        ));
    };
    let Some(program) = chain.program().or(chain.tried.first()) else {
        return Ok(Step::new(Standing::Unknown, "nothing is tried"));
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
            text.push_str(", with all it needs");
            Standing::Passed
        }
        Some(trouble) => {
            text.push_str(&format!(": {trouble}"));
            Standing::Failed
        }
    };
    Ok(Step::new(standing, text).with(&["BINFMT_ELF", "BINFMT_SCRIPT", "DEVTMPFS_MOUNT"]))
}
