use crate::kernels::{arm64, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

#[test]
fn libkrun_takes_printable_ascii_alone() {
    for (line, word) in [
        ("console=ttyS0\n", "a line break (0x0a)"),
        ("console=ttyS0\troot=/dev/vda", "a tab (0x09)"),
        ("a=ö", "0xc3, which is not ASCII"),
        ("a\u{1}", "0x01, a control character"),
    ] {
        let finding = Case::new(vmlinux())
            .command_line(line)
            .fires(112, Fatal, Load);
        says(&finding.message, &[word]);
        says(
            &finding.consequence,
            &["libkrun", "before the kernel starts"],
        );
    }
    let finding = Case::new(vmlinux())
        .command_line("abc\n")
        .fires(112, Fatal, Load);
    assert_eq!(finding.place.offset, Some(3));
    says(&finding.fix, &["printf"]);
    Case::new(vmlinux())
        .command_line("console=ttyS0 root=/dev/vda")
        .is_quiet(112);
}

#[test]
fn qemu_takes_every_byte() {
    Case::new(arm64().build())
        .on("qemu-virt")
        .command_line("a=ö\tb\n")
        .is_quiet(112);
}

#[test]
fn what_libkrun_adds_behind_dashes_goes_to_init() {
    let case = || Case::new(vmlinux()).command_line("root=/dev/vda -- single");
    let finding = case().root(crate::disks::ext4()).fires(112, Fatal, Load);
    says(&finding.consequence, &["virtio_mmio.device=", "no disk"]);
    says(&finding.fix, &["Remove ` -- `"]);
    assert_eq!(finding.place.offset, Some(14));
    case().no_root().fires(112, Warn, Load);
    // Nothing is added there.
    Case::new(arm64().build())
        .command_line("root=/dev/vda -- single")
        .is_quiet(112);
    // It adds before the dashes.
    case().on("firecracker").is_quiet(112);
}

#[test]
fn what_libkrun_adds_behind_an_open_quotation_is_a_part_of_it() {
    let case = |line: &str| Case::new(vmlinux()).command_line(line);
    for line in ["root=/dev/vda \"", "a=\"b root=/dev/vda", "\"a\" \"b"] {
        let finding = case(line)
            .root(crate::disks::ext4())
            .fires(112, Fatal, Load);
        says(&finding.message, &["without an end"]);
        says(&finding.consequence, &["virtio_mmio.device=", "no disk"]);
        case(line).no_root().fires(112, Warn, Load);
    }
    case("root=/dev/vda a=\"b c\"")
        .root(crate::disks::ext4())
        .is_quiet(112);
    // Behind dashes it is init's in any case, and told once.
    case("root=/dev/vda -- \"")
        .root(crate::disks::ext4())
        .fires(112, Fatal, Load);
}

#[test]
fn on_qemu_microvm_it_hangs_on_acpi() {
    let case = |lines: &str| {
        Case::new(vmlinux())
            .on("qemu-microvm")
            .config(lines)
            .command_line("root=/dev/vda -- single")
            .root(crate::disks::ext4())
    };
    case("CONFIG_ACPI=y").acpi(true).is_quiet(112);
    case("CONFIG_ACPI=y").fires(112, Fatal, Load);
}

#[test]
fn whether_it_has_acpi_is_blocked_by_the_damage() {
    Case::new(vmlinux())
        .machine(kelpie_check::architecture::Architecture::Aarch64)
        .command_line("a -- b")
        .is_blocked(112, 101);
    // The machine's tables do not depend on the kernel.
    let microvm = || {
        Case::new(damaged())
            .on("qemu-microvm")
            .command_line("root=/dev/vda -- b")
            .root(crate::disks::ext4())
    };
    microvm().acpi(true).is_quiet(112);
    microvm().fires(112, Fatal, Load);
}

#[test]
fn each_byte_has_its_fix() {
    for (line, name, fix) in [
        ("a\tb", "a tab (0x09)", "Replace the tab with a space."),
        ("a\r\n", "a carriage return (0x0d)", "Remove the line break"),
        ("a=ö", "which is not ASCII", "Write it in ASCII."),
    ] {
        let finding = Case::new(vmlinux())
            .command_line(line)
            .fires(112, Fatal, Load);
        says(&finding.message, &[name]);
        says(&finding.fix, &[fix]);
    }
}
