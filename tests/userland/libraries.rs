use super::{GLIBC, MUSL, alpine, debian, dynamic, library, run, trouble};
use crate::forge::program::Program as Forged;
use crate::forge::tree::Forest;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::tree::{Entry, NodeId, Stat, Tree};
use kelpie_check::userland::{Loader, Program, Trouble};

/// Each library with its file, `-` where there is none.
fn libraries(program: &Program) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = program.libraries.iter().map(|library| {
        let path = library.path.as_deref().map_or("-".to_owned(), text);
        format!("{} {path}", text(&library.name))
    });
    shown.collect()
}

fn musl(needed: &[&'static str]) -> Forest {
    alpine().program("/bin/x", dynamic(MUSL, needed).build())
}

fn glibc(needed: &[&'static str]) -> Forest {
    debian().program("/bin/x", dynamic(GLIBC, needed).build())
}

#[test]
fn musl_looks_in_its_three_directories_breadth_first() {
    let tree = musl(&["liba.so", "libb.so"])
        .file(
            "/usr/lib/liba.so",
            library("liba.so", &["libc2.so", "libb.so"]).build(),
        )
        .file(
            "/usr/local/lib/libb.so",
            library("libb.so", &["liba.so"]).build(),
        )
        .file("/usr/lib/libb.so", "not reached")
        .file("/lib/libc2.so", library("libc2.so", &[]).build());
    let program = run(&tree, "/bin/x");
    assert_eq!(program.trouble, None);
    assert_eq!(
        libraries(&program),
        [
            "liba.so /usr/lib/liba.so",
            "libb.so /usr/local/lib/libb.so",
            "libc2.so /lib/libc2.so",
        ]
    );
    assert_eq!(program.libraries[2].needed_by, b"/usr/lib/liba.so");
}

#[test]
fn musl_answers_its_own_names_itself() {
    let names = [
        "libc.so",
        "libpthread.so.0",
        "libm.so.6",
        "libc.so.6",
        "libdl.so.2",
        MUSL,
    ];
    let program = run(&musl(&names), "/bin/x");
    assert_eq!(program.trouble, None);
    let itself = Some(MUSL.as_bytes());
    assert!(
        program
            .libraries
            .iter()
            .all(|library| library.path.as_deref() == itself)
    );
    // glibc's loader is none of them.
    let other = run(&musl(&["ld-linux-x86-64.so.2"]), "/bin/x");
    assert_eq!(
        trouble(&other),
        (
            None,
            "/bin/x needs ld-linux-x86-64.so.2, which is not found".to_owned()
        )
    );
}

#[test]
fn musl_s_list_of_directories_takes_the_place_of_its_own() {
    let found = |tree: Forest| run(&tree, "/bin/x").trouble.is_none();
    let tree = || musl(&["liba.so"]).file("/opt/lib/liba.so", library("liba.so", &[]).build());
    let list = "/etc/ld-musl-x86_64.path";
    assert!(!found(tree()));
    assert!(found(tree().file(list, "/lib\n/opt/lib\n")));
    assert!(found(tree().file(list, "/lib:/opt/lib")));
    assert!(!found(tree().file("/etc/ld-musl-aarch64.path", "/opt/lib")));
    // A list that is there and empty, or no file, leaves nothing.
    let plain = || musl(&["liba.so"]).file("/lib/liba.so", library("liba.so", &[]).build());
    assert!(found(plain()));
    assert!(!found(plain().file(list, "")));
    assert!(!found(plain().dir(list)));
    assert!(!found(plain().link(list, "ld-musl-x86_64.path")));
}

#[test]
fn musl_s_list_lies_beside_its_loader() {
    let loader = "/opt/musl/lib/ld-musl-x86_64.so.1";
    let tree = Forest::default()
        .program(loader, library("libc.so", &[]).build())
        .program("/bin/x", dynamic(loader, &["liba.so"]).build())
        .file("/opt/musl/etc/ld-musl-x86_64.path", "/opt/musl/lib")
        .file("/opt/musl/lib/liba.so", library("liba.so", &[]).build());
    assert_eq!(run(&tree, "/bin/x").trouble, None);
}

#[test]
fn musl_takes_the_search_paths_of_all_that_led_to_a_library() {
    let program = |rpath, runpath| Forged {
        rpath,
        runpath,
        ..dynamic(MUSL, &["liba.so"])
    };
    let tree = |rpath, runpath| {
        alpine()
            .program("/opt/x/bin/x", program(rpath, runpath).build())
            .file(
                "/opt/x/lib/liba.so",
                library("liba.so", &["libb.so"]).build(),
            )
            .file("/opt/x/lib/libb.so", library("libb.so", &[]).build())
    };
    for (rpath, runpath, found) in [
        (None, None, false),
        (Some("/opt/x/lib"), None, true),
        (None, Some("/nowhere:/opt/x/lib"), true),
        (None, Some("$ORIGIN/../lib"), true),
        (None, Some("${ORIGIN}/../lib"), true),
        (Some("/opt/x/lib"), Some("/nowhere"), false),
        // One dollar that musl does not know makes the whole path void.
        (None, Some("/opt/x/lib:$LIB"), false),
    ] {
        let program = run(&tree(rpath, runpath), "/opt/x/bin/x");
        assert_eq!(program.trouble.is_none(), found, "{rpath:?} {runpath:?}");
    }
}

#[test]
fn musl_takes_the_first_file_of_the_name_whatever_it_is() {
    let tree = musl(&["liba.so"]).file("/usr/lib/liba.so", library("liba.so", &[]).build());
    let text = tree.clone().file("/lib/liba.so", "INPUT(liba.so.1)");
    assert_eq!(
        trouble(&run(&text, "/bin/x")),
        (
            None,
            "/bin/x needs liba.so, but /lib/liba.so is not loaded: \
             e_ident at 0x0: expected 7f 45 4c 46, found 49 4e 50 55"
                .to_owned()
        )
    );
    let arm = Forged {
        machine: 183,
        ..library("liba.so", &[])
    };
    assert_eq!(
        trouble(&run(&tree.file("/lib/liba.so", arm.build()), "/bin/x")),
        (
            None,
            "/bin/x needs liba.so, which is not found; /lib/liba.so is for aarch64".to_owned()
        )
    );
}

#[test]
fn glibc_finds_what_its_directories_hold() {
    let tree = glibc(&["liba.so.1", "libc.so.6"]).file(
        "/usr/lib/x86_64-linux-gnu/liba.so.1",
        library("liba.so.1", &["libc.so.6"]).build(),
    );
    let program = run(&tree, "/bin/x");
    assert_eq!(program.trouble, None);
    assert_eq!(program.loader, Some(Loader::Glibc));
    assert_eq!(program.library_cache, Some(false));
    assert_eq!(
        libraries(&program),
        [
            "liba.so.1 /usr/lib/x86_64-linux-gnu/liba.so.1",
            "libc.so.6 /usr/lib/x86_64-linux-gnu/libc.so.6",
            "ld-linux-x86-64.so.2 /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        ]
    );
}

#[test]
fn glibc_passes_over_libraries_of_other_machines() {
    let small = Forged {
        is_64: false,
        machine: 3,
        ..library("liba.so", &[])
    };
    let tree = glibc(&["liba.so"]).file("/usr/lib/liba.so", small.build());
    let program = run(&tree, "/bin/x");
    assert_eq!(
        trouble(&program),
        (
            None,
            "/bin/x needs liba.so, which is not found; /usr/lib/liba.so is for i386".to_owned()
        )
    );
    let both = tree.file("/usr/lib64/liba.so", library("liba.so", &[]).build());
    assert_eq!(run(&both, "/bin/x").trouble, None);
}

#[test]
fn glibc_takes_a_runpath_for_the_file_that_has_it_alone() {
    let tree = |rpath, runpath, inner_runpath| {
        let program = Forged {
            rpath,
            runpath,
            ..dynamic(GLIBC, &["liba.so"])
        };
        let inner = Forged {
            runpath: inner_runpath,
            ..library("liba.so", &["libb.so"])
        };
        debian()
            .program("/opt/bin/x", program.build())
            .file("/opt/lib/liba.so", inner.build())
            .file("/opt/lib/libb.so", library("libb.so", &[]).build())
    };
    let missing = |tree: Forest| match run(&tree, "/opt/bin/x").trouble {
        Some(Trouble::LibraryMissing { name, .. }) => String::from_utf8(name).unwrap(),
        None => "none".to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(tree(None, None, None)), "liba.so");
    assert_eq!(missing(tree(None, Some("/opt/lib"), None)), "libb.so");
    assert_eq!(
        missing(tree(None, Some("/opt/lib"), Some("$ORIGIN"))),
        "none"
    );
    assert_eq!(missing(tree(Some("$ORIGIN/../$LIB"), None, None)), "none");
    // A RUNPATH makes the RPATHs of those above void, and the file's own.
    assert_eq!(
        missing(tree(Some("/opt/lib"), None, Some("/nowhere"))),
        "libb.so"
    );
    assert_eq!(
        missing(tree(Some("/opt/lib"), Some("/nowhere"), None)),
        "liba.so"
    );
}

#[test]
fn a_library_that_forbids_the_default_directories_gets_its_own_alone() {
    let program = Forged {
        flags_1: 0x800,
        ..dynamic(GLIBC, &["libc.so.6"])
    };
    let tree = debian().program("/bin/x", program.build());
    assert_eq!(trouble(&run(&tree, "/bin/x")).0, None);
    // Of the cache it takes what is elsewhere.
    let program = Forged {
        flags_1: 0x800,
        ..dynamic(GLIBC, &["liba.so"])
    };
    let finds = |path: &'static str| {
        let tree = debian()
            .program("/bin/x", program.build())
            .file(path, library("liba.so", &[]).build())
            .file("/etc/ld.so.cache", cache(&[listed("liba.so", path)], false));
        run(&tree, "/bin/x").trouble.is_none()
    };
    assert!(finds(LOCAL.replace("local", "own").leak()));
    assert!(!finds("/usr/lib/liba.so"));
}

#[test]
fn a_name_with_a_slash_is_a_path() {
    for loader in [MUSL, GLIBC] {
        let base = if loader == MUSL { alpine() } else { debian() };
        let tree = base
            .program(
                "/bin/x",
                dynamic(loader, &["/opt/liba.so", "opt/libb.so"]).build(),
            )
            .file("/opt/liba.so", library("liba.so", &[]).build())
            .file("/opt/libb.so", library("libb.so", &[]).build());
        let program = run(&tree, "/bin/x");
        assert_eq!(program.trouble, None, "{loader}");
        assert_eq!(
            program.libraries[1].path.as_deref(),
            Some(&b"/opt/libb.so"[..])
        );
    }
}

/// An entry of `/etc/ld.so.cache` for x86_64 and every processor.
fn listed(name: &'static str, path: &'static str) -> CacheEntry {
    CacheEntry {
        name,
        path,
        flags: 0x0303,
        hwcap: 0,
    }
}

struct CacheEntry {
    name: &'static str,
    path: &'static str,
    flags: u32,
    hwcap: u64,
}

/// `/etc/ld.so.cache` with these names and paths.
fn cache(entries: &[CacheEntry], compat: bool) -> Vec<u8> {
    let mut strings = Vec::new();
    let mut table = Vec::new();
    let start = 48 + 24 * entries.len();
    for entry in entries {
        let [key, value] = [entry.name, entry.path].map(|text| {
            let at = (start + strings.len()) as u32;
            strings.extend([text.as_bytes(), &[0]].concat());
            at
        });
        table.extend(entry.flags.to_le_bytes());
        table.extend([key.to_le_bytes(), value.to_le_bytes(), [0; 4]].concat());
        table.extend(entry.hwcap.to_le_bytes());
    }
    let mut bytes = b"glibc-ld.so.cache1.1".to_vec();
    bytes.extend((entries.len() as u32).to_le_bytes());
    bytes.extend((strings.len() as u32).to_le_bytes());
    bytes.resize(48, 0);
    bytes.extend([table, strings].concat());
    if compat {
        // One entry of the old format: 12 bytes, then padding to 8.
        let old = [
            b"ld.so-1.7.0\0",
            &1_u32.to_le_bytes()[..],
            &[0; 12],
            &[0; 4],
        ]
        .concat();
        bytes = [old, bytes].concat();
    }
    bytes
}

const LOCAL: &str = "/usr/local/lib/liba.so";

/// A program that needs a library outside the default directories, and this cache.
fn cached(cache: Vec<u8>) -> Forest {
    glibc(&["liba.so"])
        .file(LOCAL, library("liba.so", &[]).build())
        .file("/etc/ld.so.conf", "/usr/local/lib\n")
        .file("/etc/ld.so.cache", cache)
}

#[test]
fn glibc_reads_the_cache_and_not_the_configuration() {
    let here = [listed("liba.so", LOCAL)];
    for compat in [false, true] {
        let program = run(&cached(cache(&here, compat)), "/bin/x");
        assert_eq!(program.trouble, None);
        assert_eq!(program.library_cache, Some(true));
    }
    let mut cut = cache(&here, false);
    cut.truncate(60);
    let mut big_endian = cache(&here, false);
    big_endian[28] = 3;
    for no_cache in [Vec::new(), cut, big_endian] {
        let program = run(&cached(no_cache), "/bin/x");
        assert!(program.trouble.is_some());
        assert_eq!(program.library_cache, Some(false));
    }
    let mut little_endian = cache(&here, false);
    little_endian[28] = 2;
    assert_eq!(run(&cached(little_endian), "/bin/x").trouble, None);
}

#[test]
fn of_a_name_in_the_cache_the_first_path_counts() {
    let gone = || listed("liba.so", "/nowhere/liba.so");
    let here = || listed("liba.so", LOCAL);
    let of_another_kind = || CacheEntry {
        flags: 0x0a03,
        ..gone()
    };
    let finds = |entries: &[CacheEntry]| {
        run(&cached(cache(entries, false)), "/bin/x")
            .trouble
            .is_none()
    };
    assert!(finds(&[here(), gone()]));
    assert!(!finds(&[gone(), here()]));
    assert!(finds(&[of_another_kind(), here()]));
    // Which processors take the others is not known: it does not matter where all have one.
    let of_some = || CacheEntry {
        hwcap: 1 << 62,
        ..gone()
    };
    assert!(finds(&[of_some(), here()]));
    let open = program_of(&cached(cache(&[of_some()], false))).unwrap_err();
    assert!(open.to_string().contains("/etc/ld.so.cache"), "{open}");
}

#[test]
fn a_cache_out_of_order_may_not_lead_to_a_name() {
    let here = || listed("liba.so", LOCAL);
    let other = |name| listed(name, "/nowhere");
    let finds = |entries: &[CacheEntry]| match program_of(&cached(cache(entries, false))) {
        Ok(program) => program.trouble.is_none(),
        Err(error) => {
            assert_eq!(error.kind(), Kind::Unsupported);
            false
        }
    };
    // The last name first, numbers as such, and before all else.
    assert!(finds(&[
        other("libb.so.10"),
        other("libb.so.9"),
        other("libb.so"),
        here()
    ]));
    assert!(finds(&[
        other("lib10.so"),
        other("lib9.so"),
        other("libz.so"),
        here()
    ]));
    assert!(finds(&[other("libz.so.010"), other("libz.so.10"), here()]));
    assert!(!finds(&[here(), other("libb.so.9")]));
    assert!(!finds(&[other("libb.so.9"), other("libb.so.10"), here()]));
    assert!(!finds(&[other("libb.so"), other("libb.so.9"), here()]));
    assert!(!finds(&[other("libz.so"), other("lib9.so"), here()]));
}

/// What becomes of `/bin/x`, or why that is not known.
fn program_of(tree: &Forest) -> kelpie_check::error::Result<Program> {
    kelpie_check::userland::program(tree, b"/bin/x", None, &Limits::default())
}

#[test]
fn a_folder_for_some_processors_leaves_a_missing_library_open() {
    let library = || library("liba.so", &[]).build();
    for folder in [
        "/usr/lib/glibc-hwcaps/x86-64-v3",
        "/usr/lib/x86_64-linux-gnu/tls",
        "/opt/glibc-hwcaps/x86-64-v2",
    ] {
        let program = Forged {
            runpath: Some("/opt"),
            ..dynamic(GLIBC, &["liba.so"])
        };
        let tree = || debian().program("/bin/x", program.build());
        let there = tree().file(&format!("{folder}/liba.so"), library());
        let open = program_of(&there).unwrap_err();
        assert!(open.to_string().contains("perhaps liba.so"), "{open}");
        let both = there.file("/opt/liba.so", library());
        assert_eq!(run(&both, "/bin/x").trouble, None);
        assert!(run(&tree(), "/bin/x").trouble.is_some());
    }
}

#[test]
fn glibc_starts_no_program_that_needs_versions_which_a_library_lacks() {
    let told = |needs: &[(&'static str, &'static str, bool)], versions: &[&'static str]| {
        let program = Forged {
            version_needs: needs.to_vec(),
            ..dynamic(GLIBC, &["liba.so", "ld-linux-x86-64.so.2"])
        };
        let library = Forged {
            versions: versions.to_vec(),
            ..library("liba.so", &[])
        };
        let loader = Forged {
            versions: vec!["ld-linux-x86-64.so.2", "GLIBC_2.3"],
            ..super::library("ld-linux-x86-64.so.2", &[])
        };
        let tree = Forest::default()
            .program(GLIBC, loader.build())
            .program("/bin/x", program.build())
            .file("/lib64/liba.so", library.build());
        let trouble = run(&tree, "/bin/x").trouble;
        trouble.map(|trouble| (trouble.errno(), trouble.to_string()))
    };
    let need = |version| ("liba.so", version, false);
    let has = ["liba.so", "A_1", "A_2"];
    assert_eq!(told(&[], &has), None);
    assert_eq!(told(&[need("A_1"), need("A_2")], &has), None);
    let missing = "/bin/x needs A_3 of /lib64/liba.so, which has no such version".to_owned();
    assert_eq!(
        told(&[need("A_1"), need("A_3")], &has),
        Some((None, missing))
    );
    // A weak one, and one of a library that has none at all, is let pass.
    assert_eq!(told(&[("liba.so", "A_3", true)], &has), None);
    assert_eq!(told(&[need("A_3")], &[]), None);
    // So is one of a library that nobody loads.
    assert_eq!(told(&[("libz.so", "Z_1", false)], &has), None);
    // The loader is a library too.
    let of_loader = |version| ("ld-linux-x86-64.so.2", version, false);
    assert_eq!(told(&[of_loader("GLIBC_2.3")], &has), None);
    let newer = told(&[of_loader("GLIBC_2.40")], &has).unwrap();
    assert!(newer.1.contains("GLIBC_2.40"), "{newer:?}");
}

/// A table in which each record is an `Elfxx_Verneed`, and a weak version of every record before it.
fn overlapping_versions(records: usize) -> Vec<u8> {
    let fields: [&[u8]; 3] = [&[1, 0, 0xff, 0xff], &[2, 0, 0, 0], &[16, 0, 0, 0]];
    let with_next = |next| [fields.concat(), vec![next, 0, 0, 0]].concat();
    let mut table = with_next(16).repeat(records);
    table.extend(with_next(0).repeat(2));
    table
}

#[test]
fn versions_that_share_their_records_are_refused() {
    let program = Forged {
        raw_version_needs: Some((overlapping_versions(2000), u64::MAX)),
        ..dynamic(GLIBC, &["a-name-of-some-length.so"])
    };
    let tree = debian().program("/bin/x", program.build()).file(
        "/usr/lib/a-name-of-some-length.so",
        library("", &[]).build(),
    );
    let refused = program_of(&tree).unwrap_err();
    assert!(refused.to_string().contains("DT_VERNEED"), "{refused}");
}

#[test]
fn libraries_need_versions_of_one_another_and_musl_asks_for_none() {
    let inner = |loader| {
        let inner = Forged {
            version_needs: vec![("libb.so", "B_9", false)],
            ..library("liba.so", &["libb.so"])
        };
        let other = Forged {
            versions: vec!["libb.so", "B_1"],
            ..library("libb.so", &[])
        };
        let base = if loader == MUSL { alpine() } else { debian() };
        base.program("/bin/x", dynamic(loader, &["liba.so"]).build())
            .file("/usr/lib/liba.so", inner.build())
            .file("/usr/lib/libb.so", other.build())
    };
    let told = run(&inner(GLIBC), "/bin/x").trouble.unwrap().to_string();
    assert!(
        told.starts_with("/usr/lib/liba.so needs B_9 of /usr/lib/libb.so"),
        "{told}"
    );
    assert_eq!(run(&inner(MUSL), "/bin/x").trouble, None);
}

#[test]
fn glibc_refuses_libraries_that_a_kernel_would_take() {
    let told = |loader, bytes: Vec<u8>| {
        let base = if loader == MUSL { alpine() } else { debian() };
        let tree = base
            .program("/bin/x", dynamic(loader, &["liba.so"]).build())
            .file("/usr/lib/liba.so", bytes);
        run(&tree, "/bin/x")
            .trouble
            .map(|trouble| trouble.to_string())
    };
    let changed = |at: usize, byte: u8| {
        let mut built = library("liba.so", &[]).build();
        built[at] = byte;
        built
    };
    let pie = Forged {
        flags_1: 0x0800_0000,
        ..library("liba.so", &[])
    };
    for (field, bytes) in [
        ("EI_DATA", changed(5, 2)),
        ("EI_VERSION", changed(6, 9)),
        ("EI_OSABI", changed(7, 9)),
        ("EI_ABIVERSION", changed(8, 4)),
        ("EI_PAD", changed(9, 1)),
        ("EI_PAD", changed(15, 1)),
        ("e_type", changed(16, 2)),
        ("e_type", pie.build()),
    ] {
        let refused = told(GLIBC, bytes.clone()).unwrap();
        assert!(refused.contains("is not loaded"), "{refused}");
        assert!(refused.contains(&format!("{field} at ")), "{refused}");
        assert_eq!(told(MUSL, bytes), None, "{field}");
    }
    assert_eq!(told(MUSL, changed(4, 1)), None);
    for (at, byte) in [(7, 3), (8, 3)] {
        assert_eq!(told(GLIBC, changed(at, byte)), None);
    }
}

/// A loader of glibc with these directories built in.
fn loader_with(directories: &str) -> Vec<u8> {
    let mut loader = library("ld-linux-x86-64.so.2", &[]).build();
    loader.extend(b"\0/etc/ld.so.cache\0/proc/self/\0");
    loader.extend(directories.as_bytes());
    loader.extend(b"\0\0\0");
    loader
}

#[test]
fn a_loader_tells_where_it_looks() {
    let debians =
        "/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0/not/behind";
    let fedoras = "/lib64/\0/usr/lib64/";
    let nixs = "/nix/store/glibc/lib/";
    let finds = |directories: &str, place: &str| {
        let tree = Forest::default()
            .program(GLIBC, loader_with(directories))
            .program("/bin/x", dynamic(GLIBC, &["liba.so"]).build())
            .file(&format!("{place}/liba.so"), library("liba.so", &[]).build());
        run(&tree, "/bin/x").trouble.is_none()
    };
    for place in [
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/lib",
        "/usr/lib",
    ] {
        assert!(finds(debians, place), "{place}");
    }
    // Not the folder of the loader itself.
    for place in ["/lib64", "/usr/lib64", "/not/behind", "/proc/self"] {
        assert!(!finds(debians, place), "{place}");
    }
    assert!(finds(fedoras, "/usr/lib64"));
    assert!(!finds(fedoras, "/usr/lib"));
    // What has none that is known may be anything.
    assert!(finds(nixs, "/usr/lib"));
    // So has what is said for $LIB.
    let by_lib = |directories: &str, place: &str| {
        let program = Forged {
            runpath: Some("/opt/$LIB"),
            ..dynamic(GLIBC, &["liba.so"])
        };
        let tree = Forest::default()
            .program(GLIBC, loader_with(directories))
            .program("/bin/x", program.build())
            .file(&format!("{place}/liba.so"), library("liba.so", &[]).build());
        run(&tree, "/bin/x").trouble.is_none()
    };
    assert!(by_lib(debians, "/opt/lib/x86_64-linux-gnu"));
    assert!(!by_lib(debians, "/opt/lib64"));
    assert!(by_lib(fedoras, "/opt/lib64"));
    assert!(by_lib("/usr/lib/", "/opt/lib64"));
}

#[test]
fn an_origin_needs_proc() {
    for (loader, base) in [(MUSL, alpine()), (GLIBC, debian())] {
        let program = |runpath| Forged {
            runpath: Some(runpath),
            ..dynamic(loader, &["liba.so"])
        };
        let inner = Forged {
            runpath: Some("$ORIGIN/inner"),
            ..library("liba.so", &["libb.so"])
        };
        let base = base
            .file("/opt/lib/liba.so", inner.build())
            .file("/opt/lib/inner/libb.so", library("libb.so", &[]).build());
        let runs = |runpath, has_proc| {
            let tree = base.clone().program("/opt/bin/x", program(runpath).build());
            let tree = Proc(tree, has_proc);
            let limits = Limits::default();
            let path = b"/opt/bin/x";
            let program = kelpie_check::userland::program(&tree, path, None, &limits);
            program.unwrap().trouble.is_none()
        };
        assert!(runs("$ORIGIN/../lib", true), "{loader}");
        assert!(!runs("$ORIGIN/../lib", false), "{loader}");
        assert!(!runs("${ORIGIN}/../lib", false), "{loader}");
        // A library's own is known without.
        assert!(runs("/opt/lib", false), "{loader}");
        // To musl the whole path is void then.
        let beside = runs("$ORIGIN/nowhere:/opt/lib", false);
        assert_eq!(beside, loader == GLIBC);
    }
}

/// A tree with procfs on its /proc, or without.
struct Proc(Forest, bool);

impl Tree for Proc {
    fn root(&self) -> NodeId {
        self.0.root()
    }

    fn has_proc(&self) -> bool {
        self.1
    }

    fn stat(&self, node: NodeId) -> kelpie_check::error::Result<Stat> {
        self.0.stat(node)
    }

    fn lookup(
        &self,
        directory: NodeId,
        name: &[u8],
    ) -> kelpie_check::error::Result<Option<NodeId>> {
        self.0.lookup(directory, name)
    }

    fn list(&self, directory: NodeId) -> kelpie_check::error::Result<Vec<Entry>> {
        self.0.list(directory)
    }

    fn read_link(&self, node: NodeId) -> kelpie_check::error::Result<Vec<u8>> {
        self.0.read_link(node)
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> kelpie_check::error::Result<Vec<u8>> {
        self.0.read(node, offset, length)
    }
}

#[test]
fn of_a_loader_that_is_not_known_nothing_is_said() {
    // gcompat has a program of its own in the place of glibc's loader.
    let tree = Forest::default()
        .program(GLIBC, Forged::default().build())
        .program("/bin/x", dynamic(GLIBC, &["libmissing.so"]).build());
    let program = run(&tree, "/bin/x");
    assert_eq!(program.trouble, None);
    assert_eq!(program.loader, Some(Loader::Other));
    assert!(program.libraries.is_empty());
}

#[test]
fn a_library_that_is_cut_off_is_told() {
    let cut = Forged {
        cut_bytes: 9000,
        ..library("liba.so", &[])
    };
    let tree = musl(&["liba.so"]).file("/lib/liba.so", cut.build());
    assert_eq!(
        trouble(&run(&tree, "/bin/x")),
        (
            None,
            "/lib/liba.so is damaged: PT_LOAD segment at 0x0: expected 9512 bytes, found 512 bytes"
                .to_owned()
        )
    );
}

#[test]
fn more_libraries_than_the_limit_are_an_error() {
    let limits = Limits {
        program_files: 2,
        ..Limits::default()
    };
    let tree = musl(&["liba.so", "libb.so", "libd.so"]);
    let error = kelpie_check::userland::program(&tree, b"/bin/x", None, &limits).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (Kind::Limit, "program_files")
    );
}
