use super::*;
use crate::forge::program::Program;
use crate::run::says;
use kelpie_check::check::Selection;
use kelpie_check::finding::Code;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::{Init, Initramfs, RootMount};

#[test]
fn drivers_that_are_modules_and_not_there_are_listed() {
    let finding = boot(MODULAR, alpine_with(&[("loop", ".ko", &[])])).fires(306, Fatal, Initramfs);
    says(&finding.message, &["ext4 and virtio_blk"]);
    says(&finding.consequence, &["emergency recovery shell"]);
    says(&finding.fix, &["mkinitfs"]);
}

#[test]
fn an_initramfs_without_any_module_lacks_them_too() {
    boot(MODULAR, archive(&alpine())).fires(306, Fatal, Initramfs);
}

#[test]
fn the_drivers_of_a_disk_are_needed_whatever_it_contains() {
    let with = |modules| boot(MODULAR, alpine_with(modules)).root(vec![0; 8 << 20]);
    let finding = with(&[("ext4", ".ko", &[])]).fires(306, Fatal, Initramfs);
    says(&finding.message, &["virtio_blk"]);
    with(NEEDED).is_quiet(306);
}

#[test]
fn a_dependency_that_is_not_there_is_named() {
    let some = &[
        ("virtio_blk", ".ko", &[][..]),
        ("ext4", ".ko", &["jbd2"][..]),
    ];
    let finding = boot(MODULAR, alpine_with(some)).fires(306, Fatal, Initramfs);
    says(&finding.message, &["jbd2", "which ext4 needs"]);
    says(&finding.consequence, &["finds the disk, but cannot mount"]);
}

#[test]
fn a_type_that_is_not_the_roots_asks_for_no_module_of_it() {
    let with = |types: &str| {
        let line = format!("root=/dev/vda rootfstype={types}");
        boot(MODULAR, alpine_with(&[("virtio_blk", ".ko", &[])])).command_line(&line)
    };
    // Names under which it is mounted, and one of another file system.
    for types in ["ext4", "ext3", "ext2", "auto", "xfs,ext4"] {
        let finding = with(types).fires(306, Fatal, Initramfs);
        says(&finding.message, &["ext4"]);
    }
    with("xfs").is_quiet(306);
}

#[test]
fn all_modules_pass_and_so_do_drivers_that_are_built_in() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(306);
    boot(MONOLITHIC, archive(&alpine())).is_quiet(306);
}

#[test]
fn modules_of_another_kernel_are_another_cause() {
    boot(
        MODULAR,
        archive(&[alpine(), modules_of("5.4.0", NEEDED)].concat()),
    )
    .is_quiet(306);
}

#[test]
fn kmod_finds_no_module_without_its_index() {
    let kmod = [&Program::default().build()[..], b"kmod 34\0"].concat();
    let with = |more: &[Entry]| {
        let mut entries = alpine();
        entries.pop();
        entries.push(Entry::file("sbin/modprobe", &kmod));
        boot(
            MODULAR,
            archive(&[entries, modules_of(RELEASE, NEEDED), more.to_vec()].concat()),
        )
    };
    let finding = with(&[]).fires(306, Fatal, Initramfs);
    says(
        &finding.message,
        &["virtio_blk and ext4", "modules.dep.bin"],
    );
    says(&finding.fix, &["depmod", "mkinitfs 6.1.0-forged"]);
    let index =
        |name: &str, bytes: &[u8]| Entry::file(&format!("lib/modules/{RELEASE}/{name}"), bytes);
    const MAGIC: &[u8] = b"\xb0\x07\xf4\x57\x00\x02\x00\x01";
    let finding = with(&[index("modules.dep.bin", b"")]).fires(306, Fatal, Initramfs);
    says(&finding.message, &["modules.dep.bin is not an index"]);
    let by_name = index("modules.dep.bin", MAGIC);
    let finding = with(std::slice::from_ref(&by_name)).fires(306, Fatal, Initramfs);
    says(
        &finding.message,
        &["has virtio_blk,", "lacks modules.alias.bin"],
    );
    with(&[by_name, index("modules.alias.bin", MAGIC)]).is_quiet(306);
}

#[test]
fn an_empty_file_is_no_module() {
    let empty = Entry::file(&format!("lib/modules/{RELEASE}/kernel/virtio_blk.ko"), b"");
    let entries = [alpine(), modules_of(RELEASE, NEEDED), vec![empty]].concat();
    let finding = boot(MODULAR, archive(&entries)).fires(306, Fatal, Initramfs);
    says(&finding.message, &["virtio_blk"]);
}

#[test]
fn a_root_in_memory_needs_no_module_and_has_no_init() {
    let line = "root=/dev/vda rootfstype=tmpfs";
    let case = || boot(MODULAR, archive(&alpine())).command_line(line);
    case().is_quiet(306);
    case().is_quiet(502);
    case().fires(601, Fatal, Init);
}

