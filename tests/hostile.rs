//! Bad input end to end: every container cut, changed and lying, bombs, nests and holes. One clear
//! answer each, soon, in little memory, and never a panic.

#[path = "forge/bombs.rs"]
mod bombs;
#[path = "forge/mod.rs"]
mod forge;
#[path = "support/mod.rs"]
mod support;

use forge::arm_zimage::ArmZimage;
use forge::bzimage::Bzimage;
use forge::riscv::Riscv;
use forge::s390::S390;
use forge::uimage::Uimage;
use forge::uki::Uki;
use forge::zboot::Zboot;
use forge::{Numbers, good, gzip, put};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report, Selection};
use kelpie_check::finding::Severity;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::report::{FORMATS, Style};
use kelpie_check::source::Source;
use kelpie_check::vmm;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What any one file may take of the processor, and the resident memory that it may take it in.
const PATIENCE: Duration = Duration::from_secs(2);
const MEMORY_KIB: u64 = 256 * 1024;
const SEED: u64 = 0x6b65_6c70_6965;

/// Every container; and how many bytes at the end of the file may be missing unnoticed.
fn images() -> Vec<(&'static str, Vec<u8>, usize)> {
    let arm64 = good::arm64(&[]);
    let zboot = Zboot {
        payload: gzip(&arm64),
        ..Zboot::default()
    };
    let mut uki = Uki::default();
    uki.sections.pop();
    uki.sections.push((".linux", arm64.clone()));
    let mut riscv = Riscv::default().build();
    put(&mut riscv, 0x800, forge::BANNER.as_bytes());
    vec![
        ("bzimage", good::bzimage(&[]), 0),
        ("arm64-image", arm64, 0),
        ("riscv-image", riscv, 0),
        ("efi-zboot", zboot.build(), 0),
        // Its last section is padded.
        ("uki", uki.build(), 512),
        ("elf", good::vmlinux(&[]), 0),
        ("arm-zimage", ArmZimage::default().build(), 0),
        ("s390-image", S390::default().build(), 0),
        ("uimage", Uimage::default().build(), 0),
        ("gzip", gzip(&good::vmlinux(&[])), 0),
        ("zstd", forge::zstd(&good::vmlinux(&[])), 0),
    ]
}

/// The report on these bytes. Whatever they are, it is written in every format, its sentences are
/// bounded and of one line, and it does not take long.
fn judge(what: &str, bytes: Vec<u8>) -> Report {
    let clock = Clock::start();
    let limits = Limits::default();
    let kernel = Kernel::new(Source::from_bytes(bytes), limits.clone());
    let target = vmm::by_name("libkrun").unwrap();
    let bundle = Bundle::new(kernel, Surroundings::default(), limits, target, None);
    let report = check::kernel("kernel", &bundle, &Selection::default());
    for format in FORMATS {
        let text = (format.write)(&report, Style::default()).unwrap();
        assert!(text.len() < 200_000, "{what}: {} bytes", text.len());
    }
    for finding in &report.findings {
        for text in [&finding.message, &finding.consequence, &finding.fix] {
            assert!(text.len() < 600, "{what}: {text}");
            assert!(!text.contains('\n'), "{what}: {text:?}");
        }
    }
    let took = clock.elapsed();
    assert!(took < PATIENCE, "{what} took {took:?}");
    report
}

/// What this thread takes of the processor; on other systems than Linux, time as it passes. A busy
/// machine makes nothing slower that way.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), Self::on_processor())
    }

    fn on_processor() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds = text.split(' ').next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    }

    fn elapsed(&self) -> Duration {
        match (self.1, Self::on_processor()) {
            (Some(before), Some(now)) => now - before,
            _ => self.0.elapsed(),
        }
    }
}

/// Asserts that the report does not pass: a fatal finding, or a fact that is missing.
#[track_caller]
fn assert_refused(what: &str, report: &Report) {
    assert!(
        report.has(Severity::Fatal) || report.is_incomplete(),
        "{what} passes: {:?}",
        report.verdict()
    );
}

