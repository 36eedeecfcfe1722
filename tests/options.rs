//! The judgement of what is built in, from forged evidence and from real kernels.

mod agreement;
mod support;

use agreement::{Agreement, SystemMap};
use kelpie_check::architecture::Architecture;
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::config::{Config, ModulesBuiltin};
use kelpie_check::kernel::options::{
    Driver, Evidence, HeaderFacts, OPTIONS, Options, Rule, Sources, State, SymbolTable, judge,
};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

const ANCHORS: &str = "0 T start_kernel\n0 t kernel_init\n";

fn functions(names: &[&str]) -> SystemMap {
    let lines: String = names.iter().map(|name| format!("0 t {name}\n")).collect();
    SystemMap::parse(&format!("{ANCHORS}{lines}"), false)
}

fn sources(symbols: &dyn SymbolTable) -> Sources<'_> {
    Sources {
        symbols: Some(symbols),
        architecture: Some(Architecture::X86_64),
        release: Some((6, 12)),
        ..Sources::default()
    }
}

fn by_symbols(names: &[&str]) -> Options {
    judge(&sources(&functions(names)))
}

fn config(text: &str) -> Config {
    Config::parse(format!("CONFIG_CC_VERSION_TEXT=\"gcc\"\n{text}").as_bytes()).unwrap()
}

#[track_caller]
fn assert_known(options: &Options, name: &str, state: State, evidence: &Evidence) {
    let judged = options.get(name).unwrap();
    assert_eq!(
        (judged.state, &judged.evidence),
        (state, evidence),
        "{name}"
    );
}

