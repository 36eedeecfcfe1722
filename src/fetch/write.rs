//! Files written together: all of them or none, each whole or as it was.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is done to a folder.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Files that get this content, by their names.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files that go.
    pub gone: Vec<String>,
}

/// A step that was taken, and how to take it back.
struct Done {
    target: PathBuf,
    /// What was there before.
    backup: Option<PathBuf>,
}

impl Change {
    /// Makes the change in a folder, which is made where it is not there.
    pub fn commit(&self, folder: &Path) -> Result<()> {
        let failed = |error: &io::Error| {
            Error::unsupported(
                format!("writing to {}", folder.display()),
                error.to_string(),
            )
        };
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let mut ready = Vec::new();
        for (name, content) in &self.files {
            let file = prepare(folder, content).map_err(|error| failed(&error))?;
            ready.push((folder.join(name), file));
        }
        let mut done: Vec<Done> = Vec::new();
        let outcome = exchange(folder, ready, &self.gone, &mut done);
        match outcome {
            Ok(()) => {
                for step in &done {
                    if let Some(backup) = &step.backup {
                        // Left behind it would be litter, and no harm.
                        fs::remove_file(backup).ok();
                    }
                }
                sync(folder).map_err(|error| failed(&error))
            }
            Err(error) => {
                for step in done.iter().rev() {
                    step.undo().map_err(|error| failed(&error))?;
                }
                Err(failed(&error))
            }
        }
    }
}

impl Done {
    fn undo(&self) -> io::Result<()> {
        match &self.backup {
            Some(backup) => fs::rename(backup, &self.target),
            None => fs::remove_file(&self.target),
        }
    }
}

fn prepare(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kelpie-check-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask still applies, as to any file that a command creates.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn exchange(
    folder: &Path,
    ready: Vec<(PathBuf, NamedTempFile)>,
    gone: &[String],
    done: &mut Vec<Done>,
) -> io::Result<()> {
    for (target, file) in ready {
        let backup = set_aside(folder, &target)?;
        done.push(Done {
            target: target.clone(),
            backup,
        });
        let moved = file.persist(&target).map_err(|error| error.error);
        if let Err(error) = moved {
            // The step was taken by half: nothing is there now.
            if let Some(step) = done.pop()
                && let Some(backup) = &step.backup
            {
                fs::rename(backup, &step.target)?;
            }
            return Err(error);
        }
    }
    for name in gone {
        let target = folder.join(name);
        if let Some(backup) = set_aside(folder, &target)? {
            done.push(Done {
                target,
                backup: Some(backup),
            });
        }
    }
    Ok(())
}

/// Moves what is there out of the way; `None` where nothing is. What is no file stays, and fails.
fn set_aside(folder: &Path, target: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // Links and pipes are not the files of an earlier run.
        Ok(metadata) if !metadata.is_file() => {
            let path = target.display();
            return Err(io::Error::other(format!("{path} is not a regular file")));
        }
        Ok(_) => {}
    }
    let place = tempfile::Builder::new()
        .prefix(".kelpie-check-old-")
        .tempfile_in(folder)?;
    let backup = place.into_temp_path().keep().map_err(|error| error.error)?;
    fs::rename(target, &backup)?;
    Ok(Some(backup))
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(files: &[(&str, &str)], gone: &[&str]) -> Change {
        Change {
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            gone: gone.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_come_and_go_together() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("kernel");
        change(&[("a", "1"), ("b", "2")], &[])
            .commit(&inside)
            .unwrap();
        change(&[("a", "3")], &["b", "c"]).commit(&inside).unwrap();
        assert_eq!(names(&inside), ["a"]);
        assert_eq!(fs::read_to_string(inside.join("a")).unwrap(), "3");
    }

    #[test]
    fn one_that_cannot_be_written_leaves_all_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        change(&[("a", "1")], &[]).commit(folder.path()).unwrap();
        fs::create_dir(folder.path().join("z")).unwrap();
        let error = change(&[("a", "2"), ("new", "3"), ("z", "4")], &[])
            .commit(folder.path())
            .unwrap_err();
        assert!(error.to_string().starts_with("writing to "), "{error}");
        assert_eq!(names(folder.path()), ["a", "z"]);
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "1");
    }
}
