use super::rootfs;
use kelpie_check::error::Kind;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;

fn is_shared<T: Send + Sync>(_value: &T) {}

#[test]
fn a_disk_in_a_format_that_is_not_read_is_named_everywhere() {
    let rootfs = rootfs(b"KDMV and more".to_vec());
    is_shared::<RootFs>(&rootfs);
    assert_eq!(rootfs.contents().unwrap().name(), "vmdk");
    for error in [
        rootfs.image().err().unwrap(),
        rootfs.partitions().err().unwrap(),
        rootfs.tree().err().unwrap(),
    ] {
        assert_eq!(error.kind(), Kind::Unsupported);
        assert_eq!(error.role(), Some(Role::Rootfs));
        assert_eq!(
            error.to_string(),
            "format of the root disk: a VMDK disk image"
        );
        assert!(error.hint().unwrap().contains("qemu-img convert"));
    }
}

#[test]
fn an_archive_is_no_root() {
    let mut tar = vec![0; 1024];
    super::put(&mut tar, 257, b"ustar");
    let rootfs = rootfs(tar);
    assert_eq!(rootfs.file_bytes(), Some(1024));
    assert_eq!(rootfs.image().unwrap().format, "raw");
    let error = rootfs.tree().err().unwrap();
    assert_eq!(error.to_string(), "root file system: a tar archive");
}
