//! Where the paths of entries lead in what was unpacked so far.

use super::cpio::length;
use super::nodes::{Kind, Names, Node, index};
use crate::error::{Error, Result};
use crate::tree::{self, Errno, FileType, MAXSYMLINKS, PATH_MAX};

/// Steps of lookups that an entry may cost on average, if there are as many as may be. An entry in
/// the directory of the last costs none.
const STEPS_PER_ENTRY: u64 = 16;

/// Where a path leads: a directory, and the name in it.
pub(super) struct Place {
    pub directory: usize,
    pub name: Vec<u8>,
    /// Whether slashes end the path: only a directory can be there.
    pub wants_directory: bool,
}

/// Finds places, at a bounded cost.
pub(super) struct Places {
    /// The directory of the last entry, and the path that led there.
    last: Option<(Vec<u8>, usize)>,
    entries_max: u64,
    steps_left: u64,
}

impl Places {
    /// For an archive of `entries_max` entries at the most.
    pub fn new(entries_max: u64) -> Self {
        Self {
            last: None,
            entries_max,
            steps_left: entries_max.saturating_mul(STEPS_PER_ENTRY),
        }
    }

    /// Something that paths may lead through has changed.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Resolves all but the last component, links followed, as every system call does. The name is
    /// empty where the path is a directory itself (`.`, `/`, `a/..`).
    pub fn find(
        &mut self,
        nodes: &[Node],
        path: &[u8],
    ) -> Result<std::result::Result<Place, Errno>> {
        if path.is_empty() {
            return Ok(Err(Errno::NotFound));
        }
        if path.len() >= PATH_MAX {
            return Ok(Err(Errno::NameTooLong));
        }
        let wants_directory = path.ends_with(b"/");
        let end = path
            .iter()
            .rposition(|byte| *byte != b'/')
            .map_or(0, |last| last.saturating_add(1));
        let path = path.get(..end).unwrap_or_default();
        let begin = path
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |slash| slash.saturating_add(1));
        let (parent, name) = path.split_at_checked(begin).unwrap_or_default();
        let is_directory = matches!(name, b"" | b"." | b"..");
        let parent = if is_directory { path } else { parent };
        if name.len() > tree::NAME_MAX {
            return Ok(Err(Errno::NameTooLong));
        }
        let directory = match self.directory(nodes, parent)? {
            Ok(directory) => directory,
            Err(errno) => return Ok(Err(errno)),
        };
        let name = if is_directory { &[] } else { name };
        Ok(Ok(Place {
            directory,
            name: name.to_vec(),
            wants_directory: wants_directory || is_directory,
        }))
    }

    /// Where opening a path leads: its last component too is followed as long as it is a link.
    pub fn open(
        &mut self,
        nodes: &[Node],
        path: &[u8],
    ) -> Result<std::result::Result<Place, Errno>> {
        let mut path = path.to_vec();
        for _ in 0..=MAXSYMLINKS {
            let place = match self.find(nodes, &path)? {
                Ok(place) => place,
                Err(errno) => return Ok(Err(errno)),
            };
            let names = nodes.get(place.directory).map(|node| &node.kind);
            let Some(Kind::Directory(names)) = names else {
                return Ok(Err(Errno::NotADirectory));
            };
            let node = names.get(&place.name).and_then(|node| nodes.get(*node));
            let Some(Kind::Symlink(target)) = node.map(|node| &node.kind) else {
                return Ok(Ok(place));
            };
            let parent = path.iter().rposition(|byte| *byte == b'/');
            match parent {
                Some(slash) if !target.starts_with(b"/") => path.truncate(slash.saturating_add(1)),
                _ => path.clear(),
            }
            path.extend(target);
        }
        Ok(Err(Errno::Loop))
    }

    fn directory(
        &mut self,
        nodes: &[Node],
        path: &[u8],
    ) -> Result<std::result::Result<usize, Errno>> {
        if let Some((last, node)) = &self.last
            && last == path
        {
            return Ok(Ok(*node));
        }
        let resolution = tree::resolve(&Names(nodes), path)?;
        let links = match &resolution {
            Ok(found) => &found.links,
            Err(lost) => &lost.links,
        };
        // A component takes two bytes at the least.
        let walked = links.iter().fold(path.len(), |sum, link| {
            sum.saturating_add(link.target.len())
        });
        let steps = length(walked).saturating_div(2).saturating_add(1);
        self.steps_left = self
            .steps_left
            .checked_sub(steps)
            .ok_or_else(|| Error::limit("cpio_entries", self.entries_max))?;
        let found = match resolution {
            Ok(found) => found,
            Err(lost) => return Ok(Err(lost.errno)),
        };
        if found.stat.file_type != FileType::Directory {
            return Ok(Err(Errno::NotADirectory));
        }
        let node = index(found.node);
        self.last = Some((path.to_vec(), node));
        Ok(Ok(node))
    }
}
