//! The files of the cases, each made once and shared.

use super::choose::Case;
use super::forge::ext4::Ext4;
use super::space::{Part, What};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// What a case is booted with.
#[derive(Default)]
pub struct Files {
    pub kernel: Option<PathBuf>,
    pub initramfs: Option<PathBuf>,
    pub root: Option<PathBuf>,
}

/// A file that is there once, or none.
type Cell = Arc<OnceLock<Option<PathBuf>>>;

/// The files, by what they are made of.
pub struct Store {
    folder: PathBuf,
    /// Where the files go with the store.
    _temporary: Option<tempfile::TempDir>,
    made: Mutex<HashMap<String, Cell>>,
}

impl Store {
    pub fn new() -> Self {
        let (folder, temporary) = match std::env::var_os("KELPIE_CHECK_TRUTH_LOGS") {
            // What a log says how to boot can be booted by hand.
            Some(logs) => {
                let folder = tempfile::tempdir_in(logs).unwrap().keep();
                (folder, None)
            }
            None => {
                let folder = tempfile::tempdir().unwrap();
                (folder.path().to_owned(), Some(folder))
            }
        };
        Self {
            folder,
            _temporary: temporary,
            made: Mutex::new(HashMap::new()),
        }
    }

    pub fn files(&self, case: &Case) -> Files {
        let mut files = Files::default();
        let space = &case.space.name;
        let mut tree: Option<(&str, Ext4)> = None;
        for (_, value) in case.values() {
            if let What::Tree(make) = &value.what {
                tree = Some((&value.name, make(Ext4::new())));
            }
        }
        for (dimension, value) in case.values() {
            let name = format!("{space} {dimension} {}", value.name);
            match &value.what {
                What::Kernel(make) => files.kernel = self.file(name, || Some(make())),
                What::Archive(make) => files.initramfs = self.file(name, || make()),
                What::Disk(make) => {
                    let (of, tree) = tree.clone().unwrap_or(("", Ext4::new()));
                    files.root = self.file(format!("{name} of {of}"), || make(tree));
                }
                What::Tree(_) | What::Words(_) | What::Options(_) => {}
            }
        }
        files
    }

    fn file(&self, name: String, make: impl FnOnce() -> Option<Part>) -> Option<PathBuf> {
        let cell = {
            let mut made = self.made.lock().unwrap();
            let number = made.len();
            let cell = made.entry(name).or_default();
            (Arc::clone(cell), number)
        };
        let (cell, number) = cell;
        let path = self.folder.join(number.to_string());
        cell.get_or_init(|| match make()? {
            Part::File(path) => Some(path),
            Part::Made(bytes) => Some(write_sparse(&path, &bytes)),
        })
        .clone()
    }
}

/// Blocks of zeros stay holes.
fn write_sparse(path: &Path, bytes: &[u8]) -> PathBuf {
    use std::os::unix::fs::FileExt;
    const BLOCK: usize = 4096;
    let file = std::fs::File::create_new(path).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        if block.iter().any(|byte| *byte != 0) {
            file.write_all_at(block, (number * BLOCK) as u64).unwrap();
        }
    }
    path.to_owned()
}
