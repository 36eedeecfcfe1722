use crate::forge::uki::Uki;
use crate::kernels::{arm64, page};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

fn uki() -> Uki {
    let mut uki = Uki::default();
    uki.sections.last_mut().unwrap().1 = arm64().build();
    uki
}

#[test]
fn a_uki_is_to_be_taken_apart_into_the_parts_it_has() {
    let finding = Case::new(uki().build()).fires(115, Fatal, Load);
    says(&finding.message, &["a unified kernel image"]);
    says(&finding.consequence, &["libkrun", "without firmware"]);
    assert_eq!(
        finding.fix,
        "Extract its parts: kelpie-check extract vmlinuz --to image -o Image, and --to initrd, and \
         --to cmdline."
    );
}

#[test]
fn parts_that_are_not_there_are_not_named() {
    let mut uki = uki();
    uki.sections.retain(|(name, _)| *name != ".initrd");
    let finding = Case::new(uki.build()).fires(115, Fatal, Load);
    assert!(!finding.fix.contains("initrd"), "{}", finding.fix);
    says(&finding.fix, &["--to cmdline"]);
}

#[test]
fn it_is_the_only_cause_that_speaks_of_the_container() {
    Case::new(uki().build()).is_quiet(102);
}

#[test]
fn a_bare_kernel_is_none() {
    Case::new(arm64().build()).is_quiet(115);
}

#[test]
fn what_is_no_kernel_is_no_uki_either() {
    Case::new(page()).is_blocked(115, 1);
    Case::new(uki().build())
        .machine(Architecture::X86_64)
        .is_blocked(115, 101);
}
