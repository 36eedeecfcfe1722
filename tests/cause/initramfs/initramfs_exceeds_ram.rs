use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::predict::{Boot, Unpacked};
use kelpie_check::stage::Stage::Initramfs;

fn large() -> Vec<u8> {
    let mut entries = alpine();
    entries.push(Entry::file("zeros", &vec![0; 20 << 20]));
    gzip(&archive(&entries))
}

#[test]
fn more_than_the_ram_is_fatal() {
    let finding = boot(MODULAR, large())
        .ram_mib(16)
        .fires(310, Fatal, Initramfs);
    says(&finding.message, &["21 MiB", "16 MiB"]);
    says(&finding.consequence, &["write error"]);
}

#[test]
fn what_is_in_it_does_not_matter_then() {
    let without_init = || gzip(&archive(&[Entry::file("zeros", &vec![0; 20 << 20])]));
    boot(MODULAR, without_init()).ram_mib(16).is_quiet(303);
    boot(MODULAR, without_init())
        .ram_mib(128)
        .fires(303, Fatal, Initramfs);
}

#[test]
fn the_kernel_lies_there_too() {
    boot(MODULAR, large())
        .ram_mib(32)
        .fires(310, Fatal, Initramfs);
}

#[test]
fn a_tmpfs_holds_half() {
    let case = || {
        Case::new(vmlinux())
            .config(MODULAR)
            .no_root()
            .initramfs({
                let mut entries = alpine();
                entries.push(Entry::file("zeros", &vec![0; 60 << 20]));
                gzip(&archive(&entries))
            })
            .ram_mib(110)
    };
    let finding = case()
        .command_line("console=hvc0")
        .fires(310, Fatal, Initramfs);
    says(&finding.message, &["half of 110 MiB"]);
    case()
        .command_line("console=hvc0 root=/dev/vda")
        .is_quiet(310);
}

#[test]
fn what_fits_passes() {
    boot(MODULAR, large()).ram_mib(128).is_quiet(310);
}

#[test]
fn a_damaged_kernel_blocks_it() {
    boot_damaged(large()).ram_mib(16).is_blocked(310, 3);
}

#[test]
fn sizes_are_told_and_what_would_do() {
    let finding = boot(MODULAR, large())
        .ram_mib(16)
        .fires(310, Fatal, Initramfs);
    assert_eq!(
        finding.message,
        "The initramfs unpacks to 21 MiB from 1 MiB, but the machine has 16 MiB of RAM."
    );
    assert_eq!(
        finding.fix,
        "Give the machine at least 52 MiB of RAM, or make the initramfs smaller."
    );
}

#[test]
fn the_first_root_is_a_tmpfs_as_the_line_and_the_kernel_say() {
    let mut entries = alpine();
    entries.push(Entry::file("zeros", &vec![0; 44 << 20]));
    let initramfs = gzip(&archive(&entries));
    let case = |config: &str, line: &str| {
        Case::new(vmlinux())
            .config(config)
            .no_root()
            .initramfs(initramfs.clone())
            .ram_mib(80)
            .command_line(line)
    };
    for line in ["quiet", "root=", "root=/dev/vda rootfstype=tmpfs"] {
        case(MODULAR, line).fires(310, Fatal, Initramfs);
    }
    for line in ["root=/dev/vda", "rootfstype=ext4"] {
        case(MODULAR, line).is_quiet(310);
    }
    case(&MODULAR.replace("CONFIG_TMPFS=y", ""), "quiet").is_quiet(310);
}

/// Alpine's initramfs and a file of so many bytes, not packed.
fn plain(zeros: usize) -> Vec<u8> {
    let mut entries = alpine();
    entries.push(Entry::file("zeros", &vec![0; zeros]));
    archive(&entries)
}

/// How many bytes such an initramfs unpacks to, and what it and a kernel take together.
fn takes(case: &Case) -> (u64, u64, u64) {
    case.with_bundle(|bundle| {
        let file_bytes = bundle.initramfs().unwrap().unwrap().file_bytes();
        let Unpacked::Tree(archive) = Boot::new(bundle).unpacked().unwrap() else {
            panic!("it is unpacked");
        };
        let kernel_bytes = bundle.memory_bytes().unwrap().unwrap();
        (archive.unpacked_bytes, file_bytes, kernel_bytes)
    })
}

#[test]
fn ram_is_counted_to_the_byte() {
    let case = |padding: u64, mib| {
        let mut initramfs = plain(7 << 20);
        initramfs.extend(vec![0; usize::try_from(padding).unwrap()]);
        boot(MODULAR, initramfs).ram_mib(mib)
    };
    let (unpacked, file, kernel) = takes(&case(0, 16));
    // All of it for the initramfs, and nothing is left for the kernel.
    let rest = (16 << 20) - unpacked - file;
    let finding = case(rest, 16).fires(310, Fatal, Initramfs);
    says(&finding.message, &["the machine has 16 MiB"]);
    // Both, and nothing is left.
    let rest = (48 << 20) - unpacked - file - kernel;
    case(rest, 48).is_quiet(310);
    case(rest + 1, 48).fires(310, Fatal, Initramfs);
}

#[test]
fn a_tmpfs_is_counted_to_the_byte() {
    let case = |zeros| {
        Case::new(vmlinux())
            .config(MODULAR)
            .no_root()
            .initramfs(gzip(&plain(zeros)))
            .ram_mib(96)
            .command_line("console=hvc0")
    };
    let (other, ..) = takes(&case(0));
    let half = (48 << 20) - usize::try_from(other).unwrap();
    case(0).is_quiet(310);
    case(half).is_quiet(310);
    case(half + 1).fires(310, Fatal, Initramfs);
}

/// Alpine 3.23 with 512 MiB and `mem=64M` was booted: nothing is left of its initramfs.
#[test]
fn mem_leaves_out_the_rest_of_the_ram() {
    let huge = || {
        let mut entries = alpine();
        entries.push(Entry::file("zeros", &vec![0; 70 << 20]));
        boot(MODULAR, gzip(&archive(&entries))).ram_mib(512)
    };
    let finding = huge()
        .command_line("root=/dev/vda mem=64M")
        .fires(310, Fatal, Initramfs);
    says(&finding.message, &["64 MiB of RAM"]);
    for line in ["mem=0", "mem=256M", "mem=1G", ""] {
        huge()
            .command_line(format!("root=/dev/vda {line}"))
            .is_quiet(310);
    }
}
