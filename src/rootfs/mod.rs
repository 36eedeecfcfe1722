//! The root file system: an image of a disk or of a file system, or a folder.
//!
//! Facts are read when they are asked for, once. Nothing is ever written to an image, and no other
//! file is opened than the one that was given, or those inside the folder that was.

mod beneath;
mod compression;
pub mod ext4;
mod folder;
mod format;
mod identify;
mod names;
mod partition;
mod qcow2;
mod references;
mod volume;

pub use compression::Compression;
pub use folder::Folder;
pub use format::DiskFormat;
pub use identify::{Contents, identify};
pub use names::{Names, VolumeName};
pub use partition::{LabelBits, Partition, PartitionTable, Scheme};
pub use references::{Layout, Reference, ReferenceKind};

use self::ext4::Ext4;
use self::volume::Volume;
use crate::error::{self, Error, Result};
use crate::limits::Limits;
use crate::magic::{Class, Kind};
use crate::role::Role;
use crate::source::Source;
use crate::tree::{self, Tree};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One of these is in every root file system that boots.
const SIGNS_OF_A_ROOT: [&[u8]; 6] = [
    b"/sbin/init",
    b"/etc/init",
    b"/bin/init",
    b"/bin/sh",
    b"/etc/os-release",
    b"/usr/lib/os-release",
];

const CONVERT: &str = "Convert it to a raw image with `qemu-img convert -O raw`.";

static FOLDER: Kind = Kind {
    name: "directory",
    title: "a folder",
    class: Class::FileSystem,
    mount: None,
    recognise: |_| false,
};

type Lazy<T> = OnceLock<Result<T>>;

/// A root file system, as a handle over facts that are read when they are asked for.
pub struct RootFs {
    path: PathBuf,
    given: Given,
    wanted: Option<u32>,
    format: Option<DiskFormat>,
    limits: Limits,
    layout: Lazy<Layout>,
    file_contents: Lazy<Contents>,
    image: Lazy<Image>,
    partitions: Lazy<Option<PartitionTable>>,
    partition: Lazy<Option<Partition>>,
    contents: Lazy<Contents>,
    volume: Lazy<Option<Volume>>,
}

enum Given {
    File(Source),
    Folder,
}

/// The disk, whatever it is wrapped in.
#[derive(Clone)]
pub struct Image {
    /// `raw`, `qcow2`, or `directory` where there is no disk.
    pub format: &'static str,
    /// The bytes that the guest sees; `None` for a folder.
    pub disk: Option<Source>,
}

impl Image {
    /// How large the guest sees the disk; `None` for a folder.
    pub fn virtual_bytes(&self) -> Option<u64> {
        self.disk.as_ref().map(Source::len)
    }
}

