//! `extract`: each form out of each container, and what happens to the file it is written to.

use super::forge::elf::{Elf, Load};
use super::forge::uki::Uki;
use super::forge::zboot::Zboot;
use super::forge::{good, gzip};
use super::{Folder, assert_says, run_fed};

/// Extracts `form` from `kernel` to a file; gives its bytes.
#[track_caller]
fn extracted(kernel: &[u8], form: &str) -> Vec<u8> {
    let folder = Folder::new().with("kernel", kernel);
    let run = folder.run(&["extract", "kernel", "--to", form, "-o", "out"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(folder.names(), ["kernel", "out"]);
    folder.read("out")
}

/// What is said where `kernel` has no such form.
#[track_caller]
fn refused(kernel: &[u8], form: &str) -> String {
    let folder = Folder::new().with("kernel", kernel).with("out", "precious");
    let run = folder.run(&["extract", "kernel", "--to", form, "-o", "out"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert_eq!(folder.read("out"), b"precious");
    assert_eq!(folder.names(), ["kernel", "out"]);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.stderr
}

/// An ELF of arm64 whose segments are an Image with a hole in it, and that Image.
fn arm64_elf() -> (Vec<u8>, Vec<u8>) {
    let image = good::arm64(&[]);
    let load = |at: u64, content: &[u8]| Load {
        vaddr: 0xffff_8000_8000_0000 + at,
        paddr: at,
        content: content.to_vec(),
        memsz: None,
    };
    let elf = Elf {
        machine: 183,
        entry: 0xffff_8000_8000_0000,
        loads: vec![load(0, &image), load(0x1_0000, b"behind the hole")],
        notes: Vec::new(),
        ..Elf::default()
    };
    let mut flat = image;
    flat.resize(0x1_0000, 0);
    flat.extend(b"behind the hole");
    (elf.build(), flat)
}

fn zboot() -> Vec<u8> {
    Zboot {
        payload: gzip(&good::arm64(&[])),
        ..Zboot::default()
    }
    .build()
}

fn uki(linux: Vec<u8>) -> Vec<u8> {
    let mut uki = Uki::default();
    uki.sections.pop();
    uki.sections.push((".linux", linux));
    uki.build()
}

#[test]
fn a_vmlinux_comes_out_byte_for_byte() {
    let vmlinux = good::vmlinux(&[]);
    assert_eq!(extracted(&good::bzimage(&[]), "vmlinux"), vmlinux);
    assert_eq!(extracted(&gzip(&vmlinux), "vmlinux"), vmlinux);
    // Sections behind the last segment are not loaded, and still belong to the file.
    assert_eq!(extracted(&vmlinux, "vmlinux"), vmlinux);
}

#[test]
fn an_image_comes_out_of_every_wrapping() {
    let image = good::arm64(&[]);
    assert_eq!(extracted(&image, "image"), image);
    assert_eq!(extracted(&zboot(), "image"), image);
    assert_eq!(extracted(&gzip(&image), "image"), image);
    assert_eq!(extracted(&gzip(&zboot()), "image"), image);
    let mut nested = extracted(&uki(zboot()), "image");
    assert_eq!(nested, image);
    // A UKI's section is as long as its table says.
    nested = extracted(&uki(image.clone()), "image");
    assert_eq!(nested, image);
}

#[test]
fn an_elf_is_flattened_to_the_image_in_it() {
    let (elf, flat) = arm64_elf();
    assert_eq!(extracted(&elf, "image"), flat);
    assert_eq!(extracted(&gzip(&elf), "image"), flat);
}

#[test]
fn parts_come_out_as_they_lie() {
    assert_eq!(extracted(&zboot(), "payload"), gzip(&good::arm64(&[])));
    let config = good::config(&["SMP"]).into_bytes();
    assert_eq!(extracted(&good::bzimage(&["SMP"]), "config"), config);
    assert_eq!(extracted(&uki(good::arm64(&["SMP"])), "config"), config);
    let uki = uki(good::arm64(&[]));
    assert_eq!(extracted(&uki, "cmdline"), b"console=hvc0");
    assert_eq!(extracted(&uki, "initrd"), b"070701");
}

#[test]
fn symbols_come_out_as_system_map_has_them() {
    use super::forge::arm64::Arm64;
    use super::kallsyms::{Kallsyms, symbols};
    let symbols = symbols(600);
    let tables = Kallsyms {
        symbols: symbols.clone(),
        ..Kallsyms::default()
    };
    let image = Arm64 {
        body: [super::forge::BANNER.as_bytes(), &[0; 6], &tables.build()].concat(),
        ..Arm64::default()
    };
    let text = String::from_utf8(extracted(&image.build(), "symbols")).unwrap();
    let expected: Vec<String> = symbols
        .iter()
        .map(|(address, kind, name)| format!("{address:016x} {kind} {name}"))
        .collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_form_that_is_not_there_is_told_with_what_is() {
    let image = good::arm64(&[]);
    let bzimage = good::bzimage(&[]);
    assert_says(
        &refused(&image, "vmlinux"),
        &["no ELF vmlinux", "arm64-image", "--to image"],
    );
    assert_says(
        &refused(&bzimage, "image"),
        &["no raw Image", "--to vmlinux"],
    );
    assert_says(&refused(&image, "payload"), &["no payload", "not wrapped"]);
    assert_says(&refused(&image, "initrd"), &["no .initrd"]);
    assert_says(&refused(&bzimage, "cmdline"), &["no .cmdline"]);
    let bare = super::forge::arm64::Arm64 {
        body: super::forge::BANNER.into(),
        ..Default::default()
    };
    assert_says(
        &refused(&bare.build(), "config"),
        &["no embedded configuration", "CONFIG_IKCONFIG"],
    );
    assert_says(&refused(&bare.build(), "symbols"), &["kallsyms"]);
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    assert_says(
        &refused(&super::cut(), "vmlinux"),
        &["kernel: ", " at 0x", "expected", "found"],
    );
    for form in [
        "vmlinux", "image", "payload", "config", "symbols", "initrd", "cmdline",
    ] {
        assert_says(
            &refused(b"no kernel", form),
            &["kernel: file: expected a Linux kernel image"],
        );
    }
}

#[test]
fn an_existing_file_is_replaced_whole_and_keeps_its_permissions() {
    let folder = Folder::new()
        .with("kernel", zboot())
        .with("out", vec![0; 1 << 20]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.path("out"), private).unwrap();
    }
    let run = folder.run(&["extract", "kernel", "--to", "image", "-o", "out"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(folder.read("out"), good::arm64(&[]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let out = folder.path("out");
        assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(folder.names(), ["kernel", "out"]);
}

#[test]
fn where_nothing_can_be_written_the_status_says_so() {
    let folder = Folder::new().with("kernel", zboot());
    std::fs::create_dir(folder.path("folder")).unwrap();
    for out in ["absent/out", "folder"] {
        let run = folder.run(&["extract", "kernel", "--to", "image", "-o", out]);
        assert_eq!(run.status, 3, "{out}");
        assert_says(&run.stderr, &[out, "cannot write"]);
    }
    assert_eq!(folder.names(), ["folder", "kernel"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to_and_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;
    let folder = Folder::new().with("kernel", zboot());
    let run = folder.run(&["extract", "kernel", "--to", "image", "-o", "/dev/null"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let kind = std::fs::metadata("/dev/null").unwrap().file_type();
    assert!(kind.is_char_device());
    let run = folder.run(&["extract", "kernel", "--to", "image", "-o", "/dev/full"]);
    assert_eq!(run.status, 3);
}

#[test]
fn a_pipe_carries_a_kernel_through() {
    let run = run_fed(
        &["extract", "-", "--to", "config"],
        &good::bzimage(&["SMP"]),
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.stdout, good::config(&["SMP"]));
}
