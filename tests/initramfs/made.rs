//! Archives built field by field: what the kernel takes, and the words with which it refuses.

use super::forge::cpio::{Entry, archive, entries, trailer};
use super::forge::{gzip, zstd};
use super::{content, initramfs, message, paths};
use kelpie_check::error::Kind;
use kelpie_check::tree::{FileType, Tree, resolve};

fn hello() -> Vec<Entry> {
    vec![
        Entry::directory("bin"),
        Entry::file("bin/hello", b"hello, world"),
        Entry::link("init", "bin/hello"),
    ]
}

/// One of the names of a file that has several.
fn one_of(nlink: u32, name: &str, content: &[u8]) -> Entry {
    Entry {
        nlink,
        ino: 7,
        ..Entry::file(name, content)
    }
}

#[test]
fn a_plain_archive_is_unpacked() {
    let opened = initramfs(archive(&hello()));
    let unpacked = opened.archive().unwrap();
    assert_eq!(
        paths(unpacked),
        [
            "/bin",
            "/bin/hello",
            "/dev",
            "/dev/console",
            "/init",
            "/root"
        ]
    );
    assert_eq!(content(unpacked, "/init").unwrap(), b"hello, world");
    assert_eq!(unpacked.entries, 3);
    assert_eq!(unpacked.unpacked_bytes, 12);
    assert!(unpacked.problems.is_empty());
    assert!(unpacked.segments[0].has_trailer);
}

#[test]
fn segments_follow_one_another_and_later_files_win() {
    let mut bytes = archive(&[
        Entry::directory("kernel"),
        Entry::directory("kernel/x86"),
        Entry::directory("kernel/x86/microcode"),
        Entry::file("kernel/x86/microcode/GenuineIntel.bin", b"microcode"),
    ]);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    let second = bytes.len();
    bytes.extend(gzip(&archive(&hello())));
    bytes.extend([0; 7]);
    bytes.extend(zstd(&archive(&[Entry::file("bin/hello", b"new")])));
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(archive(&[Entry::file("last", b"!")]));
    let opened = initramfs(bytes);
    let unpacked = opened.archive().unwrap();
    assert!(unpacked.problems.is_empty());
    let names: Vec<_> = unpacked
        .segments
        .iter()
        .map(|segment| segment.codec.map(|codec| codec.name))
        .collect();
    assert_eq!(names, [None, Some("gzip"), Some("zstd"), None]);
    assert_eq!(unpacked.segments[1].offset, second as u64);
    assert!(unpacked.segments[0].early);
    assert!(!unpacked.segments[1].early);
    assert_eq!(content(unpacked, "/bin/hello").unwrap(), b"new");
    assert_eq!(content(unpacked, "/last").unwrap(), b"!");
}

#[test]
fn early_data_behind_a_compressed_segment_comes_too_late() {
    let microcode = [
        Entry::directory("kernel"),
        Entry::directory("kernel/x86"),
        Entry::directory("kernel/x86/microcode"),
        Entry::file("kernel/x86/microcode/AuthenticAMD.bin", b"microcode"),
    ];
    let mut late = gzip(&archive(&hello()));
    late.resize(late.len().next_multiple_of(4), 0);
    late.extend(archive(&microcode));
    let opened = initramfs(late);
    let unpacked = opened.archive().unwrap();
    assert!(unpacked.segments[1].has_early_data);
    assert!(!unpacked.segments[1].early);
    let opened = initramfs(gzip(&archive(&microcode)));
    let unpacked = opened.archive().unwrap();
    assert!(unpacked.segments[0].has_early_data && !unpacked.segments[0].early);
}

#[test]
fn names_of_one_file_share_its_content() {
    let named = |name: &str, content: &[u8]| one_of(3, name, content);
    let opened = initramfs(archive(&[
        named("a", b""),
        named("b", b""),
        named("c", b"content"),
        Entry::file("alone", b"x"),
    ]));
    let unpacked = opened.archive().unwrap();
    for path in ["/a", "/b", "/c"] {
        assert_eq!(content(unpacked, path).unwrap(), b"content", "{path}");
    }
    // Behind a trailer the same inode number is another file.
    let mut bytes = archive(&[named("a", b"1")]);
    bytes.extend(archive(&[named("b", b"2")]));
    let opened = initramfs(bytes);
    let unpacked = opened.archive().unwrap();
    assert_eq!(content(unpacked, "/a").unwrap(), b"1");
    assert_eq!(content(unpacked, "/b").unwrap(), b"2");
}

