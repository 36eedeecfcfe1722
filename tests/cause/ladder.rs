//! The ladder of a report: for each stage how it stands and what decides it; and the way to the
//! verdict, which tells the same with every cause.

use super::disks;
use super::forge::cpio::{Entry, archive};
use super::forge::ext4::Ext4;
use super::forge::program::Program;
use super::initramfs::{self, MODULAR, NEEDED, alpine_with, busybox};
use super::kernels::{arm64, bzimage, damaged, page, riscv, vmlinux, zboot};
use super::run::{Case, says};
use kelpie_check::check::{Report, Selection, Standing};
use kelpie_check::finding::{Code, Severity};
use kelpie_check::stage::Stage;
use kelpie_check::stage::Stage::{
    Console, Init, Initramfs, Load, Read, RootDevice, RootMount, Start, Userspace,
};
use std::fmt::Write;

/// All that a boot from an ext4 disk needs.
pub const WHOLE: &str = "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_VIRTIO_MMIO=y\n\
    CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_EXT4_FS=y\nCONFIG_TMPFS=y\n\
    CONFIG_BINFMT_ELF=y\nCONFIG_BINFMT_SCRIPT=y\nCONFIG_DEVTMPFS=y\nCONFIG_DEVTMPFS_MOUNT=y\n\
    CONFIG_VIRTIO_CONSOLE=y\nCONFIG_HVC_DRIVER=y\nCONFIG_SERIAL_8250=y\n\
    CONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_X86_MPPARSE=y\nCONFIG_KVM_GUEST=y\nCONFIG_FUTEX=y\n\
    CONFIG_EPOLL=y\nCONFIG_POSIX_TIMERS=y\nCONFIG_SHMEM=y\nCONFIG_PROC_FS=y\nCONFIG_SYSFS=y";
pub const LINE: &str = "console=hvc0 root=/dev/vda rootfstype=ext4 rw";
const HVC: [&str; 4] = [
    "HVC_DRIVER",
    "VIRTIO_CONSOLE",
    "VIRTIO_MMIO",
    "VIRTIO_MMIO_CMDLINE_DEVICES",
];
const DISK: [&str; 3] = ["VIRTIO_MMIO", "VIRTIO_MMIO_CMDLINE_DEVICES", "VIRTIO_BLK"];
const TRANSPORT: &str = "VIRTIO_MMIO built in, VIRTIO_MMIO_CMDLINE_DEVICES built in";

fn ext4() -> Ext4 {
    Ext4::new()
        .file("/sbin/init", 0o755, Program::default().build())
        .directory("/dev", 0o755)
}

/// A kernel with all that it needs, and that root.
pub fn boot(line: &str) -> Case {
    with_kernel(WHOLE, line)
}

pub fn with_kernel(config: &str, line: &str) -> Case {
    Case::new(vmlinux())
        .config(config)
        .command_line(line)
        .no_initramfs()
        .root(ext4().build())
}

fn without(config: &str, option: &str) -> String {
    config.replace(&format!("CONFIG_{option}=y"), "")
}

pub fn together(case: &Case) -> Report {
    case.together(&Selection::default())
}

/// The rung of one stage: of the boot, or of the kernel where nothing boots.
fn rung(report: &Report, stage: Stage) -> (Standing, &str) {
    let ladder = match report.boots.first() {
        Some(boot) => &boot.ladder,
        None => &report.artifacts[0].ladder,
    };
    let rung = ladder.iter().find(|rung| rung.stage == stage).unwrap();
    (rung.standing, &rung.text)
}

#[track_caller]
fn stands(case: &Case, stage: Stage, standing: Standing, text: &str) {
    assert_eq!(rung(&together(case), stage), (standing, text));
}

#[track_caller]
fn stands_alone(case: &Case, rungs: &[(Stage, Standing, &str)]) {
    let report = case.report(&Selection::default());
    for (stage, standing, text) in rungs {
        assert_eq!(rung(&report, *stage), (*standing, *text));
    }
}

