//! What an initramfs unpacks to, as a tree.
//!
//! Small files and the drivers that a boot can hang on are kept while the archive passes by;
//! whatever else is asked for is read again: of a plain segment from the file, of a compressed one
//! by decoding it once more, which then keeps what it can of the rest.

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
    /// What may still be kept of what is decoded again. Locked while a segment is, so that nothing
    /// is decoded twice at a time.
    left_for_later_bytes: Mutex<u64>,
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
            left_for_later_bytes: Mutex::new(limits.kept_bytes),
        })
    }

    /// The paths that end in this name, in order.
    pub(super) fn paths_named(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut ahead = vec![(Vec::new(), 0_usize)];
        // A directory has one name, so each is met once.
        while let Some((path, node)) = ahead.pop() {
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
                if is_directory || entry == name {
                    let path = [path.as_slice(), b"/", entry].concat();
                    // What lies deeper can only be reached through links.
                    if path.len() >= PATH_MAX {
                        continue;
                    }
                    if is_directory {
                        ahead.push((path, *node));
                    } else {
                        found.push(path);
                    }
                }
            }
        }
        found.sort();
        found
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
            .ok_or_else(|| Error::absent("segment", "the archive has fewer"))?;
        let Some(codec) = segment.codec else {
            let at = content.offset.saturating_add(offset);
            let bytes = self.source.read("cpio content", at, length_bytes)?;
            return Ok(bytes.into_owned());
        };
        let mut left = match self.left_for_later_bytes.lock() {
            Ok(left) => left,
            // A number is whole whatever happened to its last holder.
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(bytes) = content.bytes.get() {
            return Ok(part(bytes, offset, length_bytes));
        }
        self.decode(segment, codec, content, (offset, length_bytes), &mut left)
    }

    /// Decodes a segment again for a part of one file, and keeps of the files from there on what
    /// may be kept.
    fn decode(
        &self,
        segment: &Segment,
        codec: &Codec,
        wanted: &Content,
        (offset, length_bytes): (u64, u64),
        left: &mut u64,
    ) -> Result<Vec<u8>> {
        let mut others = self.unread(wanted, left);
        others.sort_by_key(|content| content.offset);
        let mut captures: Vec<Capture<'_>> = vec![Capture {
            at: wanted.offset.saturating_add(offset),
            left_bytes: length_bytes,
            bytes: Vec::new(),
            content: None,
        }];
        captures.extend(others.into_iter().map(|content| Capture {
            at: content.offset,
            left_bytes: content.there_bytes,
            bytes: Vec::new(),
            content: Some(content),
        }));
        captures.sort_by_key(|capture| capture.at);
        let stored = self.source.part(segment.offset, segment.stored_bytes);
        let mut first = 0;
        decode_again(
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
                    if !capture.take(piece_at, piece) {
                        break;
                    }
                }
                captures
                    .get(first..)
                    .unwrap_or_default()
                    .iter()
                    .any(|capture| capture.left_bytes > 0)
            },
        )?;
        let mut answer = Vec::new();
        for capture in captures {
            match capture.content {
                Some(content) => {
                    content.bytes.set(Arc::new(capture.bytes)).ok();
                }
                None => answer = capture.bytes,
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

    /// What of the segment was not kept, the wanted first, as much as may be kept now.
    fn unread<'a>(&'a self, wanted: &'a Content, left: &mut u64) -> Vec<&'a Content> {
        let behind = self.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Regular(Some(content)) => Some(content),
            _ => None,
        });
        let behind = behind.filter(|content| {
            content.segment == wanted.segment
                && content.offset > wanted.offset
                && content.bytes.get().is_none()
        });
        let mut taken = Vec::new();
        for content in std::iter::once(wanted).chain(behind) {
            if let Some(rest) = left.checked_sub(content.there_bytes) {
                *left = rest;
                taken.push(content);
            }
        }
        taken
    }
}

/// A run of bytes that is wanted of a stream.
struct Capture<'a> {
    /// Where its next byte is.
    at: u64,
    left_bytes: u64,
    bytes: Vec<u8>,
    /// Where it is remembered; the answer itself has no place.
    content: Option<&'a Content>,
}

impl Capture<'_> {
    /// Takes its part of a piece; whether the piece reaches so far.
    fn take(&mut self, piece_at: u64, piece: &[u8]) -> bool {
        let end = piece_at.saturating_add(length(piece.len()));
        if self.at >= end && self.left_bytes > 0 {
            return false;
        }
        let taken = part(piece, self.at.saturating_sub(piece_at), self.left_bytes);
        self.at = self.at.saturating_add(length(taken.len()));
        self.left_bytes = self.left_bytes.saturating_sub(length(taken.len()));
        self.bytes.extend_from_slice(&taken);
        true
    }
}

/// As much of `length_bytes` at `offset` as is there.
fn part(bytes: &[u8], offset: u64, length_bytes: u64) -> Vec<u8> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    let count = usize::try_from(length_bytes).unwrap_or(usize::MAX);
    rest.get(..count).unwrap_or(rest).to_vec()
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
                "the node is no regular file",
            )));
        };
        let wanted = length_bytes.min(node.stat.size_bytes.saturating_sub(offset));
        if wanted > self.limits.file_bytes {
            return Err(of_initramfs(Error::limit(
                "file_bytes",
                self.limits.file_bytes,
            )));
        }
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
