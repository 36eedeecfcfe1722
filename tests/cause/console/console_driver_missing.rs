use crate::kernels::{arm64, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Console;

const SERIAL: &str = "CONFIG_SERIAL_8250=y\nCONFIG_SERIAL_8250_CONSOLE=y";
const HVC: &str = "CONFIG_HVC_DRIVER=y\nCONFIG_VIRTIO_CONSOLE=y";
const MMIO: &str = "CONFIG_VIRTIO_MMIO=y";

fn x86(lines: &[&str]) -> Case {
    Case::new(vmlinux()).config(&lines.join("\n"))
}

fn arm(lines: &[&str]) -> Case {
    Case::new(arm64().build()).config(&lines.join("\n"))
}

#[test]
fn a_kernel_without_any_console_driver_is_never_seen() {
    let finding = x86(&[]).fires(202, Fatal, Console);
    says(
        &finding.message,
        &[
            "libkrun offers ttyS0 and hvc0",
            "whose drivers are missing in this kernel",
        ],
    );
    says(
        &finding.consequence,
        &["The boot has no visible output", "even if it succeeds"],
    );
    assert_eq!(
        finding.fix,
        "Use a kernel with CONFIG_SERIAL_8250=y and CONFIG_SERIAL_8250_CONSOLE=y."
    );
}

#[test]
fn a_module_speaks_once_an_initramfs_has_loaded_it() {
    let finding =
        arm(&["CONFIG_HVC_DRIVER=y\nCONFIG_VIRTIO_CONSOLE=m", MMIO]).fires(202, Warn, Console);
    says(
        &finding.message,
        &["libkrun offers hvc0, whose driver is not built into this kernel"],
    );
    says(&finding.consequence, &["until an initramfs", "silent"]);
    // Only what it lacks.
    assert_eq!(finding.fix, "Use a kernel with CONFIG_VIRTIO_CONSOLE=y.");
}

#[test]
fn hvc0_speaks_only_over_its_transport() {
    arm(&[HVC, "CONFIG_VIRTIO_MMIO=m"]).fires(202, Warn, Console);
    arm(&[HVC]).fires(202, Fatal, Console);
    arm(&[HVC, MMIO]).is_quiet(202);
    // There it is a PCI device.
    arm(&[HVC, MMIO]).on("vz").fires(202, Fatal, Console);
    let pci = "CONFIG_PCI=y\nCONFIG_PCI_HOST_GENERIC=y\nCONFIG_VIRTIO_PCI=y";
    arm(&[HVC, pci]).on("vz").is_quiet(202);
}

#[test]
fn one_console_is_enough() {
    x86(&[SERIAL]).is_quiet(202);
    x86(&[HVC, MMIO, "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y"]).is_quiet(202);
}

#[test]
fn a_serial_port_in_a_device_tree_needs_the_driver_that_reads_it() {
    let with = |lines: &[&str]| arm(lines).on("firecracker");
    with(&[SERIAL]).fires(202, Fatal, Console);
    with(&[SERIAL, "CONFIG_SERIAL_OF_PLATFORM=y"]).is_quiet(202);
}

#[test]
fn libkrun_offers_no_pl011_on_arm64() {
    let pl011 = "CONFIG_SERIAL_AMBA_PL011=y\nCONFIG_SERIAL_AMBA_PL011_CONSOLE=y";
    arm(&[pl011]).fires(202, Fatal, Console);
    arm(&[pl011]).on("qemu-virt").is_quiet(202);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged()).is_blocked(202, 3);
}

#[test]
fn what_nothing_tells_is_not_passed() {
    let case = Case::new(vmlinux()).fragment("CONFIG_PVH=y\n");
    says(&case.is_blocked(202, None), &["neither a configuration"]);
}

#[test]
fn a_command_line_says_which_consoles_are_asked_for() {
    let hvc = [HVC, MMIO, "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y"];
    x86(&hvc).command_line("console=hvc0").is_quiet(202);
    let finding = x86(&hvc)
        .command_line("console=ttyS0")
        .fires(202, Fatal, Console);
    says(
        &finding.message,
        &["console= names ttyS0, whose driver is missing in this kernel"],
    );
    let finding = x86(&[SERIAL])
        .command_line("console=hvc0")
        .fires(202, Fatal, Console);
    says(&finding.fix, &["CONFIG_VIRTIO_CONSOLE=y"]);
    // One of two is enough, and none named is any.
    x86(&[SERIAL])
        .command_line("console=ttyS0 console=hvc0")
        .is_quiet(202);
    x86(&[SERIAL]).command_line("root=/dev/vda").is_quiet(202);
    // What the machine does not have is told by another.
    x86(&[]).command_line("console=ttyAMA0").is_quiet(202);
    x86(&[])
        .command_line("console=ttyS0 earlyprintk=serial")
        .fires(202, Warn, Console);
}
