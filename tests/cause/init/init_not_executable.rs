use super::{Root, static_program, unreadable};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

#[test]
fn a_file_without_an_execute_bit_is_not_executed() {
    let root = Root::new().file("/sbin/init", static_program(), 0o644);
    let finding = root.booted().fires(602, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init has no execute bit (mode 0644)"],
    );
    says(
        &finding.consequence,
        &[
            "\"Starting init: /sbin/init exists but couldn't execute it (error -13)\"",
            "\"No working init found\"",
        ],
    );
    assert_eq!(finding.fix, "Run chmod 755 on /sbin/init of the root.");
}

#[test]
fn a_shell_that_runs_in_its_place_is_told() {
    let root = Root::new()
        .file("/sbin/init", static_program(), 0o600)
        .shell();
    let finding = root.alone().fires(602, Fatal, Init);
    says(&finding.consequence, &["error -13", "starts /bin/sh"]);
}

#[test]
fn a_directory_is_no_program() {
    let root = Root::new().directory("/sbin/init");
    let finding = root.booted_with("init=/sbin/init").fires(602, Fatal, Init);
    says(&finding.message, &["/sbin/init is a directory"]);
    says(
        &finding.consequence,
        &["\"Requested init /sbin/init failed (error -13)\""],
    );
}

#[test]
fn one_execute_bit_is_enough() {
    Root::new()
        .file("/sbin/init", static_program(), 0o100)
        .alone()
        .is_quiet(602);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(602, 10);
}

#[test]
fn what_devtmpfs_has_on_dev_is_a_device() {
    let root = Root::new();
    let booted = |config: &str| root.booted_with("init=/dev/null").config(config);
    let devtmpfs = "CONFIG_DEVTMPFS=y\nCONFIG_DEVTMPFS_MOUNT=y";
    let finding = booted(devtmpfs).fires(602, Fatal, Init);
    says(&finding.message, &["/dev/null"]);
    says(
        &finding.consequence,
        &["Requested init /dev/null failed (error -13)"],
    );
    booted(devtmpfs).is_quiet(601);
    booted("CONFIG_DEVTMPFS=y").fires(601, Fatal, Init);
    // What the root had there is hidden.
    let hidden = Root::new().program("/dev/init", static_program());
    let booted = |config: &str| hidden.booted_with("init=/dev/init").config(config);
    booted(devtmpfs).fires(601, Fatal, Init);
    booted("CONFIG_DEVTMPFS=y").is_quiet(601);
}

#[test]
fn what_else_is_on_devtmpfs_depends_on_the_machine() {
    let devtmpfs = "CONFIG_DEVTMPFS=y\nCONFIG_DEVTMPFS_MOUNT=y";
    let booted = |root: &Root, words: &str| root.booted_with(words).config(devtmpfs);
    let empty = Root::new();
    for path in ["/dev/vda", "/dev/ttyS0", "/dev/hvc0", "/dev/loop0"] {
        booted(&empty, &format!("init={path}")).is_blocked(602, 10);
    }
    // A link leads it to another place, unless it is absolute: that is looked for in the root before.
    let root = |target: &str| {
        Root::bare()
            .program("/system/init", static_program())
            .link("/dev", target)
    };
    let (relative, absolute) = (root("system"), root("/system"));
    booted(&relative, "init=/system/init").fires(601, Fatal, Init);
    booted(&relative, "init=/system/null").fires(602, Fatal, Init);
    booted(&absolute, "init=/system/init").is_quiet(601);
    booted(&absolute, "init=/dev/init").is_quiet(601);
    // The new root is on /root of the one before, which has a /dev too.
    for target in ["/root/system", "/./root/..", "/"] {
        let link = root(target);
        booted(&link, "init=/system/init").is_blocked(602, 10);
    }
    // Of the number the beginning counts.
    for (value, is_mounted) in [
        ("2x", true),
        ("0x1", true),
        ("0", false),
        ("x", false),
        ("", false),
    ] {
        let words = format!("init=/dev/null devtmpfs.mount={value}");
        let booted = booted(&empty, &words);
        booted.fires(if is_mounted { 602 } else { 601 }, Fatal, Init);
    }
}
