use super::{alpine, init};
use crate::forge::program::Program as Forged;
use crate::forge::tree::Forest;
use kelpie_check::limits::Limits;
use kelpie_check::tree::FileType;
use kelpie_check::userland::system::{InitSystem, System, system};

fn of(tree: &Forest) -> System {
    system(tree, Some(&init(tree, None)), &Limits::default())
}

fn kind(tree: &Forest) -> Option<InitSystem> {
    of(tree).init_system.unwrap()
}

const OPENRC: &str = "\
::sysinit:/sbin/openrc sysinit
::wait:/sbin/openrc default
# a comment
tty1::respawn:/sbin/getty 38400 tty1
ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100
::respawn:/sbin/getty -L 0 hvc0 vt100
::ctrlaltdel:/sbin/reboot
";

#[test]
fn alpine_is_told_by_its_release_and_its_inittab() {
    let tree = alpine()
        .file("/etc/alpine-release", "3.19.1\n")
        .link("/etc/os-release", "../usr/lib/os-release")
        .file("/usr/lib/os-release", "ID=alpine\nVERSION_ID=3.19.1\n")
        .file("/etc/inittab", OPENRC);
    let system = of(&tree);
    let release = system.alpine_release.unwrap().unwrap();
    assert_eq!(
        (release.text.as_str(), release.version),
        ("3.19.1", Some((3, 19)))
    );
    let os = system.os_release.unwrap().unwrap();
    assert_eq!((os.id(), os.version_id()), (Some("alpine"), Some("3.19.1")));
    assert_eq!(os.path, b"/usr/lib/os-release");
    assert_eq!(system.init_system, Ok(Some(InitSystem::OpenRc)));
    assert_eq!(system.machine.unwrap().unwrap().to_string(), "x86_64");
    let inittab = system.inittab.unwrap().unwrap();
    assert_eq!(inittab.terminals(), ["tty1", "ttyS0", "hvc0"]);
    assert_eq!(inittab.entries[0].action, "sysinit");
}

#[test]
fn a_release_is_a_version_or_malformed() {
    for (text, version) in [
        ("3.19.1\n", Some((3, 19))),
        ("3.22.0_alpha20250108", Some((3, 22))),
        ("3.20", Some((3, 20))),
        ("", None),
        ("edge", None),
        ("3", None),
        ("3.x", None),
        ("3.19.1\n3.20.0", None),
        ("<!DOCTYPE html>3.1", None),
    ] {
        let release = of(&alpine().file("/etc/alpine-release", text));
        let release = release.alpine_release.unwrap().unwrap();
        assert_eq!(release.version, version, "{text}");
        assert_eq!(release.is_malformed(), version.is_none());
    }
    assert_eq!(of(&alpine()).alpine_release, Ok(None));
}

#[test]
fn os_release_is_read_as_a_shell_reads_it() {
    let text = "# comment\nNAME=\"Debian \\\"GNU\\\"/Linux\"\nID='debian' # not here\nA=b\\ c\n\
                no assignment\nB C=1\nEMPTY=\nE=\"x\ny\"\n";
    let tree = Forest::default().file("/usr/lib/os-release", text);
    let values = of(&tree).os_release.unwrap().unwrap().values;
    let values: Vec<_> = values
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        values,
        [
            "A=b c",
            "E=x",
            "EMPTY=",
            "ID=debian",
            "NAME=Debian \"GNU\"/Linux"
        ]
    );
}