#[track_caller]
fn assert_unknown(options: &Options, name: &str, expected: &str) {
    match options.driver(name) {
        Driver::Unknown(why) => assert!(why.contains(expected), "{name}: {why}"),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_option_is_named_once_and_after_those_it_refers_to() {
    let mut names = HashSet::new();
    for spec in &OPTIONS {
        let implied_by = spec.implied_by.map(|(name, _)| name);
        let others = [spec.within, spec.needs, spec.unless, implied_by];
        for other in others.into_iter().flatten() {
            assert!(names.contains(other), "{} before {other}", spec.name);
        }
        assert!(names.insert(spec.name), "{} twice", spec.name);
    }
}

#[test]
fn no_option_is_told_by_a_system_call() {
    // Their stubs are there without the option too (kernel/sys_ni.c).
    for spec in &OPTIONS {
        for name in spec.rule.symbols() {
            assert!(!name.contains("sys_") || !name.starts_with("__"), "{name}");
            assert!(!name.starts_with("sys_"), "{name}");
        }
        if let Rule::Functions(names) = spec.rule {
            assert!(!names.is_empty(), "{}", spec.name);
        }
    }
}

#[test]
fn function_in_the_symbol_table_shows_its_driver() {
    let options = by_symbols(&["virtblk_probe"]);
    assert_known(&options, "VIRTIO_BLK", State::Yes, &Evidence::Symbols);
    assert_known(&options, "VIRTIO_NET", State::NotYes, &Evidence::Symbols);
    assert_eq!(options.driver("VIRTIO_BLK"), Driver::BuiltIn);
    assert_eq!(options.driver("VIRTIO_NET"), Driver::NotBuiltIn);
}

#[test]
fn any_of_the_names_that_a_function_has_had_shows_the_option() {
    for name in ["default_get_smp_config", "mpparse_parse_smp_config"] {
        let options = by_symbols(&[name]);
        assert_known(&options, "X86_MPPARSE", State::Yes, &Evidence::Symbols);
    }
}

#[test]
fn list_that_is_not_a_kernels_tells_nothing() {
    let list = SystemMap::parse("0 t virtblk_probe\n", false);
    let options = judge(&sources(&list));
    assert_unknown(&options, "VIRTIO_BLK", "incomplete");
    assert_unknown(&options, "EXT4_FS", "incomplete");
}

#[test]
fn answer_that_is_too_short_tells_nothing() {
    struct Short;
    impl SymbolTable for Short {
        fn present(&self, _: &[&str]) -> Vec<bool> {
            vec![true; 2]
        }

        fn has_variables(&self) -> bool {
            true
        }
    }
    assert_unknown(&judge(&sources(&Short)), "EXT4_FS", "has gaps");
}

#[test]
fn absence_tells_nothing_where_the_release_is_unknown_or_older_than_the_names() {
    let symbols = functions(&["ext4_fill_super"]);
    let unknown = judge(&Sources {
        release: None,
        ..sources(&symbols)
    });
    assert_known(&unknown, "EXT4_FS", State::Yes, &Evidence::Symbols);
    assert_unknown(&unknown, "XFS_FS", "release is unknown");
    let old = judge(&Sources {
        release: Some((4, 9)),
        ..sources(&symbols)
    });
    assert_known(&old, "EXT4_FS", State::Yes, &Evidence::Symbols);
    assert_unknown(&old, "XFS_FS", "before Linux 5.4");
}

#[test]
fn part_of_a_driver_that_may_be_a_module_is_unknown() {
    let name = "VIRTIO_MMIO_CMDLINE_DEVICES";
    let modular = by_symbols(&["find_module"]);
    assert_unknown(&modular, name, "VIRTIO_MMIO");
    let built_in = by_symbols(&["find_module", "virtio_mmio_probe"]);
    assert_known(&built_in, name, State::NotYes, &Evidence::Symbols);
    let monolithic = by_symbols(&[]);
    assert_known(&monolithic, name, State::NotYes, &Evidence::Symbols);
}

#[test]
fn variables_are_asked_only_where_they_are_listed() {
    let text = format!("{ANCHORS}0 D init_task\n0 t ext4_fill_super\n0 d ext2_fs_type\n");
    let all = SystemMap::parse(&text, true);
    let options = judge(&sources(&all));
    assert_known(
        &options,
        "EXT4_USE_FOR_EXT2",
        State::Yes,
        &Evidence::Symbols,
    );
    assert_known(
        &options,
        "CMDLINE_OVERRIDE",
        State::NotYes,
        &Evidence::Symbols,
    );
    let options = judge(&sources(&SystemMap::parse(&text, false)));
    assert_unknown(&options, "EXT4_USE_FOR_EXT2", "variable");
    assert_unknown(&options, "CMDLINE_OVERRIDE", "variable");
}

#[test]
fn the_ext2_driver_is_not_taken_for_that_of_ext4() {
    let text = format!("{ANCHORS}0 D init_task\n0 t ext2_fill_super\n0 d ext2_fs_type\n");
    let options = judge(&sources(&SystemMap::parse(&text, true)));
    assert_known(&options, "EXT2_FS", State::Yes, &Evidence::Symbols);
    assert_known(
        &options,
        "EXT4_USE_FOR_EXT2",
        State::NotYes,
        &Evidence::Symbols,
    );
}

#[test]
fn option_of_another_architecture_is_off() {
    let symbols = functions(&[]);
    let options = judge(&Sources {
        architecture: Some(Architecture::Aarch64),
        ..sources(&symbols)
    });
    assert_known(&options, "X86_MPPARSE", State::No, &Evidence::Architecture);
    assert_known(&options, "64BIT", State::Yes, &Evidence::Architecture);
    assert_eq!(options.driver("X86_MPPARSE"), Driver::Absent);
    let options = judge(&sources(&symbols));
    assert_known(&options, "ARM_GIC_V3", State::No, &Evidence::Architecture);
}

#[test]
fn header_tells_the_size_of_a_page_and_the_efi_stub() {
    let options = judge(&Sources {
        architecture: Some(Architecture::Aarch64),
        header: HeaderFacts {
            efi_stub: Some(true),
            page_size_bytes: Some(65_536),
        },
        ..Sources::default()
    });
    assert_known(&options, "ARM64_64K_PAGES", State::Yes, &Evidence::Header);
    assert_known(&options, "ARM64_16K_PAGES", State::No, &Evidence::Header);
    assert_known(&options, "EFI_STUB", State::Yes, &Evidence::Header);
}

#[test]
fn levels_of_page_tables_rule_out_larger_pages() {
    let symbols = functions(&["__pud_alloc"]);
    let options = judge(&Sources {
        architecture: Some(Architecture::Aarch64),
        ..sources(&symbols)
    });
    assert_known(
        &options,
        "ARM64_64K_PAGES",
        State::NotYes,
        &Evidence::Symbols,
    );
    assert_unknown(&options, "ARM64_16K_PAGES", "page size");
}

#[test]
fn efi_selects_its_stub_except_on_x86() {
    let symbols = functions(&["efisubsys_init"]);
    let stub = |architecture| {
        judge(&Sources {
            architecture: Some(architecture),
            ..sources(&symbols)
        })
        .state("EFI_STUB")
    };
    assert_eq!(stub(Architecture::Aarch64), State::Yes);
    assert_eq!(stub(Architecture::X86_64), State::Unknown);
    assert_eq!(by_symbols(&[]).state("EFI_STUB"), State::NotYes);
}

#[test]
fn what_nothing_shows_is_unknown_with_a_reason() {
    let options = by_symbols(&["devtmpfs_init", "find_module"]);
    assert_unknown(&options, "DEVTMPFS_MOUNT", "first value");
    assert_unknown(&options, "MODULE_COMPRESS_XZ", "how modules are built");
    assert_unknown(&options, "EXT5_FS", "no such option");
    let without = by_symbols(&[]);
    assert_eq!(without.state("DEVTMPFS_MOUNT"), State::NotYes);
    assert_eq!(without.state("MODULE_COMPRESS_XZ"), State::NotYes);
}

#[test]
fn without_any_evidence_every_option_is_unknown() {
    for judged in judge(&Sources::default()).iter() {
        assert_eq!(judged.state, State::Unknown, "{}", judged.spec.name);
        assert!(matches!(&judged.evidence, Evidence::None { why } if !why.is_empty()));
    }
}

#[test]
fn configuration_is_believed_before_symbols() {
    let symbols = functions(&["virtblk_probe"]);
    let file = config("CONFIG_VIRTIO_BLK=m\nCONFIG_DEVTMPFS_MOUNT=y\n");
    let options = judge(&Sources {
        file: Some(&file),
        ..sources(&symbols)
    });
    assert_known(&options, "VIRTIO_BLK", State::Module, &Evidence::ConfigFile);
    assert_known(
        &options,
        "DEVTMPFS_MOUNT",
        State::Yes,
        &Evidence::ConfigFile,
    );
    assert_known(&options, "EXT4_FS", State::No, &Evidence::ConfigFile);
    assert_eq!(options.driver("VIRTIO_BLK"), Driver::Module);
}

#[test]
fn embedded_configuration_is_believed_before_a_file() {
    let embedded = config("CONFIG_EXT4_FS=y\n");
    let file = config("CONFIG_EXT4_FS=m\n");
    let options = judge(&Sources {
        embedded: Some(&embedded),
        file: Some(&file),
        ..Sources::default()
    });
    assert_known(&options, "EXT4_FS", State::Yes, &Evidence::Embedded);
    assert_known(&options, "XFS_FS", State::No, &Evidence::Embedded);
}

#[test]
fn fragment_leaves_what_it_does_not_mention_to_other_evidence() {
    let file = Config::parse(b"CONFIG_EXT4_FS=y\n").unwrap();
    let symbols = functions(&["xfs_mountfs"]);
    let options = judge(&Sources {
        file: Some(&file),
        ..sources(&symbols)
    });
    assert_known(&options, "EXT4_FS", State::Yes, &Evidence::ConfigFile);
    assert_known(&options, "XFS_FS", State::Yes, &Evidence::Symbols);
    assert_known(&options, "F2FS_FS", State::NotYes, &Evidence::Symbols);
}

#[test]
fn builtin_list_tells_of_drivers_and_of_nothing_else() {
    let builtin = ModulesBuiltin::parse(b"kernel/fs/ext4/ext4.ko\n").unwrap();
    let options = judge(&Sources {
        builtin: Some(&builtin),
        architecture: Some(Architecture::X86_64),
        ..Sources::default()
    });
    assert_known(&options, "EXT4_FS", State::Yes, &Evidence::ModulesBuiltin);
    assert_known(&options, "XFS_FS", State::NotYes, &Evidence::ModulesBuiltin);
    assert_eq!(options.state("DEVTMPFS"), State::Unknown);
}

#[test]
fn function_that_is_there_outweighs_a_list_without_its_module() {
    let builtin = ModulesBuiltin::parse(b"kernel/fs/ext4/ext4.ko\n").unwrap();
    let symbols = functions(&["xfs_mountfs"]);
    let options = judge(&Sources {
        builtin: Some(&builtin),
        ..sources(&symbols)
    });
    assert_known(&options, "XFS_FS", State::Yes, &Evidence::Symbols);
    assert_known(&options, "EXT4_FS", State::Yes, &Evidence::ModulesBuiltin);
}

#[test]
fn names_of_states_and_evidence_are_those_of_the_reports() {
    let states = [
        State::Yes,
        State::Module,
        State::No,
        State::NotYes,
        State::Unknown,
    ];
    assert_eq!(states.map(State::name), ["y", "m", "n", "not-y", "unknown"]);
    assert_eq!(Evidence::ConfigFile.name(), "file");
    assert_eq!(Evidence::ModulesBuiltin.name(), "modules.builtin");
}

/// The configurations of the corpus, which lie beside their kernels.
fn configurations() -> Vec<PathBuf> {
    support::corpus_files(|name| name == "config" || name.starts_with("config-"))
}

fn kernel_beside(config: &Path) -> Option<Kernel> {
    let folder = fs::read_dir(config.parent()?).ok()?;
    let path = folder.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("vmlinu")
    })?;
    Some(Kernel::new(Source::open(&path).ok()?, Limits::default()))
}