#[test]
fn a_first_name_that_cannot_be_made_takes_the_others_with_it() {
    let named = |name: &str, content: &[u8]| one_of(2, name, content);
    for first in ["missing/a", "a/"] {
        for (one, other) in [(&b""[..], &b"x"[..]), (b"x", b"")] {
            let opened = initramfs(archive(&[named(first, one), named("init", other)]));
            let unpacked = opened.archive().unwrap();
            assert_eq!(content(unpacked, "/init"), None, "{first}");
            assert_eq!(unpacked.lost.len(), 2);
        }
    }
    let device = |name: &str| Entry {
        nlink: 2,
        ino: 7,
        ..Entry::device(name, 0o020_600, (5, 1))
    };
    let opened = initramfs(archive(&[device("missing/a"), device("b")]));
    let unpacked = opened.archive().unwrap();
    assert!(resolve(unpacked, b"/b").unwrap().is_err());
}

#[test]
fn a_further_name_of_what_a_link_replaced_is_written_where_that_leads() {
    let named = |name: &str, content: &[u8]| one_of(2, name, content);
    let first = Entry::directory("sbin");
    for (target, there) in [
        ("sbin/new", None),
        (
            "/sbin/old",
            Some(Entry::file("sbin/old", b"older and longer")),
        ),
        ("hop", Some(Entry::link("hop", "sbin/old"))),
    ] {
        let mut entries = vec![first.clone(), named("a", b"")];
        entries.extend(there);
        entries.push(Entry::link("a", target));
        entries.push(named("init", b"program"));
        let opened = initramfs(archive(&entries));
        let unpacked = opened.archive().unwrap();
        assert_eq!(content(unpacked, "/init").unwrap(), b"program", "{target}");
        assert_eq!(content(unpacked, "/a").unwrap(), b"program", "{target}");
        assert_eq!(unpacked.lost_entries, 0, "{target}");
        let init = unpacked.lookup(unpacked.root(), b"init").unwrap().unwrap();
        assert_eq!(unpacked.stat(init).unwrap().file_type, FileType::Symlink);
    }
    // A link that goes nowhere, in a circle, or to a folder is not written to.
    for target in ["missing/new", "init", "sbin", "sbin/", "b/"] {
        let entries = [
            first.clone(),
            named("a", b""),
            Entry::link("a", target),
            named("init", b"program"),
        ];
        let opened = initramfs(archive(&entries));
        let unpacked = opened.archive().unwrap();
        assert_eq!(unpacked.lost_entries, 1, "{target}");
        let found = resolve(unpacked, b"/init").unwrap();
        let is_file = found.is_ok_and(|found| found.stat.file_type == FileType::Regular);
        assert!(!is_file, "{target}");
    }
}

#[test]
fn an_extra_field_and_a_comment_of_gzip_are_none_to_the_kernel() {
    let mut whole = gzip(&archive(&hello()));
    whole[3] = 0x10;
    whole.splice(10..10, *b"comment\0");
    let opened = initramfs(whole);
    let problem = &opened.archive().unwrap().problems[0];
    assert_eq!(problem.error.field(), "gzip FLG");
    assert_eq!(problem.kernel_message, Some("uncompression error"));
}

#[test]
fn a_file_before_its_directory_is_lost() {
    let opened = initramfs(archive(&[
        Entry::file("lib/early", b"1"),
        Entry::directory("lib"),
        Entry::file("lib/late", b"2"),
        Entry::file("lib/late/below", b"3"),
    ]));
    let unpacked = opened.archive().unwrap();
    assert_eq!(content(unpacked, "/lib/early"), None);
    assert_eq!(content(unpacked, "/lib/late").unwrap(), b"2");
    assert_eq!(unpacked.lost_entries, 2);
    assert_eq!(unpacked.lost[0].path, b"lib/early");
    assert_eq!(unpacked.lost[0].errno.number(), 2);
    assert_eq!(unpacked.lost[1].errno.number(), 20);
    assert!(unpacked.problems.is_empty(), "the kernel says nothing");
}

#[test]
fn paths_go_through_links_as_they_do_in_the_kernel() {
    let opened = initramfs(archive(&[
        Entry::directory("usr"),
        Entry::directory("usr/lib"),
        Entry::link("lib", "usr/lib"),
        Entry::file("lib/a", b"through"),
        Entry::directory("./usr/../usr/bin/"),
        Entry::link("usr/lib", "full, so it stays"),
        Entry::directory("lib"),
        Entry::file("lib/b", b"beside"),
    ]));
    let unpacked = opened.archive().unwrap();
    assert_eq!(content(unpacked, "/usr/lib/a").unwrap(), b"through");
    // The link gave way to a directory.
    assert_eq!(content(unpacked, "/lib/b").unwrap(), b"beside");
    assert_eq!(content(unpacked, "/usr/lib/b"), None);
    assert!(paths(unpacked).contains(&"/usr/bin".to_owned()));
    assert_eq!(unpacked.lost_entries, 1);
}

