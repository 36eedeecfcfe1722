//! Writes what fuzzing begins with to `corpus/TARGET`: forged images, streams of every codec,
//! symbol tables of every version, disks and trees of files, packages, and the heads of the real kernels below
//! the folders named.

mod boots;
mod disks;
#[path = "../../../tests/forge/mod.rs"]
mod forge;
#[allow(dead_code)]
#[path = "../../../tests/forge/kallsyms.rs"]
mod kallsyms;
#[path = "../../../tests/fetch/made/mod.rs"]
mod made;
mod packages;
mod trees;

use forge::elf::{Elf, Load};
use forge::samples::{compressed, samples};
use kallsyms::{Addresses, Kallsyms, Version};
use kelpie_check::bytes::Endianness;
use kelpie_check::codec::CODECS;
use std::fs;
use std::io::Read;
use std::path::Path;

const HEAD_BYTES: u64 = 64 * 1024;
const TEXT: &[u8] = b"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.0 Kernel Configuration\n#\n\
CONFIG_VIRTIO_BLK=y\nCONFIG_EXT4_FS=m\n# CONFIG_HYPERVISOR_GUEST is not set\nCONFIG_CMDLINE=\"console=ttyS0\"\nCONFIG_NR_CPUS=64\n";
const METADATA: &[u8] = br#"{"kernels":[{"architecture":"x86_64","kernel_version":"6.1.0-forged","kernel_file":"vmlinuz","sha256":{"vmlinuz":"00ff"}}]}"#;

fn main() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    };
    let whole = |name: &str, bytes: &[u8]| {
        write("containers", name, bytes);
        write("report", name, bytes);
    };

    for (name, image) in samples() {
        whole(name, &image);
    }
    whole("banner", &forge::gzip(forge::BANNER.as_bytes()));
    for (number, table) in tables().into_iter().enumerate() {
        write("kallsyms", &format!("table-{number}"), &table);
        if number % 5 == 0 {
            let config = [b"IKCFG_ST", &forge::gzip(TEXT)[..], b"IKCFG_ED"].concat();
            whole(&format!("kallsyms-{number}"), &with_facts(&[&table[..]]));
            whole(&format!("config-{number}"), &with_facts(&[&config, &table]));
            write("beside", "embedded", &config);
        }
    }
    for content in [&b""[..], b"Linux version ", &[0; 5000], TEXT] {
        for (name, stream) in compressed(content) {
            let number = CODECS.iter().position(|codec| codec.name == name).unwrap();
            let number = [u8::try_from(number).unwrap()];
            let seed = format!("{name}-{}", content.len());
            write("codecs", &seed, &[&number[..], &stream].concat());
            write(
                "codecs",
                &format!("{seed}-twice"),
                &[&number[..], &stream, &stream].concat(),
            );
        }
    }
    let fixtures = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/codec"));
    for path in fixtures
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
    {
        let stream = fs::read(&path).unwrap();
        if let Some(number) = CODECS.iter().position(|codec| (codec.recognise)(&stream)) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            write(
                "codecs",
                &name,
                &[&[u8::try_from(number).unwrap()], &stream[..]].concat(),
            );
            write("containers", &name, &stream);
        }
    }
    write("beside", "config", TEXT);
    write("beside", "metadata", METADATA);
    write(
        "beside",
        "modules",
        b"kernel/drivers/block/virtio_blk.ko\nkernel/fs/ext4/ext4.ko.xz\n",
    );
    disks::write(&write);
    trees::write(&write);
    boots::write(&write);
    packages::write(&write);
    for folder in std::env::args().skip(1) {
        heads(Path::new(&folder), &whole);
    }
}

/// A vmlinux that holds these.
fn with_facts(facts: &[&[u8]]) -> Vec<u8> {
    let mut elf = Elf::default();
    elf.loads.push(Load {
        vaddr: 0xffff_ffff_8300_0000,
        paddr: 0x300_0000,
        content: facts.concat(),
        memsz: None,
    });
    elf.build()
}

fn tables() -> Vec<Vec<u8>> {
    use Addresses::{Halves, None, PlaceRelative, Relative, RelativeOrAbsolute, Words};
    use Version::{V3_0, V4_20, V6_1, V6_2, V6_4, V7_0};
    let mut tables = Vec::new();
    for version in [V3_0, V4_20, V6_1, V6_2, V6_4, V7_0] {
        for addresses in [
            Words,
            Relative,
            RelativeOrAbsolute,
            PlaceRelative,
            Halves,
            None,
        ] {
            for (endianness, bits) in [(Endianness::Little, 64), (Endianness::Big, 32)] {
                let table = Kallsyms {
                    version,
                    addresses,
                    endianness,
                    bits,
                    symbols: kallsyms::symbols(300),
                    ..Kallsyms::default()
                };
                // Not every version has every form.
                if let Ok(image) = std::panic::catch_unwind(|| table.build()) {
                    tables.push(image);
                }
            }
        }
    }
    tables
}

/// The first 64 KiB of every kernel below `folder`.
fn heads(folder: &Path, write: &dyn Fn(&str, &[u8])) {
    for path in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            heads(&path, write);
        } else if name.starts_with("vmlinu") && path.is_file() {
            let mut head = Vec::new();
            let file = fs::File::open(&path).unwrap();
            file.take(HEAD_BYTES).read_to_end(&mut head).unwrap();
            write(&format!("head-{name}"), &head);
        }
    }
}
