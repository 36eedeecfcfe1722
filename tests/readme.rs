//! The README and the book show real commands, real output and links that lead somewhere.
#![cfg(feature = "cli")]

mod support;

use kelpie_check::cause::CAUSES;
use kelpie_check::project::Project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROMPT: &str = "$ cargo run --release -- ";

fn read(name: &str) -> String {
    std::fs::read_to_string(support::repository(name)).unwrap()
}

/// Returns what the command prints to standard output, from the folder of the repository.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(arguments)
        .current_dir(support::repository(""))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The Markdown files below a folder, by their paths from the root of the repository.
fn pages(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(support::repository(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            found.extend(pages(&name));
        } else if name.ends_with(".md") {
            found.push(name);
        }
    }
    found.sort();
    found
}

/// The README and the pages of the book.
fn texts() -> Vec<String> {
    let mut texts = vec!["README.md".to_owned()];
    texts.extend(pages("docs"));
    texts
}

/// The targets of the links of a page that lead to files.
fn links(page: &str) -> Vec<String> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The commands of kelpie-check in the `console` blocks of a page, with continued lines joined.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap().replace("\\\n", " ");
        for line in block.lines() {
            let line = line.trim().trim_start_matches("$ ");
            if line.starts_with("kelpie-check ") {
                commands.push(line.to_owned());
            }
        }
    }
    commands
}

/// The names of the subcommands that `--help` lists.
fn subcommands() -> BTreeSet<String> {
    let help = printed(&["--help"]);
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    rest.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 150, "{lines} lines");
}

#[test]
fn the_first_command_prints_what_the_readme_shows() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once(PROMPT).unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    let (arguments, shown) = block.split_once('\n').unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(arguments.split(' '))
        .current_dir(support::repository(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.trim_end(), shown.trim_end());
}

#[test]
fn the_second_command_is_the_one_that_runs_these_tests() {
    let readme = read("README.md");
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .collect();
    assert_eq!(commands.get(1), Some(&"cargo test"));
}

