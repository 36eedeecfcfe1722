//! An ISO 9660 image as a tree of files, by the crate hadris-iso: Rock Ridge names where there are
//! some, else Joliet's, else the plain ones.
//!
//! Sources: ECMA-119; the crate's own documentation of how it bounds what an image states. Reads are
//! charged here as well, so that no image costs more than its limits.

use crate::error::{Error, Result};
use crate::limits::{Limits, Work};
use crate::source::Source;
use crate::tree::{self, Entry, NodeId, PATH_MAX, Stat, Tree};
use hadris_fs::sync::FileSystem;
use hadris_fs::{DirCursor, FileType, Metadata, MountOptions, Name};
use hadris_io::{ErrorKind, ErrorType};
use hadris_iso::sync::IsoFs;
use hadris_storage::sync::BlockDevice;
use hadris_storage::{BlockIndex, BlockSize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Begins the first volume descriptor, behind its type.
pub(super) const MAGIC: &[u8] = b"CD001";
/// Where that is: 16 sectors of 2048 bytes are the system's.
pub(super) const MAGIC_OFFSET: u64 = 0x8001;
/// Sectors.
const BLOCK_BYTES: u32 = 2048;

/// The image's bytes in sectors.
struct Disk {
    source: Source,
    left_reads: u64,
    reads: u64,
    work: Work,
}

impl ErrorType for Disk {
    type Error = Error;
}

impl BlockDevice for Disk {
    fn block_size(&self) -> BlockSize {
        BlockSize::new(BLOCK_BYTES).unwrap_or_else(|| unreachable!("2048 is a valid block size"))
    }

    fn block_count(&self) -> u64 {
        self.source.len().div_ceil(u64::from(BLOCK_BYTES))
    }

    fn read_blocks(
        &mut self,
        first: BlockIndex,
        buffer: &mut [u8],
    ) -> std::result::Result<(), hadris_io::Error<Error>> {
        let failed = |error| hadris_io::Error::device(error, "cannot read the image");
        self.left_reads = self
            .left_reads
            .checked_sub(1)
            .ok_or_else(|| failed(Error::limit("reads", self.reads)))?;
        let offset = first.get().saturating_mul(u64::from(BLOCK_BYTES));
        let wanted = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        self.work.charge(wanted).map_err(failed)?;
        // The last sector may be cut: what is missing of it is zeros, and never asked for.
        let there = self.source.len().saturating_sub(offset).min(wanted);
        if there == 0 && wanted > 0 {
            return Err(failed(Error::truncated("sector", offset, wanted, 0)));
        }
        let bytes = self.source.read("sector", offset, there).map_err(failed)?;
        buffer.fill(0);
        if let Some(room) = buffer.get_mut(..bytes.len()) {
            room.copy_from_slice(&bytes);
        }
        Ok(())
    }
}

/// An image that is read.
pub(super) struct Iso {
    image: Mutex<IsoFs<Disk>>,
    root: NodeId,
    limits: Limits,
}

impl Iso {
    pub fn open(source: Source, limits: &Limits) -> Result<Self> {
        let disk = Disk {
            source,
            left_reads: limits.reads,
            reads: limits.reads,
            work: limits.work(),
        };
        let image = IsoFs::mount(disk, MountOptions::new().read_only())
            .map_err(|failure| failed("ISO 9660 image", failure.error()))?;
        let root = NodeId(image.root().get());
        Ok(Self {
            image: Mutex::new(image),
            root,
            limits: limits.clone(),
        })
    }

    fn image(&self) -> MutexGuard<'_, IsoFs<Disk>> {
        self.image.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tree for Iso {
    fn root(&self) -> NodeId {
        self.root
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        let found = self.image().stat(id(node)?);
        found
            .map(|metadata| stat(&metadata))
            .map_err(|error| failed("ISO 9660 record", &error))
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        match self.image().lookup(id(directory)?, Name::new(name)) {
            Ok(node) => Ok(Some(NodeId(node.get()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("ISO 9660 directory", &error)),
        }
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        let mut image = self.image();
        let mut entries = Vec::new();
        let mut cursor = DirCursor::START;
        loop {
            let next = image.readdir(id(directory)?, cursor);
            let Some(entry) = next.map_err(|error| failed("ISO 9660 directory", &error))? else {
                return Ok(entries);
            };
            if u64::try_from(entries.len()).unwrap_or(u64::MAX) >= self.limits.directory_entries {
                let limit = self.limits.directory_entries;
                return Err(Error::limit("directory_entries", limit));
            }
            cursor = entry.next_cursor();
            entries.push(Entry {
                name: entry.name().as_bytes().to_vec(),
                node: NodeId(entry.node().get()),
                file_type: Some(file_type(entry.file_type())),
            });
        }
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        let mut target = [0; PATH_MAX];
        let mut image = self.image();
        image
            .readlink(id(node)?, &mut target)
            .map(<[u8]>::to_vec)
            .map_err(|error| failed("ISO 9660 symbolic link", &error))
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        if length > self.limits.file_bytes {
            return Err(Error::limit("file_bytes", self.limits.file_bytes));
        }
        let there = self.stat(node)?.size_bytes.saturating_sub(offset);
        let wanted = usize::try_from(length.min(there))
            .map_err(|_| Error::limit("file_bytes", self.limits.file_bytes))?;
        let mut image = self.image();
        let mut content = vec![0; wanted];
        let mut done = 0_usize;
        while let Some(rest) = content.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            let count = image
                .read(id(node)?, at, rest)
                .map_err(|error| failed("ISO 9660 file", &error))?;
            if count == 0 {
                break;
            }
            done = done.saturating_add(count);
        }
        content.truncate(done);
        Ok(content)
    }
}

fn id(node: NodeId) -> Result<hadris_fs::NodeId> {
    hadris_fs::NodeId::new(node.0).ok_or_else(|| Error::absent("ISO 9660 record", "no node 0"))
}

fn stat(metadata: &Metadata) -> Stat {
    Stat {
        file_type: file_type(metadata.file_type()),
        mode: 0o444,
        uid: 0,
        gid: 0,
        size_bytes: metadata.len(),
        links: 1,
        modified: 0,
        device: None,
    }
}

fn file_type(found: FileType) -> tree::FileType {
    match found {
        FileType::Dir => tree::FileType::Directory,
        FileType::Symlink => tree::FileType::Symlink,
        FileType::CharDevice => tree::FileType::CharacterDevice,
        FileType::BlockDevice => tree::FileType::BlockDevice,
        FileType::Fifo => tree::FileType::Fifo,
        FileType::Socket => tree::FileType::Socket,
        // The crate may learn of more kinds; what is none of these is read as a file, or fails so.
        _ => tree::FileType::Regular,
    }
}

/// What the crate says, or what our own reading said below it.
fn failed(what: &'static str, error: &hadris_io::Error<Error>) -> Error {
    match std::error::Error::source(error).and_then(|own| own.downcast_ref::<Error>()) {
        Some(own) => own.clone(),
        None => Error::invalid_setting(what, "what ECMA-119 allows", error.to_string()),
    }
}
