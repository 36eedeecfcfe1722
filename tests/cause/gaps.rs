//! Parts of a boot that are not modelled: the verdict is unknown, and names them. Most were booted on
//! Linux 6.1 or 6.18, which did not reach their init.

use super::forge::cpio::{Entry, archive};
use super::forge::ext4::Ext4;
use super::forge::gzip;
use super::forge::program::{Program, dynamic, library};
use super::ladder::{LINE, WHOLE, boot, together, with_kernel};
use super::run::Case;
use kelpie_check::check::Verdict;
use kelpie_check::stage::Stage;
use liblzma::stream::{LzmaOptions, Stream};
use std::io::Write;

fn missing(case: &Case) -> Option<String> {
    match together(case).verdict() {
        Verdict::Unknown { missing } => Some(missing.join("; ")),
        Verdict::Boots => None,
        fails @ Verdict::Fails { .. } => panic!("{fails:?}"),
    }
}

#[track_caller]
fn is_open(words: &str, what: &str) {
    let told = missing(&boot(&format!("{LINE} {words}")));
    let told = told.unwrap_or_else(|| panic!("{words} boots"));
    assert!(told.contains(what), "{told}");
}

#[track_caller]
fn boots(words: &str) {
    assert_eq!(missing(&boot(&format!("{LINE} {words}"))), None, "{words}");
}

#[test]
fn a_driver_that_is_left_out_may_be_one_that_is_needed() {
    is_open(
        "initcall_blacklist=virtio_blk_init",
        "initcall_blacklist=virtio_blk_init",
    );
    boots("initcall_blacklist=");
    boots("initcall_blacklist");
    is_open("virtio_mmio.device=512@0xfeb00e00:5", "virtio_mmio.device");
}

#[test]
fn a_part_of_the_ram_or_of_the_processor_may_not_do() {
    for words in [
        "nolapic",
        "disableapic",
        "disable_timer_pin_1",
        "clearcpuid=25",
        "memmap=exactmap",
    ] {
        is_open(words, words);
    }
    for words in ["mem=5M", "mem=1024K", "mem=65535", "mem=5MB", "mem=much"] {
        is_open(words, words);
    }
    for words in [
        "mem=64M",
        "mem=1G",
        "mem=0",
        "mem=65536k",
        "noapic",
        "acpi=off",
    ] {
        boots(words);
    }
    boots("hugepages=1000");
    let huge = format!("{WHOLE}\nCONFIG_HUGETLBFS=y\n");
    let with = |words: &str| missing(&with_kernel(&huge, &format!("{LINE} {words}")));
    let told = with("hugepages=1000").unwrap_or_default();
    assert!(told.contains("whether hugepages=1000 leaves RAM for init"));
    assert_eq!(with("hugepages=8"), None);
    is_open("clearcpuid=smap,25", "clearcpuid=smap,25");
    boots("clearcpuid=smap,smep,cx16,popcnt");
    is_open(
        "sysctl.vm.overcommit_memory=2",
        "sysctl.vm.overcommit_memory=2",
    );
    boots("sysctl.kernel.panic=5");
}

#[test]
fn an_initramfs_in_memory_is_not_foreseen() {
    for words in [
        "initrdmem=0x1000000,4096",
        "initrd=16M,1M",
        "initrd=0x4000000,0x1000",
        "initrdmem=,5",
    ] {
        is_open(words, "the content of memory");
        // On x86 the one that is given comes first.
        let given = boot(&format!("{LINE} {words}")).initramfs(archive(&[]));
        assert_eq!(missing(&given), None, "{words}");
    }
    for words in [
        "initrd=/boot/initrd.img",
        "initrdmem=0x1000000",
        "initrd=",
        "initrd=\\a,b",
    ] {
        boots(words);
    }
}

