//! Packages and archives that mean harm: refused, named, and nothing written.

use super::made::apk::Apk;
use super::made::{deb, tar};
use super::{Bench, forge, initramfs, key, package_files, x86};

fn package() -> Apk {
    Apk::new("6.12.9-r0", "x86_64", package_files(x86()))
}

/// Asserts that the package is refused with these words, wherever it comes from, and that nothing is
/// written.
#[track_caller]
fn refuses(apk: &Apk, says: &str) {
    let bench = Bench::new();
    bench.write("x.apk", apk.build());
    let keys = key();
    bench
        .run(&["--apk", "x.apk", "--keys", &keys])
        .ends(3, says);
    assert!(bench.names().is_empty(), "{:?}", bench.names());
    bench.lay_packages("x86_64", std::slice::from_ref(apk), true);
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &keys])
        .ends(3, says);
    assert!(bench.names().is_empty(), "{:?}", bench.names());
}

fn with_file(entry: tar::Entry) -> Apk {
    let mut apk = package();
    apk.files.insert(0, entry);
    apk
}

#[test]
fn a_good_package_is_taken() {
    let bench = Bench::new();
    bench.write("x.apk", package().build());
    bench
        .run(&["--apk", "x.apk", "--keys", &key()])
        .ends(0, "signed by kelpie-test.rsa.pub");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
}

#[test]
fn a_signature_by_sha_1_is_verified_as_abuild_makes_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/apk/sha1-signed.apk");
    let bench = Bench::new();
    // It holds no kernel, which is found out after its signature.
    bench.run(&["--apk", path]).ends(3, "which is not trusted");
    bench
        .run(&["--apk", path, "--keys", &key()])
        .ends(3, "expected a Linux kernel image");
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes
        .windows(2)
        .skip(1)
        .position(|pair| pair == [0x1f, 0x8b])
        .unwrap()
        + 1;
    // The time of the second stream is signed, and means nothing.
    bytes[at + 4] ^= 1;
    bench.write("changed.apk", bytes);
    bench
        .run(&["--apk", "changed.apk", "--keys", &key()])
        .ends(3, "one by the key kelpie-test.rsa.pub that is wrong");
}

#[test]
fn a_wrong_signature_is_refused() {
    refuses(
        &Apk {
            signs_something_else: true,
            ..package()
        },
        "found one by the key kelpie-test.rsa.pub that is wrong",
    );
}

#[test]
fn a_signature_by_a_stranger_is_refused() {
    refuses(
        &Apk {
            key_name: "stranger.rsa.pub",
            ..package()
        },
        "found one by the key stranger.rsa.pub, which is not trusted",
    );
}

#[test]
fn no_signature_is_refused_unless_it_is_allowed() {
    let unsigned = Apk {
        is_signed: false,
        ..package()
    };
    refuses(&unsigned, "found no signature");
    let bench = Bench::new();
    bench.write("x.apk", unsigned.build());
    bench
        .run(&["--apk", "x.apk", "--allow-untrusted"])
        .ends(0, "verified     nothing");
}

#[test]
fn files_that_are_not_those_that_were_signed_are_refused() {
    refuses(
        &Apk {
            datahash: Some("0".repeat(64)),
            ..package()
        },
        "SHA-256 of the files in",
    );
    // Allowed to go without a signature is not allowed to be damaged.
    let bench = Bench::new();
    let apk = Apk {
        datahash: Some("0".repeat(64)),
        ..package()
    };
    bench.write("x.apk", apk.build());
    bench
        .run(&["--apk", "x.apk", "--allow-untrusted"])
        .ends(3, "SHA-256 of the files in");
}

#[test]
fn another_package_than_the_index_lists_is_refused() {
    let bench = Bench::new();
    bench.lay_packages("x86_64", &[package()], true);
    // As long as the listed one, and signed: an older version in the place of a newer, say.
    let other = (0..1000)
        .map(|number| Apk::new(&format!("6.11.{number}-r0"), "x86_64", package_files(x86())))
        .find(|other| other.build().len() == package().build().len())
        .expect("one of them is as long");
    let path = format!("/alpine/v3.22/main/x86_64/{}", package().file_name());
    bench.server.change(&path, |page| page.body = other.build());
    bench
        .alpine("x86_64", &["--via", "apk", "--keys", &key()])
        .ends(3, "in APKINDEX");
    assert!(bench.names().is_empty());
}

