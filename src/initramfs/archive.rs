//! What an initramfs unpacks to, as a tree.
//!
//! Small files and the drivers that a boot can hang on are kept while the archive passes by;
//! whatever else is asked for is read again: of a plain segment from the file, of a compressed one
//! by decoding it once more, which then keeps what it can of the rest. Of ELF files that do not fit,
//! it keeps the parts that the libraries of a program are judged by: programs may need hundreds.
//! Each of these decodes is charged to `work_bytes`.

use super::captures::{Capture, Kept, Purpose, part};
use super::compressed::decode_again;
use super::cpio::length;
use super::nodes::{Content, Kind, Names, Node};
use super::segments::{Problem, Segment, unpack};
use super::unpacked::{Lost, Unpacked};
use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::role::Role;
use crate::source::{Pieces, Source};
use crate::tree::{Entry, NodeId, PATH_MAX, Stat, Tree};
use std::sync::{Arc, Mutex};

/// What looking up a name costs, in bytes of work.
const LOOKUP_WORK_BYTES: u64 = 256;

/// An unpacked initramfs.
pub struct Archive {
    /// Its segments, in order.
    pub segments: Vec<Segment>,
    /// What is wrong with it, in order.
    pub problems: Vec<Problem>,
    /// Entries, without trailers.
    pub entries: u64,
    /// The sum of what its files hold.
    pub unpacked_bytes: u64,
    /// What decoding gave, headers and padding included.
    pub decoded_bytes: u64,
    /// Entries that the kernel passes over without a word: their directory is not there (yet), or
    /// something is in their place. The first of them, by name.
    pub lost: Vec<Lost>,
    /// How many of them there are.
    pub lost_entries: u64,
    nodes: Vec<Node>,
    source: Source,
    limits: Limits,
    budget: Arc<Budget>,
    /// What is kept of segments that are decoded again. Locked while a segment is decoded, so that
    /// no two threads decode the same one.
    kept: Mutex<Kept>,
}

impl Archive {
    /// Unpacks all of it.
    pub(super) fn unpack(source: &Source, limits: &Limits) -> Result<Self> {
        if source.len() > limits.file_bytes {
            return Err(Error::limit("file_bytes", limits.file_bytes));
        }
        let budget = Arc::new(Budget::new(limits));
        let mut unpacked = Unpacked::new(limits, Arc::clone(&budget));
        let input = Pieces::of(source, limits, &budget);
        let found = unpack(input, limits, &budget, &mut unpacked)?;
        if let Some(at) = found.unknown_at
            && found.segments.is_empty()
        {
            return Err(super::foreign::name(source, at));
        }
        if found.segments.is_empty() {
            return Err(super::foreign::nothing(source));
        }
        let decoded_bytes = found.segments.iter().fold(0_u64, |sum, segment| {
            sum.saturating_add(segment.decoded_bytes)
        });
        Ok(Self {
            segments: found.segments,
            problems: found
                .problems
                .into_iter()
                .map(|mut problem| {
                    problem.error = problem.error.of(Role::Initramfs);
                    problem
                })
                .collect(),
            entries: unpacked.entries,
            unpacked_bytes: unpacked.contents.data_bytes,
            decoded_bytes,
            lost: unpacked.lost,
            lost_entries: unpacked.lost_entries,
            nodes: unpacked.nodes,
            source: source.clone(),
            limits: limits.clone(),
            budget,
            kept: Mutex::new(Kept::new(limits)),
        })
    }