#[test]
fn init_is_handed_so_many_words_and_no_more() {
    let words = |count: usize, value: &str| -> String {
        (0..count)
            .map(|number| format!("w{number}{value} "))
            .collect()
    };
    boots(&words(31, ""));
    is_open(&words(32, ""), "room for the arguments");
    is_open(
        &format!("{} init=/sbin/init", words(32, "")),
        "room for the arguments",
    );
    boots(&words(29, "=1"));
    is_open(&words(30, "=1"), "room for the arguments");
    // The same name takes the same room, and one with a dot none.
    boots(&"same=1 ".repeat(50));
    boots(&"a.b=1 ".repeat(50));
}

#[test]
fn a_console_of_a_driver_that_is_not_known_here_may_not_come() {
    let with = |words: &str| missing(&boot(&LINE.replace("console=hvc0", words)));
    for words in [
        "console=ttyUSB0",
        "console=TTYS0",
        "console=uart8250,io,0x2f8",
        "console=earlycon",
    ] {
        let told = with(words).unwrap_or_default();
        assert!(told.contains("has the console"), "{words}: {told}");
    }
    assert_eq!(with("console=ttyUSB0 console=hvc0"), None);
    // What is known not to be there is told, and is worse.
    let report = together(&boot(&LINE.replace("hvc0", "ttyAMA0")));
    assert!(matches!(
        report.verdict(),
        Verdict::Fails {
            stage: Stage::Console,
            ..
        }
    ));
    // A driver that is told of no port has none.
    for words in ["8250.nr_uarts=0", "8250_core.nr_uarts=0"] {
        boots(words);
        let told = with(&format!("console=ttyS0 {words}")).unwrap_or_default();
        assert!(told.contains("has the console ttyS0"), "{words}: {told}");
        assert_eq!(with(&format!("console=ttyS0 console=hvc0 {words}")), None);
    }
    assert_eq!(with("console=ttyS0 8250.nr_uarts=2"), None);
}

#[test]
fn what_comes_before_is_told_all_the_same_and_what_comes_behind_is_not() {
    let without_root = LINE.replace("root=/dev/vda", "root=/dev/vdb");
    let stage = |words: &str| match together(&boot(&format!("{without_root} {words}"))).verdict() {
        Verdict::Fails { stage, .. } => Some(stage),
        _ => None,
    };
    assert_eq!(stage(""), Some(Stage::RootDevice));
    assert_eq!(stage("nolapic"), None);
    assert_eq!(stage("sysctl.vm.x=1"), Some(Stage::RootDevice));
}

