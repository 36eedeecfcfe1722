use crate::kernels::{arm64, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

#[test]
fn on_libkrun_the_devices_are_lost_with_the_command_line() {
    let finding = Case::new(vmlinux())
        .config("CONFIG_CMDLINE_OVERRIDE=y")
        .fires(113, Fatal, Load);
    says(&finding.message, &["CMDLINE_OVERRIDE", "ignores"]);
    says(
        &finding.consequence,
        &["root=", "no virtio device is found", "libkrun"],
    );
    says(&finding.fix, &["without CONFIG_CMDLINE_OVERRIDE"]);
}

#[test]
fn where_a_table_names_the_devices_it_is_a_warning() {
    for target in ["qemu-microvm", "firecracker", "cloud-hypervisor"] {
        Case::new(vmlinux())
            .config("CONFIG_CMDLINE_OVERRIDE=y")
            .on(target)
            .fires(113, Warn, Load);
    }
    let finding = Case::new(arm64().build())
        .config("CONFIG_CMDLINE_FORCE=y")
        .fires(113, Warn, Load);
    says(&finding.message, &["CMDLINE_FORCE"]);
}

#[test]
fn each_architecture_has_its_own_option() {
    Case::new(vmlinux())
        .config("CONFIG_CMDLINE_FORCE=y")
        .is_quiet(113);
    Case::new(arm64().build()).config("").is_quiet(113);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged()).is_blocked(113, 3);
}

#[test]
fn a_named_configuration_needs_no_decoding() {
    Case::new(vmlinux())
        .config("CONFIG_CMDLINE_OVERRIDE=y")
        .quick()
        .fires(113, Fatal, Load);
    Case::new(crate::kernels::bzimage().build())
        .quick()
        .is_skipped(113);
}

#[test]
fn what_is_lost_of_a_known_line_is_named() {
    let case = || {
        Case::new(vmlinux())
            .config("CONFIG_CMDLINE_OVERRIDE=y")
            .command_line("console=ttyS0 root=/dev/vda quiet")
    };
    let finding = case().fires(113, Fatal, Load);
    says(
        &finding.consequence,
        &["console=ttyS0 and root=/dev/vda have no effect"],
    );
    // No disk is missed where there is none.
    case().no_root().fires(113, Warn, Load);
}

#[test]
fn one_parameter_alone_stands_for_all() {
    let finding = Case::new(arm64().build())
        .config("CONFIG_CMDLINE_FORCE=y")
        .command_line("root=/dev/vda quiet")
        .fires(113, Warn, Load);
    says(
        &finding.consequence,
        &["root=, console= and init= have no effect."],
    );
}
