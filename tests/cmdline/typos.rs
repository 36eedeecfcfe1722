use super::line;
use kelpie_check::cmdline::{PARAMETERS, suggest, unknown};

#[test]
fn slips_of_the_fingers_are_recognised() {
    for (written, meant) in [
        ("rootfstpye", "rootfstype"),
        ("rotofstype", "rootfstype"),
        ("rootfs-type", "rootfstype"),
        ("consoel", "console"),
        ("cosole", "console"),
        ("quite", "quiet"),
        ("roto", "root"),
        ("inti", "init"),
        ("rootwiat", "rootwait"),
        ("rootflag", "rootflags"),
        ("nomodules", "nomodule"),
        ("logleval", "loglevel"),
        ("ROOT", "root"),
        ("Console", "console"),
    ] {
        assert_eq!(suggest(written), Some(meant), "{written}");
    }
}

#[test]
fn what_is_meant_for_others_is_left_alone() {
    for name in [
        "a",
        "rox",
        "x",
        "foo",
        "FOO",
        "USER",
        "ROOTS",
        "verbose",
        "nosplash",
        "myoption",
        "memblock",
        "acpi_osi",
        "isolcpus",
        "tsx_async_abort",
        "kpti",
        "nopat",
        "noexec32",
        "mds",
        "l1tf",
        "install",
        "inst",
        "live",
        "toram",
        "boot_mode",
        "instance",
        "user",
        "profile",
        "hostid",
        "ntp",
        "url",
        "kiosk",
        "cloud",
        "tenant",
        "role",
        // Parameters of a kernel that are near to others.
        "nosmap",
        "noxsaves",
    ] {
        assert_eq!(suggest(name), None, "{name}");
    }
}

#[test]
fn no_known_name_is_a_slip_of_another_when_it_is_looked_up() {
    for spec in PARAMETERS.iter().filter(|spec| !spec.prefix) {
        assert!(unknown(&line(spec.name)).is_empty(), "{}", spec.name);
    }
}

// unknown_bootoption: a dot means a module.
#[test]
fn unknown_names_are_told_with_where_they_go() {
    let found = unknown(&line("quiet rootfstpye=ext4 somemodule.option=1 -- x"));
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].name.as_str(), found[0].offset), ("rootfstpye", 6));
    assert_eq!(found[0].meant, Some("rootfstype"));
    assert!(found[0].goes_to_init);
    assert!(!found[1].goes_to_init);
}

#[test]
fn a_slip_keeps_to_its_number_of_letters() {
    for written in [
        // No text in ASCII.
        "rootfstypé",
        // Two letters of seven, and four and three of ten, that are no swaps.
        "consoxy",
        "rootfsabcd",
        "rootfsatpx",
        // Short names are too near to one another, and words of five keep their letters.
        "memo",
        "quies",
        // Another beginning is another word.
        "xxotfstype",
        "xonsole",
    ] {
        assert_eq!(suggest(written), None, "{written}");
    }
    assert_eq!(suggest("ocnsole"), Some("console"));
}
