//! Local sources: packages of Debian, archives, container images, disk and CD images, folders.

use super::forge::{self, ext4::Ext4};
use super::made::{deb, iso, oci, tar};
use super::{Bench, arm, arm_zboot, initramfs, x86};
use serde_json::json;
use std::io::Write;

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The files of Debian's kernel package, as they lie since ever.
fn old_layout() -> Vec<tar::Entry> {
    vec![
        tar::directory("./"),
        tar::directory("./boot/"),
        tar::file("./boot/config-6.1.0-forged", "CONFIG_EXT4_FS=y\n"),
        tar::file("./boot/vmlinuz-6.1.0-forged", x86()),
        tar::file(
            "./lib/modules/6.1.0-forged/kernel/fs/ext4/ext4.ko",
            "a module",
        ),
        tar::symlink("./lib/modules/6.1.0-forged/build", "/usr/src/linux-headers"),
    ]
}

fn new_layout() -> Vec<tar::Entry> {
    vec![
        tar::directory("./usr/lib/modules/6.1.0-forged/"),
        tar::file(
            "./usr/lib/modules/6.1.0-forged/config",
            "CONFIG_EXT4_FS=y\n",
        ),
        tar::file("./usr/lib/modules/6.1.0-forged/vmlinuz", x86()),
        tar::file(
            "./usr/lib/modules/6.1.0-forged/kernel/fs/ext4/ext4.ko.xz",
            "a module",
        ),
    ]
}

type Pack = fn(&[u8]) -> Vec<u8>;

#[test]
fn debian_packages_of_every_sort_give_their_kernel() {
    let packs: [(&str, Pack); 4] = [
        ("", <[u8]>::to_vec),
        (".gz", forge::gzip),
        (".xz", xz),
        (".zst", forge::zstd),
    ];
    for (ending, pack) in packs {
        for files in [old_layout(), new_layout()] {
            let bench = Bench::new();
            bench.write("x.deb", deb::build(&files, ending, pack));
            let run = bench.run(&["--deb", "x.deb"]);
            run.ends(0, "linux-image-6.1.0-forged 6.1.192-2");
            assert_eq!(
                bench.names(),
                [
                    "config-x86_64",
                    "kernel-metadata.json",
                    "modules-x86_64",
                    "vmlinuz-x86_64"
                ],
                "{ending}"
            );
            assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
            assert_eq!(bench.metadata()["source"], json!("deb"));
            assert_eq!(bench.metadata()["sources"][0]["name"], json!("x.deb"));
            assert_eq!(bench.metadata()["verified"], json!("nothing"));
        }
    }
}

#[test]
fn a_package_is_known_without_being_told_what_it_is() {
    let bench = Bench::new();
    bench.write("x", deb::build(&old_layout(), ".xz", xz));
    bench.run(&["--from", "x"]).ends(0, "written");
    assert_eq!(bench.metadata()["source"], json!("deb"));
}

#[test]
fn a_tar_archive_gives_its_kernel_plain_and_compressed() {
    let files = [
        tar::file("boot/vmlinuz-virt", arm_zboot()),
        tar::file("boot/initramfs-virt", initramfs()),
        tar::file("usr/share/large", vec![1; 900_000]),
        tar::file("boot/modloop-virt", "x"),
    ];
    let plain = tar::archive(&files);
    for (name, bytes) in [
        ("x.tar", plain.clone()),
        ("x.tar.gz", forge::gzip(&plain)),
        ("x.tar.xz", xz(&plain)),
    ] {
        let bench = Bench::new();
        bench.write(name, bytes);
        bench
            .run(&["--from", name])
            .ends(0, "converted for libkrun");
        assert_eq!(bench.written()["vmlinuz-aarch64"], arm());
        assert_eq!(bench.written()["initramfs-aarch64"], initramfs());
        assert_eq!(bench.metadata()["source"], json!("tar"));
    }
}

#[test]
fn several_kernels_are_named_and_one_is_chosen() {
    let files = [
        tar::file("boot/vmlinuz-lts", "another"),
        tar::file("boot/vmlinuz-virt", x86()),
    ];
    let bench = Bench::new();
    bench.write("x.tar", tar::archive(&files));
    bench
        .run(&["--from", "x.tar"])
        .ends(3, "boot/vmlinuz-lts, boot/vmlinuz-virt");
    bench
        .run(&["--from", "x.tar", "--flavor", "rpi"])
        .ends(3, "no kernel of flavour rpi");
    bench
        .run(&["--from", "x.tar", "--flavor", "virt"])
        .ends(0, "written");
}

