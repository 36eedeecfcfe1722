//! Archives, packages and images that `fetch` takes kernels from, and the documents inside them.
//!
//! A mutation rarely keeps a checksum or a digest right, so the bodies repair those first: header
//! checksums of tar, the digest of an Alpine package's files, the digests of OCI blobs. An attacker
//! can repair them as well.

use super::{limits, split};
use kelpie_check::fetch::{Expected, Fetched, Keys, Local, sha256};
use std::fs;
use std::io::Write;
use std::sync::LazyLock;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::built_in().expect("the keys are valid"));

fn take(bytes: Vec<u8>, expected: Expected, allow_untrusted: bool) -> Option<Fetched> {
    let limits = limits();
    let local = local(&limits, allow_untrusted);
    let source = kelpie_check::source::Source::from_bytes(bytes);
    local
        .read_source("input".to_owned(), &source, expected)
        .ok()
}

fn local(limits: &kelpie_check::limits::Limits, allow_untrusted: bool) -> Local<'_> {
    Local {
        flavor: None,
        architecture: None,
        keys: &KEYS,
        allow_untrusted,
        limits,
    }
}

/// A tar archive, plain or compressed.
pub fn tar(bytes: &[u8]) {
    take(with_tar_checksums(bytes), Expected::Anything, true);
}

/// A Debian package. Its members may be plain tar archives.
pub fn deb(bytes: &[u8]) {
    take(with_tar_checksums(bytes), Expected::Deb, true);
}

/// An Alpine package as it is, and one made of the parts that follow each `PART`: signature, control
/// and files. `DATAHASH` in a part stands for the digest of the files.
pub fn apk(bytes: &[u8]) {
    for allow_untrusted in [true, false] {
        take(bytes.to_vec(), Expected::Apk, allow_untrusted);
    }
    let parts: Vec<&[u8]> = split(bytes, b"PART").skip(1).take(4).collect();
    if let [others @ .., files] = parts.as_slice() {
        let files = gzip(&with_tar_checksums(files));
        let digest = sha256(&files);
        let mut package: Vec<u8> = others
            .iter()
            .flat_map(|part| {
                let part = replaced(part, b"DATAHASH", digest.as_bytes());
                gzip(&with_tar_checksums(&part))
            })
            .collect();
        package.extend(files);
        for allow_untrusted in [true, false] {
            take(package.clone(), Expected::Apk, allow_untrusted);
        }
    }
}

/// An ISO 9660 image.
pub fn iso(bytes: &[u8]) {
    let mut image = bytes.to_vec();
    // Without this magic it would be a file of another kind.
    if let Some(magic) = image.get_mut(0x8001..0x8006) {
        magic.copy_from_slice(b"CD001");
    }
    take(image, Expected::Anything, true);
}

/// A container image of the blobs that follow each `PART`; the last one is the index. In a blob, `@`
/// and a digit stand for the digest and the size of an earlier blob, `#` and a digit for its size.
/// The first byte chooses an OCI layout or the files of `docker save`, in a folder or an archive.
pub fn oci(bytes: &[u8]) {
    let Some((form, parts)) = bytes.split_first() else {
        return;
    };
    let mut blobs: Vec<Vec<u8>> = Vec::new();
    for part in split(parts, b"PART").skip(1).take(10) {
        blobs.push(match part.first() {
            Some(b'{' | b'[') => with_references(part, &blobs),
            _ => with_tar_checksums(part),
        });
    }
    let Some(index) = blobs.pop() else { return };
    let is_saved = form & 1 != 0;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, blob) in blobs.into_iter().enumerate() {
        let name = match is_saved {
            true => number.to_string(),
            false => format!("blobs/sha256/{}", sha256(&blob)),
        };
        files.push((name, blob));
    }
    match is_saved {
        true => files.push(("manifest.json".to_owned(), index)),
        false => {
            files.push(("index.json".to_owned(), index));
            files.push(("oci-layout".to_owned(), b"{}".to_vec()));
        }
    }
    match form & 2 != 0 {
        true => of_folder(&files),
        false => {
            let archive: Vec<u8> = files
                .iter()
                .flat_map(|(name, file)| entry(name, file))
                .collect();
            take(archive, Expected::Anything, true);
        }
    }
}

fn of_folder(files: &[(String, Vec<u8>)]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, file) in files {
        let path = folder.path().join(name);
        let parent = path.parent().expect("the folder is above it");
        fs::create_dir_all(parent).expect("a folder of its own");
        fs::write(path, file).expect("a file of its own");
    }
    let _ = local(&limits(), true).read(folder.path(), Expected::Anything);
}

fn with_references(document: &[u8], blobs: &[Vec<u8>]) -> Vec<u8> {
    let mut text = document.to_vec();
    for (digit, blob) in (b'0'..).zip(blobs) {
        let digest = format!("sha256:{}", sha256(blob));
        text = replaced(&text, &[b'@', digit], digest.as_bytes());
        text = replaced(&text, &[b'#', digit], blob.len().to_string().as_bytes());
    }
    text
}

/// One member of a tar archive, with its content.
pub fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut member = vec![0; 512];
    let name = &name.as_bytes()[..name.len().min(100)];
    member[..name.len()].copy_from_slice(name);
    member[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    member[156] = b'0';
    member[257..265].copy_from_slice(b"ustar\x0000");
    let mut member = with_tar_checksums(&member);
    member.extend(content);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

/// Repairs the checksum of everything that has the magic of a tar header.
pub fn with_tar_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut archive = bytes.to_vec();
    for at in 257..archive.len() {
        if !archive[at..].starts_with(b"ustar") {
            continue;
        }
        if let Some(header) = archive.get_mut(at - 257..at + 255) {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    archive
}

fn replaced(bytes: &[u8], mark: &[u8], by: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        text.extend(&rest[..at]);
        text.extend(by);
        rest = &rest[at + mark.len()..];
    }
    text.extend(rest);
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