impl RootFs {
    /// The image, block device or folder at `path`.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let given = if path.is_dir() {
            Given::Folder
        } else {
            Given::File(Source::open(path).map_err(of_rootfs)?)
        };
        Ok(Self::new(path.to_owned(), given, limits))
    }

    /// An image that has no path.
    pub fn from_source(source: Source, limits: &Limits) -> Self {
        Self::new(PathBuf::new(), Given::File(source), limits)
    }

    fn new(path: PathBuf, given: Given, limits: &Limits) -> Self {
        Self {
            path,
            given,
            wanted: None,
            format: None,
            limits: limits.metered(),
            layout: OnceLock::new(),
            file_contents: OnceLock::new(),
            image: OnceLock::new(),
            partitions: OnceLock::new(),
            partition: OnceLock::new(),
            contents: OnceLock::new(),
            volume: OnceLock::new(),
        }
    }

    /// The same, with the partition of that number for the root.
    #[must_use]
    pub fn with_partition(mut self, number: u32) -> Self {
        self.wanted = Some(number);
        self.partition = OnceLock::new();
        self.contents = OnceLock::new();
        self.volume = OnceLock::new();
        self
    }

    /// The same image, read in that format instead of the one that it claims.
    #[must_use]
    pub fn with_format(self, format: DiskFormat) -> Self {
        let mut fresh = Self::new(self.path, self.given, &self.limits);
        fresh.wanted = self.wanted;
        fresh.format = Some(format);
        fresh
    }

    /// The format that [`RootFs::with_format`] set.
    pub fn asked_format(&self) -> Option<DiskFormat> {
        self.format
    }

    /// What the headers of the image say about other files and the size of the disk, in the format
    /// that was asked for or that the image claims. Reads none of the other files.
    pub fn layout(&self) -> Result<&Layout> {
        get(&self.layout, || {
            let Given::File(source) = &self.given else {
                return Ok(Layout::default());
            };
            let claimed = DiskFormat::claimed(self.file_contents()?);
            let format = self.format.or(claimed).unwrap_or(DiskFormat::Raw);
            references::read(format, source)
        })
    }

    /// The path that was given; empty where there was none.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The limit of work or time that ended reading, if one did.
    pub fn overrun(&self) -> Option<Error> {
        self.limits.work().overrun().map(of_rootfs)
    }

    /// The length of the file; `None` for a folder.
    pub fn file_bytes(&self) -> Option<u64> {
        match &self.given {
            Given::File(source) => Some(source.len()),
            Given::Folder => None,
        }
    }

    /// What the file itself is, before anything is unwrapped: `qcow2` of a qcow2 image.
    pub fn file_contents(&self) -> Result<&Contents> {
        get(&self.file_contents, || match &self.given {
            Given::Folder => Ok(Contents {
                kind: Some(&FOLDER),
                codec: None,
            }),
            Given::File(source) => identify(source, &self.limits),
        })
    }

    /// The disk; an error where it is in a format that is not read here.
    pub fn image(&self) -> Result<&Image> {
        get(&self.image, || {
            let contents = self.file_contents()?;
            let Given::File(source) = &self.given else {
                return Ok(Image {
                    format: FOLDER.name,
                    disk: None,
                });
            };
            if let Some(format) = self.format {
                let is_so = format == DiskFormat::Raw || contents.is(format.name());
                if !is_so {
                    let error = Error::unsupported("format of the root disk", contents.title());
                    return Err(error.expected(format.name()));
                }
            }
            if self.format == Some(DiskFormat::Raw) {
                return Ok(Image {
                    format: "raw",
                    disk: Some(source.clone()),
                });
            }
            if contents.is("qcow2") {
                return Ok(Image {
                    format: "qcow2",
                    disk: Some(qcow2::open(source.clone(), &self.limits)?),
                });
            }
            if is_disk_format(contents) {
                let error = Error::unsupported("format of the root disk", contents.title());
                return Err(error.hinted(CONVERT));
            }
            Ok(Image {
                format: "raw",
                disk: Some(source.clone()),
            })
        })
    }

    /// The partitions of the disk; `None` where it has no table.
    pub fn partitions(&self) -> Result<Option<&PartitionTable>> {
        get(&self.partitions, || {
            let Some(disk) = &self.image()?.disk else {
                return Ok(None);
            };
            match self.disk_contents(disk)?.kind {
                // What has no magic may have a table all the same: code stands before it.
                Some(kind) if kind.class == Class::Partitioned => partition::read(disk),
                _ => Ok(None),
            }
        })
        .map(Option::as_ref)
    }

    /// The partition that holds the root: the one that was asked for, or the first that has the
    /// signs of a root, or the first with a file system of Linux. `None` where the disk has no
    /// partitions, or none of that sort.
    pub fn partition(&self) -> Result<Option<&Partition>> {
        get(&self.partition, || {
            let table = self.partitions()?;
            match self.wanted {
                Some(number) => self.asked_for(number, table).map(Some),
                None => match table {
                    Some(table) => {
                        let (of_system, first) = self.candidates(table)?;
                        Ok(of_system.or(first))
                    }
                    None => Ok(None),
                },
            }
        })
        .map(Option::as_ref)
    }

    /// The first partition with the signs of a root, whichever partition was asked for.
    pub fn system_partition(&self) -> Result<Option<Partition>> {
        match self.partitions()? {
            Some(table) => Ok(self.candidates(table)?.0),
            None => Ok(None),
        }
    }

    /// What the volume is that is to be the root: the partition, or else the whole disk. Where the
    /// disk's own format is not read here, it is that format.
    pub fn contents(&self) -> Result<&Contents> {
        get(&self.contents, || {
            let file = *self.file_contents()?;
            if is_disk_format(&file) && !file.is("qcow2") {
                return Ok(file);
            }
            match self.source()? {
                None => Ok(file),
                Some(source) => identify(&source, &self.limits),
            }
        })
    }

    /// The files; an error that says what is there instead, where they are not read here.
    pub fn tree(&self) -> Result<&dyn Tree> {
        match self.volume()? {
            Some(volume) => Ok(volume.tree()),
            None => Err(of_rootfs(self.contents()?.not_read())),
        }
    }

    /// The same files as Linux reads them: what it does not take, and what has a wrong checksum, is an
    /// error there.
    pub fn as_linux(&self) -> Result<&dyn Tree> {
        match self.volume()? {
            Some(volume) => Ok(volume.as_linux()),
            None => self.tree(),
        }
    }

    /// The ext2, ext3 or ext4 file system; `None` where the root is something else.
    pub fn ext4(&self) -> Result<Option<&Ext4>> {
        Ok(self.volume()?.and_then(Volume::ext4))
    }

    /// Whether the root is a folder of the host.
    pub fn is_folder(&self) -> bool {
        matches!(self.given, Given::Folder)
    }

    /// The names of each file system on the disk: of its partitions, or of the whole disk where it has
    /// no table. Reads superblocks only.
    pub fn names(&self) -> Result<Vec<Names>> {
        let Some(disk) = &self.image()?.disk else {
            return Ok(Vec::new());
        };
        let of = |number: Option<u32>, source: Source| -> Result<Names> {
            let contents = identify(&source, &self.limits)?;
            // A volume that its reader refuses keeps its names from kelpie-check, not from blkid.
            let volume = unless_limited(names::read(&contents, &source, &self.limits))?.flatten();
            Ok(Names {
                partition: number,
                contents,
                volume,
            })
        };
        match self.partitions().map_err(of_rootfs)? {
            None => Ok(vec![of(None, disk.clone())?]),
            Some(table) => table
                .partitions
                .iter()
                .map(|partition| of(Some(partition.number), part(disk, partition)))
                .collect(),
        }
    }

    fn volume(&self) -> Result<Option<&Volume>> {
        get(&self.volume, || match (&self.given, self.source()?) {
            (Given::Folder, _) | (_, None) => {
                Folder::open(&self.path, &self.limits).map(|folder| Some(Volume::folder(folder)))
            }
            (Given::File(_), Some(source)) => Volume::open(self.contents()?, source, &self.limits),
        })
        .map(Option::as_ref)
    }

    /// The bytes of the volume that is to be the root; `None` for a folder.
    pub fn source(&self) -> Result<Option<Source>> {
        let Some(disk) = &self.image()?.disk else {
            return Ok(None);
        };
        Ok(Some(match self.partition()? {
            Some(partition) => part(disk, partition),
            None => disk.clone(),
        }))
    }

    /// The codecs that the kernel needs to mount the volume; none for a folder.
    pub fn compression(&self) -> Result<Compression> {
        match self.source()? {
            Some(source) => {
                let contents = self.contents()?;
                compression::compression(contents, source.head()?).map_err(of_rootfs)
            }
            None => Ok(Compression::default()),
        }
    }

    fn disk_contents(&self, disk: &Source) -> Result<Contents> {
        match self.image()?.format {
            "raw" => self.file_contents().copied(),
            _ => identify(disk, &self.limits),
        }
    }

    fn asked_for(&self, number: u32, table: Option<&PartitionTable>) -> Result<Partition> {
        let field = format!("partition {number}");
        let Some(table) = table else {
            return Err(Error::absent(
                field,
                "the image has no partition table; name no partition",
            ));
        };
        table.get(number).cloned().ok_or_else(|| {
            let numbers: Vec<String> = table
                .partitions
                .iter()
                .map(|partition| partition.number.to_string())
                .collect();
            Error::absent(field, format!("the disk has {}", numbers.join(", ")))
        })
    }

    /// The first partition with the signs of a root, and the first with a file system before it. A partition that
    /// cannot be read is not chosen. A limit ends the choice: what lies beyond it may be the root.
    fn candidates(&self, table: &PartitionTable) -> Result<(Option<Partition>, Option<Partition>)> {
        let Some(disk) = &self.image()?.disk else {
            return Ok((None, None));
        };
        let mut first: Option<&Partition> = None;
        for partition in &table.partitions {
            let Some(contents) = unless_limited(identify(&part(disk, partition), &self.limits))?
            else {
                continue;
            };
            let is_file_system = contents.codec.is_none()
                && contents
                    .kind
                    .is_some_and(|kind| kind.class == Class::FileSystem);
            if !is_file_system {
                continue;
            }
            let volume = Volume::open(&contents, part(disk, partition), &self.limits);
            if let Some(Some(volume)) = unless_limited(volume)?
                && holds_root(volume.tree())?
            {
                return Ok((Some(partition.clone()), first.cloned()));
            }
            first = first.or(Some(partition));
        }
        Ok((None, first.cloned()))
    }
}

/// The value; `None` for an error that is not a limit.
fn unless_limited<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == error::Kind::Limit => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a disk is inside. One that is compressed is looked into no further.
fn is_disk_format(contents: &Contents) -> bool {
    contents.codec.is_none()
        && contents
            .kind
            .is_some_and(|kind| kind.class == Class::DiskFormat)
}

fn part(disk: &Source, partition: &Partition) -> Source {
    disk.part(partition.start_bytes, partition.length_bytes)
}

fn holds_root(tree: &dyn Tree) -> Result<bool> {
    for path in SIGNS_OF_A_ROOT {
        // A link that leads into another partition is a sign as well.
        if let Some(Ok(_)) = unless_limited(tree::resolve_no_follow(tree, path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_rootfs(error: Error) -> Error {
    error.of(Role::Rootfs)
}

fn get<T>(cell: &Lazy<T>, read: impl FnOnce() -> Result<T>) -> Result<&T> {
    cell.get_or_init(|| read().map_err(of_rootfs))
        .as_ref()
        .map_err(Clone::clone)
}
