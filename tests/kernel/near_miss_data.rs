use super::forge::put;
use super::kernel;
use kelpie_check::error::Kind;

fn at(offset: usize, magic: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 0x11000];
    put(&mut bytes, offset, magic);
    bytes
}

#[test]
fn data_in_a_kernel_s_place_is_named() {
    let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let fit = b"\xd0\x0d\xfe\xed\0\0\0\0\0\0\0\x01images\0\0\0\0\0\x01kernel\0";
    let ext = {
        let mut image = at(0x438, &[0x53, 0xef]);
        put(&mut image, 0x418, &2_u32.to_le_bytes());
        image
    };
    for (bytes, what) in [
        (Vec::new(), "an empty file"),
        (lfs.to_vec(), "a Git LFS pointer"),
        (b"\n <!DOCTYPE HTML>".to_vec(), "an HTML page"),
        (b"<html>".to_vec(), "an HTML page"),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?>".to_vec(),
            "an XML document",
        ),
        (b"{ \"error\": 404 }".to_vec(), "a JSON document"),
        (at(0, b"\xcf\xfa\xed\xfe"), "a Mach-O program"),
        (at(0, b"\xca\xfe\xba\xbe\0\0\0\x02"), "a Mach-O program"),
        (at(0, b"070701"), "a cpio archive, as an initramfs is one"),
        (at(0, b"070707"), "a cpio archive, as an initramfs is one"),
        (fit.to_vec(), "a FIT image"),
        (b"\xd0\x0d\xfe\xed\0\0\0\0".to_vec(), "a device tree"),
        (at(0, b"QFI\xfb"), "a qcow2 disk image"),
        (at(0, b"KDMV"), "a VMDK disk image"),
        (at(0, b"hsqs"), "a squashfs file system"),
        (at(0, b"XFSB"), "an XFS file system"),
        (at(0x400, b"\xe2\xe1\xf5\xe0"), "an erofs file system"),
        (ext, "an ext2, ext3 or ext4 file system"),
        (at(0x10040, b"_BHRfS_M"), "a btrfs file system"),
        (at(0x8001, b"CD001"), "an ISO 9660 image"),
        (at(512, b"EFI PART"), "a partitioned disk image (GPT)"),
        (at(257, b"ustar"), "a tar archive"),
        (at(0, b"PK\x03\x04"), "a zip archive"),
        (b"!<arch>\ndebian-binary   ".to_vec(), "a Debian package"),
        (at(0, b"\xed\xab\xee\xdb"), "an RPM package"),
        (at(0, b"ANDROID!"), "an Android boot image"),
        (b"#!/bin/sh\necho\n".to_vec(), "a shell script"),
        (
            b"#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_X86=y\n".to_vec(),
            "a kernel configuration",
        ),
        (b"ffffffff81000000 T _text\n".to_vec(), "a System.map"),
        (b"c0008000 t stext\n".to_vec(), "a System.map"),
        (vec![0; 5000], "nothing but zeros"),
        (
            at(510, &[0x55, 0xaa]),
            "a boot sector or partitioned disk image",
        ),
        (b"404: not found\n".to_vec(), "a text"),
        (vec![0x99; 5000], "something else"),
    ] {
        let kernel = kernel(bytes);
        let error = kernel.header().unwrap_err();
        assert_eq!((error.kind(), error.found()), (Kind::Unrecognised, what));
        if let Some(miss) = kernel.near_miss() {
            assert_eq!(miss.what, what);
            assert!(miss.hint.ends_with('.'), "{}", miss.hint);
        }
    }
}

#[test]
fn two_bytes_that_ext_has_too_are_not_ext() {
    let mut image = at(0x438, &[0x53, 0xef]);
    put(&mut image, 0x418, &0x9999_9999_u32.to_le_bytes());
    let kernel = kernel(image);
    assert_eq!(kernel.header().unwrap_err().found(), "something else");
}