#[test]
fn a_path_that_climbs_out_is_refused() {
    for path in ["../../etc/passwd", "boot/../../x", "/etc/passwd", "./.."] {
        refuses(&with_file(tar::file(path, "x")), "path in the archive");
    }
}

#[test]
fn a_path_through_a_symbolic_link_is_refused() {
    let mut apk = package();
    apk.files.insert(0, tar::symlink("boot", "/etc"));
    refuses(&apk, "without a symbolic link");
}

#[test]
fn a_kernel_that_is_a_link_to_outside_is_refused() {
    let mut apk = package();
    apk.files[1] = tar::symlink("boot/vmlinuz-virt", "../../../etc/shadow");
    refuses(&apk, "boot/vmlinuz-virt -> ../../../etc/shadow");
    apk.files[1] = tar::symlink("boot/vmlinuz-virt", "/etc/shadow");
    refuses(&apk, "the archive has no such file");
    apk.files[1] = tar::symlink("boot/vmlinuz-virt", "vmlinuz-virt");
    refuses(&apk, "a loop of links");
    apk.files[1] = tar::hard_link("boot/vmlinuz-virt", "../shadow");
    refuses(&apk, "path in the archive");
}

#[test]
fn links_inside_the_archive_are_followed() {
    let mut apk = package();
    apk.files[1] = tar::symlink("boot/vmlinuz-virt", "../lib/modules/6.1.0-forged/vmlinuz");
    apk.files
        .push(tar::file("lib/modules/6.1.0-forged/vmlinuz", x86()));
    let bench = Bench::new();
    bench.write("x.apk", apk.build());
    bench
        .run(&["--apk", "x.apk", "--keys", &key(), "--flavor", "virt"])
        .ends(0, "written");
    assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
}

#[test]
fn a_bomb_is_refused() {
    let zeros = vec![0; 40 << 20];
    let apk = with_file(tar::file("usr/share/bomb", zeros));
    let bench = Bench::new();
    bench.write("x.apk", apk.build());
    let run = bench.run(&[
        "--apk",
        "x.apk",
        "--keys",
        &key(),
        "--limit",
        "archive_bytes=32M",
    ]);
    run.ends(3, "limit archive_bytes");
    assert!(bench.names().is_empty());
}

#[test]
fn a_bomb_in_place_of_the_control_file_is_refused() {
    let mut bytes = forge::gzip(&tar::segment(&[tar::file(".PKGINFO", vec![b'#'; 8 << 20])]));
    bytes.extend(forge::gzip(&tar::archive(&package().files)));
    let bench = Bench::new();
    bench.write("x.apk", bytes);
    bench
        .run(&["--apk", "x.apk", "--allow-untrusted"])
        .ends(3, "limit decoded_bytes");
}

#[test]
fn a_kernel_that_says_it_is_endless_is_refused() {
    let mut endless = tar::file("boot/vmlinuz-virt", "short");
    endless.size = Some("77777777777\0".to_owned());
    let mut apk = package();
    apk.files = vec![endless];
    refuses(&apk, "limit memory_bytes");
}

#[test]
fn a_package_that_breaks_off_is_refused() {
    let whole = package().build();
    let bench = Bench::new();
    for length in [0, 3, 40, 400, whole.len() / 2, whole.len() - 1] {
        bench.write("x.apk", &whole[..length]);
        let run = bench.run(&["--apk", "x.apk", "--allow-untrusted"]);
        assert_eq!(run.status, 3, "{length}: {}", run.stdout);
        assert!(bench.names().is_empty());
    }
}

#[test]
fn damage_anywhere_in_a_package_is_refused() {
    let whole = package().build();
    let keys = key();
    let bench = Bench::new();
    let step = whole.len() / 40;
    for at in (0..whole.len()).step_by(step) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        bench.write("x.apk", damaged);
        let run = bench.run(&["--apk", "x.apk", "--keys", &keys]);
        // The header of the signature's own stream (its time, its system) is not signed.
        if at >= 10 {
            assert_eq!(run.status, 3, "{at}: {}", run.stdout);
            assert!(bench.names().is_empty());
        }
    }
}