#[test]
fn a_folder_gives_its_kernel_through_links_that_stay_inside() {
    let bench = Bench::new();
    bench.write("root/boot/vmlinuz-6.1", x86());
    bench.write("root/boot/initrd.img-6.1", initramfs());
    bench.write("root/lib/modules/6.1/kernel/a.ko", "a module");
    bench.run(&["--from", "root"]).ends(0, "written");
    assert_eq!(bench.metadata()["source"], json!("directory"));
    assert_eq!(
        bench.metadata()["sources"][0]["name"],
        json!("boot/vmlinuz-6.1")
    );
    assert_eq!(
        bench.written()["modules-x86_64"],
        b"/lib/modules/6.1/kernel/a.ko\n"
    );
    #[cfg(unix)]
    {
        // What leads out of the folder leads to its own root.
        std::fs::remove_file(bench.path("root/boot/vmlinuz-6.1")).unwrap();
        let outside = bench.write("outside", x86());
        std::os::unix::fs::symlink(outside, bench.path("root/boot/vmlinuz-6.1")).unwrap();
        let before = bench.written();
        bench.run(&["--from", "root"]).ends(3, "boot/vmlinuz-6.1");
        assert_eq!(bench.written(), before);
    }
}

#[test]
fn a_root_image_gives_the_kernel_in_its_boot() {
    let bench = Bench::new();
    let root = Ext4::new()
        .file("/boot/vmlinuz-virt", 0o644, x86())
        .file("/boot/initramfs-virt", 0o644, initramfs())
        .file("/etc/os-release", 0o644, "ID=alpine\n");
    bench.write("root.ext4", root.build());
    bench.run(&["--from", "root.ext4"]).ends(0, "written");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
    assert_eq!(bench.written()["initramfs-x86_64"], initramfs());
    assert_eq!(bench.metadata()["source"], json!("image"));
}

#[test]
fn an_iso_image_gives_the_kernel_in_its_boot() {
    let bench = Bench::new();
    let image = iso::build(&[("vmlinuz-lts", &x86()), ("initramfs-lts", &initramfs())]);
    bench.write("x.iso", &image);
    bench.run(&["--from", "x.iso"]).ends(0, "written");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
    assert_eq!(bench.written()["initramfs-x86_64"], initramfs());
    assert_eq!(bench.metadata()["source"], json!("iso"));
}

#[test]
fn a_damaged_iso_image_ends_with_an_error() {
    let image = iso::build(&[("vmlinuz-lts", &x86()), ("initramfs-lts", &initramfs())]);
    let bench = Bench::new();
    for length in [33_000, 17 * 2048, 18 * 2048 + 10, 19 * 2048, 21 * 2048] {
        bench.write("x.iso", &image[..length]);
        let run = bench.run(&["--from", "x.iso"]);
        assert_eq!(run.status, 3, "{length}: {}", run.stdout);
        assert!(bench.names().is_empty());
    }
    // A folder that holds itself.
    let mut endless = image;
    let boot = 18 * 2048;
    let record = endless[boot..boot + 2048]
        .windows(4)
        .position(|four| four == b"BOOT")
        .unwrap();
    let at = boot + record - 33;
    endless[at + 2..at + 6].copy_from_slice(&18_u32.to_le_bytes());
    endless[at + 6..at + 10].copy_from_slice(&18_u32.to_be_bytes());
    bench.write("x.iso", endless);
    bench.run(&["--from", "x.iso"]).ends(3, "no kernel");
}

fn layers() -> [Vec<u8>; 3] {
    [
        tar::archive(&[
            tar::file("boot/vmlinuz-old", "hidden"),
            tar::file("boot/vmlinuz-virt", "overwritten"),
            tar::file("lib/modules/1/kernel/gone.ko", "x"),
        ]),
        tar::archive(&[
            tar::file("boot/.wh.vmlinuz-old", ""),
            tar::file("boot/vmlinuz-virt", arm_zboot()),
            tar::file("lib/modules/.wh..wh..opq", ""),
        ]),
        tar::archive(&[
            tar::file("boot/initramfs-virt", initramfs()),
            tar::file("lib/modules/2/kernel/there.ko", "x"),
        ]),
    ]
}

#[test]
fn an_oci_layout_gives_what_its_layers_come_to() {
    let [first, second, third] = layers();
    let stored = [forge::gzip(&first), forge::zstd(&second), third];
    let files = oci::layout(&stored, &["arm64"]);
    let bench = Bench::new();
    for (name, bytes) in &files {
        bench.write(&format!("layout/{name}"), bytes);
    }
    let entries: Vec<_> = files
        .iter()
        .map(|(name, bytes)| tar::file(name, bytes.clone()))
        .collect();
    bench.write("layout.tar", tar::archive(&entries));
    bench.write("layout.tar.gz", forge::gzip(&tar::archive(&entries)));
    for from in ["layout", "layout.tar", "layout.tar.gz"] {
        let out = format!("out-{from}");
        bench.run(&["--from", from, "-o", &out]).ends(0, "written");
        let read = |name: &str| std::fs::read(bench.path(&out).join(name)).unwrap();
        assert_eq!(read("vmlinuz-aarch64"), arm());
        assert_eq!(read("initramfs-aarch64"), initramfs());
        assert_eq!(read("modules-aarch64"), b"/lib/modules/2/kernel/there.ko\n");
    }
}

