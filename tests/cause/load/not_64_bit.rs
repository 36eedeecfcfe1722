use crate::forge::bzimage::Bzimage;
use crate::forge::elf::Elf;
use crate::kernels::{bzimage, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

fn elf_32() -> Vec<u8> {
    let mut elf = Elf {
        is_64: false,
        machine: 3,
        ..Elf::default()
    };
    for load in &mut elf.loads {
        load.vaddr &= 0xffff_ffff;
    }
    elf.build()
}

/// Without XLF_KERNEL_64.
fn bzimage_32() -> Vec<u8> {
    Bzimage {
        xloadflags: 0x7e,
        ..bzimage()
    }
    .build()
}

#[test]
fn a_32_bit_elf_is_refused_by_loaders_of_64_bits() {
    for target in ["libkrun", "firecracker", "cloud-hypervisor"] {
        let finding = Case::new(elf_32()).on(target).fires(108, Fatal, Load);
        assert_eq!(finding.message, "This is a 32-bit x86 kernel.");
        says(&finding.consequence, &["only 64-bit kernels"]);
        says(&finding.fix, &["CONFIG_64BIT=y"]);
    }
}

#[test]
fn a_bzimage_without_a_64_bit_entry_names_the_flag() {
    for target in ["libkrun", "firecracker"] {
        let finding = Case::new(bzimage_32()).on(target).fires(108, Fatal, Load);
        says(&finding.message, &["XLF_KERNEL_64"]);
    }
}

#[test]
fn targets_that_enter_in_32_bit_mode_take_it() {
    Case::new(bzimage_32()).on("cloud-hypervisor").is_quiet(108);
    Case::new(bzimage_32()).on("qemu-microvm").is_quiet(108);
    Case::new(elf_32()).on("qemu-microvm").is_quiet(108);
}

#[test]
fn a_64_bit_kernel_passes() {
    Case::new(vmlinux()).is_quiet(108);
    Case::new(bzimage().build()).is_quiet(108);
}

#[test]
fn what_is_no_kernel_has_no_bits() {
    Case::new(page()).is_blocked(108, 1);
}
