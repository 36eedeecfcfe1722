//! Hostile inputs whose size is a parameter, and the reader of each.
//!
//! A maker takes a size n and returns the function that reads the input of that size. What it
//! returns is the answer of the reader: a limit that was met is an error.

use crate::forge::cpio::{self, Entry};
use crate::forge::elf::Elf;
use crate::forge::ext4::Ext4;
use crate::forge::tree::Forest;
use crate::forge::{self, arm_zimage::ArmZimage, disk, gzip, program};
use crate::made::{oci, tar};
use kelpie_check::architecture::Architecture;
use kelpie_check::cmdline::{CommandLine, problems, unknown};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::error::Result;
use kelpie_check::fetch::{Expected, Keys, Local};
use kelpie_check::guest::build::{Wanted, build};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::config::Config;
use kelpie_check::kernel::options::{Sources, judge};
use kelpie_check::limits::Limits;
use kelpie_check::machine::{Choices, Machine, Storage};
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::tree::{Tree, resolve};
use kelpie_check::userland::{self, modules};
use kelpie_check::vmm;
use std::fmt::Write as _;
use std::io::Write as _;

/// Reads one input within these limits.
pub type Read = Box<dyn Fn(&Limits) -> Result<()>>;

/// One reader with the input that is worst for it.
pub struct Reader {
    /// A short name.
    pub name: &'static str,
    /// What n counts.
    pub counts: &'static str,
    /// A size that is large enough to measure and small enough for a test.
    pub n: usize,
    /// Makes the input of size n.
    pub make: fn(usize) -> Read,
}

/// Every reader.
pub const READERS: [Reader; 16] = [
    Reader {
        name: "initramfs-libraries",
        counts: "libraries in one bzip2 segment, 1 MiB of zeros before each",
        n: 16,
        make: initramfs_libraries,
    },
    Reader {
        name: "oci-layers",
        counts: "times that an image lists the same layer of 4 MiB",
        n: 8,
        make: oci_layers,
    },
    Reader {
        name: "tar-names",
        counts: "names of modules in a tar archive",
        n: 8000,
        make: tar_names,
    },
    Reader {
        name: "tar-hard-links",
        counts: "hard links with long names in a tar archive",
        n: 2000,
        make: tar_hard_links,
    },
    Reader {
        name: "build-soft-dependencies",
        counts: "modules, with 20 soft dependencies for each",
        n: 800,
        make: build_soft_dependencies,
    },
    Reader {
        name: "build-compressed-namesakes",
        counts: "soft dependencies that 16 compressed modules may answer to",
        n: 20,
        make: build_compressed_namesakes,
    },
    Reader {
        name: "gpt-partitions",
        counts: "partitions with a large root directory and no init",
        n: 32,
        make: gpt_partitions,
    },
    Reader {
        name: "folder-names",
        counts: "names in a folder",
        n: 2000,
        make: folder_names,
    },
    Reader {
        name: "kernel-candidates",
        counts: "streams of 1 MiB in a wrapper, none of them a kernel",
        n: 16,
        make: kernel_candidates,
    },
    Reader {
        name: "ext4-directory",
        counts: "names in the root directory of an ext4 file system",
        n: 4000,
        make: ext4_directory,
    },
    Reader {
        name: "modules-dep",
        counts: "modules in modules.dep, each of which needs the next",
        n: 4000,
        make: modules_dep,
    },
    Reader {
        name: "program-libraries",
        counts: "libraries of one program",
        n: 60,
        make: program_libraries,
    },
    Reader {
        name: "cpio-entries",
        counts: "entries of a cpio archive",
        n: 20_000,
        make: cpio_entries,
    },
    Reader {
        name: "cpio-hard-links",
        counts: "hard links of a cpio archive to one file",
        n: 20_000,
        make: cpio_hard_links,
    },
    Reader {
        name: "log-lines",
        counts: "lines of a console log, each a panic",
        n: 10_000,
        make: log_lines,
    },
    Reader {
        name: "command-line",
        counts: "parameters of a command line",
        n: 4000,
        make: command_line,
    },
];

