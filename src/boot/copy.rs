//! A private copy of a disk image, as cheap as the file system allows: a reflink, or else the data
//! without the holes.

use crate::error::Error;
use crate::source::Source;
use rustix::fs::SeekFrom;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How much of a disk is unpacked at once.
const PIECE_BYTES: u64 = 64 * 1024;
/// What the step over a hole counts as. A small image may describe very many.
const HOLE_COST_BYTES: u64 = 64;

/// How a copy came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// So many bytes are shared until they are written.
    Reflink(u64),
    /// So many bytes of data were copied.
    Data(u64),
}

/// Copies `from` to the new file `to`. Refuses before it copies if the data has more than `most_bytes`,
/// named `scratch_bytes` in the error.
pub fn private(from: &Path, to: &Path, most_bytes: u64) -> io::Result<Copied> {
    let mut from = File::open(from)?;
    // A block device has a length too, but not in its metadata.
    let length = from.seek(io::SeekFrom::End(0))?;
    let mut to = File::create_new(to)?;
    #[cfg(target_os = "linux")]
    if rustix::fs::ioctl_ficlone(&to, &from).is_ok() {
        return Ok(Copied::Reflink(data_bytes(&from, length)?));
    }
    if data_bytes(&from, length)? > most_bytes {
        return Err(io::Error::other(Error::limit("scratch_bytes", most_bytes)));
    }
    to.set_len(length)?;
    let mut copied = 0_u64;
    let mut at = 0_u64;
    while let Some((start, end)) = next_data(&from, at, length)? {
        from.seek(io::SeekFrom::Start(start))?;
        to.seek(io::SeekFrom::Start(start))?;
        let wanted = end.saturating_sub(start);
        let done = io::copy(&mut (&from).take(wanted), &mut to)?;
        copied = copied.saturating_add(done);
        if done < wanted {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the image was cut while it was copied",
            ));
        }
        at = end;
    }
    Ok(Copied::Data(copied))
}

/// Writes a disk that an image holds to the new raw file `to`, without its holes. It may cost at most
/// `most_bytes`, named `scratch_bytes` in the error.
pub fn unpack(disk: &Source, to: &Path, most_bytes: u64) -> io::Result<u64> {
    let to = File::create_new(to)?;
    to.set_len(disk.len())?;
    let (mut at, mut copied, mut cost) = (0_u64, 0_u64, 0_u64);
    while at < disk.len() {
        let hole = disk.hole_bytes(at)?;
        let length = match hole {
            0 => PIECE_BYTES.min(disk.len().saturating_sub(at)),
            _ => hole,
        };
        cost = cost.saturating_add(if hole == 0 { length } else { HOLE_COST_BYTES });
        if cost > most_bytes {
            return Err(io::Error::other(Error::limit("scratch_bytes", most_bytes)));
        }
        if hole == 0 {
            let piece = disk.read("disk", at, length).map_err(io::Error::other)?;
            if piece.iter().any(|byte| *byte != 0) {
                to.write_all_at(&piece, at)?;
                copied = copied.saturating_add(length);
            }
        }
        at = at.saturating_add(length);
    }
    Ok(copied)
}

/// How many bytes of the file are data.
fn data_bytes(file: &File, length: u64) -> io::Result<u64> {
    let (mut bytes, mut at) = (0_u64, 0_u64);
    while let Some((start, end)) = next_data(file, at, length)? {
        bytes = bytes.saturating_add(end.saturating_sub(start));
        at = end;
    }
    Ok(bytes)
}

/// The next run of data from `at` on: its first byte, and the one behind its last.
fn next_data(file: &File, at: u64, length: u64) -> io::Result<Option<(u64, u64)>> {
    if at >= length {
        return Ok(None);
    }
    let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(start) => start,
        Err(rustix::io::Errno::NXIO) => return Ok(None),
        // No file system that knows of holes.
        Err(_) => return Ok(Some((at, length))),
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(start)).unwrap_or(length);
    Ok(Some((start, end.min(length))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn data_is_copied_and_holes_stay_holes() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        let mut file = File::create(&from).unwrap();
        file.write_all(&[1; 5000]).unwrap();
        file.seek(io::SeekFrom::Start(1 << 30)).unwrap();
        file.write_all(b"end").unwrap();
        file.set_len((1 << 30) + (1 << 20)).unwrap();
        let to = folder.path().join("to");
        private(&from, &to, 1 << 20).unwrap();
        let mut copy = File::open(&to).unwrap();
        assert_eq!(copy.metadata().unwrap().len(), (1 << 30) + (1 << 20));
        assert!(copy.metadata().unwrap().blocks() * 512 < 1 << 20);
        let mut bytes = [0; 3];
        copy.seek(io::SeekFrom::Start(1 << 30)).unwrap();
        copy.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"end");
        copy.seek(io::SeekFrom::Start(4999)).unwrap();
        copy.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, [1, 0, 0]);
    }

    #[test]
    fn a_copy_that_is_too_large_is_refused_before_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        std::fs::write(&from, vec![1; 100_000]).unwrap();
        let to = folder.path().join("to");
        match private(&from, &to, 50_000) {
            Ok(Copied::Data(_)) => panic!("it was copied"),
            Ok(Copied::Reflink(_)) => {}
            Err(error) => {
                assert!(error.to_string().contains("scratch_bytes"), "{error}");
                assert_eq!(std::fs::metadata(&to).unwrap().blocks(), 0);
            }
        }
    }

    #[test]
    fn an_empty_image_is_copied_too() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        File::create(&from).unwrap();
        private(&from, &folder.path().join("to"), 0).unwrap();
        assert_eq!(
            std::fs::metadata(folder.path().join("to")).unwrap().len(),
            0
        );
    }
}
