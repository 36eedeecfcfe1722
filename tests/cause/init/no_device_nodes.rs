use super::Root;
use crate::run::says;
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