#[test]
fn a_boot_that_succeeds_tells_what_decides_each_stage() {
    let report = together(&boot(LINE));
    let told: Vec<_> = report.boots[0]
        .ladder
        .iter()
        .map(|rung| (rung.stage, rung.standing, rung.text.as_str()))
        .collect();
    let load = "ELF file, fits 512 MiB; libkrun takes it as an ELF vmlinux \
        (KRUN_KERNEL_FORMAT_ELF)";
    let device = format!("/dev/vda is the disk; {TRANSPORT}, VIRTIO_BLK built in");
    let mount = "EXT4_FS built in, ext4 of 1 K blocks, clean, read-write";
    assert_eq!(
        told,
        [
            (Read, Standing::Passed, "Linux 6.1.0-forged, ELF file"),
            (Load, Standing::Passed, load),
            (Start, Standing::Passed, "X86_MPPARSE, KVM_GUEST built in"),
            (Console, Standing::Passed, "hvc0: driver built in"),
            (Initramfs, Standing::None, "none given"),
            (RootDevice, Standing::Passed, device.as_str()),
            (RootMount, Standing::Passed, mount),
            (
                Init,
                Standing::Passed,
                "/sbin/init, with everything it needs"
            ),
            (
                Userspace,
                Standing::Open,
                "kelpie-check does not predict what init does"
            ),
        ]
    );
    let options: Vec<&[&str]> = report.boots[0]
        .ladder
        .iter()
        .map(|rung| &rung.options[..])
        .collect();
    let init: &[&str] = &["BINFMT_ELF", "BINFMT_SCRIPT", "DEVTMPFS_MOUNT"];
    assert_eq!(
        options,
        [
            &[][..],
            &[],
            &["X86_MPPARSE", "KVM_GUEST"],
            &HVC,
            &["BLK_DEV_INITRD"],
            &DISK,
            &["EXT4_FS"],
            init,
            &[],
        ]
    );
}

#[test]
fn the_way_to_the_verdict_has_every_stage_option_and_cause() {
    let case = initramfs::boot(&without(WHOLE, "KVM_GUEST"), alpine_with(&[]));
    let mut text = String::new();
    let selection = Selection {
        ignore: vec![Code(205)],
        ..Selection::default()
    };
    for line in &case.together(&selection).boots[0].trail {
        writeln!(text, "{line}").unwrap();
    }
    says(
        &text,
        &[
            "start: X86_MPPARSE built in\n  CONFIG_X86_MPPARSE=y (by file)\n  \
             CONFIG_KVM_GUEST=n (by file)\n  KC205 no-kvm-clock is skipped: --ignore names it\n  \
             KC206 no-interrupt-table does not apply\n",
            "  KC012 corrupt-superblock fatal: The root is damaged: s_blocks_per_group",
            "  KC601 no-init is blocked by KC012: s_blocks_per_group",
        ],
    );
    let alone = Case::new(vmlinux()).together(&Selection::default());
    let trail = alone.boots[0].trail.join("\n");
    says(
        &trail,
        &[
            "KC203 no-console-parameter needs the command line, which was not given",
            "KC205 no-kvm-clock cannot be decided: no kallsyms",
        ],
    );
}

#[test]
fn consoles_that_no_line_names_are_those_of_the_machine() {
    stands(
        &boot("root=/dev/vda rootfstype=ext4"),
        Console,
        Standing::Passed,
        "ttyS0: driver built in, hvc0: driver built in",
    );
    let strange = boot("console=ttyS0 console=tty9 root=/dev/vda");
    let text = "ttyS0: driver built in, tty9: not on this machine";
    stands(&strange, Console, Standing::Warned, text);
    let bare = with_kernel(&without(WHOLE, "HVC_DRIVER"), LINE);
    let text = "hvc0: without HVC_DRIVER";
    stands(&bare, Console, Standing::Failed, text);
}