#[test]
fn what_the_kernel_refuses_it_refuses_in_its_words() {
    let whole = archive(&hello());
    let tail = |bytes: Vec<u8>| [archive(&hello()), bytes].concat();
    let damaged = |at: usize, with: u8| {
        let mut bytes = whole.clone();
        bytes[at] = with;
        bytes
    };
    let odc = [b"070707".to_vec(), vec![b'0'; 200]].concat();
    let mut summed = archive(&[Entry::file("a", b"abc").summed(), Entry::file("b", b"")]);
    let digit = summed.iter().position(|byte| *byte == b'a').unwrap();
    summed[digit + 2] ^= 1;
    let unended = Entry {
        end_of_name: b'x',
        ..Entry::file("abc", b"")
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "another cpio",
            tail(odc.clone()),
            "incorrect cpio method used: use -H newc option",
        ),
        ("magic", damaged(4, b'9'), "no cpio magic"),
        ("magic in gzip", gzip(&damaged(4, b'9')), "no cpio magic"),
        ("digits", damaged(20, b'x'), "damaged header"),
        ("a sign", damaged(14, b'+'), "damaged header"),
        ("checksum", summed, "bad data checksum"),
        ("name", archive(&[unended]), "malformed archive"),
        (
            "junk behind",
            tail(b"junk".to_vec()),
            "invalid magic at start of compressed archive",
        ),
        ("padding", tail(vec![0, 0, 1]), "broken padding"),
        (
            "padding in gzip",
            gzip(&tail(vec![0, 0, b'0', b'7'])),
            "broken padding",
        ),
        (
            "junk in gzip",
            gzip(&tail(b"junk".to_vec())),
            "junk within compressed archive",
        ),
        (
            "cut in gzip",
            gzip(&whole[..whole.len() - 300]),
            "junk at the end of compressed archive",
        ),
        (
            "nothing in gzip",
            gzip(b""),
            "junk at the end of compressed archive",
        ),
        (
            "an archive in two members",
            [gzip(&whole[..150]), gzip(&whole[150..])].concat(),
            "junk at the end of compressed archive",
        ),
        (
            "gzip that is cut",
            gzip(&whole)[..80].to_vec(),
            "read error",
        ),
        (
            "zstd that is cut",
            zstd(&whole)[..80].to_vec(),
            "ZSTD-compressed data is truncated",
        ),
        (
            "a gzip header",
            b"\x1f\x8b\x07\0\0\0\0\0\0\0\0\0".to_vec(),
            "Not a gzip file",
        ),
        (
            "plain at an odd place",
            [
                gzip(&whole),
                vec![0; 4 - gzip(&whole).len() % 4 + 1],
                whole.clone(),
            ]
            .concat(),
            "invalid magic at start of compressed archive",
        ),
    ];
    for (name, bytes, words) in cases {
        let opened = initramfs(bytes);
        let unpacked = opened
            .archive()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(message(unpacked), Some(words), "{name}");
        let problem = unpacked.problems.last().unwrap();
        assert!(problem.fatal_to_rest, "{name}");
        assert_eq!(unpacked.problems.len(), 1, "{name}");
    }
}

#[test]
fn what_was_unpacked_before_a_failure_stays() {
    let mut bytes = entries(&hello());
    bytes.extend(Entry::file("big", &[7; 4000]).bytes());
    for packed in [
        gzip(&bytes[..bytes.len() - 2000]),
        bytes[..bytes.len() - 2000].to_vec(),
    ] {
        let opened = initramfs(packed);
        let unpacked = opened.archive().unwrap();
        assert_eq!(content(unpacked, "/init").unwrap(), b"hello, world");
        let big = content(unpacked, "/big").unwrap();
        assert_eq!(big.len(), 4000);
        assert_eq!(big[..2000], [7; 2000]);
        assert_eq!(big[2000..], [0; 2000], "what did not come reads as zeros");
    }
}

#[test]
fn a_plain_archive_that_is_cut_off_is_noticed_here_alone() {
    let bytes = archive(&hello());
    for end in [1, 60, 111, 115, 240, 250] {
        let opened = initramfs(bytes[..end].to_vec());
        let unpacked = opened.archive().unwrap();
        assert_eq!(message(unpacked), None, "{end}");
        let error = &unpacked.problems[0].error;
        assert_eq!(error.kind(), Kind::Truncated, "{end}: {error}");
    }
    // Without a trailer it is whole all the same.
    let opened = initramfs(entries(&hello()));
    let unpacked = opened.archive().unwrap();
    assert!(unpacked.problems.is_empty());
    assert!(!unpacked.segments[0].has_trailer);
}

