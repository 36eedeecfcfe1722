//! Every limit: met by a file that needs one more than it allows, and not by the same file where it
//! allows just enough.

use super::forge::arm_zimage::ArmZimage;
use super::forge::arm64::Arm64;
use super::forge::cpio::{self, Entry};
use super::forge::elf::Elf;
use super::forge::ext4::Ext4;
use super::forge::{gzip, program, vmlinux_bin};
use super::kallsyms::{Kallsyms, symbols};
use super::{Folder, Run};
use kelpie_check::limits::Limits;

const RELEASE: &str = "6.1.0-forged";

/// One limit, and what meets it.
struct Case {
    limit: &'static str,
    folder: Folder,
    arguments: Vec<&'static str>,
    /// The least that is enough, where the file says so.
    enough: Option<u64>,
}

impl Case {
    fn new(limit: &'static str, arguments: &[&'static str], bytes: impl AsRef<[u8]>) -> Self {
        Self {
            limit,
            folder: Folder::new().with("file", bytes),
            arguments: arguments.to_vec(),
            enough: None,
        }
    }

    fn enough(mut self, enough: usize) -> Self {
        self.enough = Some(u64::try_from(enough).unwrap());
        self
    }

    fn at(&self, value: u64) -> Run {
        let limit = format!("{}={value}", self.limit);
        self.folder
            .run(&[&self.arguments[..], &["--limit", &limit]].concat())
    }

    fn meets(&self, value: u64) -> bool {
        let run = self.at(value);
        let said = run.stdout + &run.stderr;
        said.contains(&format!("limit {}", self.limit))
    }

    /// The least value that is not met, by halving.
    fn least(&self, most: u64) -> u64 {
        let (mut low, mut high) = (0, most);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.meets(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    fn check(&self) {
        let name = self.limit;
        let mut limits = Limits::default();
        assert!(limits.set(name, 0), "{name}");
        let most = 1 << 31;
        let none = self.at(0);
        assert!(self.meets(0), "{name}: {} {}", none.stdout, none.stderr);
        assert!(!self.meets(most), "{name}: 2 GiB are met");
        let least = self.least(most);
        if let Some(enough) = self.enough {
            assert_eq!(least, enough, "{name}");
        }
        let below = self.at(least - 1);
        let said = below.stdout + &below.stderr;
        let told: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("limit "))
            .collect();
        // What is left of the memory is less than all that is allowed.
        let allowed = match name {
            "memory_bytes" => "expected at most ".to_owned(),
            _ => format!("expected at most {}, found", least - 1),
        };
        assert!(
            told.iter().any(|line| line.contains(&allowed)),
            "{name}: {told:?}"
        );
        // With just enough, nothing is told differently.
        let just = self.at(least);
        let plain = self.folder.run(&self.arguments);
        assert!(
            just.stdout == plain.stdout,
            "{name}: {least} changes what is told"
        );
        assert_eq!(just.status, plain.status, "{name}");
    }
}

const KERNEL: [&str; 4] = ["kernel", "file", "--format", "json"];
const ROOT: [&str; 4] = ["rootfs", "file", "--format", "json"];
const ARCHIVE: [&str; 4] = ["initramfs", "file", "--format", "json"];

/// A root whose init needs `libraries` of its own.
fn root(libraries: usize) -> Ext4 {
    const NAMES: [&str; 4] = ["liba.so", "libb.so", "libc.so", "libd.so"];
    let needed = &NAMES[..libraries];
    let mut root = Ext4::new()
        .file(
            "/sbin/init",
            0o755,
            program::dynamic("/lib/ld-musl-x86_64.so.1", needed).build(),
        )
        .file(
            "/lib/ld-musl-x86_64.so.1",
            0o755,
            program::library("libc.musl", &[]).build(),
        )
        .directory("/dev", 0o755)
        .directory("/proc", 0o755);
    for name in needed {
        root = root.file(
            format!("/lib/{name}"),
            0o755,
            program::library(name, &[]).build(),
        );
    }
    root
}

/// Names of files that are in a directory beside `.` and `..`.
fn crowded(names: usize) -> Ext4 {
    (0..names).fold(root(0), |root, number| {
        root.file(format!("/lib/modules/x{number}"), 0o644, "")
    })
}

#[test]
fn limits_of_a_kernel_and_its_codecs() {
    let kernel = super::good();
    let packed = gzip(&kernel);
    Case::new("file_bytes", &KERNEL, &packed)
        .enough(packed.len())
        .check();
    Case::new("decoded_bytes", &KERNEL, &packed)
        .enough(super::forge::good::config(&[]).len())
        .check();
    Case::new("memory_bytes", &KERNEL, &packed).check();
    let (front, back) = kernel.split_at(kernel.len() / 2);
    Case::new("streams", &KERNEL, [gzip(front), gzip(back)].concat())
        .enough(2)
        .check();
    Case::new("layers", &KERNEL, gzip(&gzip(&packed)))
        .enough(4)
        .check();
    // The dictionary that its header asks for, whatever is in the stream.
    let window = include_bytes!("../../testdata/codec/check-crc64.xz");
    Case::new("codec_memory_bytes", &KERNEL, window).check();
}

