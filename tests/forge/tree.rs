//! A tree of files in memory.

use kelpie_check::error::{Error, Result};
use kelpie_check::tree::{Entry, FileType, NodeId, Stat, Tree};
use std::collections::BTreeMap;

/// One node.
#[derive(Clone)]
struct Node {
    file_type: FileType,
    mode: u16,
    content: Vec<u8>,
    device: Option<(u32, u32)>,
    names: BTreeMap<Vec<u8>, u64>,
    unreadable: bool,
}

/// A tree; parents of what is put into it are made.
#[derive(Clone)]
pub struct Forest {
    nodes: Vec<Node>,
}

impl Default for Forest {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(FileType::Directory, 0o755, b"")],
        }
    }
}

impl Node {
    fn new(file_type: FileType, mode: u16, content: &[u8]) -> Self {
        Self {
            file_type,
            mode,
            content: content.to_vec(),
            device: None,
            names: BTreeMap::new(),
            unreadable: false,
        }
    }
}

impl Forest {
    fn put(&mut self, path: &str, node: Node) -> u64 {
        let id = self.nodes.len() as u64;
        self.nodes.push(node);
        self.name(path, id);
        id
    }

    /// Gives a node a (further) name.
    fn name(&mut self, path: &str, id: u64) {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = self.directory(parent);
        let names = &mut self.nodes[parent as usize].names;
        names.insert(name.as_bytes().to_vec(), id);
    }

    fn directory(&mut self, path: &str) -> u64 {
        let mut at = 0;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let known = self.nodes[at as usize].names.get(name.as_bytes());
            at = match known {
                Some(id) => *id,
                None => {
                    let id = self.nodes.len() as u64;
                    self.nodes.push(Node::new(FileType::Directory, 0o755, b""));
                    let names = &mut self.nodes[at as usize].names;
                    names.insert(name.as_bytes().to_vec(), id);
                    id
                }
            };
        }
        at
    }

    #[must_use]
    pub fn dir(mut self, path: &str) -> Self {
        self.directory(path);
        self
    }

    /// A file that is no program.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.put(path, Node::new(FileType::Regular, 0o644, content.as_ref()));
        self
    }

    /// A file with execute bits.
    #[must_use]
    pub fn program(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.put(path, Node::new(FileType::Regular, 0o755, content.as_ref()));
        self
    }

    #[must_use]
    pub fn mode(mut self, path: &str, mode: u16, content: impl AsRef<[u8]>) -> Self {
        self.put(path, Node::new(FileType::Regular, mode, content.as_ref()));
        self
    }

    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.put(path, Node::new(FileType::Symlink, 0o777, target.as_bytes()));
        self
    }

    #[must_use]
    pub fn special(mut self, path: &str, file_type: FileType, device: Option<(u32, u32)>) -> Self {
        let node = Node {
            device,
            ..Node::new(file_type, 0o755, b"")
        };
        self.put(path, node);
        self
    }

    /// A file that the tree cannot read, as on a damaged disk.
    #[must_use]
    pub fn unreadable(mut self, path: &str) -> Self {
        let node = Node {
            unreadable: true,
            ..Node::new(FileType::Regular, 0o755, &[0; 4096])
        };
        self.put(path, node);
        self
    }

    /// A directory that holds itself under `name`, as none may.
    #[must_use]
    pub fn circle(mut self, path: &str, name: &str) -> Self {
        let id = self.directory(path);
        self.name(&format!("{path}/{name}"), id);
        self
    }

    fn node(&self, node: NodeId) -> Result<&Node> {
        let found = self.nodes.get(node.0 as usize);
        found.ok_or_else(|| Error::absent("node", node.0.to_string()))
    }
}

impl Tree for Forest {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        let node = self.node(node)?;
        Ok(Stat {
            file_type: node.file_type,
            mode: node.mode,
            uid: 0,
            gid: 0,
            size_bytes: node.content.len() as u64,
            links: 1,
            modified: 0,
            device: node.device,
        })
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        assert!(name != b"." && name != b".." && name.len() <= 255);
        let directory = self.node(directory)?;
        assert_eq!(directory.file_type, FileType::Directory);
        Ok(directory.names.get(name).copied().map(NodeId))
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        let names = self.node(directory)?.names.iter();
        let entry = |(name, node): (&Vec<u8>, &u64)| Entry {
            name: name.clone(),
            node: NodeId(*node),
            file_type: None,
        };
        Ok(names.map(entry).collect())
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        Ok(self.node(node)?.content.clone())
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        let node = self.node(node)?;
        if node.unreadable {
            return Err(Error::invalid("extent", 0, "a tree of blocks", "none"));
        }
        let start = (offset as usize).min(node.content.len());
        let end = offset.saturating_add(length).min(node.content.len() as u64);
        Ok(node.content[start..end as usize].to_vec())
    }
}