/// The reader of that name.
#[allow(dead_code, reason = "the trials read all of them")]
pub fn reader(name: &str) -> &'static Reader {
    READERS
        .iter()
        .find(|reader| reader.name == name)
        .expect("a reader of this name")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Names that live as long as the test.
fn names(prefix: &str, n: usize) -> Vec<&'static str> {
    (0..n)
        .map(|number| &*String::leak(format!("{prefix}{number}.so")))
        .collect()
}

fn initramfs_libraries(n: usize) -> Read {
    let loader = "/lib/ld-musl-x86_64.so.1";
    let libraries = names("lib", n);
    // An init and libraries that are too large to be kept while the archive passes by.
    let large = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len() + 100_000, 0x55);
        bytes
    };
    let mut entries = vec![
        Entry::directory("lib"),
        Entry::file("init", &large(program::dynamic(loader, &libraries).build())),
        Entry::file(
            "lib/ld-musl-x86_64.so.1",
            &program::library("ld", &[]).build(),
        ),
    ];
    for name in libraries {
        entries.push(Entry::file(&format!("zeros-{name}"), &vec![0; 1 << 20]));
        let library = large(program::library(name, &[]).build());
        entries.push(Entry::file(&format!("lib/{name}"), &library));
    }
    let archive = bzip2(&cpio::archive(&entries));
    Box::new(move |limits| {
        let limits = Limits {
            kept_bytes: 4 << 20,
            ..limits.clone()
        };
        let initramfs = Initramfs::new(Source::from_bytes(archive.clone()), limits.clone());
        let archive = initramfs.archive()?;
        userland::program(archive, b"/init", None, &limits).map(drop)
    })
}

/// Reads a file as `fetch --from` does.
fn fetched(bytes: &[u8], limits: &Limits) -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let keys = Keys::built_in()?;
    let local = Local {
        flavor: None,
        architecture: None,
        keys: &keys,
        allow_untrusted: true,
        limits,
    };
    local.read(&path, Expected::Anything).map(drop)
}

fn oci_layers(n: usize) -> Read {
    let layer = gzip(&tar::archive(&[
        tar::file("boot/vmlinuz", forge::vmlinux_bin()),
        tar::file("usr/share/zeros", vec![0; 4 << 20]),
    ]));
    let files = oci::layout(&vec![layer; n], &["amd64"]);
    let files: Vec<tar::Entry> = files
        .into_iter()
        .map(|(path, content)| tar::file(&path, content))
        .collect();
    let archive = tar::archive(&files);
    Box::new(move |limits| fetched(&archive, limits))
}

fn tar_names(n: usize) -> Read {
    let mut entries: Vec<tar::Entry> = (0..n)
        .map(|number| tar::file(&format!("lib/modules/6.1/kernel/m{number:06}.ko"), ""))
        .collect();
    entries.push(tar::file("boot/vmlinuz", forge::vmlinux_bin()));
    let archive = gzip(&tar::archive(&entries));
    Box::new(move |limits| fetched(&archive, limits))
}

/// A name of 3.5 KiB, as long as a path may nearly be.
fn long_name(number: usize) -> String {
    format!("boot/vmlinuz-{number:06}-{}", "n".repeat(3500))
}

fn tar_hard_links(n: usize) -> Read {
    let entries: Vec<tar::Entry> = (0..n)
        .map(|number| tar::hard_link(&long_name(number), "boot/vmlinuz"))
        .collect();
    let archive = gzip(&tar::archive(&entries));
    // Many kernels and no flavour: the source is refused, after all names were read.
    Box::new(move |limits| match fetched(&archive, limits) {
        Err(error) if error.kind() != kelpie_check::error::Kind::Limit => Ok(()),
        other => other,
    })
}

const RELEASE: &str = "6.1.0-forged";
const MODULAR: &str = "CONFIG_MODULES=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n\
    CONFIG_VIRTIO_MMIO=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=y\nCONFIG_HVC_DRIVER=y\n\
    CONFIG_VIRTIO_CONSOLE=y\n";

