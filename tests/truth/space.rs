//! What a system that boots is made of, and what may be otherwise about it.

use super::forge::ext4::Ext4;
use super::support::mmio_target;
use super::{archives, disks, disks_made, kernels, trees, words};
use kelpie_check::architecture::Architecture;
use std::path::PathBuf;
use std::sync::Arc;

/// A file of a boot.
#[derive(Clone)]
pub enum Part {
    Made(Vec<u8>),
    File(PathBuf),
}

/// What a value is for its case.
#[derive(Clone)]
pub enum What {
    Kernel(Arc<dyn Fn() -> Part + Send + Sync>),
    Archive(Arc<dyn Fn() -> Option<Part> + Send + Sync>),
    /// What the tree's init is, and the rest of the tree.
    Tree(Arc<dyn Fn(Ext4) -> Ext4 + Send + Sync>),
    /// The disk around a tree.
    Disk(Arc<dyn Fn(Ext4) -> Option<Part> + Send + Sync>),
    /// A part of the command line.
    Words(String),
    /// Options of `kelpie-check boot`.
    Options(&'static [&'static str]),
}

/// One way in which one thing can be.
#[derive(Clone)]
pub struct Value {
    pub name: String,
    pub what: What,
    /// The machine ends by itself, or waits: then this is how many seconds it is given where
    /// nothing else runs.
    pub waits_seconds: Option<u32>,
    /// Dimensions whose values make no difference beside it.
    pub hides: &'static [&'static str],
}

/// Its values by dimension; the first of each is that of the system that boots.
pub struct Space {
    pub name: String,
    pub architecture: Architecture,
    /// The target whose machine is booted.
    pub target: &'static str,
    pub is_minimal: bool,
    /// Whether its init says that userspace is reached.
    pub speaks: bool,
    /// What every command line has.
    pub basics: &'static str,
    pub dimensions: Vec<(&'static str, Vec<Value>)>,
    /// Values that show something only beside each other: each of these pairs is a case.
    pub besides: Vec<[(&'static str, &'static str); 2]>,
}

impl Value {
    pub fn new(name: impl Into<String>, what: What) -> Self {
        Self {
            name: name.into(),
            what,
            waits_seconds: None,
            hides: &[],
        }
    }

    pub fn words(words: impl Into<String>) -> Self {
        let words = words.into();
        let name = if words.is_empty() {
            "(nothing)".to_owned()
        } else if words.len() > 60 {
            format!("{}… ({} bytes)", &words[..24], words.len())
        } else {
            words.clone()
        };
        Self::new(name, What::Words(words))
    }

    pub fn waits(mut self, seconds: u32) -> Self {
        self.waits_seconds = Some(seconds);
        self
    }

    pub fn hides(mut self, dimensions: &'static [&'static str]) -> Self {
        self.hides = dimensions;
        self
    }
}

/// Those of these names, in their order.
pub fn named(values: Vec<Value>, names: &[&str]) -> Vec<Value> {
    let of = |name: &&str| values.iter().find(|value| value.name == *name);
    let found: Vec<Value> = names.iter().filter_map(of).cloned().collect();
    assert_eq!(found.len(), names.len(), "a value has another name");
    found
}

/// An end as soon as there is one.
pub fn basics(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Aarch64 => "panic=-1",
        _ => "panic=-1 reboot=t",
    }
}

/// The kernel of this repository, with a root that we make.
pub fn minimal(architecture: Architecture) -> Space {
    let mut disks = disks::values();
    disks.extend(disks_made::values());
    Space {
        name: architecture.name().to_owned(),
        architecture,
        target: mmio_target(architecture.name()),
        is_minimal: true,
        speaks: true,
        basics: basics(architecture),
        dimensions: vec![
            ("kernel", kernels::values(architecture)),
            ("initramfs", archives::beside_a_root(architecture)),
            ("disk", disks),
            ("tree", trees::values(architecture)),
            ("console", words::consoles(architecture)),
            ("root", words::roots()),
            ("mount", words::mounts()),
            ("init", words::inits()),
            ("machine", words::machines(architecture)),
        ],
        besides: besides(architecture),
    }
}

fn besides(architecture: Architecture) -> Vec<[(&'static str, &'static str); 2]> {
    let dirty = ("disk", "ext4, a transaction in its journal");
    let read_only = ("machine", "its disk read-only");
    let mut pairs = vec![
        [dirty, read_only],
        [dirty, ("mount", "ro rootflags=noload")],
        [("disk", "ext4, never unmounted"), read_only],
        [("tree", "/bin/sh alone"), ("init", "(nothing)")],
        [
            ("tree", "init a dangling link, /bin/sh there"),
            ("init", "(nothing)"),
        ],
        [
            ("tree", "init without an execute bit"),
            ("init", "(nothing)"),
        ],
        [("tree", "without an init"), ("init", "(nothing)")],
        [("tree", "/etc/init alone"), ("init", "(nothing)")],
        [("disk", "ext4 in a GPT"), ("root", "root=/dev/vda1")],
        [("disk", "ext4 in an MBR"), ("root", "root=/dev/vda1")],
        [("disk", "ext4 in a GPT"), ("mount", "rw rootfstype=xfs")],
        [("disk", "none"), ("mount", "rw rootfstype=tmpfs")],
    ];
    if architecture == Architecture::X86_64 {
        pairs.push([
            ("tree", "init for x86-64-v3"),
            ("machine", "a CPU of the baseline"),
        ]);
    }
    pairs
}

/// The same kernel, with a system that is an initramfs alone.
pub fn archive_alone(architecture: Architecture) -> Space {
    Space {
        name: format!("{architecture} by initramfs"),
        architecture,
        target: mmio_target(architecture.name()),
        is_minimal: true,
        speaks: true,
        basics: basics(architecture),
        dimensions: vec![
            ("kernel", kernels::variants(architecture)),
            ("initramfs", archives::systems(architecture)),
            (
                "console",
                words::consoles(architecture).into_iter().take(5).collect(),
            ),
            ("init", words::early_inits()),
            ("machine", words::machines(architecture)),
        ],
        besides: Vec::new(),
    }
}
