//! The mount of the root: the driver that takes it, and what that driver refuses.
//!
//! Source: Linux `init/do_mounts.c` (`mount_root_generic`, `do_mount_root`), `fs/ext4/super.c`
//! (`ext4_parse_param`, `ext4_fill_super`). The kernel tries the next type after EINVAL and EACCES, and
//! panics after any other error.

use super::boot::{Boot, RootMounter};
use super::drivers;
use super::early_lookup::RootDevice;
use super::gap::{Gap, given_line};
use super::recorder::Recorder;
use super::root_device::needs_disk;
use crate::cause::root_mount::{
    Mount, MountedBy, Superblock, asks_ext4, bad_root_flags, block_exceeds_page,
    corrupt_superblock, ext4_feature_config, ext4_feature_read_only, ext4_feature_too_new,
    filesystem_not_clean, has_driver, is_option_left_open, is_read_write, journal_device_missing,
    journal_feature_too_new, journal_needs_write, not_a_root_filesystem, partitioned_image,
    root_codec_not_built_in, root_filesystem_not_built_in, root_type_mismatch, superblock,
    truncated_root_filesystem,
};
use crate::error::{Error, Kind, Result};
use crate::finding::Finding;
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;
use crate::tree::{Entry, Tree, entries, resolve};

/// A longer name of a file system is none.
const TYPE_BYTES: u64 = 64;