#[test]
fn who_asks_for_a_shell_of_the_initramfs_gets_it_without_a_root() {
    for word in ["single", "-- s", "1"] {
        let line = format!("root=/dev/vda rootfstype=ext4 {word}");
        boot(MODULAR, archive(&alpine()))
            .command_line(&line)
            .is_quiet(306);
    }
    boot(MODULAR, archive(&alpine()))
        .command_line("root=/dev/vda rootfstype=ext4 singled")
        .fires(306, Fatal, Initramfs);
}

#[test]
fn a_kernel_that_mounts_by_itself_needs_no_module_from_it() {
    boot(MONOLITHIC, archive(&[])).is_quiet(306);
}

#[test]
fn an_init_that_nobody_knows_and_a_damaged_kernel_block_it() {
    boot(MODULAR, archive(&[Entry::file("init", &busybox())])).is_blocked(306, None);
    boot_damaged(archive(&alpine())).is_blocked(306, 3);
}

#[test]
fn an_archive_of_ours_is_made_anew() {
    let init = [&busybox()[..], b"kelpie-check: root mounted\n"].concat();
    let finding =
        boot(MODULAR, archive(&[Entry::file("init", &init)])).fires(306, Fatal, Initramfs);
    says(&finding.consequence, &["kelpie-check: cannot open"]);
    says(
        &finding.fix,
        &["Run `kelpie-check initramfs build --modules"],
    );
}

/// A shell script as init, and what tells who made the archive.
fn made_by(traces: &[Entry]) -> Vec<u8> {
    let init = [
        Entry::file("init", b"#!/bin/sh\n"),
        Entry::directory("bin"),
        Entry::file("bin/sh", &busybox()),
    ];
    archive(&[&init, traces].concat())
}

#[test]
fn each_tool_has_its_own_way_to_a_module() {
    let debian = made_by(&[
        Entry::directory("conf"),
        Entry::directory("scripts"),
        Entry::file("conf/initramfs.conf", b""),
        Entry::file("scripts/functions", b""),
    ]);
    let report = boot(MODULAR, debian).report(&Selection {
        select: vec![Code(306)],
        ..Selection::default()
    });
    says(
        &report.findings[0].fix,
        &[
            "/etc/initramfs-tools/modules",
            "`mkinitramfs -o initramfs.img 6.1.0-forged`",
        ],
    );
    let dracut = made_by(&[
        Entry::directory("usr"),
        Entry::directory("usr/lib"),
        Entry::directory("usr/lib/dracut"),
        Entry::directory("etc"),
        Entry::link("etc/initrd-release", "../usr/lib/initrd-release"),
        Entry::file("usr/lib/initrd-release", b"DRACUT_VERSION=\"059-4\"\n"),
    ]);
    let finding = boot(MODULAR, dracut).fires(306, Fatal, Initramfs);
    says(
        &finding.fix,
        &["Run `dracut --force --add-drivers \"ext4 virtio_blk\" initramfs.img 6.1.0-forged`."],
    );
}

#[test]
fn what_the_list_of_the_kernel_has_built_in_is_not_missing() {
    let ext4 = &[("ext4", ".ko", &["jbd2"][..]), ("jbd2", ".ko", &[][..])];
    let list = format!("lib/modules/{RELEASE}/modules.builtin");
    let builtin = Entry::file(&list, b"kernel/drivers/block/virtio_blk.ko\n");
    let entries = [alpine(), modules_of(RELEASE, ext4), vec![builtin]].concat();
    boot(MODULAR, archive(&entries)).is_quiet(306);
}

#[test]
fn the_module_of_a_type_that_is_not_asked_for_is_not_missing() {
    let squashfs = || [b"hsqs".to_vec(), vec![0; 0x1_0000]].concat();
    let boot = |line: &str| {
        boot(
            &format!("{MODULAR}\nCONFIG_SQUASHFS=m"),
            alpine_with(NEEDED),
        )
        .root(squashfs())
        .command_line(line)
    };
    let missing =
        boot("console=hvc0 root=/dev/vda rootfstype=squashfs").fires(306, Fatal, Initramfs);
    says(&missing.message, &["squashfs"]);
    boot("console=hvc0 root=/dev/vda rootfstype=ext4").is_quiet(306);
    boot("console=hvc0 root=/dev/vda rootfstype=ext4").fires(502, Fatal, RootMount);
}

#[test]
fn mkinitcpio_makes_its_archive_by_another_command() {
    let mut entries = arch("udev");
    boot(MODULAR, archive(&entries)).is_quiet(306);
    // kmod reads modules.dep.bin only.
    entries.retain(|entry| entry.name != b"sbin/modprobe");
    let kmod = [&Program::default().build()[..], b"kmod"].concat();
    entries.push(Entry::file("sbin/modprobe", &kmod));
    let finding = boot(MODULAR, archive(&entries)).fires(306, Fatal, Initramfs);
    says(&finding.message, &["modules.dep.bin"]);
    says(&finding.fix, &["mkinitcpio -k"]);
}