    /// The paths that end in this name, in order. They are charged to the memory budget while they
    /// are gathered.
    pub(super) fn paths_named(&self, name: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut found_bytes = 0_u64;
        // One buffer holds the path to where the walk is. Each directory ahead stands with its name
        // and the length of its parent's path: a path for each would repeat that of the parent.
        let mut path: Vec<u8> = Vec::new();
        let mut ahead: Vec<(usize, &[u8], usize)> = vec![(0, b"", 0)];
        // A directory has one name, so each is met once.
        while let Some((parent_bytes, directory, node)) = ahead.pop() {
            path.truncate(parent_bytes);
            if !directory.is_empty() {
                path.push(b'/');
                path.extend_from_slice(directory);
            }
            let Some(Node {
                kind: Kind::Directory(names),
                ..
            }) = self.nodes.get(node)
            else {
                continue;
            };
            for (entry, node) in names {
                let is_directory = matches!(
                    self.nodes.get(*node),
                    Some(Node {
                        kind: Kind::Directory(_),
                        ..
                    })
                );
                // What lies deeper can only be reached through links.
                let bytes = path.len().saturating_add(entry.len()).saturating_add(1);
                if bytes >= PATH_MAX {
                    continue;
                }
                if is_directory {
                    ahead.push((path.len(), entry, *node));
                } else if entry == name {
                    self.budget.take(length(bytes))?;
                    found_bytes = found_bytes.saturating_add(length(bytes));
                    found.push([path.as_slice(), b"/", entry].concat());
                }
            }
        }
        self.budget.give(found_bytes);
        found.sort();
        Ok(found)
    }

    fn names(&self) -> Names<'_> {
        Names(&self.nodes)
    }

    /// `length` bytes at `offset` of content that is there for so long.
    fn content(&self, content: &Content, offset: u64, length_bytes: u64) -> Result<Vec<u8>> {
        if let Some(bytes) = content.bytes.get() {
            return Ok(part(bytes, offset, length_bytes));
        }
        let segment = self
            .segments
            .get(content.segment)
            .ok_or_else(|| Error::absent("segment", "the archive has fewer nodes"))?;
        let Some(codec) = segment.codec else {
            let at = content.offset.saturating_add(offset);
            let bytes = self.source.read("cpio content", at, length_bytes)?;
            return Ok(bytes.into_owned());
        };
        let mut kept = match self.kept.lock() {
            Ok(kept) => kept,
            // Each part that it holds is complete before it is inserted.
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(bytes) = content.bytes.get() {
            return Ok(part(bytes, offset, length_bytes));
        }
        if let Some(bytes) = kept.read(content, offset, length_bytes) {
            return Ok(bytes);
        }
        self.decode(segment, codec, content, (offset, length_bytes), &mut kept)
    }

    /// Decodes a segment again for a part of one file, and keeps of the files from there on what
    /// may be kept.
    fn decode(
        &self,
        segment: &Segment,
        codec: &Codec,
        wanted: &Content,
        (offset, length_bytes): (u64, u64),
        kept: &mut Kept,
    ) -> Result<Vec<u8>> {
        let mut captures = vec![Capture {
            at: wanted.offset.saturating_add(offset),
            left_bytes: length_bytes,
            bytes: Vec::new(),
            purpose: Purpose::Answer,
        }];
        let (whole, rest) = self.unread(wanted, &mut kept.whole_left_bytes);
        captures.extend(whole.into_iter().map(Capture::whole));
        // One of these files is in memory at a time.
        let searched = kept.unsearched(wanted.segment, &rest);
        let largest = searched.iter().map(|content| content.there_bytes).max();
        let scratch_bytes = largest.unwrap_or(0);
        let is_searched = self.budget.take(scratch_bytes).is_ok();
        if is_searched {
            captures.extend(searched.into_iter().map(Capture::facts));
        }
        captures.sort_by_key(|capture| capture.at);
        let stored = self.source.part(segment.offset, segment.stored_bytes);
        let mut first = 0;
        let outcome = decode_again(
            Pieces::of(&stored, &self.limits, &self.budget),
            codec,
            &self.limits,
            &self.budget,
            &mut |piece_at, piece| {
                while let Some(capture) = captures.get(first)
                    && capture.left_bytes == 0
                {
                    first = first.saturating_add(1);
                }
                for capture in captures.iter_mut().skip(first) {
                    if !capture.take(piece_at, piece, kept) {
                        break;
                    }
                }
                captures
                    .get(first..)
                    .unwrap_or_default()
                    .iter()
                    .any(|capture| capture.left_bytes > 0)
            },
        );
        if is_searched {
            self.budget.give(scratch_bytes);
        }
        outcome?;
        let mut answer = Vec::new();
        for capture in captures {
            match capture.purpose {
                Purpose::Whole(content) => {
                    content.bytes.set(Arc::new(capture.bytes)).ok();
                }
                Purpose::Answer => answer = capture.bytes,
                Purpose::Facts(_) => {}
            }
        }
        if length(answer.len()) < length_bytes {
            return Err(Error::truncated(
                "cpio content",
                wanted.offset.saturating_add(offset),
                length_bytes,
                length(answer.len()),
            ));
        }
        Ok(answer)
    }

    /// The files of the segment that are kept when it is decoded again. The wanted file is kept if
    /// the memory budget allows it, so that its next read costs nothing. Of the others the smallest
    /// are kept first: that keeps the most files, and programs and libraries are small. Returns
    /// the files that are kept, and those that do not fit.
    fn unread<'a>(
        &'a self,
        wanted: &'a Content,
        left: &mut u64,
    ) -> (Vec<&'a Content>, Vec<&'a Content>) {
        let mut others: Vec<&Content> = self
            .nodes
            .iter()
            .filter_map(|node| match &node.kind {
                Kind::Regular(Some(content)) => Some(content),
                _ => None,
            })
            .filter(|content| {
                content.segment == wanted.segment
                    && content.offset != wanted.offset
                    && content.bytes.get().is_none()
            })
            .collect();
        others.sort_by_key(|content| (content.there_bytes, content.offset));
        let mut taken = Vec::new();
        if self.budget.take(wanted.there_bytes).is_ok() {
            taken.push(wanted);
        }
        let mut rest = Vec::new();
        for content in others {
            match left.checked_sub(content.there_bytes) {
                Some(less) => {
                    *left = less;
                    taken.push(content);
                }
                None => rest.push(content),
            }
        }
        (taken, rest)
    }
}