#[test]
fn limits_of_a_search() {
    // Where no table says where the payload is, what stands before it is tried first.
    let hidden = ArmZimage {
        payload: gzip(&vmlinux_bin()),
        length_word: None,
        table: false,
        ..ArmZimage::default()
    };
    Case::new("payload_candidates", &KERNEL, hidden.build()).check();
    let count = 600;
    let table = Kallsyms {
        symbols: symbols(count),
        ..Kallsyms::default()
    };
    let image = Arm64 {
        body: [super::forge::BANNER.as_bytes(), &table.build()].concat(),
        ..Arm64::default()
    };
    Case::new(
        "symbols",
        &["extract", "file", "--to", "symbols"],
        image.build(),
    )
    .enough(usize::try_from(count).unwrap())
    .check();
    let elf = Elf {
        sections: (0..40).map(|_| (".debug", vec![1; 4])).collect(),
        ..Elf::default()
    };
    Case::new("sections", &KERNEL, elf.build()).check();
}

#[test]
fn limits_of_a_root() {
    let image = root(3).build();
    Case::new("reads", &ROOT, &image).check();
    Case::new("read_bytes", &ROOT, &image).check();
    // With `.` and `..`.
    Case::new("directory_entries", &ROOT, crowded(30).build())
        .enough(32)
        .check();
}

#[test]
fn limits_of_an_archive() {
    let entries: Vec<Entry> = (0..9)
        .map(|number| Entry::file(&format!("file{number}"), &[7; 100]))
        .collect();
    let archive = cpio::archive(&entries);
    Case::new("cpio_entries", &ARCHIVE, &archive).check();
    Case::new("archive_bytes", &ARCHIVE, gzip(&archive)).check();
    Case::new("work_bytes", &ARCHIVE, gzip(&archive)).check();
}

#[test]
fn limits_of_what_a_program_needs_and_a_kernel_loads() {
    Case::new("program_files", &ROOT, root(4).build()).check();
    let modules = (0..5)
        .map(|number| format!("kernel/m{number}.ko:\n"))
        .collect::<String>();
    let with_modules = root(0).file(
        format!("/lib/modules/{RELEASE}/modules.dep"),
        0o644,
        modules,
    );
    let mut case = Case::new(
        "modules",
        &[
            "check", "--kernel", "kernel", "--rootfs", "file", "--target", "qemu", "--format",
            "json",
        ],
        with_modules.build(),
    )
    .enough(5);
    case.folder = case
        .folder
        .with("kernel", super::forge::good::bzimage(&["VIRTIO_BLK"]));
    case.check();
}

#[test]
fn what_is_not_kept_is_decoded_again_and_told_the_same() {
    let archive = gzip(&cpio::archive(&[
        Entry::file("init", b"#!/bin/sh\n"),
        Entry::directory("bin"),
        Entry::file("bin/sh", &program::Program::default().build()),
    ]));
    let folder = Folder::new().with("file", archive);
    let plain = folder.run(&ARCHIVE);
    for value in ["0", "9", "10", "11"] {
        let limit = format!("kept_bytes={value}");
        let run = folder.run(&[&ARCHIVE[..], &["--limit", &limit]].concat());
        assert_eq!(run.stdout, plain.stdout, "{value}");
    }
}

#[test]
fn limits_of_a_log() {
    let line = "Kernel panic - not syncing: No working init found.";
    let log = format!("Linux version 6.1.0 (a@b) #1\n{}{line}\n", "x".repeat(50));
    let folder = Folder::new().with("file", log);
    let told = |bytes: usize| {
        let limit = format!("line_bytes={bytes}");
        let run = folder.run(&["diagnose", "file", "--format", "json", "--limit", &limit]);
        run.json()["boots"][0]["code"].clone()
    };
    let whole = 50 + line.len();
    assert_eq!(told(whole), "KC601");
    // The full stop alone is cut off, then a letter of what is looked for.
    assert_ne!(told(whole - 20), "KC601");

    let boot = |number: usize| format!("Linux version 6.1.{number} (a@b) #1\n");
    let folder = Folder::new().with("file", boot(1) + &boot(2) + &boot(3));
    let boots = |most: usize| {
        let limit = format!("boots={most}");
        let run = folder.run(&["diagnose", "file", "--format", "json", "--limit", &limit]);
        let boots = run.json()["boots"].as_array().unwrap().clone();
        boots
            .iter()
            .map(|boot| boot["kernel"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(boots(3), ["6.1.1", "6.1.2", "6.1.3"]);
    assert_eq!(boots(2), ["6.1.2", "6.1.3"]);
}

/// The tests above and in `tests/boot/scratch.rs`, by the names in them: a new limit needs one.
#[test]
fn every_limit_has_a_test() {
    let tests = concat!(
        include_str!("limits.rs"),
        include_str!("cut_short.rs"),
        include_str!("../boot/scratch.rs")
    );
    for name in Limits::NAMES {
        let is_named =
            tests.contains(&format!("\"{name}\"")) || tests.contains(&format!("{name}="));
        assert!(is_named, "{name}");
    }
}
