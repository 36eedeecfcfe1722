use crate::forge::elf::Elf;
use crate::forge::gzip;
use crate::forge::tree::Forest;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::userland::modules::{
    Compression, Modules, file_name, modinfo, modules, releases,
};

const RELEASE: &str = "6.6.14-0-virt";
const DIRECTORY: &str = "/lib/modules/6.6.14-0-virt";

fn of(tree: &Forest) -> Modules {
    modules(tree, RELEASE, &Limits::default()).unwrap().unwrap()
}

/// A module with these lines in `.modinfo`.
fn module(lines: &[&str]) -> Elf {
    let mut content = Vec::new();
    for line in lines {
        content.extend([line.as_bytes(), &[0]].concat());
    }
    Elf {
        kind: 1,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![(".text", vec![0x90; 16]), (".modinfo", content)],
        ..Elf::default()
    }
}

fn virtio_blk() -> Elf {
    module(&[
        "license=GPL",
        "alias=virtio:d00000002v*",
        "softdep=pre: crc-x post: y",
        "depends=virtio,virtio-ring",
        "name=virtio_blk",
        "vermagic=6.6.14-0-virt SMP preempt mod_unload ",
    ])
}

fn listed() -> Forest {
    let at = |name: &str| format!("{DIRECTORY}/{name}");
    Forest::default()
        .file(
            &at("modules.dep"),
            "kernel/drivers/block/virtio_blk.ko.gz: kernel/drivers/virtio/virtio-ring.ko.gz \
             kernel/drivers/virtio/virtio.ko.gz\n\
             kernel/drivers/virtio/virtio-ring.ko.gz: kernel/drivers/virtio/virtio.ko.gz\n\
             kernel/drivers/virtio/virtio.ko.gz:\n\
             kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko kernel/lib/crc16.ko\n\
             kernel/fs/jbd2/jbd2.ko:\n\
             kernel/one.ko: kernel/other.ko\nkernel/other.ko: kernel/one.ko\n\
             nonsense\nkernel/readme.txt:\n",
        )
        .file(
            &at("modules.builtin"),
            "kernel/lib/crc16.ko\nkernel/drivers/tty/hvc/hvc-console.ko\n",
        )
        .file(
            &at("modules.softdep"),
            "# x\nsoftdep ext4 pre: crc32c-generic post: z\n",
        )
        .file(
            &at("kernel/drivers/block/virtio_blk.ko.gz"),
            gzip(&virtio_blk().build()),
        )
        .file(&at("kernel/drivers/virtio/virtio-ring.ko.gz"), "a module")
        .file(&at("kernel/drivers/virtio/virtio.ko.gz"), "a module")
        .file(&at("kernel/one.ko"), "a module")
        .file(&at("kernel/other.ko"), "a module")
        .file(&at("kernel/fs/ext4/ext4.ko.xz"), "a module")
}

#[test]
fn releases_are_directories_also_behind_links() {
    let tree = Forest::default()
        .link("/lib", "usr/lib")
        .dir("/usr/lib/modules/6.1.0-9-amd64")
        .dir("/usr/lib/modules/5.10.0")
        .file("/usr/lib/modules/readme", "")
        .link("/usr/lib/modules/current", "5.10.0");
    assert_eq!(
        releases(&tree).unwrap(),
        ["5.10.0", "6.1.0-9-amd64", "current"]
    );
    assert!(releases(&Forest::default()).unwrap().is_empty());
    assert_eq!(modules(&tree, "7.0", &Limits::default()), Ok(None));
    assert_eq!(modules(&tree, "../modules", &Limits::default()), Ok(None));
}

#[test]
fn names_of_files_give_names_of_modules() {
    for (path, expected) in [
        (
            "kernel/a/virtio-blk.ko",
            Some(("virtio_blk", Compression::None)),
        ),
        ("x.ko.gz", Some(("x", Compression::Gzip))),
        ("x.ko.xz", Some(("x", Compression::Xz))),
        ("x.ko.zst", Some(("x", Compression::Zstd))),
        ("x.ko.bz2", None),
        ("x.kos", None),
        (".ko", None),
    ] {
        let expected = expected.map(|(name, compression)| (name.to_owned(), compression));
        assert_eq!(file_name(path), expected, "{path}");
    }
}

#[test]
fn lists_tell_modules_dependencies_and_what_is_built_in() {
    let modules = of(&listed());
    assert!(modules.has_dependencies);
    let block = modules.get("virtio-blk").unwrap();
    assert_eq!(block.compression, Compression::Gzip);
    assert_eq!(block.depends, ["virtio_ring", "virtio"]);
    assert_eq!(
        block.path,
        format!("{DIRECTORY}/kernel/drivers/block/virtio_blk.ko.gz").as_bytes()
    );
    assert_eq!(modules.is_builtin("hvc_console"), Some(true));
    assert_eq!(modules.is_builtin("virtio_blk"), Some(false));
    assert_eq!(modules.soft_dependencies["ext4"], ["crc32c_generic", "z"]);
    assert_eq!(modules.modules.len(), 7);
}

