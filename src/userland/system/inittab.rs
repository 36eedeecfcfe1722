//! `/etc/inittab`: what busybox's and System V's init start.
//!
//! Sources: `inittab(5)` of sysvinit; busybox's `init/init.c` and `examples/inittab`, to which the
//! first field is the terminal.

use crate::bytes::escaped;
use crate::error::Result;
use crate::tree::Tree;

/// The lines of `/etc/inittab`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inittab {
    /// The entries, in its own order. Lines of less than four fields are left out.
    pub entries: Vec<InittabEntry>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InittabEntry {
    /// The first field: to busybox the terminal.
    pub id: String,
    /// The run levels, which busybox ignores.
    pub runlevels: String,
    /// `sysinit`, `respawn`, `askfirst` …
    pub action: String,
    /// The command.
    pub process: String,
}

impl InittabEntry {
    /// The terminal on which it lets somebody log in: what its getty is told, or the first field.
    pub fn terminal(&self) -> Option<&str> {
        if !matches!(
            self.action.as_str(),
            "respawn" | "askfirst" | "once" | "wait"
        ) {
            return None;
        }
        let mut words = self.process.split_ascii_whitespace();
        let command = words.next()?.trim_start_matches('-');
        let name = command.rsplit('/').next().unwrap_or(command);
        let is_getty = name.ends_with("getty");
        let is_shell = matches!(name, "sh" | "ash" | "bash" | "login" | "sulogin");
        if !is_getty && !is_shell {
            return None;
        }
        let id = Some(self.id.as_str()).filter(|id| is_terminal(id));
        match is_getty {
            true => words
                .map(|word| word.trim_start_matches("/dev/"))
                .find(|word| is_terminal(word))
                .or(id),
            false => id,
        }
    }
}

impl Inittab {
    /// The terminals with a login, each once.
    pub fn terminals(&self) -> Vec<&str> {
        let mut terminals = Vec::new();
        for terminal in self.entries.iter().filter_map(InittabEntry::terminal) {
            if !terminals.contains(&terminal) {
                terminals.push(terminal);
            }
        }
        terminals
    }

    /// Whether it starts OpenRC.
    pub fn starts_openrc(&self) -> bool {
        self.entries.iter().any(|entry| {
            let mut words = entry.process.split_ascii_whitespace();
            let command = words.next().unwrap_or_default();
            matches!(command.rsplit('/').next(), Some("openrc"))
                || (command == "/sbin/rc" && entry.action != "respawn")
        })
    }
}

fn is_terminal(word: &str) -> bool {
    word == "console"
        || ["tty", "hvc"].iter().any(|kind| {
            let rest = word.strip_prefix(kind);
            rest.is_some_and(|rest| {
                rest.chars()
                    .all(|character| character.is_ascii_alphanumeric())
            })
        })
}

/// `/etc/inittab`; `None` where there is none.
pub fn inittab(tree: &dyn Tree) -> Result<Option<Inittab>> {
    let text = super::text(tree, b"/etc/inittab")?;
    Ok(text.map(|(_, bytes)| Inittab {
        entries: super::lines(&bytes).filter_map(entry).collect(),
    }))
}

fn entry(line: &[u8]) -> Option<InittabEntry> {
    let mut fields = line.splitn(4, |byte| *byte == b':').map(escaped);
    Some(InittabEntry {
        id: fields.next()?,
        runlevels: fields.next()?,
        action: fields.next()?,
        process: fields.next()?,
    })
}
