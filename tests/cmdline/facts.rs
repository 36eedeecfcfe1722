//! `init/main.c`, `init/do_mounts.c`, `kernel/printk/printk.c`, `kernel/panic.c`.

use super::line;
use kelpie_check::cmdline::RootWait;

#[test]
fn the_last_value_wins() {
    let parsed = line("root=/dev/vda rootfstype=ext4 root=/dev/vdb init=/a init=/b");
    assert_eq!(parsed.value("root"), Some("/dev/vdb"));
    assert_eq!(parsed.init(), Some("/b"));
    assert_eq!(parsed.values("root").count(), 2);
    assert_eq!(parsed.value("absent"), None);
}

// readonly() and readwrite() refuse a value.
#[test]
fn the_root_is_read_only_unless_rw_is_the_last_word() {
    assert!(line("").read_only());
    assert!(!line("ro rw").read_only());
    assert!(line("rw ro").read_only());
    assert!(line("rw=1").read_only());
    assert!(!line("rw ro=1").read_only());
}

// console_setup.
#[test]
fn consoles_have_numbers_and_options_and_the_last_is_dev_console() {
    let parsed = line("console=ttyS0,115200n8 console=hvc console=tty console=1 console=null");
    let devices: Vec<_> = parsed
        .consoles()
        .into_iter()
        .map(|one| one.device)
        .collect();
    assert_eq!(devices, ["ttyS0", "hvc0", "tty0", "ttyS1", "ttynull"]);
    assert_eq!(parsed.consoles()[0].options.as_deref(), Some("115200n8"));
    assert_eq!(line("console=").dev_console().unwrap().device, "ttynull");
    assert_eq!(
        line("console=brl,ttyS2").dev_console().unwrap().device,
        "ttyS2"
    );
    assert_eq!(
        line("console=uart8250,io,0x3f8")
            .dev_console()
            .unwrap()
            .device,
        "uart8250"
    );
    assert!(line("console").consoles().is_empty());
}

// __add_preferred_console: a known one becomes the preferred one; MAX_CMDLINECONSOLES is 8.
#[test]
fn a_console_that_is_named_again_moves_to_the_end_and_a_ninth_is_dropped() {
    let parsed = line("console=hvc0 console=ttyS0 console=hvc0");
    let devices: Vec<_> = parsed
        .consoles()
        .into_iter()
        .map(|one| one.device)
        .collect();
    assert_eq!(devices, ["ttyS0", "hvc0"]);
    let nine: String = (0..9)
        .map(|number| format!("console=hvc{number} "))
        .collect();
    assert_eq!(line(&nine).dev_console().unwrap().device, "hvc7");
}

#[test]
fn the_root_is_waited_for_as_asked() {
    assert_eq!(line("").rootwait(), RootWait::No);
    assert_eq!(line("rootwait").rootwait(), RootWait::Forever);
    assert_eq!(line("rootwait=5").rootwait(), RootWait::Seconds(5));
    assert_eq!(line("rootwait rootwait=x").rootwait(), RootWait::Forever);
    assert_eq!(line("rootdelay=0x10").rootdelay(), Some(16));
    assert_eq!(line("rootdelay=").rootdelay(), None);
}

// loglevel() in init/main.c uses get_option; quiet and debug write the same variable.
#[test]
fn the_last_of_quiet_debug_and_loglevel_sets_the_level() {
    assert_eq!(line("").console_loglevel(), None);
    assert_eq!(line("loglevel=7 quiet").console_loglevel(), Some(4));
    assert_eq!(line("quiet loglevel=7").console_loglevel(), Some(7));
    assert_eq!(line("quiet loglevel=9x").loglevel(), Some(9));
    assert_eq!(line("quiet loglevel=x").console_loglevel(), Some(4));
    assert_eq!(line("quiet debug").console_loglevel(), Some(10));
    assert_eq!(
        line("ignore_loglevel quiet").console_loglevel(),
        Some(i64::MAX)
    );
    assert!(
        line("quiet=yes").quiet(),
        "an early parameter may have a value"
    );
}

