use super::{LINE, boot, boot_on, broken, ext4};
use crate::forge::ext4::Ext4;
use crate::kernels::arm64;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn blocks_of(block_size: usize) -> Vec<u8> {
    Ext4 {
        block_size,
        ..ext4()
    }
    .build()
}

#[test]
fn blocks_larger_than_a_page_are_refused() {
    let finding = boot(blocks_of(16384)).fires(507, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "The file system has blocks of 16384 bytes, but the kernel has pages of 4096."
    );
    says(&finding.consequence, &["bad block size 16384"]);
    boot_on("6.12.0", blocks_of(16384), LINE).fires(507, Fatal, RootMount);
}

#[test]
fn pages_of_64_kib_take_them() {
    let mut kernel = arm64();
    kernel.flags = 0b1110;
    Case::new(kernel.build())
        .command_line(LINE)
        .no_initramfs()
        .root(blocks_of(16384))
        .is_quiet(507);
    boot(blocks_of(4096)).is_quiet(507);
}

#[test]
fn what_a_newer_kernel_takes_is_not_known() {
    let why = boot_on("6.19.0", blocks_of(16384), LINE).is_blocked(507, None);
    says(&why, &["6.19"]);
    boot(broken()).is_blocked(507, 12);
}

#[test]
fn verity_takes_blocks_of_a_page_alone_until_linux_6_3() {
    let verity = |block_size| {
        Ext4 {
            block_size,
            s_feature_ro_compat: 0x8000,
            ..ext4()
        }
        .build()
    };
    let finding = boot_on("6.1.0", verity(1024), LINE).fires(507, Fatal, RootMount);
    says(
        &finding.consequence,
        &["Unsupported blocksize for fs-verity"],
    );
    boot_on("6.1.0", verity(4096), LINE).is_quiet(507);
    boot_on("6.3.0", verity(1024), LINE).is_quiet(507);
    boot_on("6.2.0", verity(1024), LINE).fires(507, Fatal, RootMount);
    boot_on("5.3.0", verity(1024), LINE).is_quiet(507);
}

#[test]
fn verity_is_known_from_its_first_kernel_on() {
    let image = Ext4 {
        block_size: 1024,
        s_feature_ro_compat: 0x8000,
        ..ext4()
    }
    .build();
    boot_on("5.4.0", image, LINE).fires(507, Fatal, RootMount);
}
