//! A copy of the project with every mutant in it, and the test binaries built from it.

use crate::list::Mutant;
use crate::weave::{Woven, weave};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What runs the chosen mutant.
const CHOSEN: &str = include_str!("chosen.rs.txt");

/// The tests that see the causes, the check, the stages and the command line.
const TESTS: [&str; 6] = ["cause", "cmdline", "diagnose", "registry", "cli", "project"];

/// Why a mutant is in no binary.
#[derive(Serialize, Deserialize)]
pub enum LeftOut {
    /// The compiler evaluates what it changes, or its place was not found.
    Unwoven,
    /// It does not compile; the compiler's words.
    Unviable(String),
}

/// A test binary.
pub struct Binary {
    pub name: String,
    pub path: PathBuf,
}

/// Writes the sources into `copy` with all mutants in them but those that don't compile, and tells
/// which these are.
pub fn write(original: &Path, copy: &Path, mutants: &[Mutant]) -> BTreeMap<usize, LeftOut> {
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        files.entry(&mutant.file).or_default().push(number);
    }
    let library = copy.join("src/lib.rs");
    let text = fs::read_to_string(original.join("src/lib.rs")).unwrap();
    put(
        &library,
        &format!("#![allow(warnings)]\n{text}\nmod mutant;\n"),
    );
    put(&copy.join("src/mutant.rs"), CHOSEN);
    // What does not compile is known from the last time.
    let known = copy.join("left-out.json");
    let mut left_out: BTreeMap<usize, LeftOut> = fs::read(&known)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let mut changed: BTreeSet<&str> = files.keys().copied().collect();
    let mut written: HashMap<&str, Woven> = HashMap::new();
    loop {
        for file in changed {
            let text = fs::read_to_string(original.join(file)).unwrap();
            let here: Vec<_> = files[file]
                .iter()
                .filter(|number| !left_out.contains_key(*number))
                .map(|number| (*number, &mutants[*number]))
                .collect();
            let woven = weave(&text, &here).unwrap_or_else(|error| panic!("{file}: {error}"));
            for number in &woven.left_out {
                left_out.insert(*number, LeftOut::Unwoven);
            }
            put(&copy.join(file), &woven.text);
            written.insert(file, woven);
        }
        let errors = check(copy);
        if errors.is_empty() {
            return left_out;
        }
        changed = BTreeSet::new();
        for error in &errors {
            let found = error
                .spans
                .iter()
                .filter(|span| span.is_primary)
                .find_map(|span| {
                    let (file, woven) = written.get_key_value(&*span.file_name)?;
                    let parts = woven.parts.iter().filter(|(part, _)| {
                        part.start <= span.byte_start && span.byte_end <= part.end
                    });
                    let (_, numbers) = parts.min_by_key(|(part, _)| part.len())?;
                    Some((*file, numbers))
                });
            let Some((file, numbers)) = found else {
                panic!("this error belongs to no mutant: {}", error.rendered());
            };
            for number in numbers {
                let words = format!("{} {}", error.code(), error.message);
                left_out.insert(*number, LeftOut::Unviable(words));
            }
            changed.insert(file);
        }
        fs::write(&known, serde_json::to_vec(&left_out).unwrap()).unwrap();
        eprintln!("{} mutants left out so far", left_out.len());
    }
}

/// Writes a file where it changes: what is not written is not built again.
fn put(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}

/// Builds the test binaries of a tree.
pub fn build(copy: &Path) -> Vec<Binary> {
    let mut arguments = vec!["test", "--no-run"];
    for test in TESTS {
        arguments.extend(["--test", test]);
    }
    let messages = cargo(copy, &arguments);
    let mut binaries = Vec::new();
    for message in messages {
        if let (Some(path), Some(target)) = (message.executable, message.target)
            && message.profile.is_some_and(|profile| profile.test)
        {
            // A link of their own: another build may replace them while they run.
            let own = copy.join(format!("run-{}", target.name));
            let _ = fs::remove_file(&own);
            if fs::hard_link(&path, &own).is_err() {
                fs::copy(&path, &own).unwrap();
            }
            binaries.push(Binary {
                name: target.name,
                path: own,
            });
        }
    }
    assert!(!binaries.is_empty(), "nothing was built");
    binaries
}

fn check(copy: &Path) -> Vec<Diagnostic> {
    let messages = cargo(copy, &["build", "--lib"]);
    let all = messages.into_iter().filter_map(|message| message.message);
    all.filter(|error| error.level == "error" && !error.spans.is_empty())
        .collect()
}

fn cargo(copy: &Path, arguments: &[&str]) -> Vec<Message> {
    let output = Command::new("cargo")
        .args(arguments)
        .arg("--message-format=json")
        .current_dir(copy)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let lines = output.stdout.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

/// What cargo says as it builds.
#[derive(Deserialize)]
struct Message {
    message: Option<Diagnostic>,
    executable: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    code: Option<ErrorCode>,
    spans: Vec<Place>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct ErrorCode {
    code: String,
}

#[derive(Deserialize)]
struct Place {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
}

impl Diagnostic {
    fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or(&self.message)
    }
}
