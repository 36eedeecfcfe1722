use super::*;
use crate::forge::program::Program;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn with_init(init: Entry, more: &[Entry]) -> Vec<u8> {
    archive(
        &[
            &[Entry::directory("bin"), Entry::directory("sbin"), init],
            more,
        ]
        .concat(),
    )
}

#[test]
fn an_init_without_its_interpreter_panics() {
    let initramfs = with_init(Entry::file("init", b"#!/bin/sh\n"), &[]);
    let finding = boot(MODULAR, initramfs).fires(304, Fatal, Initramfs);
    says(&finding.message, &["/init of the initramfs does not run"]);
    says(
        &finding.consequence,
        &[
            "Failed to execute /init (error -2)",
            "No working init found",
        ],
    );
}

#[test]
fn a_kernel_that_runs_no_scripts_runs_none_of_the_initramfs() {
    let script = Entry::file("init", b"#!/bin/busybox sh\n");
    let initramfs = |more: &[Entry]| {
        let busybox = Entry::file("bin/busybox", &busybox());
        with_init(script.clone(), &[&[busybox], more].concat())
    };
    let without = |to: &str| MODULAR.replace("CONFIG_BINFMT_SCRIPT=y", to);
    let config = without("# CONFIG_BINFMT_SCRIPT is not set");
    boot(MODULAR, initramfs(&[])).is_quiet(304);
    let finding = boot(&config, initramfs(&[])).fires(304, Fatal, Initramfs);
    says(
        &finding.message,
        &["/init", "a script", "CONFIG_BINFMT_SCRIPT"],
    );
    says(
        &finding.consequence,
        &[
            "Failed to execute /init (error -8)",
            "No working init found",
        ],
    );
    // Another in its place that is one too is none, and a program is.
    let other = Entry::file("sbin/init", b"#!/bin/busybox sh\n");
    boot(&config, initramfs(&[other])).fires(304, Fatal, Initramfs);
    let other = Entry::file("sbin/init", &Program::default().build());
    boot(&config, initramfs(&[other])).fires(304, Warn, Initramfs);
    // A module of it can't be loaded by what it is needed for.
    boot(&without("CONFIG_BINFMT_SCRIPT=m"), initramfs(&[])).fires(304, Fatal, Initramfs);
    Case::without_kernel()
        .initramfs(initramfs(&[]))
        .is_quiet(304);
}

#[test]
fn what_the_kernel_starts_in_its_place_is_not_the_init_of_the_generator() {
    let lost = |more: &[Entry]| {
        let mut entries = alpine();
        entries.retain(|entry| entry.name != b"init");
        entries.extend([
            Entry::directory("sbin"),
            Entry::file("init", b"#!/bin/gone\n"),
        ]);
        entries.extend_from_slice(more);
        archive(&entries)
    };
    // The init of BusyBox mounts no root, by whatever name the file has.
    let applet = Entry::file("sbin/init", &busybox());
    let finding =
        boot(MONOLITHIC, lost(std::slice::from_ref(&applet))).fires(304, Fatal, Initramfs);
    says(
        &finding.consequence,
        &["starts /sbin/init", "which mounts no root"],
    );
    // With a table, or as a program that is unknown, it may do anything.
    let table = [
        Entry::directory("etc"),
        Entry::file("etc/inittab", b"::sysinit:/x\n"),
    ];
    let unknown = [
        lost(&[&[applet], &table[..]].concat()),
        lost(&[Entry::file("sbin/init", &Program::default().build())]),
    ];
    for initramfs in unknown {
        let case = boot(MONOLITHIC, initramfs);
        let finding = case.fires(304, Warn, Initramfs);
        says(
            &finding.consequence,
            &["starts /sbin/init", "not predicted"],
        );
        let why = case.is_blocked(306, None);
        says(&why, &["no model of /sbin/init", "in the place of /init"]);
    }
}

#[test]
fn an_init_that_may_not_be_executed_is_named_with_its_number() {
    let init = Entry {
        mode: 0o100_644,
        ..Entry::file("init", &busybox())
    };
    let finding = boot(MODULAR, with_init(init, &[])).fires(304, Fatal, Initramfs);
    says(&finding.consequence, &["error -13"]);
    says(&finding.fix, &["chmod 755 ./init"]);
}

#[test]
fn the_init_of_the_line_is_looked_for_in_the_initramfs() {
    let init = Entry::file("init", b"#!/bin/gone\n");
    let finding = boot(MODULAR, with_init(init, &[]))
        .command_line("root=/dev/vda init=/sbin/openrc")
        .fires(304, Fatal, Initramfs);
    says(
        &finding.consequence,
        &[
            "in the initramfs, not on the root",
            "Requested init /sbin/openrc failed",
        ],
    );
}

