//! What each fuzz target does with its bytes; `tests/crashes.rs` does the same with every crash
//! that was ever found.

mod choices;
#[path = "../../tests/forge/mod.rs"]
mod forge;
mod kernels;
mod made;
#[cfg(feature = "fetch")]
pub mod packages;
mod second_opinion;

use forge::checksum::crc32;
use forge::tree::Forest;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report, Selection};
use kelpie_check::cmdline::{self, CommandLine, Limiter, Root};
use kelpie_check::codec::{CODECS, decode_concatenated};
use kelpie_check::convert::{Form, extract};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::config::{Config, ModulesBuiltin};
use kelpie_check::kernel::kallsyms::{Hints, Symbols};
use kelpie_check::limits::{Budget, Limits, Sink};
use kelpie_check::machine;
use kelpie_check::metadata::Metadata;
use kelpie_check::project::Project;
use kelpie_check::report::{FORMATS, Style};
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::rootfs::ext4::Ext4;
use kelpie_check::source::Source;
use kelpie_check::tree::{self, FileType, Tree};
use kelpie_check::userland::{self, modules};
use kelpie_check::vmm::TARGETS;
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;

/// So small that a bomb is a matter of milliseconds.
pub fn limits() -> Limits {
    Limits {
        decoded_bytes: 4 * MIB,
        memory_bytes: 8 * MIB,
        codec_memory_bytes: 8 * MIB,
        reads: 4000,
        read_bytes: 16 * MIB,
        directory_entries: 2000,
        cpio_entries: 2000,
        archive_bytes: 8 * MIB,
        kept_bytes: MIB / 4,
        program_files: 32,
        modules: 200,
        ..Limits::default()
    }
}

fn kernel(bytes: &[u8]) -> Kernel {
    Kernel::new(Source::from_bytes(bytes.to_vec()), limits())
}

/// Every layer of a kernel, and every form that it can be had in.
pub fn containers(bytes: &[u8]) {
    let kernel = kernel(bytes);
    let _ = (kernel.header(), kernel.near_miss(), kernel.architecture());
    if let Ok(chain) = kernel.chain() {
        assert_eq!(chain.names().len(), chain.titles().len());
    }
    for (_, form) in Form::ALL {
        let _ = extract(&kernel, form, &limits());
    }
}

/// One codec, named by the first byte: one stream, then all that follow one another.
pub fn codecs(bytes: &[u8]) {
    let Some((number, stream)) = bytes.split_first() else {
        return;
    };
    let codec = CODECS[usize::from(*number) % CODECS.len()];
    let limits = limits();
    let sink = || Sink::new(&limits, &Budget::new(&limits), None);
    let (mut one, mut all) = (sink(), sink());
    let _ = (codec.recognise)(stream);
    let taken = codec.decode(stream, &mut one);
    let taken_by_all = decode_concatenated(codec, stream, &mut all);
    for taken in taken.into_iter().chain(taken_by_all) {
        assert!(taken <= stream.len() as u64, "{} took {taken}", codec.name);
    }
    assert!(one.len().max(all.len()) <= limits.decoded_bytes);
}

/// A decoded kernel's symbol table.
pub fn kallsyms(bytes: &[u8]) {
    for bits in [None, Some(32), Some(64)] {
        let hints = Hints {
            bits,
            ..Hints::default()
        };
        if let Ok(symbols) = Symbols::decode(bytes, hints, &limits()) {
            assert_eq!(symbols.iter().count(), symbols.len());
            let _ = (symbols.has_variables(), symbols.contains("virtblk_probe"));
        }
    }
}

