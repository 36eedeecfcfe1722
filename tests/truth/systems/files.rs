//! The files of a case: `make.sh` makes them once in a cache; a change is made to a copy.

use super::cases::{Archived, Case, Edit};
use crate::forge::cpio;
use crate::support;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Where `make.sh` puts the root partition of a partitioned disk.
const PARTITION_OFFSET: u64 = 17 << 20;

/// What one case is booted with. The copies are removed with it.
pub struct Files {
    pub kernel: PathBuf,
    pub archive: Option<PathBuf>,
    pub disk: Option<PathBuf>,
    _copies: tempfile::TempDir,
}

/// The folder in which roots, archives and disks are kept between runs.
pub fn cache() -> PathBuf {
    let folder = std::env::var_os("KELPIE_CHECK_SYSTEMS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("systems"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns a file of the cache, made if it is missing, or why it cannot be made.
fn made(name: &str) -> Result<PathBuf, String> {
    /// Two recipes may need the same root.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let path = cache().join(name);
    let _guard = ONE_AT_A_TIME.lock();
    if path.exists() {
        return Ok(path);
    }
    let script = support::repository("tests/truth/systems/make.sh");
    let output = Command::new("bash")
        .arg(script)
        .arg(cache())
        .arg(name)
        .output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(path);
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = told.lines().rev().take(3).collect();
    Err(format!("make.sh cannot make {name}: {}", last.join(" | ")))
}

impl Files {
    pub fn of(case: &Case) -> Result<Self, String> {
        let copies = tempfile::tempdir_in(cache()).map_err(|error| error.to_string())?;
        let kernel = made(&format!("{}.vmlinuz", case.kernel))?;
        let archive = match &case.archive {
            Some(name) => Some(made(&format!("{name}.archive"))?),
            None => None,
        };
        let release = || release(&case.kernel);
        let archive = archive.map(|whole| archived(&whole, case, &release, copies.path()));
        let mut disk = match &case.disk {
            Some(name) => Some(made(&format!("{name}.disk"))?),
            None => None,
        };
        if let (Some(whole), false) = (&disk, case.edits.is_empty()) {
            let copy = copies.path().join("disk");
            copy_sparse(whole, &copy);
            let name = case.disk.as_deref().unwrap_or_default();
            let offset = if name.ends_with("-gpt") {
                PARTITION_OFFSET
            } else {
                0
            };
            edit(&copy, offset, &case.edits, copies.path());
            disk = Some(copy);
        }
        Ok(Self {
            kernel,
            archive,
            disk,
            _copies: copies,
        })
    }
}

fn copy_sparse(from: &Path, to: &Path) {
    let mut cp = Command::new("cp");
    cp.args(["--reflink=auto", "--sparse=always"])
        .arg(from)
        .arg(to);
    assert!(cp.status().unwrap().success());
}

/// The release of a suite's kernel, by the folder of its modules.
fn release(suite: &str) -> String {
    let modules = cache().join(format!("{suite}.root/usr/lib/modules"));
    let entry = fs::read_dir(modules).unwrap().next().unwrap().unwrap();
    entry.file_name().into_string().unwrap()
}

/// An archive after its change.
fn archived(whole: &Path, case: &Case, release: &dyn Fn() -> String, folder: &Path) -> PathBuf {
    let bytes = match &case.archived {
        Archived::Whole => return whole.to_owned(),
        Archived::Cut(percent) => {
            let mut bytes = fs::read(whole).unwrap();
            bytes.truncate(bytes.len() * percent / 100);
            bytes
        }
        Archived::With(files) => {
            let mut bytes = fs::read(whole).unwrap();
            bytes.resize(bytes.len().next_multiple_of(512), 0);
            let mut entries = Vec::new();
            for (path, text, mode) in files {
                let path = path.replace("RELEASE", &release());
                let mut entry = cpio::Entry::file(&path, text.as_bytes());
                entry.mode = 0o100_000 | mode;
                entries.push(entry);
            }
            bytes.extend(cpio::archive(&entries));
            bytes
        }
    };
    let path = folder.join("archive");
    fs::write(&path, bytes).unwrap();
    path
}

/// Changes files of an ext4 without mounting it.
fn edit(disk: &Path, offset: u64, edits: &[Edit], folder: &Path) {
    let image = format!("{}?offset={offset}", disk.display());
    let debugfs = |request: &str| {
        let mut command = Command::new("debugfs");
        let output = command
            .args(["-w", "-R", request, &image])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        // The first line is the version.
        told.lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    let sure = |request: &str| {
        let told = debugfs(request);
        assert!(told.is_empty(), "debugfs {request}: {told}");
    };
    let scratch = folder.join("scratch");
    let write = |path: &str, mode: u32| {
        debugfs(&format!("rm {path}"));
        // `write` takes the name of a file in the current folder.
        let (parent, name) = path.rsplit_once('/').unwrap();
        let requests = folder.join("requests");
        let text = format!("cd {parent}/\nwrite {} {name}\n", scratch.display());
        fs::write(&requests, text).unwrap();
        let mut command = Command::new("debugfs");
        command.arg("-w").arg("-f").arg(&requests).arg(&image);
        assert!(command.output().unwrap().status.success());
        sure(&format!(
            "set_inode_field {path} mode 0{:o}",
            0o100_000 | mode
        ));
    };
    for edit in edits {
        match edit {
            Edit::Remove(path) => sure(&format!("rm {path}")),
            Edit::Link(path, target) => {
                debugfs(&format!("rm {path}"));
                sure(&format!("symlink {path} {target}"));
            }
            Edit::Write(path, text, mode) => {
                fs::write(&scratch, text).unwrap();
                write(path, *mode);
            }
            Edit::Patch(path, at, byte) => {
                sure(&format!("dump {path} {}", scratch.display()));
                let mut bytes = fs::read(&scratch).unwrap();
                bytes[*at] = *byte;
                fs::write(&scratch, bytes).unwrap();
                write(path, 0o755);
            }
            Edit::Mode(path, mode) => {
                sure(&format!("set_inode_field {path} mode 0{mode:o}"));
            }
        }
    }
}
