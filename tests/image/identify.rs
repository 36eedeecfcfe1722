use super::{ext, noise, open, put, rootfs, run};
use kelpie_check::error::Kind;
use kelpie_check::role::Role;
use std::fs;
use std::path::Path;

fn at(offset: usize, magic: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 0x11000];
    put(&mut bytes, offset, magic);
    bytes
}

#[test]
fn what_is_no_root_is_named() {
    let mut fat = at(510, &[0x55, 0xaa]);
    put(&mut fat, 0, &[0xeb, 0x3c, 0x90]);
    put(&mut fat, 0x0b, &[0, 2, 4, 1, 0, 2]);
    fat[0x15] = 0xf8;
    let mut bzimage = at(0x202, b"HdrS");
    put(&mut bzimage, 510, &[0x55, 0xaa]);
    for (bytes, name, title) in [
        (ext(), "ext4", "an ext2, ext3 or ext4 file system"),
        (at(0, b"hsqs"), "squashfs", "a squashfs file system"),
        (
            at(0, b"sqsh"),
            "squashfs-big-endian",
            "a big-endian squashfs file system of version 3 or older",
        ),
        (at(0x10040, b"_BHRfS_M"), "btrfs", "a btrfs file system"),
        (
            at(0, b"QFI\xfb\0\0\0\x01"),
            "qcow",
            "a qcow disk image of version 1",
        ),
        (
            at(0, b"# Disk DescriptorFile\n"),
            "vmdk",
            "a VMDK disk image",
        ),
        (at(0, b"conectix"), "vhd", "a dynamic VHD disk image"),
        (at(0, b"vhdxfile"), "vhdx", "a VHDX disk image"),
        (
            at(0, &[0x3a, 0xff, 0x26, 0xed]),
            "android-sparse",
            "an Android sparse image",
        ),
        (at(0, b"LUKS\xba\xbe"), "luks", "an encrypted disk (LUKS)"),
        (at(4086, b"SWAPSPACE2"), "swap", "a swap area"),
        (fat, "fat", "a FAT file system"),
        (at(3, b"EXFAT   "), "exfat", "an exFAT file system"),
        (at(3, b"NTFS    "), "ntfs", "an NTFS file system"),
        (
            at(0x400, &[0x10, 0x20, 0xf5, 0xf2]),
            "f2fs",
            "an F2FS file system",
        ),
        (at(0x8001, b"CD001"), "iso9660", "an ISO 9660 image"),
        (
            at(0, b"\xc7\x71"),
            "cpio",
            "a cpio archive, as an initramfs is one",
        ),
        (
            at(0x38, b"ARM\x64"),
            "arm64-image",
            "a Linux kernel (arm64 Image)",
        ),
        (bzimage, "bzimage", "a Linux kernel (bzImage)"),
        (at(0, b"\x7fELF"), "elf", "an ELF program"),
        (
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "git-lfs",
            "a Git LFS pointer",
        ),
        (b"<!doctype html>".to_vec(), "html", "an HTML page"),
        (Vec::new(), "empty", "an empty file"),
        (vec![0; 0x20000], "zeros", "nothing but zeros"),
        (noise(5000), "unknown", "something else"),
    ] {
        let rootfs = rootfs(bytes);
        let contents = *rootfs.contents().unwrap();
        assert_eq!((contents.name(), contents.title().as_str()), (name, title));
        if name == "ext4" {
            continue;
        }
        let error = rootfs.tree().err().unwrap();
        assert_eq!(error.role(), Some(Role::Rootfs), "{name}");
        let kind = if name == "unknown" {
            Kind::Unrecognised
        } else {
            Kind::Unsupported
        };
        assert_eq!(error.kind(), kind, "{name}");
        assert!(error.to_string().contains(title), "{error}");
    }
}

#[test]
fn what_linux_can_mount_names_its_option() {
    for (bytes, rootfstype, kconfig) in [
        (at(0, b"hsqs"), "squashfs", "SQUASHFS"),
        (at(0x400, &[0xe2, 0xe1, 0xf5, 0xe0]), "erofs", "EROFS_FS"),
        (at(0, b"XFSB"), "xfs", "XFS_FS"),
    ] {
        let mount = rootfs(bytes).contents().unwrap().mount().unwrap();
        assert_eq!((mount.rootfstype, mount.kconfig), (rootfstype, kconfig));
    }
    assert_eq!(rootfs(at(257, b"ustar")).contents().unwrap().mount(), None);
}