/// A question about one file system.
type OfExt4 = fn(&Mount<'_>, &Ext4) -> Result<Vec<Finding>>;

/// The causes of `ext4_fill_super`, in its order, but for those of the whole image.
const EXT4: [(u16, OfExt4); 8] = [
    (503, ext4_feature_too_new::of),
    (504, |mount, ext4| ext4_feature_read_only::of(mount, ext4)),
    (505, ext4_feature_config::of),
    (506, journal_needs_write::of),
    (507, block_exceeds_page::of),
    (508, |mount, ext4| filesystem_not_clean::of(mount, ext4)),
    (511, journal_feature_too_new::of),
    (512, journal_device_missing::of),
];

/// What is not modelled of it.
pub(super) static GAPS: [Gap; 3] = [
    Gap {
        what: "Options of `rootflags=` that only some releases refuse, or whose value is not checked.",
        from: Stage::Init,
        met: |boot| {
            let is_by_kernel = matches!(boot.root_mounter(), Ok(RootMounter::Kernel));
            let open = |option: &&str| is_by_kernel && is_option_left_open(option);
            let open = rootflags(boot).split(',').find(open);
            let open = open.map(|option| format!("whether the kernel refuses {option}"));
            open.into_iter().collect()
        },
    },
    Gap {
        what: "Options of `rootflags=` that only some mount(8) of an initramfs take, or that keep init from \
            being executed: `noexec`, `remount`, `x-` and others.",
        from: Stage::Init,
        met: |boot| {
            let is_by_initramfs = matches!(boot.root_mounter(), Ok(RootMounter::Initramfs(_)));
            let open = |option: &&str| is_by_initramfs && depends_on_mount(option);
            let open = rootflags(boot).split(',').find(open);
            let open =
                open.map(|option| format!("the effect of {option} on the mount by the initramfs"));
            open.into_iter().collect()
        },
    },
    Gap {
        what: "An ext4 whose block of multi-mount protection says that it is in use.",
        from: Stage::RootMount,
        // What cannot be read of the root is missing already.
        met: |boot| in_use(boot).ok().flatten().into_iter().collect(),
    },
];

/// e2fsck that was killed makes the mount fail, and a host that was makes it wait.
fn in_use(boot: &Boot<'_>) -> Result<Option<String>> {
    let Some(Mounted::Disk(root)) = mounted(boot)? else {
        return Ok(None);
    };
    let Some(ext4) = root.ext4()? else {
        return Ok(None);
    };
    if !is_read_write(boot)? || ext4.is_free_to_mount()? {
        return Ok(None);
    }
    Ok(Some(
        "whether Linux mounts a file system that another host or e2fsck has in use (mmp)"
            .to_owned(),
    ))
}

/// The options of the root that the command line gives.
fn rootflags<'a>(boot: &'a Boot<'_>) -> &'a str {
    let line = given_line(boot);
    line.and_then(|line| line.rootflags()).unwrap_or_default()
}

/// Returns true if BusyBox, klibc and util-linux differ about an option, or the root's init cannot be
/// executed with it.
///
/// Source: boots of Alpine 3.23 (BusyBox 1.37) with each of them.
fn depends_on_mount(option: &str) -> bool {
    const OPTIONS: [&str; 18] = [
        "auto",
        "bind",
        "comment",
        "context",
        "defcontext",
        "fscontext",
        "group",
        "iversion",
        "move",
        "noexec",
        "nosymfollow",
        "owner",
        "rbind",
        "remount",
        "rootcontext",
        "silent",
        "sw",
        "swap",
    ];
    let name = option.split('=').next().unwrap_or_default();
    OPTIONS.contains(&name) || name.starts_with("x-") || name.starts_with("X-")
}

/// Follows the mount.
pub(super) fn mount_root(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask_facts(&[509]);
    let mount = &mount(boot);
    if let Ok(Some(finding)) = refused_unread(boot, mount) {
        recorder.ask(510, || Ok([finding]));
    }
    recorder.ask(13, || partition(boot, mount));
    recorder.ask(501, || driver(boot));
    let root = match mounted(boot)? {
        Some(Mounted::Memory(name)) => {
            recorder.ask(510, || memory_options(mount, name));
            return Ok(());
        }
        Some(Mounted::Disk(root)) => root,
        None => return Ok(()),
    };
    recorder.ask(10, || is_no_root(boot, mount, root));
    let read = superblock(boot, root);
    let names_none = |unit| Ok([bad_root_flags::of_superblock(mount, unit)?]);
    if let Ok(Superblock::Missing(unit)) = read {
        // It is read before its features are compared with an older name.
        if !matches!(reaches_ext4(mount), Ok(false)) {
            recorder.ask(510, || names_none(unit));
        }
    }
    recorder.ask(502, || types(boot, mount, root));
    recorder.ask(513, || codec(boot, mount, root));
    match read? {
        Superblock::First => {}
        Superblock::Missing(unit) => recorder.ask(510, || names_none(unit)),
        Superblock::Other(unit) => {
            let found =
                format!("kelpie-check does not read the copy of the superblock at {unit} KiB");
            return Err(Error::unsupported("rootflags=sb=", found));
        }
    }
    fill_super(mount, root, recorder)
}

/// `ext4_fill_super`.
fn fill_super(mount: &Mount<'_>, root: &RootFs, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask(11, || truncated_root_filesystem::of(mount, root));
    recorder.ask(12, || corrupt_superblock::of(mount, root));
    let Some(ext4) = root.ext4()? else {
        return Ok(());
    };
    for (code, of) in EXT4 {
        if code == 511 {
            recorder.ask(510, || options(mount, ext4));
        }
        recorder.ask(code, || of(mount, ext4));
    }
    Ok(())
}

/// What is mounted as the root.
enum Mounted<'a> {
    /// The given disk, or its partition.
    Disk(&'a RootFs),
    /// A file system in memory.
    Memory(&'static str),
}

/// Returns what is mounted; `None` if it is a share, if nothing is, or if `root=` does not name what was
/// read of the disk.
fn mounted<'a>(boot: &'a Boot<'_>) -> Result<Option<Mounted<'a>>> {
    let Some(root) = boot.root()? else {
        return Ok(None);
    };
    if let Some(name) = boot.root_in_memory()? {
        return Ok(Some(Mounted::Memory(name)));
    }
    if root.is_folder() || boot.is_all_initramfs() {
        return Ok(None);
    }
    // Without a command line of its own, the artefact is judged as the root.
    if boot.command_line().is_err() || boot.is_command_line_assumed() {
        return Ok(Some(Mounted::Disk(root)));
    }
    let is_named = match boot.root_device() {
        Ok(RootDevice::Disk) => root.partition()?.is_none(),
        Ok(RootDevice::Partition(number)) => root
            .partition()?
            .is_some_and(|partition| partition.number == number),
        Ok(RootDevice::Unstated | RootDevice::Share | RootDevice::Absent { .. }) => false,
        // What cannot be read has no name that could be compared.
        Err(error) if error.role() == Some(Role::Rootfs) => true,
        Err(error) => return Err(error),
    };
    Ok(is_named.then_some(Mounted::Disk(root)))
}

/// The mount, for the causes that end in it.
fn mount<'a>(boot: &Boot<'a>) -> Mount<'a> {
    let by = match boot.root_mounter() {
        _ if !boot.has_kernel() => Ok(MountedBy::Any),
        Ok(RootMounter::Kernel) => Ok(MountedBy::Kernel),
        Ok(RootMounter::Initramfs(_)) => Ok(MountedBy::Initramfs),
        Ok(RootMounter::Nothing) => Ok(MountedBy::Any),
        Err(error) if error.kind() == Kind::NotGiven => Ok(MountedBy::Any),
        Err(error) => Err(error),
    };
    let partition = match boot.root_device() {
        Ok(RootDevice::Partition(number)) => Some(number),
        Ok(RootDevice::Disk) if !boot.is_command_line_assumed() => None,
        _ => {
            let root = boot.root().ok().flatten();
            let read = root.and_then(|root| root.partition().ok().flatten());
            read.map(|found| found.number)
        }
    };
    Mount {
        bundle: boot.bundle(),
        by,
        has_early_init: boot.early_init().map(|init| init.is_some()),
        partition,
    }
}

