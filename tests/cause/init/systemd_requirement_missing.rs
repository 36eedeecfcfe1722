use super::{Root, static_program};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

const OPTIONS: [&str; 10] = [
    "CGROUPS",
    "DEVTMPFS",
    "EPOLL",
    "INOTIFY_USER",
    "PROC_FS",
    "SIGNALFD",
    "SYSFS",
    "TIMERFD",
    "TMPFS",
    "UNIX",
];

fn config_without(left_out: &[&str]) -> String {
    let mut config = "CONFIG_BINFMT_ELF=y\n".to_owned();
    for option in OPTIONS {
        let value = if left_out.contains(&option) { "n" } else { "y" };
        config.push_str(&format!("CONFIG_{option}={value}\n"));
    }
    config
}

fn systemd() -> Root {
    Root::new()
        .program("/usr/lib/systemd/systemd", static_program())
        .link("/sbin/init", "/usr/lib/systemd/systemd")
}

#[test]
fn each_option_that_systemd_requires_is_asked_for() {
    for option in OPTIONS {
        let config = config_without(&[option]);
        let finding = systemd().booted().config(&config).fires(613, Fatal, Init);
        says(&finding.message, &["systemd", option]);
        says(&finding.fix, &[&format!("CONFIG_{option}=y")]);
    }
}

#[test]
fn all_that_are_off_are_listed() {
    let config = config_without(&["CGROUPS", "UNIX"]);
    let finding = systemd().booted().config(&config).fires(613, Fatal, Init);
    assert_eq!(
        finding.message,
        "The init of the root is systemd, and this kernel was built without CGROUPS and UNIX."
    );
    assert_eq!(finding.consequence, "systemd prints an error and freezes.");
}

#[test]
fn a_kernel_that_has_all_is_quiet() {
    let config = config_without(&[]) + "CONFIG_FHANDLE=y\n";
    systemd().booted().config(&config).is_quiet(613);
}

#[test]
fn other_inits_ask_for_none() {
    let config = config_without(&OPTIONS);
    let root = Root::new().program("/sbin/init", static_program());
    root.booted().config(&config).is_quiet(613);
    // Nor does systemd, where another init is asked for.
    let root = systemd().program("/bin/other", static_program());
    root.booted_with("init=/bin/other")
        .config(&config)
        .is_quiet(613);
}

#[test]
fn systemd_after_an_initramfs_needs_them_too() {
    let config = config_without(&["TIMERFD"]) + "CONFIG_BLK_DEV_INITRD=y\n";
    let root = systemd();
    let case = root.by_alpine("").config(&config);
    case.fires(613, Fatal, Init);
}

#[test]
fn without_fhandle_it_is_not_known() {
    let config = config_without(&[]) + "CONFIG_FHANDLE=n\n";
    let why = systemd().booted().config(&config).is_blocked(613, None);
    says(&why, &["FHANDLE"]);
}

#[test]
fn a_module_may_be_loaded_from_the_root() {
    let config = config_without(&[]).replace("CONFIG_UNIX=y", "CONFIG_UNIX=m");
    systemd().booted().config(&config).is_blocked(613, None);
}

#[test]
fn a_kernel_that_cannot_be_decoded_blocks() {
    systemd().undecoded().is_blocked(613, 3);
}
