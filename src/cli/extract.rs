//! `kelpie-check extract`: a kernel in another form, written whole or not at all.

use super::Exit;
use super::judging::{limits, parse_limit};
use super::output::{complain, print, would_hit_a_terminal};
use kelpie_check::convert::{self, Form};
use kelpie_check::error::Result;
use kelpie_check::kernel::Kernel;
use kelpie_check::source::Source;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Arguments {
    /// The kernel image, or - for standard input
    path: PathBuf,
    /// What to make of it
    #[arg(long, value_parser = parse_form)]
    to: Form,
    /// Where to write it; standard output without this
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Raise or lower a limit (see kelpie-check kernel --help)
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

fn parse_form(name: &str) -> std::result::Result<Form, String> {
    Form::ALL
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, form)| form)
        .ok_or_else(|| {
            let names = Form::ALL.map(|(name, _)| name);
            format!("one of {}", names.join(", "))
        })
}

pub fn run(arguments: Arguments) -> Exit {
    let limits = limits(&arguments.limits);
    let name = arguments.path.display().to_string();
    let outcome = open(&arguments.path, &limits).map(|source| Kernel::new(source, limits.clone()));
    let kernel = match outcome {
        Ok(kernel) => kernel,
        Err(error) => return fail(&name, &error.to_string()),
    };
    let bytes = match convert::extract(&kernel, arguments.to, &limits) {
        Ok(bytes) => bytes,
        Err(error) => return fail(&name, &error.to_string()),
    };
    match &arguments.output {
        Some(path) => match write(path, &bytes) {
            Ok(()) => Exit::Clean,
            Err(error) => fail(
                &path.display().to_string(),
                &format!("cannot write: {error}"),
            ),
        },
        None if would_hit_a_terminal() && bytes.contains(&0) => {
            complain("binary output is not written to a terminal; give -o FILE");
            Exit::Usage
        }
        None => print(&bytes, Exit::Clean),
    }
}

/// Opens a file, or standard input for `-`.
pub fn open(path: &Path, limits: &kelpie_check::limits::Limits) -> Result<Source> {
    if path == Path::new("-") {
        return Source::from_reader("standard input", io::stdin().lock(), limits);
    }
    Source::open(path)
}

pub fn fail(name: &str, error: &str) -> Exit {
    complain(&format!("{name}: {error}"));
    Exit::Unreadable
}

/// Writes beside the target and renames, so that it is never seen half written. A link stays a link,
/// an existing file keeps its permissions, and what is no file (a pipe, `/dev/null`) is written to.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (target, existing) = match std::fs::metadata(path) {
        Ok(existing) if existing.is_file() => (path.canonicalize()?, Some(existing.permissions())),
        Ok(existing) if existing.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => {
            let mut device = std::fs::OpenOptions::new().write(true).open(path)?;
            return device.write_all(bytes);
        }
        Err(_) => (path.to_path_buf(), None),
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kelpie-check-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask still applies, as to any file that a command creates.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map(drop).map_err(|error| error.error)
}
