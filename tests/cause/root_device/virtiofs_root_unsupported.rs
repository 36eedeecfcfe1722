use super::x86;
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

const LINE: &str = "root=/dev/root rootfstype=virtiofs";

#[test]
fn a_shared_folder_needs_virtiofs_and_fuse() {
    let folder = tempfile::tempdir().unwrap();
    let case = |options: &str| {
        x86(&[options])
            .command_line(LINE)
            .root_folder(folder.path())
    };
    let finding = case("CONFIG_VIRTIO_FS=m\nCONFIG_FUSE_FS=m").fires(407, Fatal, RootDevice);
    says(
        &finding.message,
        &[
            "shared folder",
            "VIRTIO_FS is a module",
            "FUSE_FS is a module",
        ],
    );
    says(&finding.consequence, &["unknown-block(0,0)"]);
    says(&finding.fix, &["CONFIG_VIRTIO_FS=y and CONFIG_FUSE_FS=y"]);
    let finding = case("CONFIG_FUSE_FS=y").fires(407, Fatal, RootDevice);
    assert_eq!(
        finding.message,
        "The root is a shared folder; VIRTIO_FS is off in this kernel."
    );
    case("CONFIG_VIRTIO_FS=y\nCONFIG_FUSE_FS=y").is_quiet(407);
    // Nobody asks for it: the root is in memory.
    case("")
        .command_line("root=/dev/root rootfstype=tmpfs")
        .is_quiet(407);
    // A name that is not there, and a VMM without shares, are another's.
    case("").on("firecracker").is_quiet(407);
}

#[test]
fn a_disk_needs_neither() {
    x86(&[]).is_quiet(407);
    x86(&[]).no_root().is_quiet(407);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    Case::new(damaged())
        .no_initramfs()
        .command_line(LINE)
        .root_folder(folder.path())
        .is_blocked(407, 3);
}