#[test]
fn a_wrong_gzip_checksum_is_noticed_here_alone() {
    let mut bytes = gzip(&archive(&hello()));
    let at = bytes.len() - 6;
    bytes[at] ^= 1;
    bytes.extend(gzip(&archive(&[Entry::file("more", b"m")])));
    let opened = initramfs(bytes);
    let unpacked = opened.archive().unwrap();
    assert_eq!(message(unpacked), None);
    assert_eq!(unpacked.problems.len(), 1);
    assert_eq!(unpacked.problems[0].error.kind(), Kind::Corrupt);
    assert!(!unpacked.problems[0].fatal_to_rest);
    assert_eq!(content(unpacked, "/more").unwrap(), b"m");
}

#[test]
fn a_stream_is_read_to_its_end_behind_what_the_kernel_stumbles_on() {
    let mut inside = entries(&hello());
    inside.extend([0x5a; 200]);
    let whole = gzip(&inside);
    let words = Some("junk within compressed archive");
    let opened = initramfs(whole.clone());
    let unpacked = opened.archive().unwrap();
    assert_eq!(message(unpacked), words);
    assert_eq!(unpacked.problems.len(), 1);
    assert!(!unpacked.problems[0].taints_content);
    let mut damaged = whole;
    let at = damaged.len() - 8;
    damaged[at] ^= 1;
    let opened = initramfs(damaged);
    let unpacked = opened.archive().unwrap();
    assert_eq!(message(unpacked), words, "the kernel says one thing");
    let [stream, junk] = unpacked.problems.as_slice() else {
        panic!("{:?}", unpacked.problems);
    };
    assert!(stream.taints_content && !stream.fatal_to_rest);
    assert!(junk.fatal_to_rest && !junk.taints_content);
}

#[test]
fn entries_that_the_kernel_passes_over_are_passed_over() {
    let long = "n/".repeat(2100);
    let opened = initramfs(archive(&[
        Entry::file(&long, b"too long a name"),
        Entry {
            content: vec![b'x'; 4097],
            ..Entry::link("long-target", "")
        },
        Entry {
            content: b"content".to_vec(),
            ..Entry::directory("full")
        },
        Entry {
            namesize: Some(0),
            name: Vec::new(),
            ..Entry::file("", b"")
        },
        Entry::file("after", b"1"),
    ]));
    let unpacked = opened.archive().unwrap();
    assert_eq!(message(unpacked), None);
    assert_eq!(content(unpacked, "/after").unwrap(), b"1");
    assert_eq!(paths(unpacked).len(), 4);
    assert_eq!(unpacked.lost_entries, 4);
}

#[test]
fn sizes_of_four_gigabytes_cost_nothing() {
    for entry in [
        Entry {
            filesize: Some(u32::MAX),
            ..Entry::file("big", b"abc")
        },
        Entry {
            namesize: Some(u32::MAX),
            ..Entry::file("named", b"abc")
        },
        Entry {
            filesize: Some(u32::MAX),
            ..Entry::link("link", "abc")
        },
    ] {
        let opened = initramfs(entries(&[Entry::file("a", b"1"), entry.clone()]));
        let unpacked = opened.archive().unwrap();
        assert_eq!(content(unpacked, "/a").unwrap(), b"1");
        assert_eq!(unpacked.problems.len(), 1);
        let opened = initramfs(gzip(&entries(&[Entry::file("a", b"1"), entry])));
        let unpacked = opened.archive().unwrap();
        assert_eq!(
            message(unpacked),
            Some("junk at the end of compressed archive")
        );
    }
}

#[test]
fn what_is_no_initramfs_is_named() {
    let lz4 = b"\x04\x22\x4d\x18\x64\x40\xa7".to_vec();
    for (bytes, what) in [
        (Vec::new(), "an empty file"),
        (vec![0; 4096], "nothing but zeros"),
        (b"<!DOCTYPE html><html>".to_vec(), "an HTML page"),
        (b"\x7fELF\x02\x01\x01".to_vec(), "an ELF file"),
        (lz4, "lz4's frame format"),
        (vec![0xab; 64], "ab ab ab"),
    ] {
        let opened = initramfs(bytes);
        let error = opened.archive().err().unwrap();
        assert_eq!(error.kind(), Kind::Unrecognised);
        assert!(error.found().contains(what), "{error}");
    }
}

#[test]
fn a_trailer_alone_is_an_archive_of_nothing() {
    let opened = initramfs(trailer());
    let unpacked = opened.archive().unwrap();
    assert_eq!(unpacked.entries, 0);
    assert!(unpacked.problems.is_empty());
}
