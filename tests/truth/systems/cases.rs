//! The cases, as `cases.toml` lists them.

use crate::support;
use serde::Deserialize;

/// A change of a file in the root's ext4.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A file or a link that is removed.
    Remove(String),
    /// A link to a target.
    Link(String, String),
    /// A file with this text and mode.
    Write(String, String, u32),
    /// One byte of a program.
    Patch(String, usize, u8),
    /// The type and mode of a file.
    Mode(String, u32),
}

/// A change of the archive.
#[derive(Clone, Debug)]
pub enum Archived {
    Whole,
    /// This many percent of it.
    Cut(usize),
    /// With another archive after it: paths, texts and modes.
    With(Vec<(String, String, u32)>),
}

/// One boot.
#[derive(Clone, Debug)]
pub struct Case {
    /// The system and its change.
    pub title: String,
    /// Names of files that `make.sh` makes, without their extensions.
    pub kernel: String,
    pub archive: Option<String>,
    pub disk: Option<String>,
    pub line: String,
    pub archived: Archived,
    pub edits: Vec<Edit>,
    pub cpu: String,
    pub is_read_only: bool,
}

const ROOT: &str = "root=UUID=11111111-2222-4333-8444-55555555abcd";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    systems: Vec<String>,
    /// What every line of the group has.
    #[serde(default)]
    always: String,
    #[serde(default)]
    is_booted_unchanged: bool,
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    change: Vec<Change>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    name: String,
    root: Option<String>,
    words: Option<String>,
    kernel: Option<String>,
    has_no_archive: bool,
    cpu: Option<String>,
    is_read_only: bool,
    cut_percent: Option<usize>,
    put: Vec<(String, String, String)>,
    remove: Vec<String>,
    link: Vec<(String, String)>,
    write: Vec<(String, String, String)>,
    patch: Vec<(String, usize, u8)>,
    mode: Vec<(String, String)>,
}

/// All cases, in the order of the table.
pub fn all() -> Vec<Case> {
    let path = support::repository("tests/truth/systems/cases.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    table.group.iter().flat_map(of_group).collect()
}

fn of_group(group: &Group) -> Vec<Case> {
    let named = |name: &str| Change {
        name: name.to_owned(),
        ..Change::default()
    };
    let mut changes = Vec::new();
    if group.is_booted_unchanged {
        changes.push(named("as it boots"));
    }
    changes.extend(group.roots.iter().map(|root| Change {
        root: Some(root.clone()),
        ..named(if root.is_empty() {
            "without root="
        } else {
            root
        })
    }));
    changes.extend(group.words.iter().map(|words| Change {
        words: Some(words.clone()),
        ..named(words)
    }));
    changes.extend(group.change.iter().cloned());
    let systems = group.systems.iter();
    systems
        .flat_map(|system| {
            changes
                .iter()
                .map(|change| case(system, &group.always, change))
        })
        .collect()
}

fn case(system: &str, always: &str, change: &Change) -> Case {
    let [suite, archive, disk] = system.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{system} is no suite, archive and disk");
    };
    let root = change.root.as_deref().unwrap_or(ROOT);
    let words = [
        root,
        "ro",
        "console=ttyS0",
        always,
        change.words.as_deref().unwrap_or_default(),
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let kernel = change.kernel.as_deref().unwrap_or(suite);
    Case {
        title: format!("{system}: {}", change.name),
        kernel: kernel.to_owned(),
        archive: (!change.has_no_archive).then(|| format!("{suite}-{archive}")),
        disk: Some(format!("{suite}-{disk}")),
        line: words.join(" "),
        archived: archived(change),
        edits: edits(change),
        cpu: change.cpu.as_deref().unwrap_or("max").to_owned(),
        is_read_only: change.is_read_only,
    }
}

fn archived(change: &Change) -> Archived {
    match change.cut_percent {
        Some(percent) => Archived::Cut(percent),
        None if change.put.is_empty() => Archived::Whole,
        None => Archived::With(change.put.iter().map(file).collect()),
    }
}

fn edits(change: &Change) -> Vec<Edit> {
    let mut edits: Vec<Edit> = change.remove.iter().cloned().map(Edit::Remove).collect();
    let links = change.link.iter().cloned();
    edits.extend(links.map(|(path, target)| Edit::Link(path, target)));
    edits.extend(
        change
            .write
            .iter()
            .map(file)
            .map(|(path, text, mode)| Edit::Write(path, text, mode)),
    );
    let patches = change.patch.iter().cloned();
    edits.extend(patches.map(|(path, at, byte)| Edit::Patch(path, at, byte)));
    let modes = change.mode.iter();
    edits.extend(modes.map(|(path, mode)| Edit::Mode(path.clone(), octal(mode))));
    edits
}

fn file((path, text, mode): &(String, String, String)) -> (String, String, u32) {
    (path.clone(), text.clone(), octal(mode))
}

fn octal(text: &str) -> u32 {
    u32::from_str_radix(text, 8).expect("a mode is octal")
}
