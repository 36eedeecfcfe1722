//! The commands that a fix prints, run by a shell: a hostile file name stays one argument.

use super::support;
use super::{Folder, command};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

/// Names that a shell, an option parser or a report would take apart.
const NAMES: [&str; 14] = [
    "my kernel",
    "two  blanks",
    "$(touch pwned)",
    "`touch pwned`",
    "-rf",
    "it's",
    "\"$HOME\"",
    "a;b|c&d>e",
    "~",
    "*",
    "#x",
    "back\\slash",
    "line\nend\u{1b}[31m7\u{202e}",
    "ä",
];

/// The arguments that bash passes to the `kelpie-check` of a command; none without a bash.
fn arguments(folder: &Folder, command: &str) -> Option<Vec<OsString>> {
    let bash = support::program("bash", "bash")?;
    let script = format!("kelpie-check() {{ printf '%s\\0' \"$@\"; }}\n{command}");
    let output = Command::new(bash)
        .current_dir(folder.0.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    let words = output.stdout.split(|byte| *byte == 0);
    Some(
        words
            .map(|word| OsStr::from_bytes(word).to_owned())
            .collect(),
    )
}

/// The path that a command names, as the folder sees it.
fn named(argument: &OsStr) -> &OsStr {
    argument
        .as_bytes()
        .strip_prefix(b"./")
        .map_or(argument, OsStr::from_bytes)
}

/// The fix of the finding on a kernel of that name, as the report for people wraps it.
fn fix(folder: &Folder, name: &str) -> String {
    let output = command()
        .current_dir(folder.0.path())
        .args([
            "kernel",
            "--target",
            "firecracker",
            "--select",
            "KC102",
            "--",
        ])
        .arg(name)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, fix) = text.split_once("fix: ").expect(&text);
    let words: Vec<&str> = fix.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn the_command_of_a_fix_names_the_file_and_runs_nothing_else() {
    for name in NAMES {
        let folder = Folder::new().with(name, crate::forge::good::bzimage(&[]));
        let fix = fix(&folder, name);
        let (_, rest) = fix.split_once("kelpie-check extract ").expect(&fix);
        let (path, _) = rest.split_once(" --to ").expect(&fix);
        let command = format!("kelpie-check extract {path} --to vmlinux");
        let Some(arguments) = arguments(&folder, &command) else {
            return;
        };
        assert_eq!(arguments[0], "extract");
        assert_eq!(named(&arguments[1]), OsStr::new(name), "{fix}");
        assert!(!arguments[1].as_bytes().starts_with(b"-"), "{fix}");
        assert_eq!(arguments[2], "--to", "{fix}");
        assert_eq!(folder.names(), [name], "{fix}");
    }
}