#[test]
fn symbols_of_real_kernels_agree_with_their_configurations() {
    let mut failures = Vec::new();
    for path in configurations() {
        let shown = path.display();
        let Some(kernel) = kernel_beside(&path) else {
            eprintln!("skipped: no kernel beside {shown}");
            continue;
        };
        let (Ok(symbols), Ok(architecture), Some(release)) =
            (kernel.symbols(), kernel.architecture(), kernel.version())
        else {
            eprintln!("skipped: nothing reads the symbols of the kernel beside {shown}");
            continue;
        };
        let text = fs::read(&path).unwrap();
        let header = HeaderFacts::default();
        let agreement = Agreement::of(symbols, &text, header, architecture, release);
        let known = agreement.known_percent();
        println!("{shown}: {known:.1} % of {} known", agreement.options);
        failures.extend(
            agreement
                .wrong
                .iter()
                .map(|wrong| format!("{shown}: {wrong}")),
        );
        if known < 95.0 {
            let unknown = agreement.unknown.join("\n  ");
            failures.push(format!("{shown}: only {known:.1} % known\n  {unknown}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn names_of_modules_are_those_that_real_kernels_list() {
    for path in configurations() {
        let folder = path.parent().unwrap();
        let release = path.file_name().unwrap().to_string_lossy();
        let release = release.trim_start_matches("config-");
        let lists = [
            folder.join("modules.builtin"),
            folder.join(format!("../lib/modules/{release}/modules.builtin")),
            folder.join(format!("../usr/lib/modules/{release}/modules.builtin")),
        ];
        let Some(list) = lists.iter().find_map(|list| fs::read(list).ok()) else {
            eprintln!("skipped: no modules.builtin for {}", path.display());
            continue;
        };
        let builtin = ModulesBuiltin::parse(&list).unwrap();
        let config = Config::parse(&fs::read(&path).unwrap()).unwrap();
        let truth = judge(&Sources {
            file: Some(&config),
            ..Sources::default()
        });
        for spec in OPTIONS.iter().filter(|spec| !spec.modules.is_empty()) {
            let listed = spec.modules.iter().any(|name| builtin.contains(name));
            let built_in = truth.state(spec.name) == State::Yes;
            assert_eq!(listed, built_in, "{} of {}", spec.name, path.display());
        }
    }
}