#[test]
fn the_initramfs_tells_its_maker_and_whether_its_init_runs() {
    let told = |initramfs: Vec<u8>, standing, text: &str| {
        let case = Case::new(vmlinux())
            .config(WHOLE)
            .command_line(LINE)
            .root(ext4().build())
            .initramfs(initramfs);
        stands(&case, Initramfs, standing, text);
    };
    let alpine = alpine_with(NEEDED);
    let text = "by mkinitfs 3.13.0, 14 entries; /init runs";
    told(alpine, Standing::Passed, text);
    let program = archive(&[Entry::file("init", &busybox())]);
    // Whether it gets to the root, nothing tells.
    told(
        program,
        Standing::Unknown,
        "by program, 1 entries; /init runs",
    );
    let other = archive(&[Entry::file("in", b"x")]);
    told(other, Standing::Warned, "1 entries, without /init");
    let script = archive(&[Entry::file("init", b"#!/bin/ash\n")]);
    let case = Case::new(vmlinux())
        .config(WHOLE)
        .command_line("console=hvc0")
        .no_root()
        .initramfs(script);
    let report = together(&case);
    let (standing, text) = rung(&report, Initramfs);
    assert_eq!(standing, Standing::Failed);
    says(text, &["1 entries; /init ", "/bin/ash"]);
}

#[test]
fn an_initramfs_that_the_kernel_cannot_unpack_is_told() {
    let case = |config: &str, initramfs: Vec<u8>| {
        Case::new(vmlinux())
            .config(config)
            .command_line(LINE)
            .root(ext4().build())
            .initramfs(initramfs)
    };
    let plain = archive(&[Entry::file("init", &busybox())]);
    stands(
        &case(&without(WHOLE, "BLK_DEV_INITRD"), plain.clone()),
        Initramfs,
        Standing::Warned,
        "the kernel was built without BLK_DEV_INITRD and ignores it",
    );
    let packed = liblzma::encode_all(&plain[..], 0).unwrap();
    let report = together(&case(WHOLE, packed));
    let text = "the kernel cannot unpack xz";
    assert_eq!(rung(&report, Initramfs), (Standing::Warned, text));
}

#[test]
fn where_the_initramfs_is_the_system_no_root_is_needed() {
    let case = Case::new(vmlinux())
        .config(WHOLE)
        .command_line("console=hvc0")
        .no_root()
        .initramfs(archive(&[Entry::file("init", &busybox())]));
    let none = "not needed: the initramfs is the system";
    stands(&case, RootDevice, Standing::None, none);
    stands(&case, RootMount, Standing::None, none);
    stands(&case, Init, Standing::Passed, "/init of the initramfs");
}

#[test]
fn the_root_device_tells_what_is_named_and_what_brings_its_driver() {
    let built_in = format!("{TRANSPORT}, VIRTIO_BLK built in");
    for (line, place) in [
        ("root=/dev/vda", "/dev/vda is the disk"),
        ("root=/dev/vdb", "no /dev/vdb, but vda, without partitions"),
        ("console=hvc0", "no root="),
    ] {
        let report = together(&boot(line));
        let (_, text) = rung(&report, RootDevice);
        assert_eq!(text, format!("{place}; {built_in}"));
    }
    let partition = boot("root=/dev/vda1").root(disks::mbr());
    let report = together(&partition);
    let text = format!("/dev/vda1 is partition 1; {built_in}");
    assert_eq!(rung(&report, RootDevice).1, text);
    let modular = initramfs::boot(MODULAR, alpine_with(NEEDED));
    let text = format!("/dev/vda is the disk; {TRANSPORT}, virtio_blk from the initramfs");
    stands(&modular, RootDevice, Standing::Passed, &text);
    let missing = initramfs::boot(MODULAR, alpine_with(&[]));
    let text = format!(
        "/dev/vda is the disk; {TRANSPORT}, virtio_blk is a module and not in the initramfs"
    );
    stands(&missing, RootDevice, Standing::Failed, &text);
    let module = with_kernel(MODULAR, LINE);
    let text = format!("/dev/vda is the disk; {TRANSPORT}, VIRTIO_BLK is a module");
    stands(&module, RootDevice, Standing::Failed, &text);
    let text = "EXT4_FS is a module, ext4 of 1 K blocks, clean, read-write";
    stands(&module, RootMount, Standing::Failed, text);
    let report = together(&with_kernel(&without(WHOLE, "VIRTIO_BLK"), LINE));
    says(rung(&report, RootDevice).1, &["without VIRTIO_BLK"]);
}

