use super::{noise, open, put, run};
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A raw disk with data, holes, and what compresses; its length is no multiple of any cluster.
fn raw() -> Vec<u8> {
    let mut disk = vec![0; 5_000_192];
    put(&mut disk, 0, &noise(300_000));
    put(&mut disk, 1_000_000, &[7; 900_000]);
    put(&mut disk, 3_111_111, &noise(70_000));
    put(&mut disk, 5_000_000, &[9; 192]);
    disk
}

/// The raw disk as `qemu-img convert` with these options writes it; `None` where it is missing.
fn convert(folder: &TempDir, options: &[&str]) -> Option<PathBuf> {
    let from = folder.path().join("raw");
    if !from.exists() {
        fs::write(&from, raw()).unwrap();
    }
    let to = folder.path().join("qcow2");
    let mut command = vec!["qemu-img", "convert", "-f", "raw", "-O", "qcow2"];
    command.extend(options);
    command.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
    run("qemu-img", &command).then_some(to)
}

fn disk(rootfs: &RootFs) -> Vec<u8> {
    let source = rootfs.image().unwrap().disk.clone().unwrap();
    source.read("disk", 0, source.len()).unwrap().into_owned()
}

#[test]
fn every_form_reads_as_the_raw_disk() {
    let folder = tempfile::tempdir().unwrap();
    let raw = raw();
    for options in [
        &[][..],
        &["-o", "compat=0.10"],
        &["-c"],
        &["-c", "-o", "compat=0.10"],
        &["-c", "-o", "compression_type=zstd"],
        &["-o", "cluster_size=512"],
        &["-c", "-o", "cluster_size=512"],
        &["-o", "cluster_size=2M"],
        &["-c", "-o", "cluster_size=2M"],
        &["-c", "-o", "cluster_size=4k,compression_type=zstd"],
        &["-c", "-o", "cluster_size=2M,compression_type=zstd"],
        &["-o", "preallocation=metadata"],
        &["-o", "lazy_refcounts=on,refcount_bits=1"],
        &["-S", "0"],
    ] {
        let Some(path) = convert(&folder, options) else {
            return;
        };
        let rootfs = open(&path);
        assert_eq!(rootfs.file_contents().unwrap().name(), "qcow2");
        assert_eq!(rootfs.image().unwrap().format, "qcow2");
        assert_eq!(
            rootfs.image().unwrap().virtual_bytes(),
            Some(u64::try_from(raw.len()).unwrap())
        );
        assert!(disk(&rootfs) == raw, "{options:?}");
        // In pieces that meet no boundary.
        let source = rootfs.image().unwrap().disk.clone().unwrap();
        for at in (0..raw.len()).step_by(333_333) {
            let length = 70_001.min(raw.len() - at);
            let piece = source.read("piece", at as u64, length as u64).unwrap();
            assert!(piece[..] == raw[at..at + length], "{options:?} at {at}");
        }
    }
}

#[test]
fn zeros_and_discarded_clusters_read_as_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = convert(&folder, &[]) else {
        return;
    };
    let name = path.to_str().unwrap();
    if !run(
        "qemu-img",
        &[
            "qemu-io",
            "-c",
            "write -z 64k 128k",
            "-c",
            "discard 1024k 64k",
            name,
        ],
    ) {
        return;
    }
    let mut expected = raw();
    expected[64 << 10..192 << 10].fill(0);
    expected[1024 << 10..1088 << 10].fill(0);
    assert!(disk(&open(&path)) == expected);
}

#[test]
fn an_image_that_was_open_in_a_crash_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = convert(&folder, &["-o", "lazy_refcounts=on"]) else {
        return;
    };
    let mut bytes = fs::read(&path).unwrap();
    bytes[79] |= 1;
    fs::write(&path, bytes).unwrap();
    assert!(disk(&open(&path)) == raw());
}

fn refusal(path: &Path) -> kelpie_check::error::Error {
    let error = open(path).image().err().unwrap();
    assert_eq!(error.role(), Some(Role::Rootfs));
    error
}

#[test]
fn what_needs_another_file_or_a_key_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (base, top) = (made("base.qcow2"), made("top.qcow2"));
    let (data, outside) = (made("data.raw"), made("outside.qcow2"));
    let sub = made("sub.qcow2");
    let create = ["qemu-img", "create", "-q", "-f", "qcow2"];
    let with = |more: &[&str]| run("qemu-img", &[&create[..], more].concat());
    if !with(&[&base, "8M"]) {
        return;
    }
    with(&["-b", "base.qcow2", "-F", "qcow2", &top]);
    with(&["-o", &format!("data_file={data}"), &outside, "8M"]);
    with(&["-o", "extended_l2=on", &sub, "8M"]);
    for (path, words) in [
        (top, "an image on top of base.qcow2"),
        (outside, "data is in another file"),
        (sub, "subclusters"),
    ] {
        let error = refusal(Path::new(&path));
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(error.to_string().contains(words), "{error}");
    }
    let mut encrypted = fs::read(&base).unwrap();
    encrypted[35] = 1;
    fs::write(&base, encrypted).unwrap();
    let error = refusal(Path::new(&base));
    assert!(error.to_string().contains("encrypted with AES"), "{error}");
}

#[test]
fn a_cut_image_says_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = convert(&folder, &[]) else {
        return;
    };
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let rootfs = open(&path);
    let source = rootfs.image().unwrap().disk.clone().unwrap();
    let error = source.read("disk", 0, source.len()).unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated);
    assert_eq!(error.field(), "qcow2 cluster");
}

#[test]
fn what_is_decompressed_is_charged() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = convert(&folder, &["-c"]) else {
        return;
    };
    let limits = Limits {
        read_bytes: 1 << 20,
        ..Limits::default()
    };
    let rootfs = RootFs::open(&path, &limits).unwrap();
    let source = rootfs.image().unwrap().disk.clone().unwrap();
    let error = source.read("disk", 0, source.len()).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "read_bytes"));
}