#[test]
fn an_image_for_several_machines_is_asked_for_one() {
    let files = oci::layout(&layers(), &["amd64", "arm64", "unknown"]);
    let entries: Vec<_> = files
        .iter()
        .map(|(name, bytes)| tar::file(name, bytes.clone()))
        .collect();
    let bench = Bench::new();
    bench.write("x.tar", tar::archive(&entries));
    bench
        .run(&["--from", "x.tar"])
        .ends(3, "Choose one with --arch");
    bench
        .run(&["--from", "x.tar", "--arch", "aarch64"])
        .ends(0, "written");
    bench
        .run(&["--from", "x.tar", "--arch", "riscv64"])
        .ends(3, "0 of 3");
}

#[test]
fn what_docker_saves_gives_what_its_layers_come_to() {
    let bench = Bench::new();
    bench.write("x.tar", tar::archive(&oci::saved(&layers())));
    bench.run(&["--from", "x.tar"]).ends(0, "written");
    assert_eq!(bench.written()["vmlinuz-aarch64"], arm());
    assert_eq!(bench.metadata()["source"], json!("oci"));
}

#[test]
fn a_layer_that_is_not_the_one_that_was_named_is_refused() {
    let mut files = oci::layout(&layers(), &["arm64"]);
    files[1].1[600] ^= 1;
    let entries: Vec<_> = files
        .iter()
        .map(|(name, bytes)| tar::file(name, bytes.clone()))
        .collect();
    let bench = Bench::new();
    bench.write("x.tar", tar::archive(&entries));
    bench.run(&["--from", "x.tar"]).ends(3, "SHA-256 of blob");
    let mut saved = oci::saved(&layers());
    saved[0].content[600] ^= 1;
    bench.write("y.tar", tar::archive(&saved));
    bench
        .run(&["--from", "y.tar"])
        .ends(3, "SHA-256 of layer 0/layer.tar");
    for entry in &mut saved {
        if entry.path == "manifest.json" {
            let text = String::from_utf8(entry.content.clone()).unwrap();
            entry.content = text.replace("0/layer.tar", "../layer.tar").into_bytes();
        }
    }
    bench.write("z.tar", tar::archive(&saved));
    bench
        .run(&["--from", "z.tar"])
        .ends(3, "path in manifest.json");
    assert!(bench.names().is_empty());
}

#[test]
fn locked_holds_a_local_source_to_the_record() {
    let bench = Bench::new();
    bench.write("a/boot/vmlinuz", x86());
    bench.write("b/boot/vmlinuz", forge::good::bzimage(&["KVM_GUEST"]));
    bench.run(&["--from", "a"]).ends(0, "written");
    bench
        .run(&["--from", "a", "--locked"])
        .ends(2, "--locked needs --arch");
    bench
        .run(&["--from", "a", "--locked", "--arch", "x86_64"])
        .ends(0, "unchanged");
    bench
        .run(&["--from", "b", "--locked", "--arch", "x86_64"])
        .ends(3, "SHA-256 of vmlinuz-x86_64");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
}

#[test]
fn every_target_gets_the_form_that_it_takes() {
    let bench = Bench::new();
    bench.write("a/boot/vmlinuz", arm_zboot());
    bench.write("x/boot/vmlinuz", x86());
    // libkrun takes riscv's Image in gzip alone.
    let mut riscv = forge::riscv::Riscv::default().build();
    riscv.extend(forge::good::content(&[]));
    bench.write("r/boot/Image", riscv);
    for (from, target, form) in [
        ("a", "libkrun", "arm64-image"),
        ("a", "vz", "arm64-image"),
        ("a", "qemu-virt", "efi-zboot"),
        ("r", "libkrun", "gzip"),
        ("x", "libkrun", "bzimage"),
    ] {
        let out = format!("{from}-{target}");
        bench.run(&["--from", from, "--target", target, "-o", &out]);
        let text = std::fs::read_to_string(bench.path(&out).join("kernel-metadata.json")).unwrap();
        let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(metadata["container"], json!(form), "{from} for {target}");
    }
    bench
        .run(&["--from", "x", "--target", "qemu-virt", "-o", "none"])
        .ends(3, "architecture");
}