#[test]
fn init_systems_are_told_by_the_program_that_init_is() {
    let elf = || Forged::default().build();
    let base = || Forest::default().program("/bin/sh", elf());
    let linked = |target: &str| base().program(target, elf()).link("/sbin/init", target);
    let sysv = "id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\n\
                T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100\n";
    for (tree, expected) in [
        (linked("/lib/systemd/systemd"), InitSystem::Systemd),
        (linked("/sbin/openrc-init"), InitSystem::OpenRc),
        (linked("/bin/busybox"), InitSystem::BusyboxInit),
        (linked("/usr/bin/runit-init"), InitSystem::Runit),
        (linked("/usr/bin/dinit"), InitSystem::Dinit),
        (linked("/usr/bin/tini"), InitSystem::Container),
        (linked("/bin/s6-svscan"), InitSystem::S6),
        (linked("/opt/agent"), InitSystem::OwnProgram),
        (base().program("/sbin/init", elf()), InitSystem::OwnProgram),
        (
            base()
                .program("/sbin/init", elf())
                .file("/etc/inittab", sysv),
            InitSystem::Sysvinit,
        ),
        (
            base()
                .program("/sbin/init", elf())
                .file("/etc/inittab", OPENRC),
            InitSystem::OpenRc,
        ),
        (
            base().program("/sbin/init", "#!/bin/sh\nexec sleep 1\n"),
            InitSystem::OwnScript,
        ),
        (
            base()
                .program("/bin/execlineb", elf())
                .dir("/etc/s6-linux-init")
                .program("/sbin/init", "#!/bin/execlineb -P\n"),
            InitSystem::S6,
        ),
        // Only the shell is left.
        (base(), InitSystem::OwnProgram),
    ] {
        assert_eq!(kind(&tree), Some(expected));
    }
    assert_eq!(kind(&Forest::default()), None);
}

#[test]
fn the_terminal_of_a_getty_is_what_it_is_told() {
    let terminals = |text: &str| {
        let inittab = of(&Forest::default().file("/etc/inittab", text)).inittab;
        let inittab = inittab.unwrap().unwrap();
        inittab
            .terminals()
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        terminals("T0:23:respawn:/sbin/getty -L ttyS0 9600"),
        ["ttyS0"]
    );
    assert_eq!(terminals("ttyAMA0::askfirst:-/bin/sh"), ["ttyAMA0"]);
    assert_eq!(
        terminals("console::respawn:/sbin/agetty /dev/hvc0"),
        ["hvc0"]
    );
    assert!(terminals("::askfirst:-/bin/sh\n::once:/sbin/syslogd ttyS0\nbroken\n").is_empty());
}

#[test]
fn fstab_names_the_root_and_its_type() {
    let text = "# <fs>\n/dev/vda\t/ ext4  rw,relatime 0 1\nLABEL=a\\040b /mnt/x auto noauto\n\
                tmpfs /tmp tmpfs\nbroken /line\n";
    let fstab = of(&Forest::default().file("/etc/fstab", text))
        .fstab
        .unwrap()
        .unwrap();
    assert_eq!(fstab.mounts.len(), 3);
    let root = fstab.root().unwrap();
    assert_eq!(
        (root.device.as_str(), root.file_system.as_str()),
        ("/dev/vda", "ext4")
    );
    assert_eq!(root.options, ["rw", "relatime"]);
    assert_eq!(fstab.mounts[1].device, "LABEL=a b");
    assert!(fstab.mounts[2].options.is_empty());
    assert_eq!(of(&Forest::default()).fstab, Ok(None));
}

#[test]
fn places_are_told_with_what_is_there() {
    let tree = Forest::default()
        .special("/dev/console", FileType::CharacterDevice, Some((5, 1)))
        .file("/dev/null", "")
        .dir("/var/run")
        .link("/run", "var/run")
        .link("/tmp", "/nowhere");
    let places = of(&tree).places.unwrap();
    let place = |path: &str| places.iter().find(|place| place.path == path).unwrap();
    assert!(place("/dev").is_directory() && place("/run").is_directory());
    assert_eq!(
        place("/dev/console").stat.as_ref().unwrap().device,
        Some((5, 1))
    );
    assert_eq!(place("/dev/null").file_type(), Some(FileType::Regular));
    assert_eq!(place("/tmp").stat, None);
    assert_eq!(place("/proc").stat, None);
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let tree = alpine()
        .unreadable("/etc/fstab")
        .file("/etc/alpine-release", "3.20.0");
    let system = of(&tree);
    assert!(system.fstab.is_err());
    assert!(!system.alpine_release.unwrap().unwrap().is_malformed());
    let long = alpine().file("/etc/inittab", vec![b'x'; 300 * 1024]);
    assert!(of(&long).inittab.is_err());
}