/// The report for every target, in every format, with and without decoding.
pub fn report(bytes: &[u8]) {
    let surroundings = Surroundings {
        path: PathBuf::from("/dev/null/vmlinuz"),
        ..Surroundings::default()
    };
    for quick in [true, false] {
        let kernel = match quick {
            true => kernel(bytes).quick(),
            false => kernel(bytes),
        };
        let mut bundle = Bundle::new(kernel, surroundings.clone(), limits(), TARGETS[0], None);
        for target in TARGETS {
            // What the kernel is does not depend on the target: it is decoded once for all.
            bundle.target = target;
            let report = check::kernel("vmlinuz", &bundle, &Selection::default());
            for format in FORMATS {
                let style = Style {
                    quick,
                    ..Style::default()
                };
                (format.write)(&report, style).expect("every report can be written");
            }
        }
    }
}

/// What lies beside a kernel: configuration, module list, metadata.
pub fn beside(bytes: &[u8]) {
    let source = Source::from_bytes(bytes.to_vec());
    if let Ok(Some(metadata)) = Metadata::read(&source, "vmlinuz") {
        let _ = metadata.sha256_of("vmlinuz");
    }
    if let Ok(config) = Config::parse(bytes) {
        let _ = (
            config.value("CONFIG_EXT4_FS"),
            config.text("CONFIG_CMDLINE"),
        );
    }
    if let Ok(modules) = ModulesBuiltin::parse(bytes) {
        let _ = modules.contains("virtio_blk");
    }
    let _ = Config::embedded(bytes, &limits());
}

/// kernel-metadata.json: what it records of a kernel, and what becomes of it when another kernel is
/// added. The same text as the index of a container image, and as what `docker save` writes.
pub fn json(bytes: &[u8]) {
    let source = Source::from_bytes(bytes.to_vec());
    let found = Metadata::read(&source, "vmlinuz-x86_64");
    let entry = Metadata {
        kernel_file: Some("vmlinuz-x86_64".to_owned()),
        ..found.ok().flatten().unwrap_or_default()
    };
    let _ = entry.sha256_of("vmlinuz-x86_64");
    if let Ok(text) = entry.merged_into(Some(bytes)) {
        // Entries of others may still be wrong, so that it has none for this kernel.
        let _ = Metadata::read(&Source::from_bytes(text.into_bytes()), "vmlinuz-x86_64");
    }
    #[cfg(feature = "fetch")]
    for form in [0, 1] {
        packages::oci(&[&[form][..], b"PART", bytes].concat());
    }
}

/// The text of a kelpie-check.toml.
pub fn toml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(project) = Project::from_text(&text, Path::new("/dev/null/kelpie-check.toml")) {
        let mut limits = limits();
        for (name, value) in &project.limits {
            assert!(limits.set(name, *value), "{name}");
        }
    }
}

/// A disk or a file system, and all that is in it. Checksums of a GUID partition table are made
/// right first: whoever damages one on purpose does as much.
pub fn rootfs(bytes: &[u8]) {
    let source = Source::from_bytes(with_gpt_checksums(bytes));
    let root = RootFs::from_source(source.clone(), &limits());
    let _ = (root.file_contents(), root.contents().map(|of| of.title()));
    let _ = (
        root.image().map(|image| image.virtual_bytes()),
        root.partition(),
    );
    if let Ok(Some(table)) = root.partitions() {
        for partition in table.partitions.iter().take(4) {
            let other = RootFs::from_source(source.clone(), &limits());
            let _ = other.with_partition(partition.number).tree().is_ok();
        }
    }
    if let Ok(Some(ext4)) = root.ext4() {
        superblock(ext4);
    }
    if let Ok(tree) = root.tree() {
        walk(tree);
        system(tree);
    }
    if let Ok(Some(ext4)) = root.ext4() {
        let _ = ext4.problems();
    }
}

/// A file system, beside what ext4-view reads of it: the bytes themselves where they are one, else
/// one made of them as of decisions.
pub fn second_opinion(bytes: &[u8]) {
    let made = match bytes.get(0x438..0x43a) {
        Some(b"\x53\xef") => bytes.to_vec(),
        _ => made::root(bytes),
    };
    second_opinion::compare(&made, &limits());
}