/// The disk holds nothing that is mounted as a root.
fn is_no_root(boot: &Boot<'_>, mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    if let Ok(contents) = root.contents()
        && contents.is("fat")
        && let Some(device) = boot.system_elsewhere().unwrap_or_default()
    {
        return Ok(vec![not_a_root_filesystem::of_wrong_partition(
            contents, &device,
        )]);
    }
    let found = not_a_root_filesystem::of(mount, root)?;
    if found.is_empty() && root.contents()?.is("ext4") {
        return Ok(without_layout(boot, root)?.into_iter().collect());
    }
    Ok(found)
}

/// `usable_root` of dracut: the root lacks what its init wants to see.
fn without_layout(boot: &Boot<'_>, root: &RootFs) -> Result<Option<Finding>> {
    let Ok(RootMounter::Initramfs(generator)) = boot.root_mounter() else {
        return Ok(None);
    };
    let wanted = generator.model.map_or(&[][..], |model| model.wants_of_root);
    if wanted.is_empty() || boot.has_early_systemd()? {
        return Ok(None);
    }
    let tree = root.tree()?;
    let mut lacks = Vec::new();
    for path in wanted {
        if resolve(tree, path.as_bytes())?.is_err() {
            lacks.push(*path);
        }
    }
    if lacks.is_empty() || has_loader(tree, b"/")? || has_loader(tree, b"/usr")? {
        return Ok(None);
    }
    Ok(Some(not_a_root_filesystem::of_layout(
        generator.name,
        &lacks,
    )))
}

