use crate::kernels::{arm64, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Console;

const SERIAL: &str = "CONFIG_SERIAL_8250=y\nCONFIG_SERIAL_8250_CONSOLE=y";

#[test]
fn with_a_screen_driver_the_screen_is_taken() {
    let finding = Case::new(vmlinux())
        .config(&format!("{SERIAL}\nCONFIG_VT_CONSOLE=y"))
        .command_line("root=/dev/vda")
        .fires(203, Warn, Console);
    says(&finding.consequence, &["takes tty0", "no visible output"]);
    assert_eq!(finding.fix, "Add console=ttyS0.");
}

#[test]
fn without_a_screen_driver_the_serial_port_is_the_first() {
    Case::new(vmlinux())
        .config(SERIAL)
        .command_line("")
        .is_quiet(203);
    let finding = Case::new(vmlinux())
        .config("")
        .command_line("")
        .fires(203, Warn, Console);
    says(&finding.consequence, &["the first console that registers"]);
}

#[test]
fn a_device_tree_may_name_one() {
    let case = || {
        Case::new(arm64().build())
            .config("CONFIG_VT_CONSOLE=y")
            .command_line("")
    };
    case().on("qemu-virt").is_quiet(203);
    case().fires(203, Warn, Console);
}

#[test]
fn a_line_that_names_one_is_quiet() {
    Case::new(vmlinux())
        .command_line("console=hvc0")
        .is_quiet(203);
}

#[test]
fn the_line_of_a_kernel_for_another_machine_is_blocked_by_that() {
    Case::new(vmlinux())
        .command_line("root=/dev/vda")
        .machine(Architecture::Aarch64)
        .is_blocked(203, 101);
}
