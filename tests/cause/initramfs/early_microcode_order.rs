use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::{Info, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn early(path: &str) -> Vec<u8> {
    let mut directories = Vec::new();
    let parts: Vec<&str> = path.split('/').collect();
    for end in 1..parts.len() {
        directories.push(Entry::directory(&parts[..end].join("/")));
    }
    directories.push(Entry::file(path, b"data"));
    archive(&directories)
}

const MICROCODE: &str = "kernel/x86/microcode/GenuineIntel.bin";

#[test]
fn microcode_behind_a_compressed_segment_is_told() {
    let padded = {
        let first = gzip(&alpine_with(NEEDED));
        let zeros = first.len().next_multiple_of(4) - first.len();
        [first, vec![0; zeros], early(MICROCODE)].concat()
    };
    let finding = boot(MODULAR, padded).fires(309, Info, Initramfs);
    says(
        &finding.message,
        &["microcode", "after a compressed segment"],
    );
}

#[test]
fn compressed_microcode_is_told() {
    let initramfs = [gzip(&early(MICROCODE)), gzip(&alpine_with(NEEDED))].concat();
    let finding = boot(MODULAR, initramfs).fires(309, Info, Initramfs);
    says(&finding.message, &["compressed with gzip"]);
}

#[test]
fn acpi_tables_matter() {
    let initramfs = gzip(&[early("kernel/firmware/acpi/dsdt.aml"), archive(&alpine())].concat());
    let finding = boot(MODULAR, initramfs).fires(309, Warn, Initramfs);
    says(&finding.consequence, &["tables of the VMM"]);
}

#[test]
fn microcode_in_its_place_and_none_pass() {
    let initramfs = [early(MICROCODE), gzip(&alpine_with(NEEDED))].concat();
    boot(MODULAR, initramfs).is_quiet(309);
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(309);
}

#[test]
fn what_is_no_archive_blocks_it() {
    boot(MODULAR, b"junk".to_vec()).is_blocked(309, 20);
}