fn module(name: &str, padding_bytes: usize) -> Vec<u8> {
    let info = format!("name={name}\0depends=\0vermagic={RELEASE} SMP \0");
    Elf {
        kind: 1,
        machine: 62,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![
            (".text", vec![0x90; 16 + padding_bytes]),
            (".modinfo", info.into_bytes()),
        ],
        ..Elf::default()
    }
    .build()
}

/// Modules of a release, with what virtio_blk would like to find.
fn release(modules: &[(String, Vec<u8>)], soft: &str) -> Forest {
    let directory = format!("/lib/modules/{RELEASE}");
    let mut list = String::new();
    let mut forest = Forest::default().file(
        &format!("{directory}/kernel/virtio_blk.ko"),
        module("virtio_blk", 0),
    );
    list.push_str("kernel/virtio_blk.ko:\n");
    for (file, content) in modules {
        writeln!(list, "kernel/{file}:").unwrap();
        forest = forest.file(&format!("{directory}/kernel/{file}"), content);
    }
    forest.file(&format!("{directory}/modules.dep"), list).file(
        &format!("{directory}/modules.softdep"),
        format!("softdep virtio_blk pre:{soft}\n"),
    )
}

fn built(tree: &dyn Tree, limits: &Limits) -> Result<()> {
    let config = Config::parse(MODULAR.as_bytes())?;
    let options = judge(&Sources {
        file: Some(&config),
        architecture: Some(Architecture::X86_64),
        ..Sources::default()
    });
    let target = vmm::by_name("libkrun").unwrap();
    let platform = target.platform(Architecture::X86_64).unwrap();
    let choices = Choices {
        storage: Storage::Disk {
            is_read_only: false,
        },
        ..Choices::default()
    };
    build(&Wanted {
        machine: &Machine::new(target, platform, &choices),
        root_type: "ext4",
        release: RELEASE,
        options: &options,
        tree,
        limits,
    })
    .map(drop)
}

fn build_soft_dependencies(n: usize) -> Read {
    let modules: Vec<(String, Vec<u8>)> = (0..n)
        .map(|number| (format!("m{number}.ko"), Vec::new()))
        .collect();
    let soft = (0..20 * n).fold(String::new(), |mut soft, number| {
        write!(soft, " s{number}").unwrap();
        soft
    });
    let forest = release(&modules, &soft);
    Box::new(move |limits| built(&forest, limits))
}

fn build_compressed_namesakes(n: usize) -> Read {
    let content = gzip(&module("x", 1 << 20));
    let modules: Vec<(String, Vec<u8>)> = (0..16)
        .map(|number| (format!("s_{number}.ko.gz"), content.clone()))
        .collect();
    // `crypto_s` asks for what begins with `s`, however often.
    let forest = release(&modules, &" crypto_s".repeat(n));
    Box::new(move |limits| built(&forest, limits))
}

fn gpt_partitions(n: usize) -> Read {
    const LINUX: &str = "0fc63daf-8483-4772-8e79-3d69d8477de4";
    let image = (0..1500).fold(Ext4::new(), |image, number| {
        image.file(format!("/{number:0100}"), 0o644, "")
    });
    let image = image.build();
    let partitions: Vec<_> = (0..n)
        .map(|_| (LINUX, LINUX, "root", image.clone()))
        .collect();
    let disk = disk::gpt(&partitions);
    Box::new(move |limits| {
        let root = RootFs::from_source(Source::from_bytes(disk.clone()), limits);
        root.partition().map(drop)
    })
}

fn folder_names(n: usize) -> Read {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..n {
        std::fs::write(folder.path().join(number.to_string()), "").unwrap();
    }
    Box::new(move |limits| {
        let root = RootFs::open(folder.path(), limits)?;
        let tree = root.tree()?;
        for entry in tree.list(tree.root())? {
            tree.stat(entry.node)?;
        }
        Ok(())
    })
}

