use super::{ext4, with_line};
use crate::forge::disk::{EFI_SYSTEM, LINUX_FILESYSTEM, gpt, mbr, qcow2};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Info};
use kelpie_check::stage::Stage::RootMount;

fn disk() -> Vec<u8> {
    let empty = vec![0; 4096];
    gpt(&[
        (
            EFI_SYSTEM,
            "11111111-2222-3333-4444-555555555551",
            "esp",
            empty,
        ),
        (
            LINUX_FILESYSTEM,
            "11111111-2222-3333-4444-555555555552",
            "root",
            ext4().build(),
        ),
    ])
}

#[test]
fn root_names_the_whole_disk() {
    let finding = with_line(disk(), "root=/dev/vda rw").fires(13, Fatal, RootMount);
    says(&finding.message, &["(GPT)", "partition 2"]);
    says(&finding.consequence, &["unknown-block(254,0)"]);
    assert_eq!(finding.fix, "Use root=/dev/vda2.");
    let old = mbr(&[(0x83, ext4().build())], 0x1234);
    let finding = with_line(old, "root=/dev/vda rw").fires(13, Fatal, RootMount);
    assert_eq!(finding.fix, "Use root=/dev/vda1.");
}

#[test]
fn a_disk_by_itself_is_only_told_of() {
    let finding = Case::without_kernel()
        .root(disk())
        .fires(13, Info, RootMount);
    says(&finding.fix, &["root=/dev/vda2"]);
}

#[test]
fn a_root_that_names_its_partition_passes() {
    for root in [
        "/dev/vda2",
        "PARTLABEL=root",
        "PARTUUID=11111111-2222-3333-4444-555555555552",
    ] {
        with_line(disk(), &format!("root={root} rw")).is_quiet(13);
    }
    with_line(disk(), "root=/dev/vdb").is_quiet(13);
    with_line(ext4().build(), "root=/dev/vda").is_quiet(13);
}

#[test]
fn a_damaged_disk_image_shows_no_partitions() {
    let mut image = qcow2(&disk());
    // cluster_bits
    image[23] = 1;
    with_line(image, "root=/dev/vda").is_blocked(13, 12);
}