#[test]
fn bytes_behind_the_files_are_refused() {
    let mut apk = package();
    let mut data = forge::gzip(&tar::archive(&apk.files));
    data.extend(b"something else");
    apk.data = Some(data);
    refuses(&apk, "bytes more");
}

#[test]
fn a_package_of_version_3_is_named() {
    for magic in ["ADB.", "ADBd", "ADBc"] {
        let bench = Bench::new();
        bench.write("x.apk", format!("{magic}pckg and more of it"));
        for option in ["--apk", "--from"] {
            bench
                .run(&[option, "x.apk"])
                .ends(3, "an Alpine package of version 3 (ADB)");
        }
    }
}

#[test]
fn what_is_no_package_is_named() {
    let bench = Bench::new();
    bench.write("x", "nothing of the sort");
    bench.run(&["--apk", "x"]).ends(3, "expected gzip");
    bench.run(&["--deb", "x"]).ends(3, "expected !<arch>");
    bench
        .run(&["--from", "x"])
        .ends(3, "expected a root file system");
    bench
        .run(&["--from", "nowhere"])
        .ends(3, "cannot read nowhere");
    bench.write("kernel/note", "mine");
    bench.write("x.tar", tar::archive(&[tar::file("boot/other", "x")]));
    bench.run(&["--from", "x.tar"]).ends(3, "no kernel");
    assert_eq!(bench.names(), ["note"]);
}

#[test]
fn hostile_tar_archives_are_refused_in_every_wrapping() {
    let attacks = [
        vec![tar::symlink("boot", "/"), tar::file("boot/vmlinuz", x86())],
        vec![tar::file("boot/vmlinuz", x86()), tar::file("../x", "x")],
    ];
    for attack in attacks {
        let bench = Bench::new();
        let plain = tar::archive(&attack);
        bench.write("x.tar", &plain);
        bench.write("x.tar.gz", forge::gzip(&plain));
        bench.write("x.tar.zst", forge::zstd(&plain));
        bench.write("x.deb", deb::build(&attack, ".gz", forge::gzip));
        for name in ["x.tar", "x.tar.gz", "x.tar.zst", "x.deb"] {
            bench.run(&["--from", name]).ends(3, "path in the archive");
        }
        assert!(bench.names().is_empty());
    }
}

#[test]
fn long_names_are_read_and_endless_ones_are_not() {
    let long = format!("boot/{}", "a".repeat(150));
    let bench = Bench::new();
    let kernel = tar::file("boot/vmlinuz", x86());
    bench.write(
        "x.tar",
        tar::archive(&[tar::file(&long, "x"), kernel.clone()]),
    );
    bench.run(&["--from", "x.tar"]).ends(0, "written");
    let endless = tar::Entry {
        typeflag: b'L',
        ..tar::file("././@LongLink", vec![b'a'; 70_000])
    };
    bench.write("y.tar", tar::archive(&[endless, kernel.clone()]));
    bench
        .run(&["--from", "y.tar"])
        .ends(3, "tar_extension_bytes");
    let climbing = tar::pax("path", "../x");
    bench.write(
        "z.tar",
        tar::archive(&[climbing, tar::file("fine", "x"), kernel]),
    );
    bench
        .run(&["--from", "z.tar"])
        .ends(3, "path in the archive");
}

#[test]
fn a_folder_that_cannot_be_written_to_keeps_what_it_has() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    // A folder where a file should go.
    std::fs::create_dir_all(bench.path("kernel/initramfs-x86_64")).unwrap();
    bench.alpine("x86_64", &[]).ends(3, "writing to kernel");
    let names: Vec<_> = std::fs::read_dir(bench.path("kernel"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["initramfs-x86_64"]);
}

#[test]
fn metadata_that_cannot_be_read_is_not_overwritten() {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench.write("kernel/kernel-metadata.json", "{ no JSON");
    bench.alpine("x86_64", &[]).ends(3, "kernel-metadata.json");
    assert_eq!(bench.names(), ["kernel-metadata.json"]);
}