#[test]
fn every_container_is_whole_before_it_is_damaged() {
    for (name, image, _) in images() {
        let report = judge(name, image);
        assert_eq!(
            report.artifacts[0].facts.kernel().unwrap().container,
            Some(name)
        );
        let unread = report.findings.iter().find(|finding| finding.code.0 < 100);
        assert!(unread.is_none(), "{name}: {unread:?}");
    }
}

#[test]
fn a_file_cut_anywhere_never_passes() {
    let mut numbers = Numbers(SEED);
    for (name, image, padding) in images() {
        for _ in 0..200 {
            let length = numbers.below(image.len() - padding);
            let what = format!("{length} bytes of {name}");
            let report = judge(&what, image[..length].to_vec());
            assert_refused(&what, &report);
        }
    }
}

#[test]
fn a_flipped_bit_is_never_worse_than_a_finding() {
    let mut numbers = Numbers(SEED);
    for (name, image, _) in images() {
        for _ in 0..200 {
            let mut damaged = image.clone();
            let (at, bit) = (numbers.below(image.len()), numbers.below(8));
            damaged[at] ^= 1 << bit;
            judge(
                &format!("{name} with bit {bit} of {at:#x} flipped"),
                damaged,
            );
        }
    }
}

#[test]
fn a_payload_length_that_lies_never_passes() {
    for length in [0, 1, u32::MAX] {
        let mut lies = vec![(
            "bzimage",
            Bzimage {
                payload_length: Some(length),
                ..Bzimage::default()
            }
            .build(),
        )];
        lies.push((
            "efi-zboot",
            Zboot {
                payload_size: Some(length),
                ..Zboot::default()
            }
            .build(),
        ));
        // ih_size, big endian, and without the header's checksum following suit.
        let mut uimage = Uimage::default().build();
        put(&mut uimage, 12, &length.to_be_bytes());
        lies.push(("uimage", uimage));
        // The sizes of the section .linux, which is the last row.
        let mut uki = Uki::default();
        let rows = uki.sections.len();
        uki.virtual_excess = 0;
        let mut uki = uki.build();
        let row = 0x80 + 24 + 112 + 48 + 40 * (rows - 1);
        assert_eq!(&uki[row..row + 6], b".linux");
        put(&mut uki, row + 8, &length.to_le_bytes());
        put(&mut uki, row + 16, &length.to_le_bytes());
        lies.push(("uki", uki));
        // p_filesz of the first segment. A segment without bytes in the file is an honest one.
        if length == u32::MAX {
            let mut elf = good::vmlinux(&[]);
            put(&mut elf, 64 + 32, &u64::from(length).to_le_bytes());
            lies.push(("elf", elf));
        }
        // The last word of a zImage's payload, which is the size that it decodes to.
        lies.push((
            "arm-zimage",
            ArmZimage {
                length_word: Some(length),
                ..ArmZimage::default()
            }
            .build(),
        ));
        for (name, image) in lies {
            let what = format!("{name} with a payload of {length}");
            assert_refused(&what, &judge(&what, image));
        }
    }
}

#[test]
fn a_nest_of_twenty_files_meets_a_limit() {
    let mut nest = good::vmlinux(&[]);
    for _ in 0..20 {
        nest = gzip(&nest);
    }
    let report = judge("nest", nest);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert_eq!(report.findings[0].name, "over-limit");
    assert!(report.findings[0].message.contains("layers"));
}

/// One run of the binary, which took no more than it may.
struct Child {
    status: i32,
    said: String,
}

