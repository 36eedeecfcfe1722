//! The sandbox of the command: what each subcommand needs, and everything else given up before the
//! first artefact is opened and the first thread starts.

use super::Command;
use super::destination::written_path;
use kelpie_check::confine::{self, Needs, Sockets};
use std::path::{Path, PathBuf};

/// What a subcommand needs after its arguments are parsed.
struct Row {
    /// Its words on the command line.
    command: &'static str,
    needs: Kind,
}

/// How much a subcommand needs.
#[derive(Clone, Copy)]
enum Kind {
    /// It reads files and prints.
    Reads,
    /// It also writes the files that `--output` names.
    Writes,
    /// It also asks servers, and writes a folder and the cache.
    Fetches,
    /// It starts programs, such as QEMU, which inherit the restrictions.
    Starts,
}

const fn row(command: &'static str, needs: Kind) -> Row {
    Row { command, needs }
}

static ROWS: [Row; 19] = [
    row("inspect", Kind::Writes),
    row("init", Kind::Writes),
    row("kernel", Kind::Writes),
    row("initramfs", Kind::Writes),
    row("initramfs build", Kind::Writes),
    row("rootfs", Kind::Writes),
    row("cmdline", Kind::Writes),
    row("check", Kind::Writes),
    row("boot", Kind::Starts),
    row("doctor", Kind::Starts),
    row("diagnose", Kind::Writes),
    row("extract", Kind::Writes),
    row("fetch", Kind::Fetches),
    row("compat", Kind::Reads),
    row("explain", Kind::Reads),
    row("causes", Kind::Reads),
    row("schema", Kind::Reads),
    row("completions", Kind::Reads),
    row("man", Kind::Writes),
];

/// Confines this process to what the subcommand needs. `words` are its words on the command line.
pub fn enter(words: &str, command: &Command) {
    // A subcommand without a row is confined to reading.
    let kind = ROWS
        .iter()
        .find(|row| row.command == words)
        .map_or(Kind::Reads, |row| row.needs);
    let needs = match kind {
        Kind::Reads => Needs::default(),
        Kind::Writes => Needs {
            writes: outputs(command),
            ..Needs::default()
        },
        Kind::Fetches => fetches(command),
        Kind::Starts => Needs {
            programs: true,
            sockets: Sockets::Unix,
            ..Needs::default()
        },
    };
    confine::confine(&needs);
}

fn outputs(command: &Command) -> Vec<PathBuf> {
    let one = |path: &Path| written_path(path).into_iter().collect();
    match command {
        Command::Extract(arguments) => arguments.output().map(one).unwrap_or_default(),
        Command::Man(arguments) => one(arguments.output()),
        Command::Init(arguments) => one(&arguments.output()),
        Command::Initramfs(arguments) => match arguments.output() {
            Some(output) => one(output),
            None => arguments.judging().reporting.written_paths(),
        },
        Command::Inspect(arguments) => arguments.judging().reporting.written_paths(),
        Command::Kernel(arguments) => arguments.judging().reporting.written_paths(),
        Command::Rootfs(arguments) => arguments.judging().reporting.written_paths(),
        Command::Cmdline(arguments) => arguments.judging().reporting.written_paths(),
        Command::Check(arguments) => arguments.judging().reporting.written_paths(),
        Command::Diagnose(arguments) => arguments.judging().reporting.written_paths(),
        _ => Vec::new(),
    }
}

#[cfg(feature = "fetch")]
fn fetches(command: &Command) -> Needs {
    let Command::Fetch(arguments) = command else {
        return Needs::default();
    };
    let mut writes = vec![existing(arguments.output()).to_owned()];
    writes.extend(
        arguments
            .cache_folder()
            .map(|folder| existing(&folder).to_owned()),
    );
    Needs {
        sockets: if arguments.asks_servers() {
            Sockets::Network
        } else {
            Sockets::None
        },
        writes,
        ..Needs::default()
    }
}

#[cfg(not(feature = "fetch"))]
fn fetches(_command: &Command) -> Needs {
    Needs::default()
}

/// The folder, or the nearest one above it where it is to be created.
#[cfg(feature = "fetch")]
fn existing(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::ROWS;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    /// The words of every subcommand, those of its own subcommands included.
    fn subcommands(command: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
        for subcommand in command.get_subcommands() {
            let words = format!("{before} {}", subcommand.get_name());
            found.insert(words.trim_start().to_owned());
            subcommands(subcommand, &words, found);
        }
    }

    #[test]
    fn every_subcommand_has_a_row_and_every_row_a_subcommand() {
        let mut found = BTreeSet::new();
        subcommands(&super::super::Arguments::command(), "", &mut found);
        let commands = || ROWS.iter().map(|row| row.command);
        // A build without fetch has no such subcommand.
        let is_built = |command: &&str| cfg!(feature = "fetch") || *command != "fetch";
        let rows: BTreeSet<String> = commands().filter(is_built).map(str::to_owned).collect();
        assert_eq!(rows, found);
        let distinct: BTreeSet<&str> = commands().collect();
        assert_eq!(distinct.len(), ROWS.len(), "a row stands twice");
    }
}
