//! How musl's loader finds a library.
//!
//! Source: musl's `ldso/dynlink.c`: `load_library`, `path_open`, `fixup_rpath`.

use super::super::directory;
use super::{Candidate, Outcome, Search, joined, replaced};
use crate::error::Result;
use crate::tree::{Errno, FileType, NAME_MAX, read_whole, resolve};

/// Longest list of directories that is read.
const PATH_FILE_BYTES: u64 = 64 * 1024;
/// The names that musl answers itself, between `lib` and what follows.
const MUSL_OWN: [&[u8]; 7] = [
    b"c.",
    b"pthread.",
    b"rt.",
    b"m.",
    b"dl.",
    b"util.",
    b"xnet.",
];
/// Where musl looks when nobody tells it.
const MUSL_DEFAULT: &[u8] = b"/lib:/usr/local/lib:/usr/lib";

impl Search<'_> {
    pub(super) fn load_by_musl(&self, name: &[u8], by: usize) -> Result<Outcome> {
        let is_own = name
            .strip_prefix(b"lib")
            .is_some_and(|rest| MUSL_OWN.iter().any(|own| rest.starts_with(own)));
        if is_own || name == self.loader_name {
            return Ok(Outcome::Loaded(self.loader.path.clone()));
        }
        if name.is_empty() {
            return Ok(Outcome::Missing(None));
        }
        if name.contains(&b'/') {
            let candidate = self.candidate(name)?;
            return Ok(self.outcome(name.to_vec(), candidate));
        }
        if name.len() > NAME_MAX {
            return Ok(Outcome::Missing(None));
        }
        // The search paths of the object and of all that led to it.
        let mut ancestor = Some(by);
        while let Some(object) = ancestor.and_then(|index| self.objects.get(index)) {
            if let Some(outcome) = self.first_of(name, &object.runpath)? {
                return Ok(outcome);
            }
            ancestor = object.parent;
        }
        let outcome = self.first_of(name, &self.default_directories)?;
        Ok(outcome.unwrap_or(Outcome::Missing(None)))
    }

    /// musl takes the first file of that name, whatever it is.
    fn first_of(&self, name: &[u8], directories: &[Vec<u8>]) -> Result<Option<Outcome>> {
        for directory in directories {
            let path = joined(directory, name);
            match self.candidate(&path)? {
                Candidate::Absent(Errno::Loop) => return Ok(Some(Outcome::Missing(None))),
                Candidate::Absent(_) => {}
                candidate => return Ok(Some(self.outcome(path, candidate))),
            }
        }
        Ok(None)
    }

    /// The directories of `/etc/ld-musl-ARCH.path`, two levels above the loader; or those that are
    /// built in.
    pub(super) fn musl_directories(&self, architecture: &[u8]) -> Result<Vec<Vec<u8>>> {
        let prefix = directory(directory(self.loader_name));
        let file = [prefix, b"/etc/ld-musl-", architecture, b".path"].concat();
        let found = match resolve(self.tree, &file)? {
            Ok(found) => found,
            Err(lost) if lost.errno == Errno::NotFound => return Ok(split(MUSL_DEFAULT)),
            Err(_) => return Ok(Vec::new()),
        };
        if found.stat.file_type != FileType::Regular {
            return Ok(Vec::new());
        }
        let text = read_whole(self.tree, &found, "bytes of ld-musl path", PATH_FILE_BYTES)?;
        Ok(split(&text))
    }
}

/// musl's own: every `$` has to begin `$ORIGIN` or `${ORIGIN}`, and that to be known, or the whole path
/// is void.
pub(super) fn expanded(path: &[u8], origin: Option<&[u8]>) -> Option<Vec<u8>> {
    let Some(origin) = origin else {
        return (!path.contains(&b'$')).then(|| path.to_vec());
    };
    let (expanded, unknown) = replaced(path, &[(b"ORIGIN", origin)]);
    (unknown == 0).then_some(expanded)
}

pub(super) fn split(path: &[u8]) -> Vec<Vec<u8>> {
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    path.split(|byte| matches!(byte, b':' | b'\n'))
        .filter(|part| !part.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}
