//! The modules that the init of an initramfs loads, so that the root can be mounted.
//!
//! Source: Linux `kernel/module/main.c` (`load_module`, `check_modinfo`); kmod 34
//! `libkmod/libkmod-module.c`; BusyBox 1.37 `modutils/modprobe.c`; the models of the generators.

use super::boot::{Boot, RootMounter};
use super::drivers::Supply;
use super::gap::{Gap, words, words_as};
use super::module_policy::is_listed;
use super::recorder::Recorder;
use crate::cause::consistency::module_vermagic_mismatch;
use crate::cause::initramfs::{
    initramfs_program_missing, module_compression_unreadable, module_forbidden,
    modules_for_another_kernel, needed_module_missing, root_type_unstated,
};
use crate::cmdline::Parameter;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::initramfs::{Generator, Initramfs, Loads, Model};
use crate::stage::Stage;
use crate::userland::modules::{self, Compression, Index};

/// What is not modelled of it.
pub(super) static GAPS: [Gap; 4] = [
    Gap {
        what: "Parameters of virtio's drivers: `virtio_mmio.`, and `virtio_blk.` with an \
            initramfs.",
        from: Stage::Initramfs,
        met: |boot| {
            let has_initramfs = matches!(boot.initramfs(), Ok(Some(_)));
            words(boot, |word| {
                word.name.starts_with("virtio_mmio.")
                    || (has_initramfs && word.name.starts_with("virtio_blk."))
            })
        },
    },
    Gap {
        what: "`module_blacklist=` and `blacklist=` with an unknown init.",
        from: Stage::Initramfs,
        met: |boot| {
            let has_initramfs = matches!(boot.initramfs(), Ok(Some(_)));
            let is_known = matches!(boot.root_mounter(), Ok(RootMounter::Initramfs(_)));
            words(boot, |word| {
                let has_value = word.value.as_deref().is_some_and(|value| !value.is_empty());
                let is_ban = word.is("module_blacklist") || word.is("blacklist");
                has_initramfs && !is_known && is_ban && has_value
            })
        },
    },
    Gap {
        what: "Hooks and scripts of an initramfs that are not part of its generator, and tables of \
            devices that it sets up.",
        from: Stage::Initramfs,
        met: |boot| match boot.model() {
            Ok(Some(model)) => match boot.unmodelled_hooks(model) {
                Ok(hooks) => hooks,
                Err(error) => vec![error.to_string()],
            },
            _ => Vec::new(),
        },
    },
    Gap {
        what: "Words by which an initramfs waits for LVM, LUKS, md or a disk on the network, or mounts \
            something over the root; `root`, `noroot`, `init` and others without a value, with mkinitfs.",
        from: Stage::Initramfs,
        met: |boot| match boot.model() {
            Ok(Some(model)) => words_as(
                boot,
                |word| {
                    model.unmodelled_words.iter().any(|name| word.is(name))
                        || is_switch(model, word)
                },
                |word| format!("the effect of {word} in the initramfs"),
            ),
            _ => Vec::new(),
        },
    },
];

/// Returns true if the init of the initramfs takes the word as `yes` or `no`, where a value belongs.
fn is_switch(model: &Model, word: &Parameter) -> bool {
    let name = word.name.strip_prefix("no").unwrap_or(&word.name);
    word.value.is_none()
        && [name, &word.name]
            .iter()
            .any(|name| model.switches.contains(name))
}

/// Follows the init of an initramfs up to the modules that the root needs.
pub(super) fn load_modules(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    by_early_init(boot, recorder)?;
    recorder.ask(705, || of_another_build(boot));
    Ok(())
}

fn by_early_init(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    let Some(initramfs) = boot.initramfs()? else {
        return Ok(());
    };
    boot.kernel()?;
    let mounter = boot.root_mounter();
    if let Ok(RootMounter::Initramfs(generator)) = &mounter {
        recorder.ask(314, || broken_program(boot, generator));
    }
    recorder.ask(305, || of_another_kernel(boot, initramfs, &mounter));
    let RootMounter::Initramfs(generator) = mounter? else {
        return Ok(());
    };
    // A file system in memory is mounted whatever the disk is.
    if boot.root_in_memory()?.is_some() {
        return Ok(());
    }
    recorder.ask(306, || missing(boot, initramfs, generator));
    recorder.ask(307, || compressed(boot, initramfs));
    recorder.ask(308, || unnamed(boot, initramfs, generator));
    recorder.ask(313, || forbidden(boot, generator));
    Ok(())
}