fn with_gpt_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut disk = bytes.to_vec();
    let number = |disk: &[u8], at: usize| {
        let bytes = disk.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let mend = |disk: &mut Vec<u8>, sector: usize| {
        let at = sector * 512;
        disk.get(at..at + 92)?.strip_prefix(b"EFI PART")?;
        let table = number(disk, at + 0x48)?.checked_mul(512)?;
        let length = number(disk, at + 0x50)?.checked_mul(128)?;
        let entries = disk.get(table..table.checked_add(length)?)?;
        let entries = crc32(entries).to_le_bytes();
        disk[at + 0x58..at + 0x5c].copy_from_slice(&entries);
        disk[at + 0x10..at + 0x14].fill(0);
        let header = crc32(disk.get(at..at + number(disk, at + 0x0c)?)?).to_le_bytes();
        disk[at + 0x10..at + 0x14].copy_from_slice(&header);
        Some(())
    };
    for sector in [Some(1), (disk.len() / 512).checked_sub(1)]
        .into_iter()
        .flatten()
    {
        mend(&mut disk, sector);
    }
    disk
}

fn superblock(ext4: &Ext4) {
    let _ = (ext4.features(), ext4.kind(), ext4.block_size_bytes());
    let _ = (ext4.block_count(), ext4.free_blocks(), ext4.inode_count());
    let _ = (ext4.is_truncated(), ext4.state(), ext4.label(), ext4.uuid());
    let _ = (ext4.last_mounted(), ext4.last_mount_time(), ext4.journal());
    let _ = (ext4.superblock_checksum(), ext4.bad_group_descriptors());
    let _ = (ext4.free_inodes(), ext4.inode_flags(ext4.root()));
}

/// The first hundred nodes, each with its content's beginning and end.
fn walk(tree: &dyn Tree) {
    let mut ahead = vec![tree.root()];
    let mut seen = 0;
    while let Some(node) = ahead.pop().filter(|_| seen < 100) {
        seen += 1;
        let Ok(stat) = tree.stat(node) else { continue };
        match stat.file_type {
            FileType::Directory => {
                for entry in tree.list(node).into_iter().flatten().take(100) {
                    let found = tree.lookup(node, &entry.name);
                    assert_ne!(found, Ok(None), "{:?}", entry.name.escape_ascii());
                    ahead.push(entry.node);
                }
            }
            FileType::Symlink => {
                let _ = tree.read_link(node);
            }
            FileType::Regular => {
                for offset in [0, 4000, stat.size_bytes.saturating_sub(10)] {
                    if let Ok(content) = tree.read(node, offset, 5000) {
                        let there = stat.size_bytes.saturating_sub(offset).min(5000);
                        assert_eq!(content.len() as u64, there, "from {offset}");
                    }
                }
            }
            _ => {}
        }
    }
}

/// What would run in a tree, and what it needs.
fn system(tree: &dyn Tree) {
    let limits = limits();
    let _ = userland::init(tree, Some(b"/bin/sh"), None, &limits);
    let chain = userland::init(tree, None, None, &limits).ok();
    let _ = userland::system(tree, chain.as_ref(), &limits);
    let first = chain.as_ref().and_then(userland::InitChain::program);
    let _ = userland::system::machine(tree, first, &limits);
    for path in [
        "/sbin/init",
        "/etc/mtab",
        "/lib/../bin/./sh/",
        "/dev/console",
    ] {
        let _ = tree::resolve(tree, path.as_bytes());
        let _ = tree::resolve_no_follow(tree, path.as_bytes());
    }
    for release in modules::releases(tree).into_iter().flatten().take(2) {
        if let Ok(Some(all)) = modules::modules(tree, &release, &limits) {
            for (name, module) in all.modules.iter().take(20) {
                let _ = (all.get(name), all.is_builtin(name), all.closure(tree, name));
                let _ = modules::modinfo(tree, &module.path, &limits);
            }
        }
    }
}