// core_param(panic, panic_timeout, int): kstrtoint.
#[test]
fn panic_is_a_whole_number_or_nothing() {
    assert_eq!(line("panic=-1").panic(), Some(-1));
    assert_eq!(line("panic=5 panic=abc").panic(), Some(5));
    assert_eq!(line("panic=5x").panic(), None);
    assert_eq!(line("panic=010").panic(), Some(8));
    assert_eq!(line("panic=99999999999").panic(), None);
}

#[test]
fn lists_are_parted_by_commas() {
    let parsed = line("rootfstype=ext4,,btrfs modules=loop,squashfs rootflags=data=journal");
    assert_eq!(parsed.rootfstypes(), ["ext4", "btrfs"]);
    assert_eq!(parsed.modules(), ["loop", "squashfs"]);
    assert_eq!(parsed.rootflags(), Some("data=journal"));
    assert!(line("").rootfstypes().is_empty());
}

// init_setup, rdinit_setup and unknown_bootoption.
#[test]
fn init_gets_what_nobody_knows_and_nothing_from_before_init() {
    let parsed = line("early FOO=1 init=/sbin/init single root nomod.x=1 ro=1 quiet -- a b=c");
    let handed = parsed.handed_to_init();
    assert_eq!(handed.arguments, ["single", "root", "a", "b=c"]);
    assert_eq!(handed.environment, ["FOO=1", "ro=1"]);
}

#[test]
fn what_an_initramfs_is_told_can_be_asked_for() {
    let parsed = line("rdinit=/bin/sh noinitrd initrd=a initrd=b");
    assert_eq!(parsed.rdinit(), Some("/bin/sh"));
    assert!(parsed.noinitrd());
    assert_eq!(parsed.initrds(), ["a", "b"]);
}

// kstrtoint and get_option: a sign, digits that wrap, zeros in front.
#[test]
fn numbers_have_a_sign_and_no_more_digits_than_fit() {
    assert_eq!(line("panic=+5").panic(), Some(5));
    assert_eq!(line("panic=0000000000000000007").panic(), Some(7));
    // 2^64 + 1, which wraps to 1.
    assert_eq!(line("panic=18446744073709551617").panic(), None);
    assert_eq!(line("panic=").panic(), None);
    assert_eq!(line("panic=0x").panic(), None);
    assert_eq!(line("panic=0X1f").panic(), Some(31));
    assert_eq!(line("loglevel=-1").loglevel(), Some(-1));
    assert_eq!(line("loglevel=08").loglevel(), Some(0));
}

#[test]
fn a_flag_that_is_not_there_is_not_set() {
    let parsed = line("panic=1");
    assert!(!parsed.quiet());
    assert!(!parsed.noinitrd());
    assert_eq!(line("rootwait rootwait=-1").rootwait(), RootWait::Forever);
    assert_eq!(line("rootwait=0").rootwait(), RootWait::Seconds(0));
}

// DEVNAME:0.0, since 6.10, belongs to a driver.
#[test]
fn a_console_with_a_colon_keeps_its_name() {
    let named = |text: &str| line(text).dev_console().unwrap().device;
    assert_eq!(named("console=pl011:0.0"), "pl011:0.0");
    assert_eq!(named("console=ttyS007"), "ttyS7");
    assert_eq!(named("console=ttynull"), "ttynull");
}

#[test]
fn a_parameter_is_written_as_it_was_read() {
    let parsed = line("quiet root=/dev/vda");
    assert_eq!(parsed.parameters[0].text(), "quiet");
    assert_eq!(parsed.parameters[1].text(), "root=/dev/vda");
    assert_eq!(parsed, line("quiet root=/dev/vda"));
    assert_ne!(parsed.parameters[0], line("quiet=").parameters[0]);
    assert_ne!(parsed.parameters[0], line(" quiet").parameters[0]);
}
