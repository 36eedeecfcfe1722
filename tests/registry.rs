//! The registries agree with one another and with the files of the source tree.

use kelpie_check::cause::CAUSES;
use kelpie_check::codec::CODECS;
use kelpie_check::kernel::CONTAINERS;
use kelpie_check::kernel::options::OPTIONS;
use kelpie_check::magic::{Class, KINDS};
use kelpie_check::vmm::{Finds, Platform, TARGETS};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn source(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(folder)
}

/// The modules of a folder: its files but `mod.rs`, without `.rs`, with their texts.
fn modules(folder: &Path) -> Vec<(String, String)> {
    let mut modules: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .filter(|(name, _)| name != "mod")
        .collect();
    modules.sort();
    modules
}

fn platforms() -> impl Iterator<Item = (&'static str, &'static Platform)> {
    TARGETS.into_iter().flat_map(|target| {
        let platforms = target.platforms.iter();
        platforms.map(move |platform| (target.name, platform))
    })
}

fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|option| option.name == name)
}

#[test]
fn every_file_of_a_cause_is_registered_and_named_after_it() {
    let mut files = HashSet::new();
    for folder in fs::read_dir(source("cause")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            files.extend(modules(&folder).into_iter().map(|(name, _)| name));
        }
    }
    let names: HashSet<String> = CAUSES
        .iter()
        .map(|cause| cause.name.replace('-', "_"))
        .collect();
    assert_eq!(files, names);
}

#[test]
fn every_cause_lies_in_a_folder_and_family_of_its_stage() {
    for folder in [
        "read",
        "load",
        "start",
        "console",
        "initramfs",
        "root_device",
        "init",
        "root_mount",
        "consistency",
        "running",
    ] {
        for (name, text) in modules(&source("cause").join(folder)) {
            let cause = CAUSES
                .iter()
                .find(|cause| cause.name.replace('-', "_") == name)
                .unwrap_or_else(|| panic!("{name} is not registered"));
            // What can't be read of a root stops the boot where it would be mounted.
            let families: &[u16] = match folder {
                "read" => &[0],
                "load" => &[1],
                "start" | "console" => &[2],
                "initramfs" => &[0, 3],
                "root_device" => &[4],
                "root_mount" => &[0, 5],
                "init" => &[6],
                "running" => &[9],
                _ => &[7],
            };
            assert!(families.contains(&(cause.code.0 / 100)), "{name}");
            // What shows only while it runs may show at any stage.
            if !matches!(folder, "consistency" | "running") {
                assert_eq!(cause.stage.name().replace('-', "_"), folder, "{name}");
            }
            let first = text.lines().next().unwrap();
            assert!(
                first.starts_with(&format!("//! {}: ", cause.code)),
                "{name} begins with {first}"
            );
        }
    }
}

#[test]
fn every_cause_has_tests_of_its_own() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cause");
    for cause in CAUSES.iter().filter(|cause| cause.is_predicted()) {
        let file = format!("{}.rs", cause.name.replace('-', "_"));
        let found = fs::read_dir(&tests)
            .unwrap()
            .map(|entry| entry.unwrap().path().join(&file))
            .find(|path| path.is_file())
            .unwrap_or_else(|| panic!("{} has no tests/cause/*/{file}", cause.code));
        let text = fs::read_to_string(&found).unwrap();
        for kind in [".fires(", ".is_quiet(", ".is_blocked("] {
            assert!(text.contains(kind), "{} has no {kind}…)", found.display());
        }
    }
}

#[test]
fn every_cause_that_is_known_only_by_booting_is_diagnosed_in_a_test() {
    let folder = |name: &str| modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let files = folder("tests/diagnose").into_iter();
    let text: String = files
        .chain(folder("tests/boot"))
        .map(|(_, text)| text)
        .collect();
    let mut known_by_booting = 0;
    for cause in CAUSES.iter().filter(|cause| !cause.is_predicted()) {
        assert!(
            text.contains(&format!("\"{}\"", cause.code)),
            "{}",
            cause.code
        );
        known_by_booting += 1;
    }
    assert!(known_by_booting >= 12, "{known_by_booting}");
}

#[test]
fn every_tell_is_tried_by_a_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnose");
    let text = fs::read_to_string(tests.join("tells.rs")).unwrap();
    // It goes through the table, so that no tell is left out.
    for part in [
        "for cause in CAUSES",
        "for tell in cause.tells",
        "cause.code",
    ] {
        assert!(text.contains(part), "tests/diagnose/tells.rs has no {part}");
    }
}