/// Where the files of a tree are. A file is led in by `FILE` and a byte: its low five bits count
/// these, the next lets it be no program, the highest makes it a link to what it holds.
const PATHS: [&str; 32] = [
    "/sbin/init",
    "/bin/sh",
    "/bin/busybox",
    "/etc/init",
    "/lib/ld-musl-x86_64.so.1",
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/libc.so.6",
    "/usr/lib/liba.so",
    "/lib/x86_64-linux-gnu/libb.so.1",
    "/lib/liba.so",
    "/etc/ld.so.cache",
    "/etc/ld-musl-x86_64.path",
    "/etc/fstab",
    "/etc/inittab",
    "/etc/os-release",
    "/etc/alpine-release",
    "/lib/modules/6.1.0-forged/modules.dep",
    "/lib/modules/6.1.0-forged/modules.builtin",
    "/lib/modules/6.1.0-forged/modules.softdep",
    "/lib/modules/6.1.0-forged/kernel/fs/ext4/ext4.ko",
    "/lib/modules/6.1.0-forged/kernel/virtio_blk.ko.gz",
    "/lib/modules/6.1.0-forged/kernel/mbcache.ko.xz",
    "/lib/modules/6.1.0-forged/kernel/crc16.ko.zst",
    "/lib/systemd/systemd",
    "/usr/bin/env",
    "/usr/bin/python3",
    "/lib/x",
    "/lib",
    "/usr",
    "/dev/console",
    "/etc/ld.so.conf",
];

/// A tree of files: whether it starts, and what it is.
pub fn userland(bytes: &[u8]) {
    let mut tree = Forest::default();
    for part in split(bytes, b"FILE").skip(1) {
        let Some((number, content)) = part.split_first() else {
            continue;
        };
        let path = PATHS[usize::from(number & 0x1f)];
        tree = match number & 0xa0 {
            0 => tree.program(path, content),
            0x20 => tree.file(path, content),
            _ => tree.link(path, &String::from_utf8_lossy(content)),
        };
    }
    walk(&tree);
    system(&tree);
}

fn split<'a>(bytes: &'a [u8], mark: &'a [u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let at = bytes.windows(4).position(|window| window == mark);
        rest = at.map(|at| &bytes[at + 4..]);
        Some(&bytes[..at.unwrap_or(bytes.len())])
    })
}

/// A command line: what it says, what is wrong with it, and what becomes of it on every target.
pub fn command_line(bytes: &[u8]) {
    let line = CommandLine::parse(bytes);
    assert_eq!(line.raw, bytes);
    facts(&line);
    // Either is enough for a line: what is added does not depend on it.
    let choices = match bytes.len() % 2 {
        0 => machine::Choices::default(),
        _ => many_devices(),
    };
    let pairs = TARGETS.iter().flat_map(|target| {
        target
            .platforms
            .iter()
            .map(move |platform| (target, platform))
    });
    for (target, platform) in pairs {
        let machine = machine::Machine::new(target, platform, &choices);
        let effective = cmdline::effective(&machine, &line);
        let kept = effective.kept();
        assert!(kept.raw.len() <= effective.line.raw.len());
        if effective.limiter == Limiter::Kernel {
            assert!(kept.raw.len() as u64 <= effective.limit_bytes);
        }
        if let Some((at, byte)) = cmdline::Effective::refused_byte(platform, &line) {
            assert_eq!(bytes[at], byte);
        }
    }
}