#[test]
fn types_of_the_kernel_itself_mount_whatever_root_names() {
    let with = |words: &str| missing(&boot(&LINE.replace("rootfstype=ext4", words)));
    for words in [
        "rootfstype=,",
        "rootfstype=proc",
        "rootfstype=ext4,sysfs",
        "rootfstype=virtiofs,ext4",
        "rootfstype=ext3,9p",
    ] {
        let told = with(words).unwrap_or_default();
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(with("rootfstype=ext4,ext4"), None);
    assert_eq!(with("rootfstype=ext4,"), None);
}

#[test]
fn options_of_ext4_that_depend_on_more_are_not_known() {
    for option in [
        "noacl",
        "seclabel",
        "smackfsroot=x",
        "journal_dev=1",
        "inode_readahead_blks=33",
        "mb_optimize_scan=2",
        "barrier=junk",
        "barrier=",
        "resuid=010",
        "stripe=-1",
        "nobarrier=1",
        "dax=sometimes",
    ] {
        is_open(
            &format!("rootflags={option}"),
            &format!("whether the kernel refuses {option}"),
        );
    }
    for option in [
        "barrier=1",
        "inode_readahead_blks=32",
        "inode_readahead_blks=0",
        "mb_optimize_scan=1",
        "resuid=0",
        "errors=remount-ro",
        "user_xattr",
    ] {
        boots(&format!("rootflags={option}"));
    }
}

#[test]
fn an_initramfs_without_an_init_may_stand_in_the_way_of_the_root() {
    let with = |entries: &[Entry]| missing(&boot(LINE).initramfs(archive(entries)));
    assert_eq!(
        with(&[Entry::directory("root"), Entry::directory("dev")]),
        None
    );
    for entry in [Entry::file("root", b"x"), Entry::link("root", "/nowhere")] {
        let told = with(&[entry]).unwrap_or_default();
        assert!(told.contains("the mount over /root"), "{told}");
    }
    let told = with(&[Entry::directory("dev/root")]).unwrap_or_default();
    assert!(told.contains("/dev/root"), "{told}");
}

#[test]
fn a_file_system_that_is_in_use_elsewhere_may_not_be_mounted() {
    let with = |sequence: u32, words: &str| {
        let root = Ext4 {
            mmp: Some(sequence),
            ..living()
        };
        missing(&boot(&format!("{LINE} {words}")).root(root.build()))
    };
    assert_eq!(with(0xff4d_4d50, "rw"), None);
    // e2fsck was killed; another host was.
    for sequence in [0xe24d_4d50, 7] {
        let told = with(sequence, "rw").unwrap_or_default();
        assert!(told.contains("has in use"), "{told}");
        assert_eq!(with(sequence, "ro"), None);
    }
}

#[test]
fn options_that_each_mount_takes_otherwise_are_named() {
    use super::initramfs::debian_with;
    let told = |option: &str| {
        let case = boot(&format!("{LINE} rootflags={option}"))
            .initramfs(debian_with(&[]))
            .root(living().build());
        missing(&case).unwrap_or_default()
    };
    for option in [
        "noexec",
        "exec,noexec",
        "x-systemd.growfs",
        "comment=systemd",
        "remount",
    ] {
        let last = option.rsplit(',').next().unwrap();
        let said = format!("the effect of {last} on the mount by the initramfs");
        assert!(told(option).contains(&said), "{}", told(option));
    }
    assert!(!told("noatime").contains("the mount by"));
}

#[test]
fn settings_in_the_archive_that_may_change_the_root_are_named() {
    use super::initramfs::debian_with;
    let told = |name: &str, text: &[u8]| {
        let more = [
            Entry::directory("conf/conf.d"),
            Entry::file(&format!("conf/conf.d/{name}"), text),
        ];
        let case = boot(LINE)
            .initramfs(debian_with(&more))
            .root(living().build());
        missing(&case).unwrap_or_default()
    };
    for setting in ["BOOT=nothing", "ROOT=/dev/vdz", "RESUME=$(reboot)"] {
        let said = format!("the effect of {setting} in /conf/conf.d/x of the initramfs");
        let told = told("x", format!("# a comment\n{setting}\n").as_bytes());
        assert!(told.contains(&said), "{told}");
    }
    let told = told("resume", b"RESUME=UUID=0f\nMODULES=dep\n");
    assert!(!told.contains("/conf/"), "{told}");
}

#[test]
fn a_hook_of_another_package_and_a_table_of_devices_are_named() {
    use super::initramfs::{debian_with, helper};
    let told = |more: &[Entry]| {
        let case = boot(LINE)
            .initramfs(debian_with(more))
            .root(living().build());
        missing(&case).unwrap_or_default()
    };
    let hooks = "scripts/local-top";
    let order = || Entry::file("scripts/local-top/ORDER", b"/scripts/local-top/own\n");
    let folder = || Entry::directory(hooks);
    let own = [folder(), order(), helper("scripts/local-top/own")];
    assert!(told(&own).contains("the effect of /scripts/local-top/own in the initramfs"));
    let known = [folder(), order(), helper("scripts/local-top/cryptroot")];
    assert!(!told(&known).contains("scripts"));
    // An empty file is not the hook of that name.
    let empty = [
        folder(),
        order(),
        Entry::file("scripts/local-top/cryptroot", b""),
    ];
    assert!(told(&empty).contains("the effect of /scripts/local-top/cryptroot"));
    let table = |text: &[u8]| {
        let folder = Entry::directory("cryptroot");
        told(&[folder, Entry::file("cryptroot/crypttab", text)])
    };
    assert!(table(b"root UUID=1 none luks\n").contains("crypttab"));
    assert!(!table(b"").contains("crypttab"));
    let empty = Entry::file("scripts/local", b"");
    assert!(told(&[empty]).contains("the effect of /scripts/local in the initramfs"));
}

#[test]
fn a_usr_that_the_initramfs_mounts_has_what_is_not_read() {
    use super::initramfs::debian_with;
    let told = |fstab: &str| {
        let root = living().file("/etc/fstab", 0o644, fstab);
        let case = boot(LINE).initramfs(debian_with(&[]));
        missing(&case.root(root.build())).unwrap_or_default()
    };
    let usr = told("LABEL=forged /usr ext4 ro 0 0\n");
    assert!(usr.contains("the content of LABEL=forged, the /usr"));
    assert!(!told("LABEL=forged /home ext4 ro 0 0\n").contains("LABEL=forged"));
    // mkinitfs goes on without it.
    let entries = [
        super::initramfs::alpine(),
        vec![super::initramfs::helper("sbin/nlplug-findfs")],
    ];
    let root = living().file("/etc/fstab", 0o644, "LABEL=gone /usr ext4 ro 0 0\n");
    let alpine = boot(LINE).initramfs(archive(&entries.concat()));
    let usr = missing(&alpine.root(root.build())).unwrap_or_default();
    assert!(usr.contains("the boot without LABEL=gone"), "{usr}");
}

/// mkinitfs takes `noroot` as root=no, and waits for the targets of aoe= without an end (Alpine 3.23, booted).
#[test]
fn words_that_mkinitfs_takes_as_yes_or_no_are_named() {
    let told = |words: &str| {
        let entries = [
            super::initramfs::alpine(),
            vec![super::initramfs::helper("sbin/nlplug-findfs")],
        ];
        let case = boot(&format!("{LINE} {words}")).root(living().build());
        let verdict = together(&case.initramfs(archive(&entries.concat())));
        format!("{:?}", verdict.verdict())
    };
    let plain = told("");
    for word in [
        "root",
        "noroot",
        "init",
        "noinit",
        "norootfstype",
        "rootflags",
        "nomodules",
        "aoe=e0.0",
    ] {
        let open = format!("the effect of {word} in the initramfs");
        assert!(told(word).contains(&open), "{word}");
    }
    for word in ["noquiet", "splash", "rootflags=noatime", "init="] {
        assert_eq!(told(word), plain, "{word}");
    }
}

#[test]
fn a_shell_of_busybox_and_a_policy_of_systemd_are_named() {
    let told = |init: &str, words: &str| {
        let root = Ext4::new()
            .directory("/dev", 0o755)
            .file(init, 0o755, Program::default().build())
            .symlink("/sbin/init", init);
        let case = boot(&format!("{LINE} {words}")).root(root.build());
        format!("{:?}", together(&case))
    };
    let busybox = "the effect of single on BusyBox init";
    assert!(told("/bin/busybox", "single").contains(busybox));
    assert!(!told("/bin/busybox", "").contains(busybox));
    assert!(!told("/bin/own", "single").contains(busybox));
    let policy = "SELinux policy that enforcing=1";
    let systemd = "/usr/lib/systemd/systemd";
    assert!(told(systemd, "enforcing=1").contains(policy));
    assert!(!told(systemd, "enforcing=0").contains(policy));
    assert!(!told("/bin/own", "enforcing=1").contains(policy));
}

/// A root with an init that runs.
fn living() -> Ext4 {
    Ext4::new()
        .directory("/dev", 0o755)
        .device("/dev/console", 'c', 5, 1)
        .file("/sbin/init", 0o755, Program::default().build())
}

#[test]
fn modules_that_are_not_loaded_may_be_needed() {
    let with = |words: &str| {
        let case = boot(&format!("{LINE} {words}"));
        missing(&case.initramfs(archive(&[Entry::directory("root")])))
    };
    assert_eq!(with(""), None);
    for words in [
        "module_blacklist=virtio_blk",
        "blacklist=ext4",
        "virtio_blk.queue_depth=junk",
    ] {
        assert!(with(words).unwrap_or_default().contains(words), "{words}");
        // Without an initramfs nothing is a module.
        boots(words);
    }
}

#[test]
fn a_stream_that_the_kernel_decodes_otherwise_is_not_known() {
    let plain = archive(&[Entry::directory("root"), Entry::file("etc/motd", b"hello")]);
    let codecs = format!("{WHOLE}\nCONFIG_RD_LZMA=y");
    let with = |bytes: &[u8]| missing(&boot(LINE).config(&codecs).initramfs(bytes.to_vec()));
    let whole = gzip(&plain);
    assert_eq!(with(&whole), None);
    for cut in [1, 4, 8] {
        let told = with(&whole[..whole.len() - cut]).unwrap_or_default();
        assert!(told.contains("reads beyond its end"), "{cut}: {told}");
    }
    for flags in [0x20, 0x80] {
        let mut flagged = whole.clone();
        flagged[3] |= flags;
        let told = with(&flagged).unwrap_or_default();
        assert!(told.contains("ignores these flags"), "{told}");
    }
    let lzma = lzma(&plain);
    assert_eq!(with(&lzma), None);
    let told = with(&lzma[..lzma.len() - 20]).unwrap_or_default();
    assert!(told.contains("drops more than the damaged part"), "{told}");
}

fn lzma(plain: &[u8]) -> Vec<u8> {
    let options = LzmaOptions::new_preset(0).unwrap();
    let stream = Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A root, booted with these words too.
fn on(root: Ext4, words: &str) -> Case {
    let root = root.directory("/dev", 0o755).build();
    boot(&format!("{LINE} {words}")).root(root)
}

#[test]
fn words_for_a_loader_are_read_by_an_init_that_has_one() {
    const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
    let without = || {
        let loader = library("ld-linux-x86-64.so.2", &[]).build();
        let init = dynamic(GLIBC, &["libc.so.6"]).build();
        let root = Ext4::new().file("/sbin/init", 0o755, init);
        root.file(GLIBC, 0o755, loader)
    };
    let libc = || library("libc.so.6", &[]).build();
    let whole = || without().file("/lib64/libc.so.6", 0o644, libc());
    let still = || Ext4::new().file("/sbin/init", 0o755, Program::default().build());
    for words in [
        "LD_LIBRARY_PATH=/opt",
        "LD_PRELOAD=/opt/x.so",
        "LD_BIND_NOW=",
    ] {
        let told = missing(&on(whole(), words)).unwrap_or_default();
        assert!(told.contains(words), "{told}");
        assert_eq!(missing(&on(still(), words)), None);
    }
    assert_eq!(missing(&on(whole(), "LD_LIBRARY_PATH")), None);
    // What a library would mend is open, an init that is not there is not.
    let told = |root: Ext4, words: &str| together(&on(root, words)).verdict();
    let is_told = |verdict: Verdict| matches!(verdict, Verdict::Fails { .. });
    assert!(is_told(told(without(), "")));
    assert!(!is_told(told(without(), "LD_LIBRARY_PATH=/opt")));
    assert!(is_told(told(Ext4::new(), "LD_LIBRARY_PATH=/opt")));
    // So is a list of libraries on the root.
    let listed = |text: &str| whole().file("/etc/ld.so.preload", 0o644, text);
    for text in [
        "x.so\n",
        "/dev\n",
        "/opt/x.so:y.so",
        "# none\n/opt/x.so /dev\n",
    ] {
        let told = missing(&on(listed(text), "")).unwrap_or_default();
        assert!(told.contains("/etc/ld.so.preload"), "{text}: {told}");
    }
    // The loader ignores what is not there.
    for text in ["", "/opt/x.so\n", "# y.so\n/opt/x.so: /opt/y.so\n"] {
        assert_eq!(missing(&on(listed(text), "")), None, "{text}");
    }
    let still = still().file("/etc/ld.so.preload", 0o644, "/opt/x.so\n");
    assert_eq!(missing(&on(still, "")), None);
}

#[test]
fn words_for_a_loader_reach_the_init_of_an_initramfs_too() {
    let loader = library("ld-linux-x86-64.so.2", &[]).build();
    let init = dynamic("/ld", &["libc.so.6"]).build();
    let archive = archive(&[Entry::file("init", &init), Entry::file("ld", &loader)]);
    let told = |words: &str| {
        let line = format!("console=hvc0 {words}");
        let case = boot(&line).initramfs(archive.clone()).no_root();
        together(&case).verdict()
    };
    assert!(matches!(told(""), Verdict::Fails { .. }));
    assert!(matches!(
        told("LD_LIBRARY_PATH=/opt"),
        Verdict::Unknown { .. }
    ));
}

#[test]
fn a_level_of_the_cpu_that_not_every_machine_has_is_open_where_nobody_tells() {
    let init = |level: u32| {
        let program = Program {
            isa_needed: Some(1 << (level - 1)),
            ..Program::default()
        };
        on(Ext4::new().file("/sbin/init", 0o755, program.build()), "")
    };
    assert_eq!(missing(&init(2)), None);
    assert_eq!(missing(&init(3).cpu_level(3)), None);
    let told = missing(&init(3)).unwrap_or_default();
    assert!(told.contains("CPU has x86-64-v3"), "{told}");
}

#[test]
fn what_every_kernel_has_in_its_own_initramfs_is_tried_as_rdinit() {
    for path in [
        "/",
        "",
        ".",
        "/dev",
        "dev/",
        "/./dev//console",
        "/root",
        "/x/../dev",
    ] {
        is_open(&format!("rdinit={path}"), &format!("rdinit={path},"));
    }
    for path in ["/init", "/dev/null", "/root/init", "/etc"] {
        boots(&format!("rdinit={path}"));
    }
}

#[test]
fn a_name_of_bytes_that_are_no_text_is_not_looked_for() {
    let told = |words: &[u8]| {
        let line = [LINE.replace("hvc0", "ttyS0").as_bytes(), b" ", words].concat();
        missing(&boot(LINE).on("qemu-microvm").command_line(line)).unwrap_or_default()
    };
    let with_tab = told(b"init=\"/bin/a\tb\"");
    assert!(with_tab.contains("init=/bin/a\\x09b"), "{with_tab}");
    let early = told(b"rdinit=\"/a\tb\"");
    assert!(early.contains("rdinit=/a\\x09b"), "{early}");
    boots("init=/sbin/init");
    // Half of a letter: the other half is a space to the kernel.
    let half = told(b"init=/bin/\xc3\xa0");
    assert!(half.contains("init=/bin/\\xc3"), "{half}");
}

#[test]
fn words_about_pci_leave_its_devices_open() {
    let config = WHOLE.replace(
        "CONFIG_VIRTIO_MMIO=y",
        "CONFIG_PCI=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_ACPI=y",
    );
    let line = LINE.replace("hvc0", "ttyS0");
    let on =
        |words: &str| missing(&with_kernel(&config, &format!("{line} {words}")).on("qemu-q35"));
    for words in [
        "pci=off",
        "pci=nomsi,conf1",
        "acpi=off",
        "noapic",
        "virtio_pci.force_legacy=1",
    ] {
        let told = on(words).unwrap_or_else(|| panic!("{words} boots"));
        assert!(told.contains("the PCI devices"), "{told}");
    }
    for words in [
        "",
        "pci=nomsi",
        "pci=nomsi,noaer",
        "acpi=strict",
        "pcie_aspm=off",
    ] {
        assert_eq!(on(words), None, "{words}");
    }
}
