//! What holds a root file system: images in their formats, partitions, folders.

mod folder;
mod handle;
mod hostile;
mod identify;
mod partition;
mod qcow2;
#[path = "../support/mod.rs"]
mod support;

use kelpie_check::limits::Limits;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use std::path::Path;
use std::process::Command;

/// The root file system in these bytes, within the default limits.
fn rootfs(bytes: Vec<u8>) -> RootFs {
    RootFs::from_source(Source::from_bytes(bytes), &Limits::default())
}

/// The root file system in that file.
fn open(path: &Path) -> RootFs {
    RootFs::open(path, &Limits::default()).unwrap()
}

/// Runs a tool of the group `what`; `false` where it is not installed.
fn run(what: &str, arguments: &[&str]) -> bool {
    let Some(program) = support::program(arguments[0], what).or_else(|| {
        let path = Path::new("/usr/sbin").join(arguments[0]);
        path.is_file().then_some(path)
    }) else {
        return false;
    };
    let output = Command::new(program)
        .args(&arguments[1..])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}

/// Bytes that say little and repeat nowhere.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

/// The beginning of an ext4 file system, as far as it is recognised.
fn ext() -> Vec<u8> {
    let mut bytes = vec![0; 0x11000];
    put(&mut bytes, 0x438, &[0x53, 0xef]);
    put(&mut bytes, 0x418, &2_u32.to_le_bytes());
    bytes
}
