use super::Root;
use crate::forge::cpio::{Entry, archive};
use crate::initramfs::{self, MONOLITHIC};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Init;

const BOTH: &str = "CONFIG_DEVTMPFS=y\nCONFIG_DEVTMPFS_MOUNT=y";

#[test]
fn devtmpfs_is_not_mounted_without_its_directory() {
    let finding = Root::bare().booted().config(BOTH).fires(609, Warn, Init);
    says(&finding.consequence, &["\"devtmpfs: error mounting -2\""]);
    let finding = Root::bare()
        .file("/dev", "", 0o644)
        .booted()
        .config(BOTH)
        .fires(609, Warn, Init);
    says(&finding.consequence, &["\"devtmpfs: error mounting -20\""]);
}

#[test]
fn a_kernel_that_mounts_no_devtmpfs_leaves_dev_empty() {
    for config in ["", "CONFIG_DEVTMPFS=y"] {
        let finding = Root::new().booted().config(config).fires(609, Warn, Init);
        says(&finding.message, &["does not mount devtmpfs"]);
    }
}

#[test]
fn an_ordinary_file_is_no_console() {
    Root::new()
        .file("/dev/console", "", 0o600)
        .booted()
        .config("")
        .fires(609, Warn, Init);
}

#[test]
fn the_command_line_decides_over_the_configuration() {
    Root::new()
        .booted_with("devtmpfs.mount=0")
        .config(BOTH)
        .fires(609, Warn, Init);
    Root::new()
        .booted_with("devtmpfs.mount=1")
        .config("CONFIG_DEVTMPFS=y")
        .is_quiet(609);
}

#[test]
fn a_kernel_that_mounts_devtmpfs_is_quiet() {
    Root::new().booted().config(BOTH).is_quiet(609);
}

#[test]
fn a_kernel_that_cannot_be_decoded_blocks() {
    Root::new().undecoded().is_blocked(609, 3);
}

#[test]
fn the_command_line_mounts_nothing_that_the_kernel_lacks() {
    let root = Root::new().program("/sbin/init", super::static_program());
    root.booted_with("devtmpfs.mount=1")
        .config("CONFIG_DEVTMPFS_MOUNT=y")
        .fires(609, Warn, Init);
}

#[test]
fn an_initramfs_that_is_the_system_needs_devtmpfs_or_a_null_device() {
    let case = |config: &str, more: &[Entry]| {
        let init = Entry::file("init", &initramfs::busybox());
        Case::new(vmlinux())
            .config(&format!("{MONOLITHIC}\nCONFIG_BINFMT_ELF=y\n{config}"))
            .command_line("console=hvc0")
            .no_root()
            .initramfs(archive(&[&[init], more].concat()))
    };
    let finding = case("", &[]).fires(609, Warn, Init);
    says(&finding.message, &["no devtmpfs", "no device /dev/null"]);
    case("CONFIG_DEVTMPFS=y", &[]).is_quiet(609);
    let device = |mode| {
        [
            Entry::directory("dev"),
            Entry {
                mode,
                ..Entry::file("dev/null", b"")
            },
        ]
    };
    case("", &device(0o020_666)).is_quiet(609);
    case("", &device(0o100_666)).fires(609, Warn, Init);
}