#[test]
fn the_root_tells_its_blocks_its_state_and_how_it_is_mounted() {
    let mounted = |image: Vec<u8>, standing, text: &str| {
        stands(
            &boot("root=/dev/vda").root(image),
            RootMount,
            standing,
            text,
        );
    };
    let driver = "EXT4_FS built in, ext4 of 1 K blocks";
    let text = format!("{driver}, clean, read-only");
    mounted(ext4().build(), Standing::Passed, &text);
    let text = format!("{driver}, the kernel replays its journal first, read-only");
    let waits = ext4().journalled("/sbin/init", b"y").build();
    mounted(waits, Standing::Warned, &text);
    let text = "something else cannot be mounted";
    mounted(vec![0x5a; 8192], Standing::Warned, text);
    let none = boot("root=/dev/vda").no_root();
    assert_eq!(rung(&together(&none), RootMount).1, "no root given");
}

#[test]
fn init_tells_where_it_leads_and_what_is_wrong_with_it() {
    let lead = |root: Ext4, line: &str, standing, text: &str| {
        stands(&boot(line).root(root.build()), Init, standing, text);
    };
    let linked = Ext4::new()
        .directory("/dev", 0o755)
        .file("/bin/busybox", 0o755, Program::default().build())
        .symlink("/sbin/init", "/bin/busybox");
    let text = "/sbin/init → /bin/busybox, with everything it needs";
    lead(linked, LINE, Standing::Passed, text);
    let line = format!("{LINE} init=/none");
    lead(
        ext4(),
        &line,
        Standing::Failed,
        "/none: /none does not exist",
    );
}

#[test]
fn an_arm64_machine_needs_its_own_options() {
    let case = Case::new(arm64().build())
        .config("CONFIG_ARM_GIC_V3=y\nCONFIG_ARM_PSCI_FW=y")
        .command_line(LINE)
        .no_initramfs()
        .root(ext4().build());
    let text = "ARM_GIC_V3, ARM_PSCI_FW built in";
    stands(&case, Start, Standing::Passed, text);
    let text = "arm64 Image, 4K pages, fits 512 MiB; libkrun takes it as a raw arm64 Image \
        (KRUN_KERNEL_FORMAT_RAW)";
    stands(&case, Load, Standing::Passed, text);
    let other = Case::new(riscv())
        .on("qemu-virt")
        .command_line(LINE)
        .no_initramfs()
        .root(ext4().build());
    let text = "no finding";
    stands(&other, Start, Standing::Passed, text);
}

#[test]
fn what_was_not_given_is_open_and_what_cannot_be_read_unknown() {
    let unread = Case::new(page()).command_line(LINE).no_initramfs();
    let text = "no readable kernel";
    stands(&unread, Read, Standing::Failed, text);
    let why = "file: expected a Linux kernel image, found an HTML page";
    stands(&unread, Console, Standing::Unknown, why);
    let alone = Case::new(vmlinux()).config(WHOLE);
    let text = "no command line was given";
    stands(&alone, Console, Standing::Open, text);
    let broken = Case::new(damaged()).command_line(LINE).no_initramfs();
    let text = "Linux 6.1.0-forged, its payload not decoded";
    stands(&broken, Read, Standing::Failed, text);
}

