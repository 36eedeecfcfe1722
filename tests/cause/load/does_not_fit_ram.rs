use crate::forge::arm64::Arm64;
use crate::forge::bzimage::Bzimage;
use crate::forge::elf::{Elf, Load};
use crate::kernels::{arm64, around, bzimage, cut, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load as Loading;

const MIB: u64 = 1 << 20;

/// An ELF whose BSS ends so far from the beginning of RAM.
fn ending_at(mib: u64) -> Elf {
    let mut elf = Elf::default();
    let last: &mut Load = elf.loads.last_mut().unwrap();
    last.memsz = Some(mib * MIB - last.paddr);
    elf
}

#[test]
fn an_elf_counts_with_its_bss() {
    let finding = Case::new(ending_at(513).build()).fires(104, Fatal, Loading);
    assert_eq!(
        finding.message,
        "The kernel needs RAM up to 513 MiB; libkrun gives 512 MiB."
    );
    says(&finding.consequence, &["refuses", "end of RAM"]);
    says(&finding.fix, &["at least 513 MiB"]);
    Case::new(ending_at(512).build()).is_quiet(104);
}

#[test]
fn an_arm64_image_needs_room_for_the_device_tree() {
    let of = |mib: u64| Arm64 {
        image_size: mib * MIB,
        ..arm64()
    };
    let finding = Case::new(of(511).build()).fires(104, Fatal, Loading);
    says(&finding.message, &["513 MiB"]);
    Case::new(of(510).build()).is_quiet(104);
}

#[test]
fn text_offset_counts_only_where_it_is_added() {
    let kernel = Arm64 {
        image_size: 124 * MIB,
        text_offset: 0x8_0000,
        ..arm64()
    };
    // 128 MiB: 2 before the Image, 2 for the device tree, and half of one is too much.
    Case::new(kernel.build())
        .on("firecracker")
        .ram_mib(128)
        .fires(104, Fatal, Loading);
    Case::new(
        Arm64 {
            text_offset: 0,
            ..kernel
        }
        .build(),
    )
    .on("firecracker")
    .ram_mib(128)
    .is_quiet(104);
}

#[test]
fn a_bzimage_that_unpacks_itself_needs_its_init_size() {
    let kernel = Bzimage {
        init_size: 120 << 20,
        ..bzimage()
    };
    let finding = Case::new(kernel.build())
        .on("qemu-microvm")
        .ram_mib(128)
        .fires(104, Fatal, Loading);
    // From pref_address on.
    says(&finding.message, &["136 MiB", "the machine has 128 MiB"]);
    Case::new(bzimage().build())
        .on("qemu-microvm")
        .ram_mib(128)
        .is_quiet(104);
}

#[test]
fn a_bzimage_that_the_vmm_unwraps_needs_what_is_inside() {
    let kernel = Bzimage {
        init_size: 600 << 20,
        ..bzimage()
    };
    Case::new(kernel.build()).is_quiet(104);
    let large = around(&ending_at(513).build());
    Case::new(large.build()).fires(104, Fatal, Loading);
}

#[test]
fn a_quick_run_goes_by_init_size() {
    let kernel = Bzimage {
        init_size: 600 << 20,
        ..bzimage()
    };
    // What libkrun takes is not known without decoding; what QEMU takes is.
    Case::new(kernel.build()).quick().is_skipped(104);
    Case::new(kernel.build())
        .on("qemu-microvm")
        .quick()
        .fires(104, Fatal, Loading);
}

#[test]
fn what_the_vmm_unwraps_is_blocked_by_its_damage() {
    Case::new(damaged()).is_blocked(104, 3);
    Case::new(cut()).is_blocked(104, 2);
    Case::new(vmlinux())
        .machine(Architecture::Aarch64)
        .is_blocked(104, 101);
}

#[test]
fn the_initramfs_counts_and_the_ram_that_the_machine_has() {
    let case = |kernel: Elf, initramfs_mib: usize| {
        Case::new(kernel.build())
            .ram_mib(256)
            .initramfs(vec![0; initramfs_mib << 20])
    };
    let finding = case(ending_at(250), 7).fires(104, Fatal, Loading);
    assert_eq!(finding.role, kelpie_check::role::Role::Initramfs);
    assert_eq!(
        finding.message,
        "The kernel needs RAM up to 250 MiB and the initramfs 7 MiB more; the machine has 256 MiB."
    );
    says(&finding.consequence, &["overwrites the kernel"]);
    says(&finding.fix, &["at least 257 MiB"]);
    case(ending_at(250), 6).is_quiet(104);
    Case::new(ending_at(513).build())
        .ram_mib(1024)
        .is_quiet(104);
    let finding = case(ending_at(257), 1).fires(104, Fatal, Loading);
    says(
        &finding.message,
        &["up to 257 MiB; the machine has 256 MiB"],
    );
}

#[test]
fn the_virtio_console_of_qemu_takes_pages_before_anything_runs() {
    // Bits 1 and 2 of the flags: pages of 64 KiB.
    let wide = Arm64 {
        flags: 0b1110,
        ..arm64()
    };
    let case = |kernel: &Arm64, line: &str| {
        Case::new(kernel.build())
            .config("CONFIG_VIRTIO_CONSOLE=y")
            .on("qemu-virt-mmio")
            .no_initramfs()
            .ram_mib(64)
            .command_line(line)
    };
    let finding = case(&wide, "console=hvc0").fires(104, Fatal, Loading);
    says(
        &finding.message,
        &["For hvc0 the kernel reserves 66 MiB", "has 64 MiB"],
    );
    says(&finding.consequence, &["System is deadlocked on memory"]);
    case(&wide, "console=ttyAMA0").is_quiet(104);
    case(&arm64(), "console=hvc0").is_quiet(104);
    case(&wide, "console=hvc0").ram_mib(128).is_quiet(104);
}
