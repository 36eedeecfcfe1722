use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
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
        "The initramfs unpacks to 21 MiB from 1 MiB, and the machine has 16 MiB of RAM."
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
