//! `ls`, `cat` and `stat` inside a root or an archive, for those who troubleshoot.

use super::Exit;
use super::output::{Raw, complain, print};
use kelpie_check::bytes::escaped;
use kelpie_check::error::Result;
use kelpie_check::printable::Printable;
use kelpie_check::tree::{self, FileType, Found, NodeId, Resolution, Stat, Tree};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How much is read of a file at once.
const PIECE_BYTES: u64 = 1024 * 1024;

/// What is asked of a path inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    List,
    Print,
    Stat,
}

/// A path inside, and what is asked of it.
pub struct Question {
    action: Action,
    path: Vec<u8>,
}

/// Tells artefacts from a question: `IMAGE ls PATH` is one, `IMAGE IMAGE…` is none.
pub fn question(arguments: &[PathBuf]) -> std::result::Result<Option<Question>, String> {
    let Some(action) = arguments.get(1).and_then(|word| action(word)) else {
        return Ok(None);
    };
    let path = match &arguments[2..] {
        [] if action == Action::List => b"/".to_vec(),
        [path] => super::bytes_of(path.as_os_str()),
        [] => return Err("cat and stat need a path".to_owned()),
        _ => return Err("ls, cat and stat take one path".to_owned()),
    };
    Ok(Some(Question { action, path }))
}

fn action(word: &Path) -> Option<Action> {
    match word.to_str()? {
        "ls" => Some(Action::List),
        "cat" => Some(Action::Print),
        "stat" => Some(Action::Stat),
        _ => None,
    }
}

/// Answers the question; `flags` gives the words that only this kind of tree has for a node.
pub fn answer(
    tree: &dyn Tree,
    question: &Question,
    flags: &dyn Fn(NodeId) -> Result<Vec<String>>,
) -> Exit {
    let shown = escaped(&question.path);
    let resolved = match question.action {
        Action::Stat => tree::resolve_no_follow(tree, &question.path),
        Action::List | Action::Print => tree::resolve(tree, &question.path),
    };
    let outcome = resolved.and_then(|resolution| match resolution {
        Resolution::Err(lost) => {
            complain(&format!("{shown}: {} at {}", lost.errno, escaped(&lost.at)));
            Ok(Exit::Findings)
        }
        Resolution::Ok(found) => match question.action {
            Action::List => list(tree, &found),
            Action::Print => cat(tree, &found),
            Action::Stat => stat(tree, &found, flags),
        },
    });
    outcome.unwrap_or_else(|error| {
        complain(&format!("{shown}: {error}"));
        Exit::Unreadable
    })
}

fn list(tree: &dyn Tree, found: &Found) -> Result<Exit> {
    let mut text = String::new();
    if found.stat.file_type != FileType::Directory {
        line(&mut text, tree, found.node, &found.stat, &found.path)?;
        return Ok(print(&Printable::lines(&text), Exit::Clean));
    }
    let mut entries = tree.list(found.node)?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    for entry in entries {
        let stat = tree.stat(entry.node)?;
        line(&mut text, tree, entry.node, &stat, &entry.name)?;
    }
    Ok(print(&Printable::lines(&text), Exit::Clean))
}

fn line(text: &mut String, tree: &dyn Tree, node: NodeId, stat: &Stat, name: &[u8]) -> Result<()> {
    let size = match stat.device {
        Some((major, minor)) => format!("{major}, {minor}"),
        None => stat.size_bytes.to_string(),
    };
    write!(
        text,
        "{} {:>3} {:>5} {:>5} {size:>12} {}",
        mode(stat),
        stat.links,
        stat.uid,
        stat.gid,
        escaped(name)
    )
    .ok();
    if stat.file_type == FileType::Symlink {
        write!(text, " -> {}", escaped(&tree.read_link(node)?)).ok();
    }
    text.push('\n');
    Ok(())
}

/// `drwxr-xr-x`, with the letters of set-user-ID, set-group-ID and sticky.
fn mode(stat: &Stat) -> String {
    let mut text = String::from(stat.file_type.letter());
    for (shift, special, letters) in [
        (6, 0o4000, ['s', 'S']),
        (3, 0o2000, ['s', 'S']),
        (0, 0o1000, ['t', 'T']),
    ] {
        let bits = stat.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, stat.mode & special != 0) {
            (true, true) => letters[0],
            (false, true) => letters[1],
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

fn cat(tree: &dyn Tree, found: &Found) -> Result<Exit> {
    let shown = escaped(&found.path);
    if found.stat.file_type != FileType::Regular {
        complain(&format!("{shown} is a {}", found.stat.file_type));
        return Ok(Exit::Findings);
    }
    let mut out = Raw::new();
    let mut written = Ok(());
    let mut offset = 0;
    while written.is_ok() && offset < found.stat.size_bytes {
        let piece = tree.read(found.node, offset, PIECE_BYTES)?;
        if piece.is_empty() {
            break;
        }
        if offset == 0 && out.would_be_garbage(&piece) {
            complain(&format!("{shown} is binary; send it to a file or a pipe"));
            return Ok(Exit::Usage);
        }
        written = out.write(&piece);
        offset += u64::try_from(piece.len()).unwrap_or(u64::MAX);
    }
    Ok(out.finish(written))
}

fn stat(
    tree: &dyn Tree,
    found: &Found,
    flags: &dyn Fn(NodeId) -> Result<Vec<String>>,
) -> Result<Exit> {
    let stat = &found.stat;
    let mut text = String::new();
    let mut entry = |label: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "{label:<9} {value}").ok();
        }
    };
    entry("path", escaped(&found.path));
    entry("type", stat.file_type.to_string());
    entry("node", found.node.0.to_string());
    entry("mode", format!("{:04o} {}", stat.mode, mode(stat)));
    entry("owner", format!("{}:{}", stat.uid, stat.gid));
    entry("size", format!("{} bytes", stat.size_bytes));
    entry("links", stat.links.to_string());
    entry("modified", format!("{} s since 1970", stat.modified));
    if let Some((major, minor)) = stat.device {
        entry("device", format!("{major}:{minor}"));
    }
    entry("flags", flags(found.node)?.join(" "));
    if stat.file_type == FileType::Symlink {
        let target = tree.read_link(found.node)?;
        entry("target", escaped(&target));
        entry(
            "leads to",
            match tree::resolve(tree, &found.path)? {
                Ok(end) => escaped(&end.path),
                Err(lost) => format!("nowhere: {} at {}", lost.errno, escaped(&lost.at)),
            },
        );
    }
    Ok(print(&Printable::lines(&text), Exit::Clean))
}
