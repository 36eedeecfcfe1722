//! Words of the command line, and places of an archive, after which no file tells how a boot goes on:
//! a driver that is left out, RAM or a processor that is there in part, a console of a driver that
//! nobody here knows. The verdict is then *unknown*, unless something ends the boot before.
//!
//! Source: `Documentation/admin-guide/kernel-parameters.rst`; `init/main.c` (`unknown_bootoption`,
//! `set_init_arg`), `init/do_mounts.c`; Linux 6.1 and 6.18 were booted with most of these, and
//! did not get to their init.

use crate::bundle::{Bundle, Mounter};
use crate::cause::{are_types_left_open, is_option_left_open, level_left_open};
use crate::cmdline::{CommandLine, Parameter};
use crate::stage::Stage;
use crate::tree::{FileType, Tree, resolve};
use crate::userland::{InitChain, Loader, Program};
use std::collections::BTreeSet;

/// Something after which a boot is not foreseen.
pub(super) struct LeftOpen {
    /// The last stage that it leaves as it is.
    pub(super) behind: Stage,
    /// What would have to be known.
    pub(super) what: String,
}

/// How many words without a value the kernel hands to init, and how many with one, before it panics over
/// the next (`CONFIG_INIT_ENV_ARG_LIMIT`; HOME and TERM are two of the latter).
const ARGUMENTS: usize = 32;
const ENVIRONMENT: usize = 30;
/// What a kernel does without that is told so by `clearcpuid=` (seen in Linux 6.1).
const SPARED: [&str; 4] = ["cx16", "popcnt", "smap", "smep"];
/// With less RAM than this a kernel may have none left for its init.
const LITTLE_RAM: u64 = 64 << 20;
/// What consoles are named after that are judged.
const CONSOLES: [&str; 4] = ["ttyS", "ttyAMA", "hvc", "tty"];

pub(super) fn all(bundle: &Bundle) -> Vec<LeftOpen> {
    let mut open = Vec::new();
    if !bundle.has_kernel() {
        return open;
    }
    if let Ok(line) = bundle.command_line()
        && !bundle.is_command_line_assumed()
    {
        let has_initramfs = matches!(bundle.initramfs(), Ok(Some(_)));
        let has_early_init = !matches!(bundle.early_init(), Ok(None));
        for parameter in &line.parameters {
            if !has_early_init && parameter.is("rdinit") && names_built_in(parameter) {
                let what = format!("what comes of {}, which every kernel has", parameter.text());
                let behind = Stage::Console;
                open.push(LeftOpen { behind, what });
            }
            if let Some(behind) = behind(parameter, has_initramfs) {
                let what = format!("what {} comes to", parameter.text());
                open.push(LeftOpen { behind, what });
            }
        }
        open.extend(handed(line));
        open.extend(consoles(bundle, line));
        open.extend(loader_words(bundle, line));
        if matches!(bundle.mounter(), Ok(Mounter::Kernel)) {
            open.extend(types(line));
            open.extend(flags(line));
        }
    }
    open.extend(archive(bundle));
    open.extend(preloaded(bundle));
    open.extend(cpu(bundle));
    open
}

/// Whether it is a word that leaves something open, and behind which stage.
fn behind(parameter: &Parameter, has_initramfs: bool) -> Option<Stage> {
    let is = |name: &str| parameter.is(name);
    let value = parameter.value.as_deref().unwrap_or_default();
    let is_set = !value.is_empty();
    let of_module = |name: &str| parameter.name.starts_with(name);
    let behind_load = (is("initcall_blacklist") && is_set)
        || is("nolapic")
        || is("disableapic")
        || (is("clearcpuid") && value.split(',').any(|name| !SPARED.contains(&name)))
        || is("memmap")
        || (is("mem") && is_little(value));
    if behind_load {
        Some(Stage::Load)
    } else if of_module("virtio_mmio.")
        || (has_initramfs
            && ((is_set && (is("module_blacklist") || is("blacklist")))
                || of_module("virtio_blk.")))
    {
        Some(Stage::Console)
    } else if is("root") && matches!(value, "/dev/" | "PARTUUID=") {
        Some(Stage::Initramfs)
    } else if is("rdinit") && is_escaped(value) {
        Some(Stage::Console)
    } else if of_module("sysctl.vm.") || (is("init") && is_escaped(value)) {
        Some(Stage::RootMount)
    } else {
        None
    }
}

/// Whether bytes of it are shown by their numbers: the file of that name is not looked for.
fn is_escaped(value: &str) -> bool {
    value.contains("\\x")
}

/// Whether a path leads to what is in every kernel's own initramfs (`usr/default_cpio_list`), or nowhere.
fn names_built_in(parameter: &Parameter) -> bool {
    let path = parameter.value.as_deref();
    let names: Option<Vec<&str>> = path.map(|path| {
        let names = path.split('/');
        names.filter(|name| !matches!(*name, "" | ".")).collect()
    });
    names.is_some_and(|names| {
        names.contains(&"..") || matches!(names[..], [] | ["dev" | "root"] | ["dev", "console"])
    })
}

/// Words for the loader of a dynamic init: libraries that it loads, folders in which it looks.
fn loader_words(bundle: &Bundle, line: &CommandLine) -> Option<LeftOpen> {
    let word = line.parameters.iter().find(|word| {
        word.value.is_some() && word.is_handed_to_init() && word.name.starts_with("LD_")
    })?;
    let has_loader = |program: &Program| program.interpreter.is_some();
    let early = bundle.early_init().ok().flatten();
    let behind = if early.is_some_and(has_loader) {
        Stage::Console
    } else if init(bundle).is_some_and(has_loader) {
        Stage::RootMount
    } else {
        return None;
    };
    Some(LeftOpen {
        behind,
        what: format!("what {} comes to", word.text()),
    })
}

