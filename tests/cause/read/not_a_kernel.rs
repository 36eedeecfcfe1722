use crate::kernels::{around, bzimage, cut, page};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Read;

#[test]
fn a_web_page_is_named_and_its_cause_too() {
    let finding = Case::new(page()).fires(1, Fatal, Read);
    says(
        &finding.message,
        &["The file is not a Linux kernel image: an HTML"],
    );
    says(&finding.consequence, &["No VMM can start it"]);
    says(&finding.fix, &["fetch it again"]);
}

#[test]
fn a_git_lfs_pointer_says_how_to_get_the_file() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234567\n";
    let finding = Case::new(pointer.into()).fires(1, Fatal, Read);
    says(&finding.message, &["a Git LFS pointer"]);
    says(&finding.fix, &["git lfs pull"]);
}

#[test]
fn an_image_without_a_banner_is_not_linux() {
    let elf = crate::forge::elf::Elf {
        loads: vec![crate::forge::elf::Load {
            vaddr: 0xffff_ffff_8100_0000,
            paddr: 0x100_0000,
            content: vec![0x90; 0x1000],
            memsz: None,
        }],
        ..Default::default()
    };
    let finding = Case::new(elf.build()).fires(1, Fatal, Read);
    says(&finding.message, &["no \"Linux version\" banner"]);
}

#[test]
fn a_payload_that_is_no_kernel_is_told_as_such() {
    let tar = [&[b'x'; 257][..], b"ustar\x0000", &[0; 248]].concat();
    let finding = Case::new(around(&tar).build()).fires(1, Fatal, Read);
    says(&finding.message, &["bzImage of"]);
}

#[test]
fn a_kernel_is_one() {
    Case::new(bzimage().build()).is_quiet(1);
}

#[test]
fn a_cut_kernel_leaves_it_open_what_was_inside() {
    let why = Case::new(cut()).is_blocked(1, 2);
    says(&why, &["expected", "bytes"]);
}

#[test]
fn what_a_bzimage_holds_is_not_looked_at_in_a_quick_run() {
    assert_eq!(
        Case::new(bzimage().build()).quick().is_skipped(1),
        "--quick reads only headers"
    );
}
