//! `initramfs build`, without a machine: which modules, in which order, and what is refused.

use super::forge::elf::Elf;
use super::forge::gzip;
use super::forge::tree::Forest;
use kelpie_check::architecture::Architecture;
use kelpie_check::error::{Error, Kind};
use kelpie_check::guest::build::{Built, Wanted, build};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::config::Config;
use kelpie_check::kernel::options::{Sources, judge};
use kelpie_check::limits::Limits;
use kelpie_check::machine::{Choices, Machine, Storage};
use kelpie_check::source::Source;
use kelpie_check::tree::{Tree, read_whole, resolve};
use kelpie_check::vmm;
use std::fmt::Write as _;

const RELEASE: &str = "6.18.1-0-virt";
/// As Alpine configures it.
const MODULAR: &str = "CONFIG_MODULES=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n\
    CONFIG_VIRTIO_MMIO=m\nCONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=m\nCONFIG_HVC_DRIVER=y\n\
    CONFIG_VIRTIO_CONSOLE=m\n";

/// Modules in a tree, each with what `modules.dep` says that it depends on.
struct Made {
    machine: u16,
    vermagic: String,
    compress: bool,
    modules: Vec<(String, Vec<String>)>,
    lists: Vec<(&'static str, String)>,
}

fn made(modules: &[(&str, &[&str])]) -> Made {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Made {
        machine: 62,
        vermagic: format!("{RELEASE} SMP mod_unload "),
        compress: false,
        modules: modules
            .iter()
            .map(|(name, needs)| ((*name).to_owned(), owned(needs)))
            .collect(),
        lists: Vec::new(),
    }
}

/// What a boot from ext4 on virtio-mmio needs.
fn usual() -> Made {
    made(&[
        ("ext4", &["jbd2", "mbcache"]),
        ("virtio_blk", &[]),
        ("jbd2", &[]),
        ("mbcache", &[]),
        ("virtio_mmio", &[]),
        ("virtio_console", &[]),
        ("xfs", &[]),
    ])
}

impl Made {
    fn listing(mut self, name: &'static str, content: impl Into<String>) -> Self {
        self.lists.push((name, content.into()));
        self
    }

    fn content(&self, name: &str, depends: &[String]) -> Vec<u8> {
        self.content_with(name, depends, "")
    }

    /// With more lines in `.modinfo`, each ended by a NUL.
    fn content_with(&self, name: &str, depends: &[String], more: &str) -> Vec<u8> {
        let info = format!(
            "name={name}\0depends={}\0vermagic={}\0{more}",
            depends.join(","),
            self.vermagic
        );
        Elf {
            kind: 1,
            machine: self.machine,
            loads: Vec::new(),
            notes: Vec::new(),
            sections: vec![(".text", vec![0x90; 16]), (".modinfo", info.into_bytes())],
            ..Elf::default()
        }
        .build()
    }

    fn tree(&self) -> Forest {
        let directory = format!("/lib/modules/{RELEASE}");
        let ending = if self.compress { ".ko.gz" } else { ".ko" };
        let mut forest = Forest::default();
        let mut list = String::new();
        for (name, depends) in &self.modules {
            let content = self.content(name, depends);
            let content = if self.compress {
                gzip(&content)
            } else {
                content
            };
            forest = forest.file(&format!("{directory}/kernel/x/{name}{ending}"), content);
            write!(list, "kernel/x/{name}{ending}:").unwrap();
            for needed in depends {
                write!(list, " kernel/x/{needed}{ending}").unwrap();
            }
            list.push('\n');
        }
        forest = forest.file(&format!("{directory}/modules.dep"), list);
        for (name, content) in &self.lists {
            forest = forest.file(&format!("{directory}/{name}"), content);
        }
        forest
    }

