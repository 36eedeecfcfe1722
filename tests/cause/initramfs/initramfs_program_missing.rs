use super::*;
use crate::forge::ext4::Ext4;
use crate::ladder::together;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Initramfs;

fn debian_without(path: &str) -> Vec<u8> {
    let mut entries = [debian(), modules_of(RELEASE, NEEDED)].concat();
    entries.retain(|entry| entry.name != path.as_bytes());
    archive(&entries)
}

#[test]
fn drivers_are_loaded_by_a_program_that_has_to_run() {
    let udevd = "lib/systemd/systemd-udevd";
    let finding = boot(MODULAR, debian_without(udevd)).fires(314, Fatal, Initramfs);
    says(&finding.message, &["systemd-udevd", "is missing"]);
    let foreign = [debian_without(udevd), archive(&[Entry::file(udevd, b"")])].concat();
    let finding = boot(MODULAR, foreign).fires(314, Fatal, Initramfs);
    says(&finding.message, &["is empty"]);
    boot(MODULAR, debian_with(&[])).is_quiet(314);
}

#[test]
fn the_hook_that_starts_udevd_has_to_be_in_the_list() {
    let order = "scripts/init-top/ORDER";
    let with = |text: &[u8]| [debian_without(order), archive(&[Entry::file(order, text)])].concat();
    let finding =
        boot(MODULAR, with(b"/scripts/init-top/keymap \"$@\"\n")).fires(314, Fatal, Initramfs);
    says(
        &finding.message,
        &[
            "/scripts/init-top/udev",
            "not named in /scripts/init-top/ORDER",
        ],
    );
    boot(MODULAR, with(b"/scripts/init-top/udev\n")).is_quiet(314);
    // An empty list is one all the same.
    let empty = boot(MODULAR, with(b""));
    assert_eq!(empty.stops_first(Initramfs), Some(314));
    assert!(!format!("{:?}", together(&empty)).contains("effect of /scripts/init-top/ORDER"));
    // The shell ends over a list that is missing, whatever the kernel has built in.
    let finding = boot(MONOLITHIC, debian_without(order)).fires(314, Fatal, Initramfs);
    says(&finding.message, &[order, "is missing"]);
    let finding =
        boot(MODULAR, debian_without("scripts/init-top/udev")).fires(314, Fatal, Initramfs);
    says(&finding.message, &["/scripts/init-top/udev", "is missing"]);
}

#[test]
fn udevd_needs_sockets_of_the_kernel() {
    let without = MODULAR.replace("CONFIG_UNIX=y", "# CONFIG_UNIX is not set");
    let finding = boot(&without, debian_with(&[])).fires(314, Fatal, Initramfs);
    says(&finding.message, &["does not run on a kernel without UNIX"]);
    // Where no driver is a module, /dev is still not moved to the root.
    let moved = |root: Ext4| {
        let root = root.directory("/dev", 0o755);
        boot(MONOLITHIC, debian_with(&[])).root(root.build())
    };
    let finding = moved(Ext4::new()).fires(314, Fatal, Initramfs);
    says(&finding.consequence, &["does not move /dev"]);
    moved(Ext4::new().device("/dev/console", 'c', 5, 1)).is_quiet(314);
}

#[test]
fn alpines_needs_nlplug_findfs_where_a_driver_is_a_module() {
    let with = |config: &str, more: &[Entry]| {
        boot(
            config,
            archive(&[alpine(), modules_of(RELEASE, NEEDED), more.to_vec()].concat()),
        )
    };
    let finding = with(MODULAR, &[]).fires(314, Fatal, Initramfs);
    says(&finding.message, &["nlplug-findfs", "is missing"]);
    with(MODULAR, &[helper("sbin/nlplug-findfs")]).is_quiet(314);
    with(MONOLITHIC, &[]).is_quiet(314);
}

#[test]
fn the_shell_ends_over_a_script_that_it_cannot_read() {
    let finding = boot(MODULAR, debian_without("scripts/local")).fires(314, Fatal, Initramfs);
    says(&finding.message, &["/scripts/local", "is missing"]);
    says(&finding.consequence, &["Attempted to kill init!"]);
    let line = "root=/dev/vda rootfstype=ext4 boot=live";
    let finding = boot(MODULAR, debian_with(&[]))
        .command_line(line)
        .fires(314, Fatal, Initramfs);
    says(&finding.message, &["/scripts/live"]);
    let live = [Entry::file("scripts/live", b"mountroot()\n")];
    boot(MODULAR, debian_with(&live))
        .command_line(line)
        .is_quiet(314);
}

#[test]
fn a_kernel_that_cannot_be_read_blocks_it() {
    boot_damaged(debian_with(&[])).is_blocked(314, 3);
}

/// The initramfs of initramfs-tools with this file in place of another.
fn debian_with_file(path: &str, bytes: &[u8]) -> Vec<u8> {
    [debian_without(path), archive(&[Entry::file(path, bytes)])].concat()
}

#[test]
fn a_program_that_the_init_runs_has_to_do_its_work() {
    for path in ["sbin/mount", "sbin/run-init"] {
        let finding = boot(MONOLITHIC, debian_without(path)).fires(314, Fatal, Initramfs);
        says(&finding.message, &[path, "is missing"]);
        let empty = boot(MONOLITHIC, debian_with_file(path, b""));
        says(
            &empty.fires(314, Fatal, Initramfs).message,
            &[path, "is empty"],
        );
    }
}

#[test]
fn some_programs_are_needed_for_names_or_for_modules() {
    let by_name = "root=LABEL=forged rootfstype=ext4";
    let empty = |path: &str, config: &str| boot(config, debian_with_file(path, b""));
    empty("sbin/blkid", MONOLITHIC).is_quiet(314);
    empty("sbin/blkid", MONOLITHIC)
        .command_line(by_name)
        .fires(314, Fatal, Initramfs);
    for path in ["sbin/udevadm", "sbin/modprobe"] {
        empty(path, MONOLITHIC).is_quiet(314);
        let finding = empty(path, MODULAR).fires(314, Fatal, Initramfs);
        says(&finding.message, &[path, "is empty"]);
    }
}

#[test]
fn mkinitfs_makes_the_links_to_busybox_that_are_missing() {
    let with = |more: &[Entry]| {
        let entries = [alpine(), modules_of(RELEASE, NEEDED), more.to_vec()].concat();
        boot(MONOLITHIC, archive(&entries))
    };
    with(&[]).is_quiet(314);
    with(&[helper("sbin/switch_root")]).is_quiet(314);
    let empty = Entry::file("sbin/switch_root", b"");
    with(&[empty]).fires(314, Fatal, Initramfs);
}

#[test]
fn mkinitcpio_starts_udevd_by_a_hook() {
    let without = |path: &str| {
        let mut entries = arch("udev");
        entries.retain(|entry| entry.name != path.as_bytes());
        boot(MODULAR, archive(&entries))
    };
    without("nothing").is_quiet(314);
    for path in [
        "hooks/udev",
        "usr/lib/systemd/systemd-udevd",
        "usr/bin/mount",
        "init_functions",
    ] {
        let finding = without(path).fires(314, Fatal, Initramfs);
        let name = path.rsplit('/').next().unwrap();
        says(&finding.message, &[name, "mkinitcpio", "is missing"]);
    }
}