fn facts(line: &CommandLine) {
    for problem in cmdline::problems(line) {
        assert!(problem.offset <= line.raw.len());
    }
    for unknown in cmdline::unknown(line) {
        assert!(unknown.offset < line.raw.len());
    }
    if let Some(root) = line.root() {
        let disks = ["vda", "vdb", "nvme0n1", "mmcblk0"];
        let _ = (root.needs_initramfs(), root.readings(), root.find(&disks));
    }
    let _ = Root::parse(&String::from_utf8_lossy(&line.raw), &line.rootfstypes());
    let _ = (line.consoles(), line.dev_console(), line.console_loglevel());
    let _ = (line.rootflags(), line.read_only(), line.rootwait());
    let _ = (line.rootdelay(), line.init(), line.rdinit(), line.panic());
    let _ = (line.modules(), line.noinitrd(), line.initrds());
    let _ = (line.handed_to_init(), line.quiet(), line.loglevel());
    for parameter in &line.parameters {
        let _ = (parameter.text(), parameter.is_read());
    }
}

fn many_devices() -> machine::Choices {
    machine::Choices {
        acpi: Some(true),
        storage: machine::Storage::Disk { is_read_only: true },
        consoles: ["ttyS0", "ttyAMA0", "hvc0"].map(str::to_owned).to_vec(),
        ..machine::Choices::default()
    }
}

/// An initramfs: what it unpacks to, who made it, and what would run in it.
pub fn initramfs(bytes: &[u8]) {
    let initramfs = Initramfs::new(Source::from_bytes(bytes.to_vec()), limits());
    if let Ok(archive) = initramfs.archive() {
        walk(archive);
        system(archive);
        for problem in &archive.problems {
            let _ = problem.error.to_string();
        }
    }
    let _ = initramfs.module_reader().is_ok();
    if let Ok(generator) = initramfs.generator()
        && let Some(model) = generator.model
    {
        let _ = (
            model.loads("virtio-blk"),
            model.understands_root("/dev/vda1"),
        );
    }
}

/// A whole boot, and every report of it. The first byte chooses the target, the second the kernel;
/// behind each `PART` stand a byte and a part: command line, initramfs or root by turns.
pub fn boot(bytes: &[u8]) {
    let [target, machine, parts @ ..] = bytes else {
        return;
    };
    let target = TARGETS[usize::from(*target) % TARGETS.len()];
    let mut bundle = Bundle::empty(limits(), target, None);
    let mut roles = Vec::new();
    if let Some(image) = kernels::numbered(*machine) {
        bundle = bundle.with_kernel(kernel(&image), Surroundings::default());
        roles.push((Role::Kernel, "vmlinuz".to_owned()));
    }
    for part in split(parts, b"PART").skip(1) {
        let Some((kind, part)) = part.split_first() else {
            continue;
        };
        let source = || Source::from_bytes(part.to_vec());
        let (role, name);
        (bundle, role, name) = match kind % 5 {
            0 => (
                bundle.with_command_line(CommandLine::parse(part)),
                Role::Cmdline,
                "line",
            ),
            1 => {
                let initramfs = Initramfs::new(source(), limits());
                (
                    bundle.with_initramfs(Some(initramfs)),
                    Role::Initramfs,
                    "initrd",
                )
            }
            2 => {
                let root = RootFs::from_source(source(), &limits());
                (bundle.with_root(Some(root)), Role::Rootfs, "root")
            }
            3 => (
                bundle.with_initramfs(None).with_assumed_command_line(),
                Role::Cmdline,
                "",
            ),
            _ => (bundle.with_root(None), Role::Rootfs, ""),
        };
        roles.retain(|(other, _)| *other != role);
        if !name.is_empty() {
            roles.push((role, name.to_owned()));
        }
    }
    judge(&bundle, &roles);
}

/// A whole boot made of decisions, and every report of it.
pub fn made_boot(bytes: &[u8]) -> Report {
    let made = made::boot(bytes);
    judge(&made.bundle, &made.roles)
}

fn judge(bundle: &Bundle, roles: &[(Role, String)]) -> Report {
    let report = check::together("boot", roles, bundle, &Selection::default(), true);
    for format in FORMATS {
        (format.write)(&report, Style::default()).expect("every report can be written");
    }
    report
}