fn broken_program(boot: &Boot<'_>, generator: &Generator) -> Result<Option<Finding>> {
    let broken = generator.model.map(|model| boot.broken_program(model));
    Ok(broken.transpose()?.flatten().map(|broken| {
        let (path, what) = (&broken.path, &broken.what);
        initramfs_program_missing::of(generator.name, path, what, broken.then)
    }))
}

/// Every module of the initramfs is for another release.
fn of_another_kernel(
    boot: &Boot<'_>,
    initramfs: &Initramfs,
    mounter: &Result<RootMounter<'_>>,
) -> Result<Option<Finding>> {
    let release = boot.kernel()?.release()?;
    if boot.early_init()?.is_none() {
        return Ok(None);
    }
    let releases = modules::releases(initramfs.archive()?)?;
    if releases.is_empty() || releases.contains(&release) {
        return Ok(None);
    }
    let mut needed = Vec::new();
    let mut unknown = None;
    if let RootMounter::Initramfs(_) = mounter.as_ref().map_err(Clone::clone)? {
        let (drivers, of_file_system) = boot.known_root_drivers()?;
        unknown = of_file_system;
        for option in drivers {
            match boot.supply(option) {
                Ok(Supply::NotInInitramfs { name }) => needed.push(name),
                Ok(_) => {}
                Err(error) => unknown = Some(error),
            }
        }
    }
    match unknown {
        Some(error) if needed.is_empty() => Err(error),
        _ => modules_for_another_kernel::of(boot, &releases, &release, &needed).map(Some),
    }
}

/// A module that the root needs is not in the initramfs, or is not found there.
fn missing(
    boot: &Boot<'_>,
    initramfs: &Initramfs,
    generator: &Generator,
) -> Result<Option<Finding>> {
    let archive = initramfs.archive()?;
    boot.kernel()?.release()?;
    let modules = boot.archive_modules()?;
    if modules.is_none() && !modules::releases(archive)?.is_empty() {
        // There are modules, and all of another kernel: that is another cause.
        return Ok(None);
    }
    let is_builtin = |name: &str| {
        let builtin = modules.and_then(|modules| modules.is_builtin(name));
        builtin == Some(true)
    };
    let unindexed = unindexed(boot, initramfs, generator)?;
    if unindexed.is_some() {
        return Ok(unindexed);
    }
    let mut missing: Vec<String> = Vec::new();
    let mut needing: Vec<&str> = Vec::new();
    let (drivers, mut unknown) = boot.known_root_drivers()?;
    let file_system = boot.root_option().ok().flatten();
    let mut has_device = true;
    let states_another = file_system.is_some() && states_another_type(boot)?;
    for option in drivers {
        // It is not asked for, which KC502 reports.
        if states_another && Some(option) == file_system {
            continue;
        }
        let before = missing.len();
        match boot.supply(option) {
            Ok(Supply::NotInInitramfs { name }) if !is_builtin(name) => {
                missing.push(name.to_owned());
            }
            Ok(Supply::Module { name }) => {
                let Some(modules) = modules else {
                    continue;
                };
                let lacks = modules.closure(archive, name)?.missing;
                if !lacks.is_empty() {
                    needing.push(name);
                    missing.extend(lacks);
                }
            }
            Ok(_) => {}
            Err(error) => unknown = Some(error),
        }
        has_device &= missing.len() == before || Some(option) == file_system;
    }
    if missing.is_empty() {
        return unknown.map_or(Ok(None), Err);
    }
    missing.sort();
    missing.dedup();
    needed_module_missing::of(boot, generator, &missing, &needing, has_device).map(Some)
}

