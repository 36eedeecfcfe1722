//! Holds the code to the table of imports in ARCHITECTURE.md.

mod lexer;
mod paths;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use table::Table;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    Table::parse(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap())
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The module that a file is: `src/cause/load/mod.rs` is `cause::load`.
fn module(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(root().join("src")).unwrap();
    let mut module: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    if module
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        module.pop();
    }
    module
}

/// What a module imports against the table.
fn violations(table: &Table, module: &[String], text: &str) -> Vec<String> {
    let Some(room) = module.first() else {
        return Vec::new();
    };
    paths::rooms(module, text)
        .into_iter()
        .filter(|(_, other)| other != room && !table.allows(room, other))
        .map(|(line, other)| format!("line {line}: {room} imports {other}"))
        .collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table = table();
    let mut wrong = Vec::new();
    for file in sources(&root().join("src")) {
        let module = module(&file);
        // The program and its subcommands are on the far side of everything.
        if module == ["main"] {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let name = module.join("::");
        wrong.extend(
            violations(&table, &module, &text)
                .iter()
                .map(|what| format!("{name}, {what}")),
        );
    }
    assert!(
        wrong.is_empty(),
        "against ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_table_has_a_row_for_every_room_and_no_other() {
    let rooms: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .filter(|name| name != "lib" && name != "main")
        .collect();
    let table = table();
    assert_eq!(table.rooms(), rooms);
    let unknown: Vec<_> = table.imported().difference(&rooms).cloned().collect();
    assert!(unknown.is_empty(), "no such rooms: {unknown:?}");
}

#[test]
fn the_table_allows_no_more_than_is_used() {
    let table = table();
    let mut unused = Vec::new();
    let files = sources(&root().join("src"));
    for (room, other) in table.pairs() {
        let used = files.iter().any(|file| {
            let module = module(file);
            module.first() == Some(&room)
                && paths::rooms(&module, &fs::read_to_string(file).unwrap())
                    .iter()
                    .any(|(_, name)| *name == other)
        });
        if !used {
            unused.push(format!("{room} does not import {other}"));
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

#[test]
fn no_room_imports_one_that_imports_it() {
    let table = table();
    for (room, other) in table.pairs() {
        assert!(
            !table.allows(&other, &room),
            "{room} and {other} import each other"
        );
    }
}

/// The files that may name a standard stream: the command's only way out, `-o /dev/stdout`, which
/// refuses a terminal, and the processes whose streams are pipes to the command.
const STREAMS: [&str; 5] = [
    "cli::output",
    "cli::destination",
    "boot::guard",
    "boot::krun",
    "boot::leash",
];

#[test]
fn only_the_output_file_writes_to_the_standard_streams() {
    let ways = [
        "stdout()",
        "stderr()",
        "print!(",
        "println!(",
        "eprint!(",
        "eprintln!(",
        "dbg!(",
        ".print().ok()",
    ];
    let mut writers = BTreeSet::new();
    for file in sources(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        if ways.iter().any(|way| text.contains(way)) {
            writers.insert(module(&file).join("::"));
        }
    }
    assert_eq!(writers, STREAMS.map(str::to_owned).into());
}

fn made_up(module: &[&str], text: &str) -> Vec<String> {
    let table = Table::parse(
        "| room | may import |\n|---|---|\n| a, e | no other module |\n| b | a |\n| c | everything |\n",
    );
    let module: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
    violations(&table, &module, text)
}

#[test]
fn an_invented_violation_is_found_on_its_line() {
    let text = "//! Says crate::b in its doc.\nuse std::fs;\nuse crate::b::Thing;\n";
    assert_eq!(made_up(&["a"], text), ["line 3: a imports b"]);
    assert_eq!(made_up(&["b"], "use crate::a::Thing;\n"), [""; 0]);
    assert_eq!(made_up(&["c"], "use crate::{a, b::X, e};\n"), [""; 0]);
}

#[test]
fn groups_are_taken_apart() {
    let text = "use crate::{\n    a::{Thing, b::Other},\n    e,\n    c as d,\n};\n";
    assert_eq!(
        made_up(&["b"], text),
        ["line 3: b imports e", "line 4: b imports c"]
    );
}

#[test]
fn paths_in_code_count_as_imports() {
    assert_eq!(
        made_up(&["a"], "fn f() -> u8 {\n    crate::b::number()\n}\n"),
        ["line 2: a imports b"]
    );
}

#[test]
fn super_does_not_lead_out_unseen() {
    let out = "use super::super::b::Thing;\n";
    assert_eq!(made_up(&["a", "part"], out), ["line 1: a imports b"]);
    assert_eq!(made_up(&["a", "part", "deep"], out), [""; 0]);
    assert_eq!(
        made_up(&["a", "part"], "use super::super::{b, c::X};\n"),
        ["line 1: a imports b", "line 1: a imports c"]
    );
}

#[test]
fn a_module_inside_a_file_is_one_deeper() {
    let text =
        "mod tests {\n    use super::b::Thing;\n    use super::super::b;\n}\nuse super::b;\n";
    assert_eq!(
        made_up(&["a"], text),
        ["line 3: a imports b", "line 5: a imports b"]
    );
}

#[test]
fn comments_strings_and_visibilities_are_no_paths() {
    let text = "/* crate::b */ // crate::b\nconst X: &str = \"crate::b { \\\" {\";\n\
                const Y: &str = r#\"use crate::b; \"{\"#;\nconst Z: char = '{';\n\
                pub(super) fn f<'a>(x: &'a str) {}\npub(crate) mod m;\nuse self::b::X;\n";
    assert_eq!(made_up(&["a"], text), [""; 0]);
}