impl Archive {
    /// Whether the content of a file did not all come.
    pub fn is_incomplete(&self, node: NodeId) -> bool {
        let names = self.names();
        names.node(node).is_ok_and(|node| match &node.kind {
            Kind::Regular(Some(content)) => content.there_bytes < node.stat.size_bytes,
            Kind::Regular(None) => node.stat.size_bytes > 0,
            _ => false,
        })
    }
}

impl Tree for Archive {
    fn root(&self) -> NodeId {
        self.names().root()
    }

    /// The kernel mounts none.
    fn has_proc(&self) -> bool {
        false
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        self.names().stat(node).map_err(of_initramfs)
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        // Links lead through thousands of directories, and hundreds of thousands of names are links.
        self.limits
            .charge_work(LOOKUP_WORK_BYTES)
            .map_err(of_initramfs)?;
        self.names().lookup(directory, name).map_err(of_initramfs)
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        self.names().list(directory).map_err(of_initramfs)
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        self.names().read_link(node).map_err(of_initramfs)
    }

    /// What a broken archive states and does not hold reads as zeros, as it does for the kernel.
    fn read(&self, node: NodeId, offset: u64, length_bytes: u64) -> Result<Vec<u8>> {
        let names = self.names();
        let node = names.node(node).map_err(of_initramfs)?;
        let Kind::Regular(content) = &node.kind else {
            return Err(of_initramfs(Error::absent(
                "content",
                "the node is not a regular file",
            )));
        };
        let wanted = length_bytes.min(node.stat.size_bytes.saturating_sub(offset));
        if wanted > self.limits.file_bytes {
            return Err(of_initramfs(Error::limit(
                "file_bytes",
                self.limits.file_bytes,
            )));
        }
        self.limits.charge_work(wanted).map_err(of_initramfs)?;
        let mut bytes = match content {
            Some(content) => {
                let there = wanted.min(content.there_bytes.saturating_sub(offset));
                if there == 0 {
                    Vec::new()
                } else {
                    self.content(content, offset, there).map_err(of_initramfs)?
                }
            }
            None => Vec::new(),
        };
        bytes.resize(usize::try_from(wanted).unwrap_or(usize::MAX), 0);
        Ok(bytes)
    }
}

fn of_initramfs(error: Error) -> Error {
    error.of(Role::Initramfs)
}