#[test]
fn the_picture_shows_the_report_of_its_command() {
    let (Some(python), Some(_)) = (
        support::program("python3", "python3"),
        support::program("mke2fs", "e2fsprogs"),
    ) else {
        return;
    };
    let output = Command::new(python)
        .args(["docs/ladder.py", "--check"])
        .env("KELPIE_CHECK", env!("CARGO_BIN_EXE_kelpie-check"))
        .current_dir(support::repository(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn every_page_is_in_the_table_of_contents_once() {
    let listed = links(&read("docs/SUMMARY.md"));
    let mut listed: Vec<String> = listed.iter().map(|link| format!("docs/{link}")).collect();
    listed.push("docs/SUMMARY.md".to_owned());
    listed.sort();
    assert_eq!(pages("docs"), listed);
}

#[test]
fn every_link_leads_to_a_file() {
    for name in texts() {
        let path = support::repository(&name);
        let folder: &Path = path.parent().unwrap();
        for link in links(&read(&name)) {
            let target: PathBuf = folder.join(&link);
            assert!(target.exists(), "{name}: {link}");
        }
    }
}

#[test]
fn every_subcommand_has_a_row_and_a_page() {
    let table = read("docs/commands/README.md");
    for name in subcommands() {
        assert!(
            table.contains(&format!("`kelpie-check {name}")),
            "docs/commands/README.md lacks {name}"
        );
        let page = match name.as_str() {
            "causes" => "explain",
            "completions" | "man" => "shell",
            own => own,
        };
        let path = support::repository(&format!("docs/commands/{page}.md"));
        assert!(path.is_file(), "no page for {name}");
    }
}

#[test]
fn every_option_in_an_example_exists() {
    let subcommands = subcommands();
    for name in texts() {
        for command in commands(&read(&name)) {
            let mut words = command.split_whitespace().skip(1);
            let first = words.next().unwrap();
            // `kelpie-check PATH` is short for `kelpie-check inspect PATH`.
            let subcommand = if subcommands.contains(first) {
                first
            } else {
                "inspect"
            };
            let mut arguments = vec![subcommand];
            if command.starts_with("kelpie-check initramfs build") {
                arguments.push("build");
            }
            arguments.push("--help");
            let help = printed(&arguments);
            for option in words.filter(|word| word.starts_with("--")) {
                let known = help
                    .split_whitespace()
                    .any(|word| word.trim_end_matches(['.', ',']) == option);
                assert!(known, "{name}: {subcommand} has no {option}");
            }
        }
    }
}

#[test]
fn the_example_of_a_configuration_is_one() {
    for name in ["README.md", "docs/configuration.md"] {
        let page = read(name);
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let project = Project::from_text(text, Path::new("kelpie-check.toml")).unwrap();
        assert_eq!(project.images.len(), 1, "{name}");
    }
}

#[test]
fn the_example_of_the_library_is_the_one_that_is_compiled() {
    let page = read("docs/library.md");
    let (_, rest) = page.split_once("```rust\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let compiled = read("src/lib.rs").replace("//! ", "").replace("//!", "");
    assert!(compiled.contains(example), "{example}");
}

/// A phrase as its words; `…` stands for one to four words.
fn phrases() -> Vec<Vec<String>> {
    let style = read("docs/STYLE.md");
    let (_, table) = style.split_once("## Stock phrases").unwrap();
    let phrases: Vec<Vec<String>> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|phrase| phrase.split(' ').map(str::to_owned).collect())
        .collect();
    assert!(phrases.len() > 20, "{phrases:?}");
    phrases
}

/// The words of a text in small letters. An empty word stands between sentences.
fn words(text: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || "'-_/…".contains(letter);
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let ends = word.ends_with(['.', ';', ':', '!', '?', '|']);
        let word = word.trim_matches(|letter| !is_part(letter)).to_lowercase();
        if !word.is_empty() {
            words.push(word);
        }
        if ends {
            words.push(String::new());
        }
    }
    words
}

/// Returns true if the phrase stands at the start of the words.
fn starts_with(words: &[String], phrase: &[String]) -> bool {
    match phrase {
        [] => true,
        [gap, rest @ ..] if gap == "…" => (1..=4).any(|length| {
            let (skipped, left) = words.split_at(length.min(words.len()));
            skipped.iter().all(|word| !word.is_empty()) && starts_with(left, rest)
        }),
        [first, rest @ ..] => words.first() == Some(first) && starts_with(&words[1..], rest),
    }
}

/// The phrases in a text, each with the words around it.
fn found(text: &str, phrases: &[Vec<String>]) -> Vec<String> {
    let words = words(text);
    let mut found = Vec::new();
    for at in 0..words.len() {
        for phrase in phrases {
            if starts_with(&words[at..], phrase) {
                let around = &words[at.saturating_sub(5)..words.len().min(at + 8)];
                found.push(format!(
                    "{:?} in: … {} …",
                    phrase.join(" "),
                    around.join(" ")
                ));
            }
        }
    }
    found
}

/// A page without its code and, if a test writes it, without the rows that quote cases and consoles.
fn prose(name: &str) -> String {
    let is_generated = ["docs/TRUTH.md", "docs/OBSERVED.md"].contains(&name);
    let page = read(name);
    let mut is_code = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !(is_code || (is_generated && line.starts_with(['|', '-']))) {
            let plain: Vec<&str> = line.split('`').step_by(2).collect();
            prose.push_str(&plain.join(" … "));
            prose.push('\n');
        }
    }
    prose
}

/// The help of a command and of the commands below it.
fn helps(command: &[&str]) -> Vec<(String, String)> {
    let help = printed(&[command, &["--help"]].concat());
    let below: Vec<String> = help
        .split_once("Commands:\n")
        .map_or("", |(_, rest)| rest)
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    let mut helps = vec![(format!("{} --help", command.join(" ")), help)];
    for name in below {
        helps.extend(self::helps(&[command, &[name.as_str()]].concat()));
    }
    helps
}

#[test]
fn no_stock_phrase_is_in_a_text_for_users() {
    let mut texts: Vec<(String, String)> = self::texts()
        .into_iter()
        .chain(["CHANGELOG.md".to_owned(), "SECURITY.md".to_owned()])
        .filter(|name| name != "docs/STYLE.md")
        .map(|name| (name.clone(), prose(&name)))
        .collect();
    texts.extend(helps(&[]));
    for cause in CAUSES {
        let mut text = vec![cause.summary, cause.explanation, cause.fix];
        text.extend(cause.tells.iter().map(|tell| tell.by));
        texts.push((cause.code.to_string(), text.join("\n|\n")));
    }
    let phrases = phrases();
    let found: Vec<String> = texts
        .iter()
        .flat_map(|(name, text)| {
            let found = found(text, &phrases);
            found
                .into_iter()
                .map(move |found| format!("{name}: {found}"))
        })
        .collect();
    assert!(found.is_empty(), "see docs/STYLE.md:\n{}", found.join("\n"));
}

#[test]
fn a_stock_phrase_is_found_in_any_form_of_its_gap() {
    let phrases = phrases();
    for text in [
        "The result comes\nto nothing.",
        "**Nobody** reads it.",
        "Leave the last two options away.",
        "What a folder is for, it says.",
        "| it ends by itself | yes |",
    ] {
        assert_eq!(found(text, &phrases).len(), 1, "{text}");
    }
    for text in [
        "Leave. Go away.",
        "It came. To whom?",
        "standalone binaries",
    ] {
        assert_eq!(found(text, &phrases), Vec::<String>::new(), "{text}");
    }
}
