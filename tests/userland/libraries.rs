use super::{GLIBC, MUSL, alpine, debian, dynamic, library, run, trouble};
use crate::forge::program::Program as Forged;
use crate::forge::tree::Forest;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
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
            "/bin/x needs liba.so, and /lib/liba.so is not loaded: \
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
            "/bin/x needs liba.so, which is not found; /lib/liba.so is made for aarch64".to_owned()
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
            "/bin/x needs liba.so, which is not found; /usr/lib/liba.so is made for i386"
                .to_owned()
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

/// `/etc/ld.so.cache` with these names and paths.
fn cache(entries: &[(&str, &str)], compat: bool) -> Vec<u8> {
    let mut strings = Vec::new();
    let mut table = Vec::new();
    let start = 48 + 24 * entries.len();
    for (name, path) in entries {
        let [key, value] = [name, path].map(|text| {
            let at = (start + strings.len()) as u32;
            strings.extend([text.as_bytes(), &[0]].concat());
            at
        });
        table.extend(0x0303_u32.to_le_bytes());
        table.extend([key.to_le_bytes(), value.to_le_bytes(), [0; 4]].concat());
        table.extend([0; 8]);
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

#[test]
fn glibc_reads_the_cache_and_not_the_configuration() {
    let tree = || {
        glibc(&["liba.so"])
            .file("/usr/local/lib/liba.so", library("liba.so", &[]).build())
            .file("/etc/ld.so.conf", "/usr/local/lib\n")
    };
    let listed = [
        ("liba.so", "/nowhere/liba.so"),
        ("liba.so", "/usr/local/lib/liba.so"),
    ];
    let program = run(&tree(), "/bin/x");
    assert!(program.trouble.is_some());
    assert_eq!(program.library_cache, Some(false));
    for compat in [false, true] {
        let program = run(
            &tree().file("/etc/ld.so.cache", cache(&listed, compat)),
            "/bin/x",
        );
        assert_eq!(program.trouble, None);
        assert_eq!(program.library_cache, Some(true));
    }
    let mut cut = cache(&listed, false);
    cut.truncate(60);
    let program = run(&tree().file("/etc/ld.so.cache", cut), "/bin/x");
    assert!(program.trouble.is_some());
    assert_eq!(program.library_cache, Some(false));
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
        cut_bytes: 9,
        ..library("liba.so", &[])
    };
    let tree = musl(&["liba.so"]).file("/lib/liba.so", cut.build());
    assert_eq!(
        trouble(&run(&tree, "/bin/x")),
        (
            None,
            "/lib/liba.so is damaged: PT_LOAD segment at 0x0: expected 521 bytes, found 512 bytes"
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
