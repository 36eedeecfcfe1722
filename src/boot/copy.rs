//! A private copy of a disk image, as cheap as the file system allows: a reflink, or else the data
//! without the holes.

use rustix::fs::SeekFrom;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

/// How a copy came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// The blocks are shared until they are written.
    Reflink,
    /// So many bytes of data were copied.
    Data(u64),
}

/// Copies `from` to the new file `to`.
pub fn private(from: &Path, to: &Path) -> io::Result<Copied> {
    let mut from = File::open(from)?;
    let mut to = File::create_new(to)?;
    #[cfg(target_os = "linux")]
    if rustix::fs::ioctl_ficlone(&to, &from).is_ok() {
        return Ok(Copied::Reflink);
    }
    // A block device has a length too, but not in its metadata.
    let length = from.seek(io::SeekFrom::End(0))?;
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
        private(&from, &to).unwrap();
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
    fn an_empty_image_is_copied_too() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        File::create(&from).unwrap();
        private(&from, &folder.path().join("to")).unwrap();
        assert_eq!(
            std::fs::metadata(folder.path().join("to")).unwrap().len(),
            0
        );
    }
}
