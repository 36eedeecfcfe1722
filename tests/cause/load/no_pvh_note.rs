use crate::forge::elf::Elf;
use crate::kernels::{arm64, bzimage, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

fn without_note() -> Vec<u8> {
    let mut elf = Elf::default();
    elf.notes
        .retain(|(owner, kind, _)| (*owner, *kind) != ("Xen", 18));
    elf.build()
}

#[test]
fn an_elf_without_the_note_is_refused_where_pvh_is_the_only_entry() {
    for (target, title) in [
        ("cloud-hypervisor", "Cloud Hypervisor"),
        ("qemu-microvm", "QEMU microvm"),
    ] {
        let finding = Case::new(without_note()).on(target).fires(106, Fatal, Load);
        says(&finding.message, &["XEN_ELFNOTE_PHYS32_ENTRY"]);
        says(&finding.consequence, &[title, "refuses"]);
        says(&finding.fix, &["CONFIG_PVH=y", "bzImage"]);
    }
}

#[test]
fn a_kernel_with_the_note_passes() {
    Case::new(vmlinux()).on("cloud-hypervisor").is_quiet(106);
}

#[test]
fn targets_with_another_entry_do_without() {
    for target in ["libkrun", "firecracker"] {
        Case::new(without_note()).on(target).is_quiet(106);
    }
    Case::new(bzimage().build())
        .on("qemu-microvm")
        .is_quiet(106);
}

#[test]
fn notes_of_what_is_no_kernel_are_not_looked_for() {
    Case::new(page()).on("cloud-hypervisor").is_blocked(106, 1);
    Case::new(arm64().build())
        .on("cloud-hypervisor")
        .machine(Architecture::X86_64)
        .is_blocked(106, 101);
}