fn start(what: &str, path: &Path, arguments: &[&str]) -> Child {
    const MEASURE: &str = "
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
took = resource.getrusage(resource.RUSAGE_CHILDREN)
print('peak', took.ru_maxrss, int(1000 * (took.ru_utime + took.ru_stime)), file=sys.stderr)
sys.exit(status)
";
    let binary = env!("CARGO_BIN_EXE_kelpie-check");
    let python = support::program("python3", "tools").filter(|_| cfg!(target_os = "linux"));
    let mut command = match &python {
        Some(python) => {
            let mut command = Command::new(python);
            command.args(["-c", MEASURE, binary]);
            command
        }
        None => Command::new(binary),
    };
    let started = Instant::now();
    let output = command.args(arguments).arg(path).output().unwrap();
    let mut took = started.elapsed();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!errors.contains("panicked"), "{what}: {errors}");
    if python.is_some() {
        let peak = errors.lines().find_map(|line| line.strip_prefix("peak "));
        let (kib, milliseconds) = peak.and_then(|peak| peak.split_once(' ')).expect(&errors);
        let kib: u64 = kib.parse().unwrap();
        took = Duration::from_millis(milliseconds.parse().unwrap());
        println!("{what} {arguments:?}: {took:?}, {} MiB", kib / 1024);
        assert!(kib < MEMORY_KIB, "{what} took {kib} KiB");
    }
    assert!(took < PATIENCE, "{what} took {took:?}");
    Child {
        status: output.status.code().expect("it was not killed"),
        said: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}

#[test]
fn bombs_are_one_finding_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    for (codec, bomb) in bombs::bombs() {
        let path = folder.path().join(format!("vmlinuz.{codec}"));
        std::fs::write(&path, bomb).unwrap();
        let child = start(codec, &path, &["kernel"]);
        assert_eq!(child.status, 3, "{codec}: {}", child.said);
        let findings = child.said.matches("warn:").count();
        assert_eq!(findings, 1, "{codec}: {}", child.said);
        assert!(child.said.contains("over-limit"), "{codec}: {}", child.said);
        let child = start(codec, &path, &["extract", "--to", "vmlinux"]);
        assert_eq!((child.status, child.said.as_str()), (3, ""), "{codec}");
    }
}

/// A file with this head and a hole behind it, four gigabytes together.
fn hole(folder: &Path, name: &str, head: &[u8]) -> Option<std::path::PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, head).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    if file.set_len(4 << 30).is_err() {
        support::skip("tools", "no file of four gigabytes can be made here");
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if file.metadata().unwrap().blocks() > 1 << 16 {
            support::skip("tools", "the file system makes no holes");
            return None;
        }
    }
    Some(path)
}

#[test]
fn a_hole_of_four_gigabytes_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let syssize = Bzimage {
        syssize: Some(u32::MAX >> 4),
        payload_length: Some(3 << 30),
        ..Bzimage::default()
    };
    let arm64 = forge::arm64::Arm64 {
        image_size: 4 << 30,
        machine: None,
        ..forge::arm64::Arm64::default()
    };
    // A first segment of three gigabytes in the file, and a second that fills the address space.
    let mut elf = good::vmlinux(&[]);
    put(&mut elf, 64 + 32, &(3_u64 << 30).to_le_bytes());
    put(&mut elf, 64 + 56 + 40, &u64::MAX.to_le_bytes());
    let cut = {
        let mut image = good::bzimage(&[]);
        image.truncate(0x1100);
        image
    };
    for (name, head) in [
        ("zeros", Vec::new()),
        ("bzimage", cut),
        ("bzimage that claims it", syssize.build()),
        ("arm64", good::arm64(&[])),
        ("arm64 that claims it", arm64.build()),
        ("riscv", Riscv::default().build()),
        ("elf", elf),
        ("gzip", gzip(&good::vmlinux(&[]))),
        ("zstd", forge::zstd(&good::vmlinux(&[]))),
        ("uimage", Uimage::default().build()),
        ("uki", Uki::default().build()),
        ("zboot", Zboot::default().build()),
        ("s390", S390::default().build()),
        ("arm zimage", ArmZimage::default().build()),
        ("text", b"#!/bin/sh\n".to_vec()),
    ] {
        let Some(path) = hole(folder.path(), name, &head) else {
            return;
        };
        for arguments in [&["kernel"][..], &["kernel", "--quick"]] {
            let child = start(name, &path, arguments);
            assert!([0, 1, 3].contains(&child.status), "{name}");
            if arguments.len() == 1 {
                assert_ne!(child.status, 0, "{name}: {}", child.said);
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
