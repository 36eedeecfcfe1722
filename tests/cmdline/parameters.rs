//! The table agrees with itself.

use super::line;
use kelpie_check::cmdline::{PARAMETERS, Read, Takes, Who, find};
use std::collections::HashSet;

#[test]
fn no_name_stands_twice_and_each_finds_itself() {
    let mut names = HashSet::new();
    for spec in PARAMETERS.iter() {
        assert!(names.insert(spec.name.replace('-', "_")), "{}", spec.name);
        assert!(!spec.source.is_empty(), "{}", spec.name);
        assert_eq!(spec.prefix, spec.name.ends_with('.'), "{}", spec.name);
        let name = format!("{}{}", spec.name, if spec.prefix { "x" } else { "" });
        assert_eq!(find(&name).map(|found| found.name), Some(spec.name));
        assert_eq!(
            spec.who == Who::Kernel,
            spec.read != Read::Userspace || spec.name == "vga" || spec.name == "modprobe.blacklist",
            "{}",
            spec.name
        );
    }
    assert!(PARAMETERS.len() > 200);
}

#[test]
fn a_prefix_covers_what_its_module_takes_and_no_more() {
    assert_eq!(find("systemd.unit").unwrap().name, "systemd.");
    assert_eq!(find("rd.break").unwrap().who, Who::Initramfs);
    assert_eq!(
        find("virtio_mmio.device").unwrap().name,
        "virtio_mmio.device"
    );
    assert!(find("systemd").is_none());
    assert!(find("systemdx.unit").is_none());
    assert!(find("").is_none());
}

// `root` alone is not `root=`: __setup names hold the equals sign; early_param's do not.
#[test]
fn how_it_is_read_decides_whether_a_bare_name_counts() {
    for (text, is_read) in [
        ("root", false),
        ("root=/dev/vda", true),
        ("ro", true),
        ("ro=1", false),
        ("rootwait", true),
        ("quiet=1", true),
        ("nomodule", true),
        ("unheard", false),
    ] {
        assert_eq!(line(text).parameters[0].is_read(), is_read, "{text}");
    }
}

#[test]
fn the_words_of_a_choice_are_given() {
    for spec in PARAMETERS.iter() {
        if let Takes::OneOf(words) = spec.takes {
            assert!(!words.is_empty(), "{}", spec.name);
        }
    }
}

#[test]
fn a_name_of_more_than_64_bytes_is_not_looked_up() {
    assert!(find(&format!("systemd.{}", "x".repeat(56))).is_some());
    assert!(find(&format!("systemd.{}", "x".repeat(57))).is_none());
}