#[test]
fn what_has_to_be_loaded_comes_dependencies_first() {
    let tree = listed();
    let modules = of(&tree);
    let closure = modules.closure(&tree, "virtio-blk").unwrap();
    assert_eq!(closure.order, ["virtio", "virtio_ring", "virtio_blk"]);
    assert!(closure.missing.is_empty());
    // A file that is listed and not there; what is built in is not loaded.
    let closure = modules.closure(&tree, "ext4").unwrap();
    assert_eq!(closure.order, ["jbd2", "ext4"]);
    assert_eq!(closure.missing, ["jbd2"]);
    let closure = modules.closure(&tree, "nothing").unwrap();
    assert_eq!(closure.missing, ["nothing"]);
    let emptied = listed().file(&format!("{DIRECTORY}/kernel/one.ko"), "");
    assert_eq!(modules.closure(&emptied, "one").unwrap().missing, ["one"]);
    let mut circle = modules.closure(&tree, "one").unwrap().order;
    circle.sort();
    assert_eq!(circle, ["one", "other"]);
}

#[test]
fn without_lists_the_files_themselves_are_told() {
    let tree = Forest::default()
        .file(&format!("{DIRECTORY}/kernel/fs/ext4/ext4.ko.zst"), "")
        .file(&format!("{DIRECTORY}/kernel/fs/readme"), "")
        .file(&format!("{DIRECTORY}/kernel/lib/crc16.ko"), "")
        .circle(&format!("{DIRECTORY}/kernel/lib"), "lib");
    let modules = of(&tree);
    assert!(!modules.has_dependencies);
    assert_eq!(modules.builtin, None);
    assert_eq!(modules.is_builtin("ext4"), None);
    let names: Vec<_> = modules.modules.keys().collect();
    assert_eq!(names, ["crc16", "ext4"]);
    let limits = Limits {
        modules: 1,
        ..Limits::default()
    };
    let error = kelpie_check::userland::modules::modules(&tree, RELEASE, &limits).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "modules"));
}

#[test]
fn a_module_says_for_which_kernel_it_was_built() {
    let path = format!("{DIRECTORY}/kernel/drivers/block/virtio_blk.ko.gz");
    let info = modinfo(&listed(), path.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(info.name.as_deref(), Some("virtio_blk"));
    assert_eq!(info.release(), Some("6.6.14-0-virt"));
    assert_eq!(info.depends, ["virtio", "virtio_ring"]);
    assert_eq!(info.soft_dependencies, ["crc_x", "y"]);
    assert_eq!(info.aliases, ["virtio:d00000002v*"]);
    assert_eq!(info.codec, Some("gzip"));
    assert_eq!(info.machine.to_string(), "x86_64");
}

#[test]
fn modules_of_every_class_and_byte_order_are_read() {
    for (is_64, big_endian, machine) in [
        (true, false, 183),
        (false, false, 40),
        (true, true, 22),
        (false, true, 20),
    ] {
        let elf = Elf {
            is_64,
            big_endian,
            machine,
            ..virtio_blk()
        };
        let tree = Forest::default().file("/x.ko", elf.build());
        let info = modinfo(&tree, b"/x.ko", &Limits::default()).unwrap();
        assert_eq!(info.name.as_deref(), Some("virtio_blk"));
        assert_eq!((info.codec, info.machine.e_machine), (None, machine));
    }
}

#[test]
fn what_is_no_module_is_an_error_that_names_the_field() {
    let program = Elf {
        kind: 2,
        ..virtio_blk()
    };
    let bare = Elf {
        sections: Vec::new(),
        ..virtio_blk()
    };
    let mut cut = virtio_blk().build();
    cut.truncate(cut.len() - 1);
    let tree = Forest::default()
        .file("/program.ko", program.build())
        .file("/bare.ko", bare.build())
        .file("/cut.ko", cut)
        .file("/text.ko", "not a module")
        .dir("/dir.ko");
    for (path, message) in [
        (
            "/program.ko",
            "e_type at 0x10: expected 1, a module, found 2",
        ),
        ("/bare.ko", "no section .modinfo: 2 sections without it"),
        ("/dir.ko", "no kernel module: a directory"),
        ("/nothing.ko", "no kernel module: error 2"),
    ] {
        let error = modinfo(&tree, path.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    for (path, kind) in [("/cut.ko", Kind::Truncated), ("/text.ko", Kind::Invalid)] {
        let error = modinfo(&tree, path.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
