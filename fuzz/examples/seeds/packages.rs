//! Archives, packages, images and documents of every form that `fetch` and projects read.

use super::forge;
use super::made::apk::Apk;
use super::made::{deb, iso, oci, tar};

const PROJECT: &[u8] = br#"[[image]]
name = "a"
kernel = "vmlinuz"
initramfs = "initrd"
rootfs = "root.ext4"
partition = 2
cmdline = "console=ttyS0 root=/dev/vda"
ram_mib = 512
config = "config"
metadata = "kernel-metadata.json"
targets = ["firecracker", "qemu"]

[[ignore]]
code = "KC404"
reason = "known"

[severity]
KC112 = "warn"

[limits]
decoded_bytes = "64M"
reads = 1000
"#;
const RECORDED: &[u8] = br#"{"note": [1, {}], "kernels": [{"alpine_version": "3.22", "architecture": "x86_64",
"kernel_version": "6.1.0", "kernel_file": "vmlinuz-x86_64", "initrd_file": "initramfs-x86_64",
"extracted_at": "2026-01-01T00:00:00Z", "sha256": {"vmlinuz-x86_64": "00"}, "source": "apk",
"sources": [{"name": "x.apk", "sha256": "00"}], "verified": "nothing"}, {"kernel_file": "other"}]}"#;
const LAYER: &str = "boot/vmlinuz-virt";

pub fn write(write: &dyn Fn(&str, &str, &[u8])) {
    let kernel = forge::good::bzimage(&[]);
    let files = files(&kernel[..kernel.len().min(3000)]);
    let archive = tar::archive(&files);
    write("tar", "plain", &archive);
    write("tar", "gzip", &forge::gzip(&archive));
    write("tar", "odd-names", &tar::archive(&odd(&files)));
    let saved = oci::saved(&[tar::archive(&files[..2]), tar::archive(&files[2..])]);
    write("tar", "saved-image", &tar::archive(&saved));

    write("deb", "plain", &deb::build(&files, "", <[u8]>::to_vec));
    write("deb", "gzip", &deb::build(&files, ".gz", forge::gzip));
    write("deb", "zstd", &deb::build(&files, ".zst", forge::zstd));

    let package = Apk::new("6.12.9-r0", "x86_64", files.clone());
    write("apk", "signed", &package.build());
    let info = "pkgname = linux-virt\npkgver = 6.12.9-r0\narch = x86_64\ndatahash = DATAHASH\n";
    let control = tar::segment(&[tar::file(".PKGINFO", info)]);
    let signature = tar::segment(&[tar::file(
        ".SIGN.RSA256.alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub",
        vec![7; 512],
    )]);
    let parts = |parts: &[&[u8]]| {
        let marked: Vec<u8> = parts
            .iter()
            .flat_map(|part| [b"PART", *part].concat())
            .collect();
        marked
    };
    write("apk", "parts", &parts(&[&signature, &control, &archive]));
    write("apk", "unsigned-parts", &parts(&[&control, &archive]));

    let image = iso::build(&[
        ("vmlinuz-virt", b"a kernel"),
        ("initramfs-virt", b"an archive"),
    ]);
    write("iso", "rock-ridge", &image);
    write("iso", "cut", &image[..image.len() - 1000]);

    let layers = [
        tar::segment(&files[..2]),
        tar::segment(&hiding()),
        tar::segment(&files[2..]),
    ];
    let layers: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
    let manifest = br#"{"layers":[{"digest":"@0","size":#0},{"digest":"@1","size":#1},{"digest":"@2","size":#2}]}"#;
    let index = br#"{"manifests":[{"digest":"@3","size":#3,"platform":{"architecture":"amd64"}}]}"#;
    let config = br#"{"architecture":"amd64","rootfs":{"diff_ids":["@0","@1","@2"]}}"#;
    let list = br#"[{"Config":"3","Layers":["0","1","2"]}]"#;
    for (name, form, documents) in [
        ("layout", 0, [&manifest[..], index]),
        ("layout-folder", 2, [&manifest[..], index]),
        ("saved", 1, [&config[..], list]),
        ("saved-folder", 3, [&config[..], list]),
    ] {
        let blobs = parts(&[&layers[..], &documents].concat());
        write("oci", name, &[&[form], &blobs[..]].concat());
    }

    write("json", "recorded", RECORDED);
    write(
        "json",
        "one",
        br#"{"kernel_file":"vmlinuz-x86_64","sha256":"00"}"#,
    );
    write("json", "index", index);
    write("json", "saved", list);
    write("toml", "project", PROJECT);
    write(
        "toml",
        "small",
        b"image = [{ rootfs = 'x', targets = [] }]\nlimits.reads = '1k'\n",
    );
}

fn files(kernel: &[u8]) -> Vec<tar::Entry> {
    vec![
        tar::directory("boot"),
        tar::file(LAYER, kernel),
        tar::file("boot/config-6.1.0-forged-virt", "CONFIG_EXT4_FS=y\n"),
        tar::symlink("boot/vmlinuz", "vmlinuz-virt"),
        tar::hard_link("boot/initramfs-virt", LAYER),
        tar::file(
            "lib/modules/6.1.0-forged/kernel/fs/fuse/fuse.ko.gz",
            "a module",
        ),
        tar::file(
            "lib/modules/6.1.0-forged/modules.dep",
            "kernel/fs/fuse/fuse.ko.gz:\n",
        ),
    ]
}

/// What layers hide of those below them.
fn hiding() -> Vec<tar::Entry> {
    vec![
        tar::file("boot/.wh.config-6.1.0-forged-virt", ""),
        tar::file("lib/.wh..wh..opq", ""),
    ]
}

/// Long names, links, and names with a header of their own.
fn odd(files: &[tar::Entry]) -> Vec<tar::Entry> {
    let long = format!("boot/{}/vmlinuz-virt", "x".repeat(120));
    let mut odd = vec![
        tar::pax("path", "boot/vmlinuz-lts"),
        tar::file("replaced", "a kernel"),
        tar::file(&long, "another"),
        tar::symlink("usr", "lib"),
        tar::symlink("boot/initrd", "../boot/initramfs-virt"),
    ];
    odd.extend_from_slice(files);
    odd
}