fn kernel_candidates(n: usize) -> Read {
    let image = ArmZimage {
        payload: gzip(&vec![0; 1 << 20]).repeat(n),
        length_word: None,
        table: false,
        ..ArmZimage::default()
    };
    let image = image.build();
    Box::new(move |limits| {
        let kernel = Kernel::new(Source::from_bytes(image.clone()), limits.clone());
        match kernel.image() {
            Err(error) if error.kind() == kelpie_check::error::Kind::Limit => Err(error),
            _ => Ok(()),
        }
    })
}

fn ext4_directory(n: usize) -> Read {
    let image = (0..n).fold(Ext4::new(), |image, number| {
        image.file(format!("/file{number}"), 0o644, "")
    });
    let image = image.build();
    Box::new(move |limits| {
        let root = RootFs::from_source(Source::from_bytes(image.clone()), limits);
        let tree = root.tree()?;
        for path in ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh", "/file1"] {
            resolve(tree, path.as_bytes())?.ok();
        }
        tree.list(tree.root()).map(drop)
    })
}

fn modules_dep(n: usize) -> Read {
    let list = (0..n).fold(String::new(), |mut list, number| {
        writeln!(list, "kernel/m{number}.ko: kernel/m{}.ko", number + 1).unwrap();
        list
    });
    let forest = Forest::default().file(&format!("/lib/modules/{RELEASE}/modules.dep"), list);
    Box::new(move |limits| {
        let found = modules::modules(&forest, RELEASE, limits)?.unwrap();
        found.closure(&forest, "m0").map(drop)
    })
}

fn program_libraries(n: usize) -> Read {
    let loader = "/lib/ld-musl-x86_64.so.1";
    let libraries = names("lib", n);
    let mut forest = Forest::default()
        .program("/init", program::dynamic(loader, &libraries).build())
        .program(loader, program::library("ld", &[]).build());
    for (number, name) in libraries.iter().enumerate() {
        // Each asks for some that were found before.
        let again: Vec<&'static str> = libraries.iter().skip(number / 2).take(4).copied().collect();
        let library = program::library(name, &again).build();
        forest = forest.program(&format!("/lib/{name}"), library);
    }
    Box::new(move |limits| {
        let limits = Limits {
            program_files: 4096,
            ..limits.clone()
        };
        userland::program(&forest, b"/init", None, &limits).map(drop)
    })
}

fn unpacked(archive: &[u8], limits: &Limits) -> Result<()> {
    let initramfs = Initramfs::new(Source::from_bytes(archive.to_vec()), limits.clone());
    initramfs.archive().map(drop)
}

fn cpio_entries(n: usize) -> Read {
    let entries: Vec<Entry> = (0..n)
        .map(|number| Entry::file(&format!("file{number}"), b"x"))
        .collect();
    let archive = gzip(&cpio::archive(&entries));
    Box::new(move |limits| unpacked(&archive, limits))
}

fn cpio_hard_links(n: usize) -> Read {
    let links = u32::try_from(n).unwrap();
    let entries: Vec<Entry> = (0..n)
        .map(|number| Entry {
            ino: 7,
            nlink: links,
            ..Entry::file(&format!("file{number}"), b"")
        })
        .collect();
    let archive = gzip(&cpio::archive(&entries));
    Box::new(move |limits| unpacked(&archive, limits))
}

fn log_lines(n: usize) -> Read {
    let boot = "[    0.000000] Linux version 6.1.0-hostile (a@b) (gcc) #1 SMP\n";
    let panic = "[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs\n";
    let log = boot.to_owned() + &panic.repeat(n);
    Box::new(move |limits| {
        let mut watch = Watch::new(limits)?;
        watch.push(log.as_bytes());
        watch.finish(EndKind::LogEnds);
        watch.into_diagnosis();
        Ok(())
    })
}

fn command_line(n: usize) -> Read {
    let line = (0..n).fold(String::new(), |mut line, number| {
        write!(line, "root=/dev/vda{number} parameter{number}=\"a b\" ").unwrap();
        line
    });
    Box::new(move |_| {
        let line = CommandLine::parse(line.as_bytes());
        problems(&line);
        unknown(&line);
        line.consoles();
        line.root();
        Ok(())
    })
}