/// The init that the kernel starts, be it for long or not.
fn init(bundle: &Bundle) -> Option<&Program> {
    bundle.init().ok().flatten().and_then(InitChain::program)
}

/// Libraries that glibc's loader loads before those of the program.
fn preloaded(bundle: &Bundle) -> Option<LeftOpen> {
    const PATH: &str = "/etc/ld.so.preload";
    init(bundle).filter(|program| program.loader == Some(Loader::Glibc))?;
    let root = bundle.root().ok()??.as_linux().ok()?;
    let list = resolve(root, PATH.as_bytes()).ok()?.ok()?;
    (list.stat.size_bytes > 0).then(|| LeftOpen {
        behind: Stage::RootMount,
        what: format!("what the libraries in {PATH} come to"),
    })
}

/// A level of the processor that not every machine has, where nobody says which this one is.
fn cpu(bundle: &Bundle) -> Option<LeftOpen> {
    let level = level_left_open(bundle, init(bundle)?)?;
    Some(LeftOpen {
        behind: Stage::RootMount,
        what: format!("whether the machine's CPU has x86-64-v{level}"),
    })
}

fn is_little(value: &str) -> bool {
    let digits = value.trim_end_matches(|unit: char| "kKmMgGtT".contains(unit));
    let unit = value.get(digits.len()..).unwrap_or_default();
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        _ => return false,
    };
    let bytes = digits.parse::<u64>().ok();
    bytes.is_none_or(|bytes| bytes != 0 && bytes.saturating_mul(1 << shift) < LITTLE_RAM)
}

/// More words than the kernel has room for; `init=` drops those before it, and they count.
fn handed(line: &CommandLine) -> Option<LeftOpen> {
    let words = || {
        line.parameters
            .iter()
            .filter(|word| word.is_handed_to_init())
    };
    let arguments = words().filter(|word| word.value.is_none()).count();
    let arguments = arguments.saturating_add(line.init_arguments.len());
    let environment: BTreeSet<&str> = words()
        .filter(|word| word.value.is_some())
        .map(|word| word.name.as_str())
        .collect();
    (arguments >= ARGUMENTS || environment.len() >= ENVIRONMENT).then(|| LeftOpen {
        behind: Stage::Load,
        what: format!("whether there is room for the words that are handed to init, {arguments} and {} with a value", environment.len()),
    })
}

/// `console=` with names of drivers that are not known here, or ports of one that counts none, and no other.
fn consoles(bundle: &Bundle, line: &CommandLine) -> Option<LeftOpen> {
    let named = line.consoles();
    let platform = bundle.platform().ok()?;
    let uarts = line
        .value("8250.nr_uarts")
        .or_else(|| line.value("8250_core.nr_uarts"));
    let counts_none = |device: &str| uarts == Some("0") && device.starts_with("ttyS");
    let is_open = |device: &str| {
        let stem = device.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let is_known = device == "ttynull" || CONSOLES.contains(&stem);
        !is_known || counts_none(device)
    };
    let is_there = |device: &str| {
        !counts_none(device) && platform.consoles.iter().any(|known| known.device == device)
    };
    let mut devices = named.iter().map(|console| console.device.as_str());
    let first = devices.clone().find(|device| is_open(device))?;
    (!devices.any(is_there)).then(|| LeftOpen {
        behind: Stage::Console,
        what: format!("whether a driver has the console {first}"),
    })
}

/// `rootfstype=` with types that mount whatever `root=` names, or with none.
fn types(line: &CommandLine) -> Option<LeftOpen> {
    let value = line.value("rootfstype").filter(|value| !value.is_empty())?;
    are_types_left_open(&line.rootfstypes()).then(|| LeftOpen {
        behind: Stage::Initramfs,
        what: format!("what is mounted by rootfstype={value}"),
    })
}

/// `rootflags=` with an option that some releases refuse, or whose value is not judged.
fn flags(line: &CommandLine) -> Option<LeftOpen> {
    let flags = line.rootflags()?;
    let options: Vec<&str> = flags.split(',').collect();
    let open = options
        .iter()
        .find(|option| is_option_left_open(option, &options))?;
    Some(LeftOpen {
        behind: Stage::RootMount,
        what: format!("whether {} is refused", open),
    })
}

/// An archive beside a root that the kernel mounts: over /root, by a node that it makes as /dev/root.
fn archive(bundle: &Bundle) -> Option<LeftOpen> {
    let archive = bundle.initramfs().ok()??.archive().ok()?;
    if !matches!(bundle.mounter(), Ok(Mounter::Kernel)) {
        return None;
    }
    let there = |path: &str| resolve(archive, path.as_bytes()).ok()?.ok();
    let own = archive.lookup(archive.root(), b"root").ok()?;
    let is_folder = own
        .and_then(|node| archive.stat(node).ok())
        .is_some_and(|stat| stat.file_type == FileType::Directory);
    let what = if !is_folder {
        "what is mounted over /root, which is no directory in the initramfs"
    } else if there("/dev/root").is_some() {
        "whether the kernel gets its /dev/root, which is in the initramfs"
    } else {
        return None;
    };
    Some(LeftOpen {
        behind: Stage::Initramfs,
        what: what.to_owned(),
    })
}