    fn build(&self) -> Result<Built, Error> {
        try_build(&self.tree(), MODULAR, "libkrun", "ext4")
    }
}

fn try_build(tree: &dyn Tree, config: &str, target: &str, root: &str) -> Result<Built, Error> {
    let config = Config::parse(config.as_bytes()).unwrap();
    let options = judge(&Sources {
        file: Some(&config),
        architecture: Some(Architecture::X86_64),
        ..Sources::default()
    });
    let target = vmm::by_name(target).unwrap();
    let platform = target.platform(Architecture::X86_64).unwrap();
    let choices = Choices {
        storage: match root {
            "virtiofs" | "9p" => Storage::Folder,
            _ => Storage::Disk {
                is_read_only: false,
            },
        },
        ..Choices::default()
    };
    build(&Wanted {
        machine: &Machine::new(target, platform, &choices),
        root_type: root,
        release: RELEASE,
        options: &options,
        tree,
        limits: &Limits::default(),
    })
}

fn content(built: &Built, path: &str) -> Vec<u8> {
    let source = Source::from_bytes(built.bytes.clone());
    let initramfs = Initramfs::new(source, Limits::default());
    let archive = initramfs.archive().unwrap();
    assert!(archive.problems.is_empty(), "{:?}", archive.problems);
    let found = resolve(archive, path.as_bytes()).unwrap().unwrap();
    read_whole(archive, &found, "bytes", u64::MAX).unwrap()
}

#[test]
fn modules_come_after_what_they_depend_on_and_only_those_that_are_needed() {
    let built = usual().build().unwrap();
    assert_eq!(
        built.modules,
        [
            "virtio_mmio",
            "virtio_blk",
            "jbd2",
            "mbcache",
            "ext4",
            "virtio_console"
        ]
    );
    let list = String::from_utf8(content(&built, "/modules")).unwrap();
    let names: Vec<String> = built
        .modules
        .iter()
        .map(|name| format!("/lib/modules/{RELEASE}/kernel/{name}.ko"))
        .collect();
    assert_eq!(list.lines().collect::<Vec<_>>(), names);
    assert_eq!(content(&built, "/rootfstype"), b"ext4");
}

#[test]
fn two_builds_are_the_same_bytes() {
    assert_eq!(usual().build().unwrap(), usual().build().unwrap());
}

#[test]
fn compressed_modules_are_stored_decoded() {
    let compressed = Made {
        compress: true,
        ..usual()
    };
    assert_eq!(compressed.build().unwrap(), usual().build().unwrap());
}

#[test]
fn what_is_built_in_is_left_out() {
    let config = MODULAR
        .replace(
            "VIRTIO_MMIO=m",
            "VIRTIO_MMIO=y\nCONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y",
        )
        .replace("VIRTIO_CONSOLE=m", "VIRTIO_CONSOLE=y");
    let tree = usual()
        .listing("modules.builtin", "kernel/fs/jbd2/jbd2.ko\n")
        .tree();
    let built = try_build(&tree, &config, "qemu-microvm", "ext4").unwrap();
    assert_eq!(built.modules, ["virtio_blk", "mbcache", "ext4"]);
}

#[test]
fn the_target_says_which_transport_and_which_console() {
    let config = MODULAR.replace(
        "CONFIG_VIRTIO_MMIO=m\n",
        "CONFIG_VIRTIO_PCI=m\nCONFIG_PCI=y\n",
    );
    let mut made = usual();
    made.modules.push(("virtio_pci".to_owned(), Vec::new()));
    let built = try_build(&made.tree(), &config, "cloud-hypervisor", "ext4").unwrap();
    assert_eq!(built.modules[..2], ["virtio_pci", "virtio_blk"]);
    let error = try_build(&usual().tree(), &config, "cloud-hypervisor", "ext4").unwrap_err();
    assert!(error.to_string().contains("CONFIG_VIRTIO_PCI"), "{error}");
}

#[test]
fn a_soft_dependency_is_loaded_before_if_it_is_there() {
    let mut made = usual()
        .listing(
            "modules.softdep",
            "softdep ext4 pre: crc32c no-such-thing\n",
        )
        .listing(
            "modules.alias",
            "alias crc32c-* wrong\nalias crc32c crc32c-generic\n",
        );
    made.modules.push(("crc32c-generic".to_owned(), Vec::new()));
    let built = made.build().unwrap();
    let place = |name: &str| built.modules.iter().position(|known| known == name);
    assert!(place("crc32c_generic").unwrap() < place("ext4").unwrap());
}

#[test]
fn without_modules_dep_the_modules_themselves_tell() {
    let made = usual();
    let mut tree = Forest::default();
    for (name, depends) in &made.modules {
        let path = format!("/lib/modules/{RELEASE}/kernel/{name}.ko");
        tree = tree.file(&path, made.content(name, depends));
    }
    let built = try_build(&tree, MODULAR, "libkrun", "ext4").unwrap();
    assert_eq!(built.modules, usual().build().unwrap().modules);
}

#[test]
fn without_lists_a_soft_dependency_is_found_by_what_modules_say() {
    let made = usual();
    let mut tree = Forest::default();
    for (name, depends, more) in [
        ("ext4", "jbd2", "softdep=pre: crypto-crc32c nothing\0"),
        ("jbd2", "", ""),
        ("crc32c-generic", "", "alias=crypto-crc32c\0"),
        ("crc32c_aaa", "", "alias=other\0"),
        ("crc32c-intel", "", "alias=crc32c\0alias=crypto-crc32c\0"),
        ("virtio_blk", "", ""),
        ("virtio_mmio", "", ""),
    ] {
        let depends: Vec<String> = depends.split_whitespace().map(str::to_owned).collect();
        let path = format!("/lib/modules/{RELEASE}/kernel/{name}.ko");
        tree = tree.file(&path, made.content_with(name, &depends, more));
    }
    let built = try_build(&tree, MODULAR, "libkrun", "ext4").unwrap();
    assert_eq!(
        built.modules,
        [
            "virtio_mmio",
            "virtio_blk",
            "jbd2",
            "crc32c_generic",
            "crc32c_intel",
            "ext4"
        ]
    );
}

#[test]
fn dependencies_in_a_circle_are_loaded_once() {
    let built = made(&[
        ("ext4", &["jbd2"]),
        ("jbd2", &["ext4", "jbd2"]),
        ("virtio_blk", &["virtio_mmio"]),
        ("virtio_mmio", &["virtio_blk"]),
    ])
    .build()
    .unwrap();
    assert_eq!(built.modules, ["virtio_blk", "virtio_mmio", "jbd2", "ext4"]);
}

#[test]
fn a_dependency_without_a_file_is_named() {
    let error = made(&[
        ("ext4", &["lost"]),
        ("virtio_blk", &[]),
        ("virtio_mmio", &[]),
    ])
    .build()
    .unwrap_err();
    assert_eq!(error.kind(), Kind::Absent);
    assert!(error.to_string().contains("module lost"), "{error}");
}

#[test]
fn a_chain_without_end_meets_a_limit() {
    let names: Vec<String> = (0..400).map(|index| format!("m{index}")).collect();
    let mut made = usual();
    made.modules[0].1 = vec!["m0".to_owned()];
    for pair in names.windows(2) {
        made.modules.push((pair[0].clone(), vec![pair[1].clone()]));
    }
    let error = made.build().unwrap_err();
    assert_eq!(error.kind(), Kind::Limit);
}

#[test]
fn names_that_are_no_names_are_refused() {
    let mut made = usual();
    made.modules[0].1 = vec!["a$b".to_owned()];
    made.modules.push(("a$b".to_owned(), Vec::new()));
    let error = made.build().unwrap_err();
    assert!(error.to_string().contains("name of a module"), "{error}");
}

#[test]
fn paths_that_climb_stay_inside() {
    let tree = usual().tree();
    let list = format!(
        "../../../etc/ext4.ko:\nkernel/x/virtio_blk.ko:\n/lib/modules/{RELEASE}/kernel/x/virtio_mmio.ko:\n"
    );
    let ext4 = usual().content("ext4", &[]);
    let tree = tree
        .file("/etc/ext4.ko", ext4)
        .file(&format!("/lib/modules/{RELEASE}/modules.dep"), list);
    let built = try_build(&tree, MODULAR, "libkrun", "ext4").unwrap();
    assert_eq!(built.modules, ["virtio_mmio", "virtio_blk", "ext4"]);
    let path = format!("/lib/modules/{RELEASE}/kernel/ext4.ko");
    assert!(content(&built, &path).starts_with(b"\x7fELF"));
}

#[test]
fn modules_of_another_kernel_or_machine_are_refused() {
    let other = Made {
        vermagic: "6.1.0-9-amd64 SMP ".to_owned(),
        ..usual()
    };
    let error = other.build().unwrap_err();
    assert!(error.to_string().contains("6.1.0-9-amd64"), "{error}");
    let arm = Made {
        machine: 183,
        ..usual()
    };
    assert_eq!(arm.build().unwrap_err().kind(), Kind::WrongMachine);
}

#[test]
fn a_tree_without_modules_of_this_release_says_which_it_has() {
    let tree = Forest::default().dir("/lib/modules/5.10.0-old");
    let error = try_build(&tree, MODULAR, "libkrun", "ext4").unwrap_err();
    assert!(error.to_string().contains("5.10.0-old"), "{error}");
    let empty = try_build(&Forest::default(), MODULAR, "libkrun", "ext4").unwrap_err();
    assert!(
        empty.to_string().contains("there are no modules"),
        "{empty}"
    );
}

#[test]
fn a_kernel_that_takes_no_gzip_gets_it_plain_and_one_that_takes_none_gets_none() {
    let plain = MODULAR.replace("CONFIG_RD_GZIP=y\n", "");
    let built = try_build(&usual().tree(), &plain, "libkrun", "ext4").unwrap();
    assert_eq!(built.codec, None);
    assert!(built.bytes.starts_with(b"070701"));
    let none = MODULAR.replace(
        "CONFIG_BLK_DEV_INITRD=y",
        "# CONFIG_BLK_DEV_INITRD is not set",
    );
    let error = try_build(&usual().tree(), &none, "libkrun", "ext4").unwrap_err();
    assert!(error.to_string().contains("BLK_DEV_INITRD"), "{error}");
}

#[test]
fn a_root_that_is_no_file_system_is_refused() {
    for root in ["", "nonsense", "ext4,xfs", "virtio_blk\n"] {
        assert!(
            try_build(&usual().tree(), MODULAR, "libkrun", root).is_err(),
            "{root}"
        );
    }
}

#[test]
fn a_module_that_cannot_be_read_is_an_error() {
    let path = format!("/lib/modules/{RELEASE}/kernel/x/ext4.ko");
    let tree = usual().tree().unreadable(&path);
    assert!(try_build(&tree, MODULAR, "libkrun", "ext4").is_err());
}
