use crate::kernels::{arm64, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Console;

fn x86(line: &str) -> Case {
    Case::new(vmlinux())
        .config("CONFIG_VT_CONSOLE=y")
        .command_line(line)
}

fn arm(line: &str) -> Case {
    Case::new(arm64().build()).config("").command_line(line)
}

#[test]
fn each_machine_has_consoles_of_its_own() {
    let finding = arm("root=/dev/vda console=ttyAMA0,115200").fires(201, Fatal, Console);
    assert_eq!(finding.message, "console= names ttyAMA0; libkrun has hvc0.");
    says(
        &finding.consequence,
        &["The boot has no visible output", "even if it succeeds"],
    );
    assert_eq!(finding.fix, "Write console=hvc0 last.");
    assert_eq!(finding.place.offset, Some(14));
    arm("console=hvc0").is_quiet(201);
    arm("console=ttyAMA0").on("qemu-virt").is_quiet(201);
    arm("console=ttyS0")
        .on("qemu-virt")
        .fires(201, Fatal, Console);
    arm("console=ttyS0").on("firecracker").is_quiet(201);
    x86("console=ttyS0,115200n8").is_quiet(201);
    x86("console=hvc0").is_quiet(201);
    x86("console=ttyS1").fires(201, Fatal, Console);
    x86("console=tty0 console=ttyAMA0").fires(201, Fatal, Console);
}

#[test]
fn one_of_several_is_seen_and_init_speaks_to_the_last() {
    x86("console=tty0 console=ttyS0").is_quiet(201);
    let finding = x86("console=ttyS0 console=tty0").fires(201, Warn, Console);
    says(&finding.message, &["last console= names tty0"]);
    says(&finding.consequence, &["the output of init goes to tty0"]);
    // A port that is not there does not register, and a screen neither where there is no driver.
    let finding = x86("console=ttyS0 console=ttyS1").fires(201, Warn, Console);
    says(
        &finding.consequence,
        &["ttyS1 never registers", "/dev/console is ttyS0"],
    );
    let finding = Case::new(vmlinux())
        .config("")
        .command_line("console=hvc0 console=tty1")
        .fires(201, Warn, Console);
    says(
        &finding.consequence,
        &["tty1 never registers", "/dev/console is hvc0"],
    );
}

#[test]
fn an_early_console_goes_on_where_no_other_registers() {
    let finding = arm("console=ttyAMA0 earlycon=pl011,mmio32,0x0a001000").fires(201, Warn, Console);
    says(
        &finding.consequence,
        &["early console works", "output of init"],
    );
}

#[test]
fn what_is_of_no_known_kind_is_not_judged() {
    for line in ["", "console=uart8250,io,0x3f8"] {
        x86(line).is_quiet(201);
    }
}

#[test]
fn the_line_of_a_kernel_for_another_machine_is_blocked_by_that() {
    x86("console=ttyS0")
        .machine(Architecture::Aarch64)
        .is_blocked(201, 101);
}

/// The driver takes a port beyond those that it counts for the first one: booted, and it spoke.
#[test]
fn a_port_beyond_those_that_are_counted_is_the_first() {
    x86("console=ttyS32").is_quiet(201);
    x86("console=ttyS7 8250.nr_uarts=4").is_quiet(201);
    x86("console=ttyS3 8250.nr_uarts=4").fires(201, Fatal, Console);
    // How many are counted is for the configuration to say.
    x86("console=ttyS7").is_blocked(201, None);
    arm("console=ttyS32").fires(201, Fatal, Console);
}

#[test]
fn who_asks_for_no_console_sees_nothing() {
    let finding = x86("console=null").fires(201, Fatal, Console);
    assert_eq!(finding.message, "console=null selects no console.");
    says(&finding.consequence, &["The boot has no visible output"]);
    for other in ["console=", "console=ttynull"] {
        x86(other).fires(201, Fatal, Console);
    }
    x86("console=null console=ttyS0").is_quiet(201);
}
