//! Initramfs archives: one segment or several, in any codec, with entries that lie here and there.

use super::Choices;
use super::files::{Files, What, files};
use super::forge::cpio::{Entry, archive, trailer};
use super::forge::samples::compressed;

pub fn bytes(mut choices: Choices<'_>, is_arm64: bool) -> Vec<u8> {
    let files = files(&mut choices.lane(40), is_arm64, "/init");
    let mut entries = entries(&files);
    for _ in 0..choices.few(2) {
        lie(&mut choices, &mut entries);
    }
    let plain = archive(&entries);
    let mut out = Vec::new();
    if choices.rarely() {
        let microcode = [
            Entry::directory("kernel"),
            Entry::directory("kernel/x86"),
            Entry::directory("kernel/x86/microcode"),
            Entry::file("kernel/x86/microcode/GenuineIntel.bin", b"microcode"),
        ];
        out = archive(&microcode);
        out.resize(out.len().next_multiple_of(choices.one_of(&[512, 4])), 0);
    }
    out.extend(match choices.often() {
        true => choices.one_of(&compressed(&plain)).1,
        false => plain,
    });
    if choices.rarely() {
        out.extend(choices.one_of(&[&b"\0\0\0"[..], b"garbage", b"070701", b"\x1f\x8b\x08"]));
        out.extend(trailer());
    }
    if choices.rarely() {
        out.truncate(choices.below(out.len() + 1));
    }
    for _ in 0..choices.few(2) {
        let (at, byte) = (choices.below(out.len()), choices.byte());
        if let Some(place) = out.get_mut(at) {
            *place = byte;
        }
    }
    out
}

/// The files, behind the directories that they are in.
fn entries(files: &Files) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (path, what) in files {
        let path = &path[1..];
        for (slash, _) in path.match_indices('/') {
            let above = &path[..slash];
            if !entries.iter().any(|entry| entry.name == above.as_bytes()) {
                entries.push(Entry::directory(above));
            }
        }
        entries.push(match what {
            What::File(mode, content) => Entry {
                mode: 0o100_000 | u32::from(*mode),
                ..Entry::file(path, content)
            },
            What::Directory => Entry::directory(path),
            What::Link(target) => Entry::link(path, target),
            What::Device(major, minor) => Entry::device(path, 0o020_600, (*major, *minor)),
        });
    }
    entries
}

/// One field of one entry is another.
fn lie(choices: &mut Choices<'_>, entries: &mut [Entry]) {
    let at = choices.below(entries.len());
    let (field, value) = (choices.byte(), choices.byte());
    let Some(entry) = entries.get_mut(at) else {
        return;
    };
    match field % 8 {
        0 => entry.filesize = Some(value.into()),
        1 => entry.filesize = Some(u32::MAX - u32::from(value)),
        2 => entry.namesize = Some(value.into()),
        3 => (entry.ino, entry.nlink) = (7, 2),
        4 => entry.mode = u32::from(value) << 8,
        5 => entry.end_of_name = value,
        6 => entry.magic = *b"070702",
        _ => entry.name.insert(0, b'/'),
    }
}
