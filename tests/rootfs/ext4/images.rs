//! File systems made by mke2fs while the tests run.

use crate::support;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A file system in a file, gone with its folder.
pub struct Image {
    pub folder: TempDir,
    pub path: PathBuf,
}

/// Bytes that do not repeat, the same for the same seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

/// Fills a folder with one of each kind of file that a reader may stumble over.
pub fn populate(root: &Path) {
    fs::write(root.join("empty"), b"").unwrap();
    fs::write(root.join("tiny"), b"twenty bytes, inline").unwrap();
    fs::write(root.join("little"), noise(1, 110)).unwrap();
    fs::write(root.join("small"), noise(2, 3000)).unwrap();
    fs::write(root.join("big"), noise(3, 300_001)).unwrap();
    fs::write(root.join("grüße-\u{4e2d}\u{6587}"), b"not ASCII").unwrap();
    let mut sparse = File::create(root.join("sparse")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(4_000_123)).unwrap();
    sparse.write_all(&noise(4, 5000)).unwrap();
    let mut holes = File::create(root.join("holes")).unwrap();
    for index in 0..300_u64 {
        holes.seek(SeekFrom::Start(index * 8192)).unwrap();
        holes.write_all(&noise(index, 900)).unwrap();
    }
    holes.set_len(300 * 8192 + 77).unwrap();
    symlink("tiny", root.join("fast-link")).unwrap();
    symlink("a".repeat(59), root.join("link-59")).unwrap();
    symlink("b".repeat(60), root.join("link-60")).unwrap();
    symlink(format!("/{}", "c/".repeat(120)), root.join("slow-link")).unwrap();
    let deep = root.join("usr/lib/deep/er");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("file"), b"deep").unwrap();
    fs::create_dir(root.join("empty-directory")).unwrap();
    let few = root.join("few");
    fs::create_dir(&few).unwrap();
    for index in 0..7 {
        fs::write(few.join(format!("entry-{index}")), b"").unwrap();
    }
    let many = root.join("many");
    fs::create_dir(&many).unwrap();
    for index in 0..330 {
        let name = format!("{index:04}-a-name-that-takes-room-in-a-directory");
        fs::write(many.join(name), b"").unwrap();
    }
    fs::hard_link(root.join("small"), root.join("few/hard-link")).unwrap();
    fs::set_permissions(root.join("tiny"), fs::Permissions::from_mode(0o4751)).unwrap();
}

/// Runs a program; what it prints, where it succeeds.
pub fn run(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .env("MKE2FS_SYNC", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Makes a file system of `mib` with `arguments` of mke2fs, filled by [`populate`].
pub fn make(arguments: &[&str], mib: u32) -> Option<Image> {
    let mke2fs = support::program("mke2fs", "tools")?;
    let folder = TempDir::new().unwrap();
    let files = folder.path().join("files");
    fs::create_dir(&files).unwrap();
    populate(&files);
    let path = folder.path().join("image");
    let size = format!("{mib}M");
    let mut all = vec!["-q", "-F", "-d", files.to_str().unwrap()];
    all.extend(arguments);
    all.extend([path.to_str().unwrap(), size.as_str()]);
    run(&mke2fs, &all).unwrap_or_else(|error| panic!("mke2fs {all:?}: {error}"));
    Some(Image { folder, path })
}

/// Gives the lines to `debugfs -w`.
pub fn debugfs(image: &Path, lines: &[String]) -> Option<String> {
    let debugfs = support::program("debugfs", "tools")?;
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, lines.join("\n") + "\n").unwrap();
    let arguments = [
        "-w",
        "-f",
        script.to_str().unwrap(),
        image.to_str().unwrap(),
    ];
    Some(run(&debugfs, &arguments).unwrap())
}
