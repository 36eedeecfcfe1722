//! Programs of the machine that the tests run on, which run there: none may be in trouble.

use super::support::skip;
use kelpie_check::error::{Error, Result};
use kelpie_check::limits::Limits;
use kelpie_check::tree::{Entry, FileType, NodeId, Stat, Tree};
use kelpie_check::userland::{program, system};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Mutex;

/// The root of this machine; nodes are the paths in the order in which they were asked for.
#[derive(Default)]
pub struct Machine(Mutex<Vec<PathBuf>>);

impl Machine {
    fn node(&self, path: PathBuf) -> NodeId {
        let mut paths = self.0.lock().unwrap();
        paths.push(path);
        NodeId(paths.len() as u64)
    }

    fn path(&self, node: NodeId) -> PathBuf {
        match node.0 {
            0 => PathBuf::from("/"),
            index => self.0.lock().unwrap()[index as usize - 1].clone(),
        }
    }
}

fn io(error: std::io::Error) -> Error {
    Error::io("file", &error)
}

impl Tree for Machine {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        let meta = fs::symlink_metadata(self.path(node)).map_err(io)?;
        Ok(Stat {
            file_type: FileType::of_mode(meta.mode()).unwrap(),
            mode: (meta.mode() & 0o7777) as u16,
            uid: meta.uid(),
            gid: meta.gid(),
            size_bytes: meta.len(),
            links: meta.nlink() as u32,
            modified: meta.mtime(),
            device: None,
        })
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        let path = self.path(directory).join(OsStr::from_bytes(name));
        let there = fs::symlink_metadata(&path).is_ok();
        Ok(there.then(|| self.node(path)))
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        let entries = fs::read_dir(self.path(directory)).map_err(io)?;
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.map_err(io)?;
            Ok(Entry {
                name: entry.file_name().as_bytes().to_vec(),
                node: self.node(entry.path()),
                file_type: None,
            })
        };
        entries.map(entry).collect()
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        let target = fs::read_link(self.path(node)).map_err(io)?;
        Ok(target.as_os_str().as_bytes().to_vec())
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        let file = fs::File::open(self.path(node)).map_err(io)?;
        let mut bytes = vec![0; length as usize];
        let mut done = 0;
        while done < bytes.len() {
            match file
                .read_at(&mut bytes[done..], offset + done as u64)
                .map_err(io)?
            {
                0 => break,
                count => done += count,
            }
        }
        bytes.truncate(done);
        Ok(bytes)
    }
}

#[test]
fn programs_of_this_machine_are_in_no_trouble() {
    let tree = Machine::default();
    let mut checked = 0;
    for path in [
        "/bin/busybox",
        "/bin/sh",
        "/usr/bin/env",
        "/usr/bin/ldd",
        "/usr/bin/python3",
    ] {
        if PathBuf::from(path).exists() {
            let program = program(&tree, path.as_bytes(), None, &Limits::default()).unwrap();
            assert_eq!(program.trouble, None, "{path}");
            assert!(program.static_ || program.loader.is_some(), "{path}");
            checked += 1;
        }
    }
    if checked == 0 {
        skip(
            "machine",
            "this machine has none of the programs that are looked for",
        );
    }
}

#[test]
fn every_program_in_bin_finds_its_libraries() {
    let tree = Machine::default();
    let Ok(folder) = fs::read_dir("/usr/bin") else {
        return skip("machine", "this machine has no /usr/bin");
    };
    let mut troubles = Vec::new();
    let mut checked = 0;
    for entry in folder.take(400) {
        let path = entry.unwrap().path();
        let name = path.as_os_str().as_bytes();
        let program = program(&tree, name, None, &Limits::default()).unwrap();
        checked += usize::from(program.elf.is_some() && !program.libraries.is_empty());
        troubles.extend(program.trouble.map(|trouble| trouble.to_string()));
    }
    // A link to what is not installed is an answer too; libraries are what is asked here.
    troubles.retain(|trouble| trouble.contains(" needs "));
    assert!(troubles.is_empty(), "{troubles:#?}");
    if checked == 0 {
        skip("machine", "no program of this machine needs libraries");
    }
}

#[test]
fn the_system_of_this_machine_is_read() {
    let tree = Machine::default();
    let system = system(&tree, None, &Limits::default());
    assert!(system.os_release.is_ok() && system.places.is_ok());
    assert!(system.machine.is_ok());
}