#[test]
fn every_tell_names_who_prints_it() {
    for cause in CAUSES {
        for tell in cause.tells {
            assert!(!tell.text.trim().is_empty(), "{}", cause.code);
            assert!(!tell.by.trim().is_empty(), "{}: {}", cause.code, tell.text);
        }
    }
}

#[test]
fn every_file_of_a_target_is_registered() {
    let files: Vec<String> = modules(&source("vmm"))
        .into_iter()
        .map(|(name, _)| name.replace('_', "-"))
        .filter(|name| !["block", "bus", "command-line"].contains(&name.as_str()))
        .collect();
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
}

#[test]
fn every_target_is_dated_and_names_its_sources() {
    for target in TARGETS {
        let (year, month) = target.as_of.split_once('-').unwrap();
        assert!(year.parse::<u16>().unwrap() >= 2025, "{}", target.name);
        assert!(
            (1..=12).contains(&month.parse::<u8>().unwrap()),
            "{}",
            target.name
        );
        assert!(!target.versions.is_empty(), "{}", target.name);
        assert!(!target.sources.is_empty(), "{}", target.name);
        assert!(!target.platforms.is_empty(), "{}", target.name);
    }
}

#[test]
fn every_form_is_of_a_known_container_and_codec() {
    let container = |name: &str| CONTAINERS.iter().any(|container| container.name == name);
    for (target, platform) in platforms() {
        assert!(!platform.accepts.is_empty(), "{target}");
        for form in platform.accepts {
            assert!(container(form.container), "{target}: {}", form.container);
            if let Some(inner) = form.inner {
                assert!(container(inner), "{target}: {inner}");
            }
            for name in form.codecs.unwrap_or_default() {
                assert!(
                    CODECS.iter().any(|codec| codec.name == *name),
                    "{target}: {name}"
                );
            }
            if let Finds::FirstMagic(magic) = form.finds {
                assert!(magic.len() >= 3, "{target}: {}", form.form);
                assert!(form.codecs.is_some(), "{target}: {}", form.form);
            }
        }
    }
}

#[test]
fn every_disk_format_of_a_target_is_one_that_is_recognised() {
    for (target, platform) in platforms() {
        assert!(platform.disk_formats.contains(&"raw"), "{target}");
        for format in platform.disk_formats {
            let found = KINDS
                .iter()
                .any(|kind| kind.name == *format && kind.class == Class::DiskFormat);
            assert!(found || *format == "raw", "{target}: {format}");
        }
    }
}

#[test]
fn every_form_is_said_with_an_article_or_as_a_stuff() {
    for (target, platform) in platforms() {
        for form in platform.accepts {
            let said = ["a ", "an ", "gzip ", "bzip2 ", "zstd ", "Image.gz"]
                .iter()
                .any(|start| form.form.starts_with(start));
            assert!(said, "{target} takes {}", form.form);
        }
        let refusal = platform.refusal;
        assert!(!refusal.ends_with('.'), "{target}: {refusal}");
    }
}

#[test]
fn every_option_that_a_target_needs_is_judged() {
    for (target, platform) in platforms() {
        assert!(!platform.consoles.is_empty(), "{target}");
        for console in platform.consoles {
            for option in platform.console_options(console) {
                assert!(is_option(option), "{target} {}: {option}", console.device);
            }
        }
        for option in platform.tables.options() {
            assert!(is_option(option), "{target}: {option}");
        }
    }
}

#[test]
fn every_option_that_a_cause_asks_for_is_judged() {
    let mut asked = 0;
    for folder in [
        "load",
        "start",
        "console",
        "initramfs",
        "root_device",
        "root_mount",
        "init",
        "consistency",
    ] {
        for (name, text) in modules(&source("cause").join(folder)) {
            for call in ["driver(\"", "missing(\"", "builds_in(\"", "=> \"CMDLINE_"] {
                for (at, _) in text.match_indices(call) {
                    let from = text[at..].find('"').unwrap() + at + 1;
                    let to = text[from..].find('"').unwrap() + from;
                    let option = &text[from..to];
                    assert!(is_option(option), "{name}: {option}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked >= 6, "only {asked} options were found in the causes");
}
