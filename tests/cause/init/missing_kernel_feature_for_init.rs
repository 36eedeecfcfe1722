use super::Root;
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Init;

const ALL: &str = "CONFIG_FUTEX=y\nCONFIG_EPOLL=y\nCONFIG_POSIX_TIMERS=y\nCONFIG_SHMEM=y\n\
                   CONFIG_TMPFS=y\nCONFIG_PROC_FS=y\nCONFIG_SYSFS=y";

#[test]
fn what_is_off_is_listed() {
    let config = ALL
        .replace("CONFIG_FUTEX=y\n", "")
        .replace("CONFIG_SYSFS=y", "");
    let finding = Root::new().booted().config(&config).fires(612, Warn, Init);
    assert_eq!(
        finding.message,
        "This kernel was built without FUTEX, SYSFS."
    );
    says(&finding.consequence, &["exitcode=0x00000200"]);
    assert_eq!(finding.fix, "Build with CONFIG_FUTEX=y, CONFIG_SYSFS=y.");
}

#[test]
fn file_systems_alone_hurt_what_mounts_them() {
    let config = ALL.replace("CONFIG_PROC_FS=y", "");
    let finding = Root::new().booted().config(&config).fires(612, Warn, Init);
    says(&finding.consequence, &["mounts"]);
}

#[test]
fn a_kernel_that_has_all_is_quiet() {
    Root::new().booted().config(ALL).is_quiet(612);
}

#[test]
fn where_nothing_is_to_run_nothing_is_missing() {
    Case::new(vmlinux())
        .config("")
        .no_initramfs()
        .no_root()
        .is_quiet(612);
    assert_eq!(
        Case::new(vmlinux()).config("").is_skipped(612),
        "root file system"
    );
}

#[test]
fn a_kernel_that_cannot_be_decoded_blocks() {
    Root::new().undecoded().is_blocked(612, 3);
}

#[test]
fn an_initramfs_that_nobody_told_of_may_run_something() {
    let case = Case::new(vmlinux()).config("").no_root();
    assert_eq!(case.is_skipped(612), "initramfs");
}
