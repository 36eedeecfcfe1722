//! Alpine's own, and what the machine's tools make.

use super::support::{corpus_files, program};
use super::{content, initramfs, message, paths};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::limits::Limits;
use kelpie_check::tree::{self, FileType, Tree};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the kernel has before it unpacks anything.
const BUILT_IN: [&str; 3] = ["/dev", "/dev/console", "/root"];

/// Runs a shell command with `input`, and gives what it prints.
fn shell(command: &str, input: &[u8], folder: &Path) -> Vec<u8> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{command}");
    output.stdout
}

#[test]
fn alpines_initramfs_is_read_whole() {
    if program("cpio", "cpio").is_none() {
        return;
    }
    for file in corpus_files(|name| name.starts_with("initramfs-")) {
        let bytes = std::fs::read(&file).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listing = shell("gzip -dc | cpio -t", &bytes, folder.path());
        let listed: Vec<String> = String::from_utf8(listing)
            .unwrap()
            .lines()
            .filter(|line| *line != ".")
            .map(|line| format!("/{}", line.trim_start_matches("./")))
            .collect();
        let opened = Initramfs::open(&file, &Limits::default()).unwrap();
        let archive = opened.archive().unwrap();
        assert!(archive.problems.is_empty());
        assert_eq!(archive.lost_entries, 0);
        let mut expected = listed.clone();
        expected.extend(BUILT_IN.map(str::to_owned));
        expected.sort();
        expected.dedup();
        assert_eq!(paths(archive), expected);
        shell("gzip -dc | cpio -id", &bytes, folder.path());
        for path in listed {
            let on_disk = folder.path().join(&path[1..]);
            let found = tree::resolve_no_follow(archive, path.as_bytes())
                .unwrap()
                .unwrap();
            match found.stat.file_type {
                FileType::Regular => {
                    let read = archive.read(found.node, 0, u64::MAX).unwrap();
                    assert!(read == std::fs::read(&on_disk).unwrap(), "{path}");
                }
                FileType::Symlink => assert_eq!(
                    archive.read_link(found.node).unwrap(),
                    std::fs::read_link(&on_disk)
                        .unwrap()
                        .as_os_str()
                        .as_encoded_bytes(),
                    "{path}"
                ),
                _ => {}
            }
        }
    }
}

#[test]
fn what_cpio_writes_is_read_in_every_codec_and_format() {
    if program("cpio", "cpio").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("tree");
    std::fs::create_dir_all(inside.join("usr/bin")).unwrap();
    let mut files = BTreeMap::new();
    let mut numbers = super::forge::Numbers(7);
    for (name, length) in [("init", 10), ("usr/bin/tool", 300_000), ("empty", 0)] {
        let bytes: Vec<u8> = (0..length)
            .map(|at| u8::try_from(if at % 3 == 0 { numbers.below(256) } else { 7 }).unwrap())
            .collect();
        std::fs::write(inside.join(name), &bytes).unwrap();
        files.insert(format!("/{name}"), bytes);
    }
    std::fs::hard_link(inside.join("usr/bin/tool"), inside.join("usr/bin/twin")).unwrap();
    files.insert("/usr/bin/twin".to_owned(), files["/usr/bin/tool"].clone());
    #[cfg(unix)]
    std::os::unix::fs::symlink("usr/bin", inside.join("bin")).unwrap();
    for format in ["newc", "crc"] {
        let plain = shell(&format!("find . | cpio -o -H {format}"), b"", &inside);
        for (tool, command) in [
            ("cat", "cat"),
            ("gzip", "gzip -9"),
            ("bzip2", "bzip2"),
            ("xz", "xz --check=crc32"),
            ("xz", "xz --format=lzma"),
            ("lzop", "lzop"),
            ("lz4", "lz4 -l"),
            ("zstd", "zstd -19"),
        ] {
            if program(tool, tool).is_none() {
                continue;
            }
            let packed = shell(command, &plain, folder.path());
            let opened = initramfs(packed);
            let archive = opened.archive().unwrap();
            assert_eq!(message(archive), None, "{format} {command}");
            assert!(archive.problems.is_empty(), "{format} {command}");
            for (path, bytes) in &files {
                assert!(
                    content(archive, path).as_ref() == Some(bytes),
                    "{path} {format} {command}"
                );
            }
            let tool = tree::resolve(archive, b"/bin/twin").unwrap().unwrap();
            assert_eq!(tool.stat.links, 2);
            assert_eq!(tool.path, b"/usr/bin/twin");
            assert_eq!(archive.segments.len(), 1);
        }
    }
}
