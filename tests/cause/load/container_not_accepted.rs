use crate::forge::libkrunfw::Libkrunfw;
use crate::forge::zboot::Zboot;
use crate::kernels::{arm64, bzimage, cut, vmlinux, xz_bzimage, zboot};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

#[test]
fn libkrun_does_not_take_an_xz_bzimage_and_the_forms_it_takes_are_named() {
    let finding = Case::new(xz_bzimage().build()).fires(102, Fatal, Load);
    says(
        &finding.message,
        &[
            "The file is a bzImage with an xz payload; on x86_64 libkrun accepts",
            "an ELF vmlinux (KRUN_KERNEL_FORMAT_ELF), ",
            " or zstd around an ELF (KRUN_KERNEL_FORMAT_IMAGE_ZSTD).",
        ],
    );
    // A form that two containers go by is told once.
    assert_eq!(finding.message.matches("IMAGE_GZ").count(), 1);
    says(&finding.consequence, &["With this file, libkrun ends with"]);
    assert_eq!(
        finding.fix,
        "Convert it: kelpie-check extract vmlinuz --to vmlinux -o vmlinux."
    );
}

#[test]
fn libkrun_does_not_read_an_efi_zboot_image() {
    let finding = Case::new(zboot().build()).fires(102, Fatal, Load);
    says(
        &finding.message,
        &[
            "an EFI zboot image with a gzip payload",
            "a raw arm64 Image (KRUN_KERNEL_FORMAT_RAW)",
        ],
    );
    says(&finding.consequence, &["0x80000000", "prints nothing"]);
    assert_eq!(
        finding.fix,
        "Convert it: kelpie-check extract vmlinuz --to image -o Image; or start it as gzip around \
         a raw Image (KRUN_KERNEL_FORMAT_PE_GZ), because the first such stream in it is the kernel."
    );
    // Not where something before it looks like one.
    let mut misleading = zboot().build();
    crate::forge::put(&mut misleading, 0x1f0, &[0x1f, 0x8b, 8]);
    let finding = Case::new(misleading).fires(102, Fatal, Load);
    assert!(!finding.fix.contains("PE_GZ"), "{}", finding.fix);
}

#[test]
fn qemu_takes_gzip_zboot_since_a_version_that_is_named() {
    let finding = Case::new(zboot().build())
        .on("qemu-virt")
        .fires(102, Warn, Load);
    says(
        &finding.message,
        &["an EFI zboot image", "QEMU virt accepts since QEMU 8.0"],
    );
    says(&finding.consequence, &["Before that", "prints nothing"]);
}

#[test]
fn qemu_takes_no_zstd_zboot() {
    let inner = arm64().build();
    let kernel = Zboot {
        comp_type: "zstd",
        payload: crate::forge::zstd(&inner),
        length_word: Some(u32::try_from(inner.len()).unwrap()),
        ..zboot()
    };
    Case::new(kernel.build())
        .on("qemu-virt")
        .fires(102, Fatal, Load);
}

#[test]
fn firecracker_takes_bzimages_only_of_late() {
    let finding = Case::new(bzimage().build())
        .on("firecracker")
        .fires(102, Warn, Load);
    says(&finding.message, &["a bzImage", "6037"]);
    says(&finding.consequence, &["Invalid Elf magic number"]);
}

#[test]
fn qemu_takes_an_arm64_elf_for_no_linux() {
    let elf = crate::forge::elf::Elf {
        machine: 183,
        ..Default::default()
    };
    let finding = Case::new(elf.build())
        .on("qemu-virt")
        .fires(102, Fatal, Load);
    says(&finding.message, &["an ELF file", "aarch64"]);
}

#[test]
fn every_target_takes_its_own_form() {
    for target in ["libkrun", "firecracker", "cloud-hypervisor", "qemu-microvm"] {
        Case::new(vmlinux()).on(target).is_quiet(102);
    }
    for target in [
        "libkrun",
        "firecracker",
        "cloud-hypervisor",
        "qemu-virt",
        "vz",
    ] {
        Case::new(arm64().build()).on(target).is_quiet(102);
    }
    Case::new(bzimage().build()).is_quiet(102);
    Case::new(bzimage().build())
        .on("qemu-microvm")
        .is_quiet(102);
}

#[test]
fn the_form_of_a_kernel_for_another_machine_is_beside_the_point() {
    Case::new(zboot().build())
        .machine(Architecture::X86_64)
        .is_blocked(102, 101);
}

#[test]
fn a_form_that_the_vmm_unwraps_is_blocked_by_the_cut() {
    Case::new(cut()).is_blocked(102, 2);
}

#[test]
fn a_codec_that_no_target_takes_is_told_without_decoding() {
    Case::new(xz_bzimage().build())
        .quick()
        .fires(102, Fatal, Load);
    Case::new(bzimage().build()).quick().is_skipped(102);
}

#[test]
fn only_libkrun_takes_a_libkrunfw() {
    let library = Libkrunfw::default().build();
    Case::new(library.clone()).is_quiet(102);
    Case::new(library.clone()).no_initramfs().is_quiet(102);
    let image = Libkrunfw::arm64(arm64().build());
    Case::new(image.build()).is_quiet(102);
    Case::new(image.mach_o()).is_quiet(102);
    for target in [
        "qemu-q35",
        "qemu-microvm",
        "firecracker",
        "cloud-hypervisor",
    ] {
        let finding = Case::new(library.clone())
            .on(target)
            .fires(102, Fatal, Load);
        says(
            &finding.message,
            &["The file is a libkrunfw library; on x86_64"],
        );
        assert_eq!(
            finding.fix,
            "Convert it: kelpie-check extract vmlinuz --to vmlinux -o vmlinux."
        );
    }
    let finding = Case::new(image.build()).on("vz").fires(102, Fatal, Load);
    says(&finding.fix, &["--to image -o Image"]);
}

#[test]
fn an_initramfs_does_not_reach_the_kernel_of_a_libkrunfw() {
    let library = Libkrunfw::default().build();
    let finding = Case::new(library)
        .initramfs(b"070701".to_vec())
        .fires(102, Warn, Load);
    says(
        &finding.message,
        &["libkrun passes no initramfs to the kernel of a libkrunfw"],
    );
    says(
        &finding.fix,
        &["krun_set_kernel", "--to vmlinux -o vmlinux"],
    );
}

#[test]
fn the_assumed_line_of_a_libkrunfw_names_the_virtio_console() {
    for (kernel, console) in [(Libkrunfw::default().build(), "hvc0"), (vmlinux(), "ttyS0")] {
        Case::new(kernel).with_bundle(|bundle| {
            let platform = bundle.platform().unwrap();
            assert_eq!(bundle.assumed_console(platform), console);
        });
    }
}
