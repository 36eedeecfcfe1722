//! Where a command writes: never over one of its inputs, never through a link, never into a device
//! that is more than a sink.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// An output that may be written.
pub struct Destination {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// A file, which is written beside its target and renamed. An existing one keeps its permissions.
    File(Option<Permissions>),
    /// A descriptor of this process, a pipe with a reader, or a device that keeps nothing.
    Open(File),
    /// Standard output.
    Stdout,
}

impl Destination {
    /// Checks that `path` may be written by a command that reads `inputs`, and says why not.
    pub fn new(path: &Path, inputs: &[&Path]) -> Result<Self, String> {
        let shown = path.display();
        let refused = |why: &dyn std::fmt::Display| format!("{shown}: {why}");
        let found = found(path);
        if let Some(found) = &found {
            for input in inputs {
                if is_same(path, found, input) {
                    return Err(refused(&format!(
                        "the output is also the input {}; name another file",
                        input.display()
                    )));
                }
            }
        }
        let kind = match found {
            None => Kind::File(None),
            Some(found) => kind(path, &found).map_err(|error| refused(&error))?,
        };
        Ok(Self {
            path: path.to_owned(),
            kind,
        })
    }

    /// What messages call it.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Writes the whole output. A file is complete when its name appears.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.kind {
            Kind::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Kind::Open(file) => {
                let mut file: &File = file;
                file.write_all(bytes)
            }
            Kind::File(permissions) => {
                let mut file = self.beside(permissions.as_ref())?;
                file.write_all(bytes)?;
                file.as_file().sync_all()?;
                file.persist(&self.path)
                    .map(drop)
                    .map_err(|error| error.error)
            }
        }
    }

    /// Opens the output to be written piece by piece. A new file takes the name at once, so that what
    /// was there before is never opened.
    #[cfg(unix)]
    pub fn stream(&self) -> io::Result<Box<dyn Write>> {
        Ok(match &self.kind {
            Kind::Stdout => Box::new(io::stdout()),
            Kind::Open(file) => Box::new(file.try_clone()?),
            Kind::File(permissions) => {
                let file = self.beside(permissions.as_ref())?;
                Box::new(file.persist(&self.path).map_err(|error| error.error)?)
            }
        })
    }

    fn beside(&self, permissions: Option<&Permissions>) -> io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".kelpie-check-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The umask still applies, as to any file that a command creates.
            builder.permissions(Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder(&self.path))?;
        if let Some(permissions) = permissions {
            file.as_file().set_permissions(permissions.clone())?;
        }
        Ok(file)
    }
}

/// Checks the output folder of a command that reads `inputs`. Files whose names begin with one of
/// `written` are replaced, so no input may be one of them. The error says why the folder is refused.
#[cfg(feature = "fetch")]
pub fn check_folder(folder: &Path, inputs: &[&Path], written: &[&str]) -> Result<(), String> {
    let shown = folder.display();
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_symlink() => return Err(format!("{shown}: {A_LINK}")),
        Ok(found) if !found.is_dir() => return Err(format!("{shown}: not a folder")),
        _ => {}
    }
    let Ok(own) = folder.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        let is_inside = input.is_file()
            && written.iter().any(|start| name.starts_with(start))
            && input
                .canonicalize()
                .is_ok_and(|input| input.parent() == Some(&own));
        if is_inside {
            return Err(format!(
                "{}: the output would replace this input in {shown}; name another folder",
                input.display()
            ));
        }
    }
    Ok(())
}

/// The path that a confined process has to be allowed to write to for this output; `None` for what it
/// has open already.
pub fn written_path(output: &Path) -> Option<PathBuf> {
    if is_descriptor(output) {
        return output.canonicalize().ok();
    }
    let is_special =
        fs::symlink_metadata(output).is_ok_and(|found| !found.is_file() && !found.is_dir());
    Some(if is_special {
        output.to_owned()
    } else {
        folder(output).to_owned()
    })
}

const A_LINK: &str =
    "a symbolic link, which kelpie-check does not follow; name the file that it points to";

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Returns true if the path names a descriptor of this process, as `>(…)` of a shell does.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr"]
        .iter()
        .any(|name| path == Path::new(name))
        || ["/dev/fd", "/proc/self/fd"]
            .iter()
            .any(|folder| path.parent() == Some(Path::new(folder)))
}

fn is_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| path == Path::new(name))
}

/// What stands at the path, if anything does. The path that cannot be looked up cannot be written
/// either, which says why.
fn found(path: &Path) -> Option<Metadata> {
    if is_descriptor(path) {
        fs::metadata(path).ok()
    } else {
        fs::symlink_metadata(path).ok()
    }
}

fn kind(path: &Path, found: &Metadata) -> io::Result<Kind> {
    if is_stdout(path) {
        expect_no_terminal(&io::stdout())?;
        return Ok(Kind::Stdout);
    }
    if is_descriptor(path) {
        let file = fs::OpenOptions::new().append(true).open(path)?;
        expect_no_terminal(&file)?;
        return Ok(Kind::Open(file));
    }
    if found.is_symlink() {
        return Err(io::Error::other(A_LINK));
    }
    if found.is_file() {
        return Ok(Kind::File(Some(found.permissions())));
    }
    if found.is_dir() {
        // No file is renamed over a folder.
        return Ok(Kind::File(None));
    }
    special(path, found).map(Kind::Open)
}

/// The bytes of an artefact may not steer a terminal.
fn expect_no_terminal(output: &impl IsTerminal) -> io::Result<()> {
    if output.is_terminal() {
        return Err(io::Error::other("a terminal; name a file or a pipe"));
    }
    Ok(())
}

/// Opens a pipe or a device without waiting, and without following a link that took its place.
#[cfg(unix)]
fn special(path: &Path, found: &Metadata) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::Errno;
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    if kind.is_socket() {
        return Err(io::Error::other("a socket; name a file"));
    }
    if !kind.is_fifo() && !is_sink(found) {
        return Err(io::Error::other("a device; name a file"));
    }
    let flags =
        OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NXIO) => return Err(io::Error::other("no process reads this pipe")),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.file_type() != kind {
        return Err(io::Error::other("it was replaced while it was opened"));
    }
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Returns true for `/dev/null`, `/dev/zero` and `/dev/full`, by whatever name.
#[cfg(unix)]
fn is_sink(found: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    found.file_type().is_char_device()
        && ["/dev/null", "/dev/zero", "/dev/full"]
            .iter()
            .any(|sink| fs::metadata(sink).is_ok_and(|sink| sink.rdev() == found.rdev()))
}

#[cfg(not(unix))]
fn special(path: &Path, _found: &Metadata) -> io::Result<File> {
    fs::OpenOptions::new().write(true).open(path)
}

/// Returns true if the output and the input are one file, under whatever names. `-` is the file that
/// standard input comes from.
#[cfg(unix)]
fn is_same(_path: &Path, output: &Metadata, input: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let input = if input == Path::new("-") {
        rustix::io::dup(rustix::stdio::stdin())
            .map_err(io::Error::from)
            .and_then(|input| File::from(input).metadata())
    } else {
        fs::metadata(input)
    };
    output.is_file()
        && input.is_ok_and(|input| (input.dev(), input.ino()) == (output.dev(), output.ino()))
}

#[cfg(not(unix))]
fn is_same(path: &Path, _output: &Metadata, input: &Path) -> bool {
    match (path.canonicalize(), input.canonicalize()) {
        (Ok(path), Ok(input)) => path == input,
        _ => false,
    }
}