#[test]
fn a_shell_in_its_place_is_read_by_nobody() {
    let init = Entry::file("init", b"#!/bin/gone\n");
    let finding = boot(
        MODULAR,
        with_init(init, &[Entry::file("bin/sh", &busybox())]),
    )
    .fires(304, Fatal, Initramfs);
    says(&finding.consequence, &["/bin/sh", "a shell on the console"]);
}

#[test]
fn a_missing_library_kills_it() {
    let program =
        crate::forge::program::dynamic("/lib/ld-musl-x86_64.so.1", &["libz.so.1"]).build();
    let loader = crate::forge::program::library("libc.musl-x86_64.so.1", &[]).build();
    let more = [
        Entry::directory("lib"),
        Entry::file("lib/ld-musl-x86_64.so.1", &loader),
    ];
    let finding =
        boot(MODULAR, with_init(Entry::file("init", &program), &more)).fires(304, Fatal, Initramfs);
    says(&finding.consequence, &["exitcode=0x00007f00"]);
    says(&finding.fix, &["libz.so.1"]);
}

#[test]
fn an_init_that_runs_passes_with_a_kernel_and_without() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(304);
    Case::without_kernel()
        .initramfs(alpine_with(NEEDED))
        .is_quiet(304);
    boot(MODULAR, archive(&[])).is_quiet(304);
}

#[test]
fn what_is_too_large_to_be_read_blocks_it() {
    boot(MODULAR, alpine_with(NEEDED))
        .limit("cpio_entries", 1)
        .is_blocked(304, 5);
}

#[test]
fn an_init_that_is_cut_crashes() {
    let init = |cut_bytes| {
        let program = Program {
            cut_bytes,
            ..Program::default()
        };
        Entry::file("init", &program.build())
    };
    // What is missing of its last page is zeros, which may do as well.
    boot(MODULAR, with_init(init(8), &[])).is_blocked(304, 20);
    let init = init(5000);
    let finding = boot(MODULAR, with_init(init, &[])).fires(304, Fatal, Initramfs);
    says(
        &finding.consequence,
        &["It crashes, and the kernel panics with \"Attempted to kill init!\""],
    );
}

#[test]
fn an_archive_by_itself_has_the_kernels_list_and_a_boot_its_command_line() {
    let init = || with_init(Entry::file("init", b"#!/bin/gone\n"), &[]);
    let finding = Case::without_kernel()
        .initramfs(init())
        .fires(304, Fatal, Initramfs);
    says(&finding.consequence, &["\"No working init found\""]);
    let told = Case::new(vmlinux()).config(MODULAR).initramfs(init());
    assert_eq!(told.is_skipped(304), "command line");
}

#[test]
fn systemd_freezes_where_the_kernel_lacks_what_it_mounts() {
    let more = [
        Entry::directory("lib"),
        Entry::directory("lib/systemd"),
        Entry::file("lib/systemd/systemd", &busybox()),
    ];
    let initramfs = || with_init(Entry::link("init", "lib/systemd/systemd"), &more);
    let mounts = format!("{MODULAR}\nCONFIG_DEVTMPFS=y\nCONFIG_PROC_FS=y\nCONFIG_SYSFS=y");
    let finding = boot(&mounts, initramfs()).fires(304, Fatal, Initramfs);
    says(&finding.message, &["is systemd", "without CGROUPS."]);
    says(&finding.fix, &["CONFIG_CGROUPS=y", "--omit systemd"]);
    boot(&format!("{mounts}\nCONFIG_CGROUPS=y"), initramfs()).is_quiet(304);
    // Nor is anything said of an archive alone.
    Case::without_kernel().initramfs(initramfs()).is_quiet(304);
}

#[test]
fn each_trouble_has_a_fix_of_its_own() {
    let arm64 = Program {
        machine: 183,
        ..Program::default()
    };
    let dynamic = crate::forge::program::dynamic("/lib/ld-musl-x86_64.so.1", &[]);
    for (init, fix) in [
        (
            arm64.build(),
            "Build the initramfs from programs for x86_64.",
        ),
        (
            dynamic.build(),
            "Put /lib/ld-musl-x86_64.so.1 into the archive, or link the program statically.",
        ),
        (
            b"#!/bin/gone\n".to_vec(),
            "Write the first line of /init as `#!` with an interpreter that is in the archive",
        ),
        (
            b"echo\n".to_vec(),
            "Begin /init with a line such as `#!/bin/sh`",
        ),
    ] {
        let finding =
            boot(MODULAR, with_init(Entry::file("init", &init), &[])).fires(304, Fatal, Initramfs);
        says(&finding.fix, &[fix]);
    }
}