#[test]
fn a_mark_of_a_boot_sector_does_not_hide_ext4() {
    let mut image = ext();
    put(&mut image, 510, &[0x55, 0xaa]);
    put(
        &mut image,
        446 + 4,
        &[0x83, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0],
    );
    let rootfs = rootfs(image);
    assert_eq!(rootfs.contents().unwrap().name(), "ext4");
    assert_eq!(rootfs.partitions().unwrap(), None);
}

#[test]
fn real_file_systems_and_archives_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), noise(30_000)).unwrap();
    let tree = tree.to_str().unwrap();
    let image = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sized = |name: &str, mib: u64| {
        let path = image(name);
        fs::File::create(&path).unwrap().set_len(mib << 20).unwrap();
        path
    };
    let made: [(&str, Vec<String>); 9] = [
        (
            "squashfs",
            ["mksquashfs", tree, &image("squashfs"), "-quiet"]
                .map(String::from)
                .to_vec(),
        ),
        (
            "erofs",
            ["mkfs.erofs", &image("erofs"), tree]
                .map(String::from)
                .to_vec(),
        ),
        (
            "btrfs",
            ["mkfs.btrfs", "-q", &sized("btrfs", 128)]
                .map(String::from)
                .to_vec(),
        ),
        (
            "xfs",
            ["mkfs.xfs", "-q", &sized("xfs", 512)]
                .map(String::from)
                .to_vec(),
        ),
        (
            "ext4",
            ["mke2fs", "-q", "-t", "ext4", &sized("ext4", 16)]
                .map(String::from)
                .to_vec(),
        ),
        (
            "fat",
            ["mkfs.vfat", &sized("fat", 16)].map(String::from).to_vec(),
        ),
        (
            "swap",
            ["mkswap", &sized("swap", 4)].map(String::from).to_vec(),
        ),
        (
            "tar",
            ["tar", "-cf", &image("tar"), tree]
                .map(String::from)
                .to_vec(),
        ),
        (
            "vmdk",
            [
                "qemu-img",
                "create",
                "-q",
                "-f",
                "vmdk",
                &image("vmdk"),
                "8M",
            ]
            .map(String::from)
            .to_vec(),
        ),
    ];
    for (name, command) in made {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        if !run("image-tools", &command) {
            continue;
        }
        let rootfs = open(Path::new(&image(name)));
        assert_eq!(rootfs.contents().unwrap().name(), name);
        assert_eq!(rootfs.image().is_err(), name == "vmdk");
    }
}

#[test]
fn compressed_images_tell_what_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    // Far more than is looked at, part of it hard to compress.
    let mut image = ext();
    image.extend(noise(3 << 20));
    image.resize(24 << 20, 0);
    fs::write(&plain, image).unwrap();
    let plain = plain.to_str().unwrap();
    for (codec, command) in [
        ("gzip", vec!["gzip", "-1", "-k", plain]),
        ("bzip2", vec!["bzip2", "-1", "-k", plain]),
        ("xz", vec!["xz", "-0", "-k", plain]),
        ("lzma", vec!["xz", "-0", "-k", "--format=lzma", plain]),
        ("zstd", vec!["zstd", "-q", "-1", plain]),
        (
            "lz4",
            vec!["lz4", "-q", "-1", plain, &format!("{plain}.lz4")],
        ),
        ("lzo", vec!["lzop", "-1", plain]),
    ] {
        if !run("codecs", &command) {
            continue;
        }
        let suffix = match codec {
            "gzip" => "gz",
            "bzip2" => "bz2",
            "zstd" => "zst",
            other => other,
        };
        let rootfs = open(Path::new(&format!("{plain}.{suffix}")));
        let contents = *rootfs.contents().unwrap();
        assert_eq!(contents.name(), codec);
        assert!(
            contents
                .title()
                .ends_with("stream that holds an ext2, ext3 or ext4 file system"),
            "{codec}: {}",
            contents.title()
        );
        assert_eq!(contents.mount(), None);
        let error = rootfs.tree().err().unwrap().to_string();
        assert!(error.contains("stream that holds"), "{error}");
    }
}
