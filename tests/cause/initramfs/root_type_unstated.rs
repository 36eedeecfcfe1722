use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Initramfs;

fn untyped(line: &str) -> Case {
    boot(MODULAR, gzip(&alpine_with(NEEDED))).command_line(line)
}

#[test]
fn alpine_needs_to_be_told_the_type() {
    let finding = untyped("console=hvc0 root=/dev/vda").fires(308, Fatal, Initramfs);
    says(&finding.message, &["ext4 is a module", "mkinitfs"]);
    says(
        &finding.consequence,
        &[
            "mount: mounting /dev/vda on /sysroot failed: No such file or directory",
            "Mounting root: failed.",
            "Attempted to kill init!",
        ],
    );
    says(&finding.fix, &["rootfstype=ext4"]);
    untyped("root=/dev/vda rootfstype=auto").fires(308, Fatal, Initramfs);
}

#[test]
fn a_type_or_a_module_that_is_named_passes() {
    for line in [
        "root=/dev/vda rootfstype=ext4",
        "root=/dev/vda modules=loop,ext4",
        "root=ZFS=a/b",
        "console=hvc0",
    ] {
        untyped(line).is_quiet(308);
    }
}

#[test]
fn a_list_in_the_archive_counts() {
    let listing = |list: &[u8]| {
        let etc = vec![Entry::directory("etc"), Entry::file("etc/modules", list)];
        let entries = [alpine(), modules_of(RELEASE, NEEDED), etc].concat();
        boot(MODULAR, archive(&entries)).command_line("root=/dev/vda")
    };
    listing(b"# mine\next4\n").is_quiet(308);
    listing(b"loop\n").fires(308, Fatal, Initramfs);
}

#[test]
fn a_file_system_that_is_built_in_needs_no_name() {
    boot(MONOLITHIC, alpine_with(NEEDED))
        .command_line("root=/dev/vda")
        .is_quiet(308);
}

#[test]
fn what_is_not_known_of_the_driver_is_not_guessed() {
    let case = boot(MODULAR, alpine_with(NEEDED)).command_line("root=/dev/vda");
    case.fragment("CONFIG_BLK_DEV_INITRD=y\n")
        .is_blocked(308, None);
    boot_damaged(alpine_with(NEEDED))
        .command_line("root=/dev/vda")
        .is_blocked(308, 3);
}

#[test]
fn another_module_that_is_named_is_not_its_driver() {
    untyped("root=/dev/vda modules=loop").fires(308, Fatal, Initramfs);
}
