use crate::kernels::{arm64, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

fn padded(before: &str, bytes: usize, behind: &str) -> String {
    format!("{before} pad={} {behind}", "x".repeat(bytes))
}

#[test]
fn on_libkrun_the_disk_is_cut_off_first() {
    let line = padded("console=ttyS0 root=/dev/vda", 1900, "");
    let finding = Case::new(vmlinux())
        .command_line(&line)
        .root(crate::disks::ext4())
        .fires(111, Fatal, Load);
    says(
        &finding.message,
        &["with the VMM's additions", "the kernel keeps 2048"],
    );
    says(
        &finding.consequence,
        &["virtio_mmio.device=4K@0xd000", "silently"],
    );
    says(&finding.fix, &["Shorten the command line by"]);
    // Without a disk nobody misses it.
    Case::new(vmlinux())
        .command_line(&line)
        .no_root()
        .fires(111, Warn, Load);
}

#[test]
fn what_decides_on_the_boot_is_missed() {
    let on_virt = |line: &str| {
        Case::new(arm64().build())
            .on("qemu-virt")
            .command_line(line)
    };
    for missed in [
        "root=/dev/vda",
        "init=/bin/app",
        "rdinit=/bin/app",
        "console=ttyAMA0",
    ] {
        let finding = on_virt(&padded("a", 2100, missed)).fires(111, Fatal, Load);
        says(&finding.consequence, &[missed]);
    }
    let harmless = on_virt(&padded(
        "root=/dev/vda console=ttyAMA0",
        2100,
        "ro init=/sbin/init",
    ));
    let finding = harmless.fires(111, Warn, Load);
    says(
        &finding.consequence,
        &["silently drops its end", "init=/sbin/init"],
    );
    // One of two consoles is left.
    on_virt(&padded(
        "root=/dev/vda console=ttyAMA0",
        2100,
        "console=hvc0",
    ))
    .fires(111, Warn, Load);
    on_virt(&padded("root=/dev/vda console=tty9", 2100, "console=hvc0")).fires(111, Fatal, Load);
    // Half of a path is another path.
    on_virt(&padded(
        "root=/dev/vda console=ttyAMA0",
        2000,
        "init=/sbin/init",
    ))
    .fires(111, Fatal, Load);
    on_virt(&padded("root=/dev/vda", 1900, "init=/bin/app")).is_quiet(111);
}

#[test]
fn a_vmm_with_a_maximum_refuses_the_line() {
    let finding = Case::new(arm64().build())
        .command_line(padded("a", 2100, ""))
        .fires(111, Fatal, Load);
    says(&finding.message, &["libkrun accepts 2048"]);
    says(
        &finding.consequence,
        &["libkrun refuses it", "before the kernel starts"],
    );
    Case::new(vmlinux())
        .on("firecracker")
        .command_line(padded("a", 2100, ""))
        .fires(111, Fatal, Load);
}

#[test]
fn a_line_that_fits_is_quiet() {
    Case::new(vmlinux())
        .command_line("root=/dev/vda")
        .is_quiet(111);
}

#[test]
fn the_line_of_a_kernel_for_another_machine_is_blocked_by_that() {
    Case::new(vmlinux())
        .machine(Architecture::Aarch64)
        .command_line("a")
        .is_blocked(111, 101);
}

#[test]
fn only_so_much_of_what_is_lost_is_shown() {
    let on_virt = |behind: &str| {
        Case::new(arm64().build())
            .on("qemu-virt")
            .command_line(padded("root=/dev/vda console=ttyAMA0", 2100, behind))
            .fires(111, Warn, Load)
            .consequence
    };
    let pad = format!("pad={}…", "x".repeat(36));
    let told = |words: &str| format!("The kernel silently drops its end: {pad}, {words}.");
    assert_eq!(on_virt("a b c"), told("a, b, c"));
    assert_eq!(on_virt("a b c d"), told("a, b, c, …"));
    let forty = "y".repeat(40);
    assert_eq!(on_virt(&forty), told(&forty));
    assert_eq!(on_virt(&"y".repeat(41)), told(&format!("{forty}…")));
}
