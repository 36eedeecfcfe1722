use crate::forge::arm64::Arm64;
use crate::forge::bzimage::Bzimage;
use crate::kernels::{arm64, bzimage, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::role::Role;
use kelpie_check::stage::Stage::Load;

const MIB: usize = 1 << 20;

fn initramfs(mib: usize) -> Vec<u8> {
    vec![0; mib * MIB]
}

#[test]
fn on_qemu_virt_it_begins_in_the_middle_of_ram() {
    let case = |mib| {
        Case::new(arm64().build())
            .on("qemu-virt")
            .ram_mib(128)
            .initramfs(initramfs(mib))
    };
    // 128 MiB, of which the first half is passed over.
    let finding = case(66).fires(114, Fatal, Load);
    assert_eq!(finding.role, Role::Initramfs);
    says(
        &finding.message,
        &["66 MiB", "at 0x44000000", "RAM ends at 0x48000000"],
    );
    says(&finding.fix, &["132 MiB"]);
    case(64).is_quiet(114);
    case(66).ram_mib(132).is_quiet(114);
    // Behind a kernel that reaches beyond the middle.
    let large = Arm64 {
        image_size: 90 << 20,
        ..arm64()
    };
    Case::new(large.build())
        .on("qemu-virt")
        .ram_mib(128)
        .initramfs(initramfs(33))
        .is_quiet(114);
}

#[test]
fn a_gap_in_ram_puts_it_over_a_kernel_that_reaches_there() {
    let mut kernel = crate::forge::elf::Elf::default();
    let last = kernel.loads.last_mut().unwrap();
    last.memsz = Some(0xcff0_0000 - last.paddr);
    let case = |mib| {
        Case::new(kernel.build())
            .ram_mib(4096)
            .initramfs(initramfs(mib))
    };
    let finding = case(2).fires(114, Fatal, Load);
    says(
        &finding.message,
        &["libkrun", "at 0xcfe00000", "up to 0xcff00000"],
    );
    case(1).is_quiet(114);
}

#[test]
fn what_is_larger_than_ram_is_told_by_another() {
    Case::new(vmlinux())
        .ram_mib(34)
        .initramfs(initramfs(2))
        .is_quiet(114);
}

#[test]
fn what_fills_ram_to_the_byte_is_out_of_reach_where_the_first_half_is_passed_over() {
    let case = |image_size| {
        Case::new(
            Arm64 {
                image_size,
                ..arm64()
            }
            .build(),
        )
        .on("qemu-virt")
        .ram_mib(128)
        .initramfs(initramfs(66))
    };
    let kernel = case(62 << 20).with_bundle(|bundle| bundle.memory_bytes().unwrap().unwrap());
    let other = kernel - (62 << 20);
    case((62 << 20) - other).fires(114, Fatal, Load);
    // More than RAM holds is told by another.
    case((62 << 20) - other + 1).is_quiet(114);
}

#[test]
fn an_old_boot_header_states_how_high_it_may_lie() {
    let kernel = |xloadflags| {
        let mut image = Bzimage {
            xloadflags,
            ..bzimage()
        }
        .build();
        image[0x22c..0x230].copy_from_slice(&0x37ff_ffff_u32.to_le_bytes());
        image
    };
    let case = |image: Vec<u8>, mib| Case::new(image).ram_mib(mib).initramfs(initramfs(1));
    let finding = case(kernel(1), 1024).fires(114, Warn, Load);
    says(&finding.message, &["initrd_addr_max is 0x37ffffff"]);
    case(kernel(1), 896).is_quiet(114);
    // XLF_CAN_BE_LOADED_ABOVE_4G.
    case(kernel(3), 1024).is_quiet(114);
    // QEMU heeds it.
    case(kernel(1), 1024).on("qemu-microvm").is_quiet(114);
}

#[test]
fn without_an_initramfs_there_is_nothing_to_reach() {
    Case::new(vmlinux()).no_initramfs().is_quiet(114);
}

#[test]
fn what_the_vmm_unwraps_is_blocked_by_its_damage() {
    Case::new(damaged())
        .initramfs(initramfs(1))
        .is_blocked(114, 3);
}
