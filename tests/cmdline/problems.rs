use super::line;
use kelpie_check::cmdline::{ProblemKind, problems};

fn kinds(text: &str) -> Vec<ProblemKind> {
    problems(&line(text))
        .into_iter()
        .map(|one| one.kind)
        .collect()
}

#[test]
fn a_good_line_has_none() {
    for text in [
        "",
        "console=ttyS0,115200n8 console=hvc0 root=/dev/vda1 rootfstype=ext4 rw init=/sbin/init panic=-1",
        "quiet loglevel=7 rootwait rootdelay=3 mem=512M nr_cpus=2 panic=0x5 rootwait=10",
        "root=myfs rootfstype=virtiofs rw reboot=k 8250.nr_uarts=1 i8042.noaux crashkernel=256M",
        "root=PARTUUID=ab-01 ro fsck.mode=skip systemd.unit=x modules=loop printk.time=1",
        "console= console=uart8250,io,0x3f8 earlycon quiet rootflags=subvol=@",
        "ro ro root=/dev/vda root=/dev/vda",
    ] {
        assert_eq!(problems(&line(text)), [], "{text}");
    }
}

#[test]
fn numbers_that_are_none_are_told_with_what_the_kernel_makes_of_them() {
    let found = problems(&line("loglevel=9x"));
    assert_eq!(found[0].kind, ProblemKind::Malformed);
    assert!(found[0].consequence.contains("reads 9"), "{found:?}");
    let found = problems(&line("quiet panic=abc"));
    assert_eq!(
        (found[0].kind, found[0].offset),
        (ProblemKind::Malformed, 6)
    );
    assert!(
        found[0]
            .consequence
            .contains("`abc' invalid for parameter `panic'")
    );
    assert_eq!(kinds("loglevel=x"), [ProblemKind::Malformed]);
    assert_eq!(kinds("mem=lots"), [ProblemKind::Malformed]);
    assert_eq!(kinds("fsck.mode=maybe"), [ProblemKind::Malformed]);
    assert_eq!(kinds("console=/dev/ttyS0"), [ProblemKind::Malformed]);
}

#[test]
fn missing_values_are_told() {
    assert_eq!(kinds("rootdelay="), [ProblemKind::Empty]);
    assert_eq!(kinds("root="), [ProblemKind::Empty]);
    assert_eq!(kinds("loglevel"), [ProblemKind::Empty]);
    assert_eq!(kinds("root rootfstype"), [ProblemKind::NotRead; 2]);
    assert_eq!(kinds("rw=1"), [ProblemKind::NotRead]);
}

#[test]
fn of_two_that_contradict_the_first_is_told() {
    let found = problems(&line("ro root=/dev/vda rw root=/dev/vdb"));
    let told: Vec<_> = found.iter().map(|one| one.parameter.as_str()).collect();
    assert_eq!(told, ["ro", "root=/dev/vda"]);
    assert!(found.iter().all(|one| one.kind == ProblemKind::Overridden));
    assert!(found[0].message.contains("rw"), "{found:?}");
}

#[test]
fn init_is_a_path_and_not_a_command() {
    assert_eq!(
        kinds(r#"init="/bin/sh -c reboot""#),
        [ProblemKind::NotAProgram]
    );
    assert_eq!(kinds("init=-s"), [ProblemKind::NotAProgram]);
    assert!(
        problems(&line(r#"init="/bin/sh -c x""#))[0]
            .fix
            .contains("init=/bin/sh,")
    );
}

#[test]
fn a_root_that_only_an_initramfs_finds_is_told_and_that_waiting_is_no_use() {
    let found = problems(&line("root=UUID=ab rootwait"));
    assert_eq!(found[0].kind, ProblemKind::RootUnknown);
    assert!(found[0].consequence.contains("rootwait"), "{found:?}");
    assert_eq!(kinds("root=nonsense"), [ProblemKind::RootUnknown]);
}

#[test]
fn a_fix_shows_what_the_parameter_takes() {
    for (text, fix) in [
        ("loglevel=x", "Write loglevel=NUMBER."),
        ("mem=lots", "Write mem=512M."),
        ("root=", "Write root=PATH, or remove it."),
        ("console=/dev/ttyS0", "Write console=DEVICE."),
        ("fsck.mode=maybe", "Write fsck.mode=auto."),
    ] {
        assert_eq!(problems(&line(text))[0].fix, fix, "{text}");
    }
}

#[test]
fn without_rootwait_nothing_is_said_of_waiting() {
    let found = problems(&line("root=UUID=ab"));
    assert_eq!(found[0].consequence, "The kernel itself cannot find it.");
}