#[test]
fn a_kernel_alone_tells_what_its_options_decide() {
    stands_alone(
        &Case::new(vmlinux()).config(WHOLE),
        &[
            (Read, Standing::Passed, "stored uncompressed, complete"),
            (
                Load,
                Standing::Passed,
                "libkrun takes it as an ELF vmlinux (KRUN_KERNEL_FORMAT_ELF), 512 MiB of RAM are enough",
            ),
            (Start, Standing::Passed, "X86_MPPARSE y, KVM_GUEST y"),
            (
                Console,
                Standing::Passed,
                "ttyS0: driver built in, hvc0: driver built in",
            ),
            (Initramfs, Standing::Open, "supported (gzip); none given"),
            (
                RootDevice,
                Standing::Open,
                "VIRTIO_MMIO y, VIRTIO_MMIO_CMDLINE_DEVICES y, VIRTIO_BLK y",
            ),
            (RootMount, Standing::Open, "EXT4_FS y"),
            (
                Init,
                Standing::Open,
                "BINFMT_ELF y, BINFMT_SCRIPT y, DEVTMPFS_MOUNT y",
            ),
            (
                Userspace,
                Standing::Open,
                "kelpie-check does not predict what init does",
            ),
        ],
    );
    stands_alone(
        &Case::new(vmlinux()).config(MODULAR),
        &[
            (Start, Standing::Failed, "X86_MPPARSE n, KVM_GUEST n"),
            (
                Console,
                Standing::Failed,
                "ttyS0: driver not built in, hvc0: driver not built in",
            ),
            (Initramfs, Standing::Open, "supported (gzip xz); none given"),
            (
                RootMount,
                Standing::Open,
                "EXT4_FS m: an initramfs must load the missing drivers",
            ),
        ],
    );
    let none = Case::new(vmlinux()).config("CONFIG_EXT4_FS=y");
    let text = "not supported by this kernel";
    stands_alone(&none, &[(Initramfs, Standing::Open, text)]);
    let bare = Case::new(vmlinux()).config("CONFIG_BLK_DEV_INITRD=y");
    let text = "supported; none given";
    stands_alone(&bare, &[(Initramfs, Standing::Open, text)]);
    stands_alone(
        &Case::new(vmlinux()).fragment("CONFIG_EXT4_FS=m\nCONFIG_HVC_DRIVER=m\n"),
        &[
            (
                Start,
                Standing::Unknown,
                "X86_MPPARSE unknown, KVM_GUEST unknown",
            ),
            (
                Console,
                Standing::Unknown,
                "ttyS0: driver unknown, hvc0: driver not built in",
            ),
            (Initramfs, Standing::Open, "none given"),
        ],
    );
}

#[test]
fn a_kernel_alone_tells_what_of_it_was_read() {
    stands_alone(
        &Case::new(bzimage().build()),
        &[(
            Read,
            Standing::Passed,
            "decodes completely, lengths and checksums match",
        )],
    );
    stands_alone(
        &Case::new(bzimage().build()).quick(),
        &[
            (Read, Standing::Unknown, "headers read, payload not decoded"),
            (
                Load,
                Standing::Unknown,
                "not read: --quick reads only headers",
            ),
        ],
    );
    stands_alone(
        &Case::new(zboot().build()),
        &[
            (Load, Standing::Failed, "libkrun needs another form"),
            (
                Start,
                Standing::Unknown,
                "ARM_GIC_V3 unknown, ARM_PSCI_FW unknown, ARM_ARCH_TIMER unknown",
            ),
        ],
    );
    stands_alone(
        &Case::new(riscv()).on("qemu-virt"),
        &[(Start, Standing::Open, "not checked for this kernel")],
    );
    stands_alone(
        &Case::new(page()),
        &[
            (Read, Standing::Failed, "not recognised"),
            (Load, Standing::Unknown, "libkrun: no machine for it"),
            (Start, Standing::Unknown, "no machine to check against"),
            (Console, Standing::Unknown, "no machine to check against"),
        ],
    );
}

#[test]
fn the_worst_finding_of_a_stage_decides_how_it_stands() {
    let report = |severity| {
        with_kernel(&without(WHOLE, "KVM_GUEST"), LINE).together(&Selection {
            severities: vec![(Code(205), severity)],
            ..Selection::default()
        })
    };
    for (severity, standing) in [
        (Severity::Info, Standing::Passed),
        (Severity::Warn, Standing::Warned),
        (Severity::Fatal, Standing::Failed),
    ] {
        assert_eq!(rung(&report(severity), Start).0, standing);
    }
    // What was not decided leaves it open whether the stage is passed.
    let skipped = |code| {
        boot(LINE).together(&Selection {
            ignore: vec![Code(code)],
            ..Selection::default()
        })
    };
    assert_eq!(rung(&skipped(206), Start).0, Standing::Unknown);
    assert_eq!(
        rung(&skipped(205), Start).0,
        Standing::Passed,
        "it only warns"
    );
}

#[test]
fn a_shared_folder_needs_its_own_driver() {
    let folder = tempfile::tempdir().unwrap();
    let case = with_kernel(
        &format!("{WHOLE}\nCONFIG_FUSE_FS=y\nCONFIG_VIRTIO_FS=y"),
        "root=/dev/root rootfstype=virtiofs",
    );
    let text = format!("/dev/root is the shared folder; {TRANSPORT}, VIRTIO_FS built in");
    let case = case.root_folder(folder.path());
    stands(&case, RootDevice, Standing::Passed, &text);
}