/// What the root needs and kmod does not find: it looks modules up only in the indexes that depmod makes.
fn unindexed(
    boot: &Boot<'_>,
    initramfs: &Initramfs,
    generator: &Generator,
) -> Result<Option<Finding>> {
    let Some(modules) = boot.archive_modules()? else {
        return Ok(None);
    };
    if initramfs.module_reader()?.tool != "kmod" {
        return Ok(None);
    }
    let by_alias = |name: &str| {
        let model = generator.model;
        model.is_some_and(|model| matches!(model.loads(name), Loads::OnUevent | Loads::WhenMounted))
    };
    let (file, state) = match (modules.index, modules.alias_index) {
        (Index::There, Index::There) => return Ok(None),
        (Index::There, state) => ("modules.alias.bin", state),
        (state, _) => ("modules.dep.bin", state),
    };
    let mut names = Vec::new();
    for option in boot.known_root_drivers()?.0 {
        if let Ok(Supply::Module { name }) = boot.supply(option)
            && (modules.index != Index::There || by_alias(name))
        {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    needed_module_missing::of_unindexed(boot, &names, file, state).map(Some)
}

/// Returns true if `rootfstype=` has the root mounted as what it is not.
fn states_another_type(boot: &Boot<'_>) -> Result<bool> {
    if boot.is_command_line_assumed() {
        return Ok(false);
    }
    let types = boot.command_line()?.rootfstypes();
    let Some(root) = boot.root()?.filter(|root| !root.is_folder()) else {
        return Ok(false);
    };
    let Some(own) = root.contents()?.mount() else {
        return Ok(false);
    };
    let is_own = |name: &&str| {
        let of_ext4 = own.rootfstype == "ext4" && matches!(*name, "ext2" | "ext3");
        *name == own.rootfstype || *name == "auto" || of_ext4
    };
    Ok(!types.is_empty() && !types.iter().any(is_own))
}

/// A module that neither modprobe nor the kernel decompresses.
fn compressed(boot: &Boot<'_>, initramfs: &Initramfs) -> Result<Option<Finding>> {
    let Some(modules) = boot.archive_modules()? else {
        return Ok(None);
    };
    let archive = initramfs.archive()?;
    let mut unread: Vec<String> = Vec::new();
    let mut ending = "";
    let (needed, mut unknown) = boot.root_modules()?;
    for name in needed {
        for name in modules.closure(archive, name)?.order {
            let Some(module) = modules.get(&name) else {
                continue;
            };
            match decompresses(boot, initramfs, module.compression) {
                Ok(true) => {}
                Ok(false) => {
                    ending = module.compression.suffix();
                    unread.push(name);
                }
                Err(error) => unknown = Some(error),
            }
        }
    }
    if unread.is_empty() {
        return unknown.map_or(Ok(None), Err);
    }
    unread.sort();
    unread.dedup();
    let tool = initramfs.module_reader()?.tool;
    Ok(Some(module_compression_unreadable::of(
        &unread, ending, tool,
    )))
}

/// Returns true if modprobe or the kernel decompresses such a module.
fn decompresses(boot: &Boot<'_>, initramfs: &Initramfs, compression: Compression) -> Result<bool> {
    let option = match compression {
        Compression::None => return Ok(true),
        Compression::Gzip => "MODULE_COMPRESS_GZIP",
        Compression::Xz => "MODULE_COMPRESS_XZ",
        Compression::Zstd => "MODULE_COMPRESS_ZSTD",
    };
    let reader = initramfs.module_reader()?;
    let ending = compression.suffix().strip_prefix(".ko.");
    if reader.reads.contains(&ending.unwrap_or_default()) {
        return Ok(true);
    }
    if !matches!(reader.tool, "kmod" | "busybox") {
        return Err(Error::unsupported(
            "modprobe",
            "unknown codecs of the modprobe in the initramfs",
        ));
    }
    if !boot.builds_in("MODULE_DECOMPRESS")? || !is_codec_of_kernel(boot, option, compression)? {
        return Ok(false);
    }
    if reader.tool == "kmod" && !reader.asks_kernel {
        return Ok(false);
    }
    if reader.tool == "busybox" {
        return Err(Error::unsupported(
            "modprobe",
            "the version of this BusyBox decides if it leaves decompression to the kernel",
        ));
    }
    Ok(true)
}

/// Returns true if the kernel decompresses modules with this codec. It leaves no trace in a kernel without
/// its configuration; there it is the one by which its modules are compressed, since the kernel decompresses
/// no other than its own build makes (`kernel/module/Kconfig`).
fn is_codec_of_kernel(
    boot: &Boot<'_>,
    option: &'static str,
    compression: Compression,
) -> Result<bool> {
    boot.builds_in(option).or_else(|error| {
        let Some(modules) = boot.archive_modules()? else {
            return Err(error);
        };
        let mut modules = modules.modules.values();
        match modules.all(|module| module.compression == compression) {
            true => Ok(true),
            false => Err(error),
        }
    })
}

/// A file system that is a module, and that nothing names to an init which mounts without a type.
fn unnamed(
    boot: &Boot<'_>,
    initramfs: &Initramfs,
    generator: &Generator,
) -> Result<Option<Finding>> {
    let line = boot.root_line()?;
    // A folder is mounted by its tag, and that the line has to say anyway.
    let Some(root) = boot.root()?.filter(|root| !root.is_folder()) else {
        return Ok(None);
    };
    let named = line.value("root").unwrap_or_default();
    // `auto` names no module, and mount(8) tries what the kernel has then.
    let states_type = !matches!(line.rootfstypes().as_slice(), [] | ["auto"]);
    if states_type || named.is_empty() || named.starts_with("ZFS=") {
        return Ok(None);
    }
    let Some(model) = generator.model.filter(|model| !model.mounts_with_type()) else {
        return Ok(None);
    };
    let Some(option) = boot.root_option()? else {
        return Ok(None);
    };
    // One that is not there at all is another cause.
    let Supply::Module { name } = boot.supply(option)? else {
        return Ok(None);
    };
    let is_named = || is_listed(model, boot.command_line()?, initramfs.archive()?, name);
    if model.loads(name) == Loads::Always || is_named()? {
        return Ok(None);
    }
    let kind = root.contents()?.mount();
    let kind = kind.map_or(name, |mount| mount.rootfstype);
    Ok(Some(root_type_unstated::of(
        generator.name,
        model,
        name,
        kind,
        named,
    )))
}

/// A module that the command line, modprobe.d or a missing signature forbids.
fn forbidden(boot: &Boot<'_>, generator: &Generator) -> Result<Option<Finding>> {
    let model = generator.model.filter(|_| !boot.is_command_line_assumed());
    let Some(model) = model else {
        return Ok(None);
    };
    let (drivers, mut unknown) = boot.known_root_drivers()?;
    for option in drivers {
        // What is not known of a driver is KC306's.
        let Ok(Supply::Module { name }) = boot.supply(option) else {
            continue;
        };
        match boot.ban(model, name) {
            Ok(None) => {}
            Ok(Some(ban)) => {
                let found = module_forbidden::of(generator.name, name, &ban.module, &ban.by);
                return Ok(Some(found));
            }
            Err(error) => unknown = Some(error),
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// A module that was built for another kernel: of the initramfs, or else of the root.
fn of_another_build(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let release = boot.kernel()?.release()?;
    match needed_of_another_build(boot, &release)? {
        None => module_vermagic_mismatch::of_root(boot, &release),
        found => Ok(found),
    }
}

fn needed_of_another_build(boot: &Boot<'_>, release: &str) -> Result<Option<Finding>> {
    let Some(initramfs) = boot.initramfs()? else {
        return Ok(None);
    };
    let RootMounter::Initramfs(_) = boot.root_mounter()? else {
        return Ok(None);
    };
    let Some(modules) = boot.archive_modules()? else {
        return Ok(None);
    };
    let archive = initramfs.archive()?;
    let (needed, unknown) = boot.root_modules()?;
    for name in needed {
        let order = modules.closure(archive, name)?.order;
        for module in order.iter().filter_map(|name| modules.get(name)) {
            let found = module_vermagic_mismatch::of_initramfs(boot, archive, module, release)?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    unknown.map_or(Ok(None), Err)
}
