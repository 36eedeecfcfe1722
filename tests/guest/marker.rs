//! The archive that proves a kernel: what is in it, and that kernels reach it.

use super::ARCHITECTURES;
use super::machine::{console, minimal_kernel, virtual_machine};
use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::serves;
use kelpie_check::guest::marker;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use kelpie_check::tree::{FileType, resolve};
use kelpie_check::userland::{ProgramKind, program};

fn opened(bytes: &[u8]) -> Initramfs {
    Initramfs::new(Source::from_bytes(bytes.to_vec()), Limits::default())
}

#[test]
fn two_archives_are_the_same_bytes() {
    for architecture in ARCHITECTURES {
        let one = marker::archive(architecture).unwrap();
        assert_eq!(one, marker::archive(architecture).unwrap());
        assert!(one.len() < 1500, "{architecture}: {} bytes", one.len());
    }
}

#[test]
fn there_is_none_for_a_machine_without_an_init_of_ours() {
    for architecture in Architecture::ALL {
        let has_one = marker::archive(architecture).is_some();
        assert_eq!(has_one, ARCHITECTURES.contains(&architecture));
        assert_eq!(has_one, serves(architecture));
    }
}

#[test]
fn the_archive_is_whole_and_its_init_runs_on_its_own_machine() {
    for architecture in ARCHITECTURES {
        let initramfs = opened(&marker::archive(architecture).unwrap());
        let archive = initramfs.archive().unwrap();
        assert!(archive.problems.is_empty(), "{:?}", archive.problems);
        assert!(archive.segments[0].has_trailer);
        for (path, device) in [("/dev/console", (5, 1)), ("/dev/kmsg", (1, 11))] {
            let found = resolve(archive, path.as_bytes()).unwrap().unwrap();
            assert_eq!(found.stat.file_type, FileType::CharacterDevice);
            assert_eq!(found.stat.device, Some(device));
        }
        let init = resolve(archive, b"/init").unwrap().unwrap();
        assert_eq!((init.stat.mode, init.stat.uid), (0o755, 0));

        let program = program(archive, b"/init", Some(architecture), &Limits::default()).unwrap();
        assert_eq!(program.trouble, None, "{architecture}");
        assert_eq!(program.kind, ProgramKind::Elf);
        assert!(program.static_);
        assert_eq!(program.elf.unwrap().problem, None);
    }
}

/// Boots the kernel of this repository with an archive.
fn boot(architecture: Architecture, archive: &[u8], parameters: &str) -> Option<String> {
    let kernel = minimal_kernel(architecture)?;
    let (mut machine, usual) = virtual_machine(architecture, 128)?;
    let folder = tempfile::tempdir().unwrap();
    let initrd = folder.path().join("initrd");
    std::fs::write(&initrd, archive).unwrap();
    machine
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(initrd);
    let line = format!("{usual} {parameters}");
    machine.arg("-append").arg(line);
    Some(console(&mut machine, None))
}

fn says_so(log: &str) -> usize {
    log.lines()
        .filter(|line| line.contains(marker::TEXT))
        .count()
}

#[test]
fn the_minimal_kernels_reach_it_and_restart() {
    for architecture in ARCHITECTURES {
        let archive = marker::archive(architecture).unwrap();
        let Some(log) = boot(architecture, &archive, "quiet") else {
            continue;
        };
        // Once by the console, once by the log, which an alert gets through in spite of quiet.
        assert_eq!(says_so(&log), 2, "{log}");
        assert!(log.contains("reboot: "), "{log}");
        assert!(!log.contains("Kernel panic"), "{log}");
    }
}

#[test]
fn a_kernel_without_devtmpfs_reaches_it_too() {
    for architecture in ARCHITECTURES {
        let mut archive = marker::archive(architecture).unwrap();
        let name = memchr::memmem::find(&archive, b"devtmpfs\0").unwrap();
        // No kernel has a file system of this name: the mount fails as it does without the real one.
        archive[name..name + 8].copy_from_slice(b"devnonfs");
        let Some(log) = boot(architecture, &archive, "") else {
            continue;
        };
        assert_eq!(says_so(&log), 2, "{log}");
        assert!(log.contains("reboot: "), "{log}");
    }
}
