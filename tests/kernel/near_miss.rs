use super::forge::bzimage::Bzimage;
use super::forge::pe::{Pe, Section};
use super::forge::{arm64::Arm64, put};
use super::{container, kernel};
use kelpie_check::error::Kind;

/// What the bytes are said to be instead.
fn miss(bytes: Vec<u8>) -> String {
    let kernel = kernel(bytes);
    let error = kernel.container().unwrap_err();
    assert_eq!(error.kind(), Kind::Unrecognised);
    assert_eq!(
        kernel
            .near_miss()
            .map_or("something else", |miss| miss.what),
        error.found()
    );
    error.found().to_owned()
}

fn setup_header(protocol: (u8, u8), version_text: &'static str) -> Vec<u8> {
    Bzimage {
        protocol,
        version_text,
        payload_length: Some(0),
        ..Bzimage::default()
    }
    .build()
}

#[test]
fn programs_with_a_setup_header_are_named() {
    for (protocol, version_text, what) in [
        ((2, 12), "Memtest86+ v6.10", "the memory test Memtest86+"),
        (
            (2, 3),
            "MEMDISK 6.04 20200816",
            "the disk emulator MEMDISK of Syslinux",
        ),
        ((2, 7), "wimboot v2.8.0", "the boot loader wimboot"),
        (
            (2, 7),
            "Etherboot",
            "a program with a Linux boot header that is not Linux",
        ),
    ] {
        assert_eq!(miss(setup_header(protocol, version_text)), what);
    }
    let mut ipxe = setup_header((2, 7), "1.21.1+");
    put(&mut ipxe, 0x400, b"Installation failed - cannot continue\n");
    assert_eq!(miss(ipxe), "the network boot loader iPXE");
}

#[test]
fn a_kernel_with_a_payload_is_one_whatever_its_version_says() {
    let image = Bzimage {
        version_text: "Memtest",
        ..Bzimage::default()
    };
    assert_eq!(container(&kernel(image.build())), "bzimage");
}

#[test]
fn old_kernels_without_payload_fields_are_kernels() {
    for version_text in [
        "2.4.18-bf2.4 (root@host) #1 Sat Apr 14 09:53:28 UTC 2002",
        "",
        "x",
    ] {
        assert_eq!(
            container(&kernel(setup_header((2, 3), version_text))),
            "bzimage"
        );
    }
}

#[test]
fn programs_with_an_arm64_header_are_named() {
    for (text, what) in [
        (&b"Xen version %d.%d%s (%s@%s)"[..], "the hypervisor Xen"),
        (
            &b"U-Boot 2023.01 (Jan 09 2023)"[..],
            "the boot loader U-Boot",
        ),
    ] {
        let image = Arm64 {
            body: [&[0; 0x2_0000], text].concat(),
            ..Arm64::default()
        };
        assert_eq!(miss(image.build()), what);
        let linux = Arm64 {
            body: [text, b"\0Linux version 6.1.0"].concat(),
            ..Arm64::default()
        };
        assert_eq!(container(&kernel(linux.build())), "arm64-image");
    }
}

#[test]
fn a_u_boot_without_header_is_named_by_its_banner() {
    let mut bytes = vec![0xea; 0x1000];
    put(&mut bytes, 0x800, b"U-Boot 20 is no release");
    assert_eq!(miss(bytes.clone()), "something else");
    put(&mut bytes, 0x900, b"U-Boot 2023.01+dfsg");
    assert_eq!(miss(bytes), "the boot loader U-Boot");
}

#[test]
fn a_multiboot_kernel_is_named_by_a_header_that_adds_up() {
    let mut elf = b"\x7fELF".to_vec();
    put(&mut elf, 0x100, &0x1bad_b002_u32.to_le_bytes());
    put(&mut elf, 0x104, &3_u32.to_le_bytes());
    put(
        &mut elf,
        0x108,
        &0_u32.wrapping_sub(0x1bad_b005).to_le_bytes(),
    );
    elf.resize(0x1000, 0);
    let what = "a Multiboot kernel (Xen, GNU Mach or another), not Linux";
    assert_eq!(miss(elf.clone()), what);
    put(&mut elf, 0x108, &[0]);
    let kernel = kernel(elf);
    assert!(kernel.near_miss().is_none_or(|miss| miss.what != what));
}

fn efi_program(subsystem: u16, section: &'static str, content: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x400];
    put(&mut image, 0x400, content);
    Pe {
        at: 0x80,
        subsystem,
        sections: vec![Section {
            name: section,
            virtual_size: u32::try_from(content.len()).unwrap(),
            raw_size: u32::try_from(content.len()).unwrap(),
            raw_offset: 0x400,
        }],
        ..Pe::default()
    }
    .write(&mut image);
    image
}

#[test]
fn efi_programs_are_named() {
    for (section, content, what) in [
        ("mods", &b"x"[..], "the boot loader GRUB for EFI"),
        (
            ".sdmagic",
            &b"#### LoaderInfo: systemd-boot 252 ####"[..],
            "the boot loader systemd-boot",
        ),
        (
            ".sdmagic",
            &b"#### LoaderInfo: systemd-stub 252 ####"[..],
            "systemd's EFI stub without a kernel",
        ),
        (
            ".cmdline",
            &b"quiet"[..],
            "an EFI add-on of a unified kernel image, without a kernel",
        ),
        (
            ".text",
            &b"x"[..],
            "an EFI program that is not a Linux kernel",
        ),
    ] {
        assert_eq!(miss(efi_program(10, section, content)), what);
    }
    assert_eq!(miss(efi_program(3, ".text", b"x")), "a Windows program");
}

#[test]
fn a_kernel_cut_off_before_its_magic_is_told_by_the_linux_one() {
    let mut bytes = Bzimage {
        machine: Some(0x8664),
        ..Bzimage::default()
    }
    .build();
    bytes.truncate(0x100);
    assert_eq!(
        miss(bytes),
        "the first bytes of a Linux kernel, truncated within its header"
    );
}

#[test]
fn the_unknown_stays_unknown() {
    for bytes in [vec![], vec![0], vec![0xff; 0x1000]] {
        let kernel = kernel(bytes);
        assert!(kernel.container().is_err());
    }
}