/// Returns true if a folder `lib*` in here has a loader `ld-*.so`.
fn has_loader(tree: &dyn Tree, folder: &[u8]) -> Result<bool> {
    for library in entries(tree, folder)? {
        if !library.name.starts_with(b"lib") {
            continue;
        }
        let path = [folder, b"/", &library.name].concat();
        let is_loader =
            |entry: &Entry| entry.name.starts_with(b"ld-") && entry.name.ends_with(b".so");
        if entries(tree, &path)?.iter().any(is_loader) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The whole disk is named, and the system is in a partition.
fn partition(boot: &Boot<'_>, mount: &Mount<'_>) -> Result<Vec<Finding>> {
    let Some(root) = boot.root()?.filter(|root| !root.is_folder()) else {
        return Ok(Vec::new());
    };
    if root.partitions()?.is_none() {
        return Ok(Vec::new());
    }
    if boot.command_line().is_err() || boot.is_command_line_assumed() {
        return partitioned_image::of(mount, root, None);
    }
    let is_whole_disk = boot.root_device()? == RootDevice::Disk;
    partitioned_image::of(mount, root, Some(is_whole_disk))
}

/// The driver of what is on the disk.
fn driver(boot: &Boot<'_>) -> Result<Option<Finding>> {
    if !needs_disk(boot)? {
        return Ok(None);
    }
    // What Linux does not mount is KC010's.
    let (Some(root), Some(option)) = (boot.root()?, boot.root_option()?) else {
        return Ok(None);
    };
    let Some(lack) = drivers::lack(boot, option)? else {
        return Ok(None);
    };
    // The older driver mounts what has no more than the features of ext2.
    if option == "EXT4_FS"
        && boot.builds_in("EXT2_FS")?
        && root.ext4()?.is_some_and(|ext4| ext4.kind() == "ext2")
    {
        return Ok(None);
    }
    let mount = root.contents()?.mount();
    let consequence = match boot.root_mounter()? {
        RootMounter::Initramfs(generator) => format!(
            "The init of the initramfs ({}) fails to mount the root and starts a shell, or ends, \
             and the kernel panics: \"Attempted to kill init!\".",
            generator.name
        ),
        RootMounter::Kernel | RootMounter::Nothing => {
            "The kernel panics: \"VFS: Unable to mount root fs on unknown-block(254,‹n›)\"."
                .to_owned()
        }
    };
    let file_system = mount.map_or("", |mount| mount.rootfstype);
    // No system is installed on FAT; on any other file system there may be one.
    if file_system == "vfat"
        && let Some(device) = boot.system_elsewhere().unwrap_or_default()
    {
        return Ok(Some(root_filesystem_not_built_in::of_wrong_partition(
            file_system,
            option,
            lack,
            consequence,
            &device,
        )));
    }
    Ok(Some(root_filesystem_not_built_in::of(
        file_system,
        option,
        lack,
        consequence,
        drivers::fix(boot, &[option])?,
    )))
}

/// The codecs of a compressed file system, if its driver is there.
fn codec(boot: &Boot<'_>, mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    boot.kernel()?;
    match boot.root_option()? {
        Some(option) if drivers::lack(boot, option)?.is_none() => {
            root_codec_not_built_in::of(mount, root)
        }
        _ => Ok(Vec::new()),
    }
}

/// The types of `rootfstype=`, in their order, or the type for which an initramfs was made.
fn types(boot: &Boot<'_>, mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    if boot.is_command_line_assumed() {
        return Ok(Vec::new());
    }
    let found = root_type_mismatch::of(mount, root)?;
    let line = boot.command_line()?;
    if found.is_empty() && line.rootfstypes().is_empty() {
        return Ok(type_of_archive(boot, root)?.into_iter().collect());
    }
    Ok(found)
}

/// The type that a file of the initramfs states.
fn type_of_archive(boot: &Boot<'_>, root: &RootFs) -> Result<Option<Finding>> {
    // An init that is not known asks for no type.
    let model = boot.model().unwrap_or_default();
    let (Some(file), Some(initramfs)) =
        (model.and_then(|model| model.type_file), boot.initramfs()?)
    else {
        return Ok(None);
    };
    let archive = initramfs.archive()?;
    let Ok(found) = resolve(archive, file.as_bytes())? else {
        return Ok(None);
    };
    let stated = archive.read(found.node, 0, TYPE_BYTES)?;
    root_type_mismatch::of_archive(root, &String::from_utf8_lossy(&stated))
}

/// The options of a root in memory. ramfs takes any.
fn memory_options(mount: &Mount<'_>, name: &str) -> Result<Option<Finding>> {
    if name != "tmpfs" || mount.by.clone()? == MountedBy::Any {
        return Ok(None);
    }
    bad_root_flags::of_tmpfs(mount)
}

/// `ext4_parse_param`: an option that ends the mount before the disk is read. ext4 gets the disk if its
/// own names are stated, or if it is there.
fn refused_unread(boot: &Boot<'_>, mount: &Mount<'_>) -> Result<Option<Finding>> {
    if !needs_disk(boot)? || mount.by.clone()? == MountedBy::Any {
        return Ok(None);
    }
    let is_there = matches!(
        boot.root_device()?,
        RootDevice::Disk | RootDevice::Partition(_)
    );
    let types = boot.command_line()?.rootfstypes();
    let is_stated = !types.is_empty() && types.iter().all(|name| name.starts_with("ext"));
    let holds_ext4 = |root: &RootFs| root.contents().map(|contents| contents.is("ext4"));
    let gets_ext4 = is_stated || boot.root()?.map_or(Ok(false), holds_ext4)?;
    if !is_there || !gets_ext4 || !reaches_ext4(mount)? {
        return Ok(None);
    }
    bad_root_flags::before_reading(mount)
}

/// Returns true if the kernel has every driver of `rootfstype=` before the first that is ext4's: it gives
/// up at a name without a driver. An initramfs tries one type.
fn reaches_ext4(mount: &Mount<'_>) -> Result<bool> {
    if mount.is_command_line_assumed() || !mount.is_by_kernel()? {
        return Ok(true);
    }
    for name in mount.command_line()?.rootfstypes() {
        if !has_driver(mount, name)? {
            return Ok(false);
        }
        if matches!(name, "ext4" | "ext3" | "ext2") {
            return Ok(true);
        }
    }
    Ok(asks_ext4(mount))
}

/// The options that depend on what is on the disk.
fn options(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let has_none = mount
        .command_line()
        .is_ok_and(|line| line.rootflags().is_none());
    if has_none || mount.by.clone()? == MountedBy::Any {
        return Ok(None);
    }
    bad_root_flags::of_ext4(mount, ext4)
}
