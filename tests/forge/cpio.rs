//! cpio archives, an entry a call, every field of a header free.

/// An entry; what is not set is what a plain file would have.
#[derive(Clone)]
pub struct Entry {
    pub magic: [u8; 6],
    pub ino: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u32,
    pub mtime: u32,
    /// What the header states; the content's length otherwise.
    pub filesize: Option<u32>,
    pub device: (u32, u32),
    pub rdev: (u32, u32),
    /// What the header states; the name's length with its NUL otherwise.
    pub namesize: Option<u32>,
    pub chksum: u32,
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    /// What ends the name.
    pub end_of_name: u8,
}

impl Entry {
    fn new(mode: u32, name: &str, content: &[u8]) -> Self {
        Self {
            magic: *b"070701",
            ino: 0,
            mode,
            uid: 0,
            gid: 0,
            nlink: 1,
            mtime: 1_700_000_000,
            filesize: None,
            device: (0, 0),
            rdev: (0, 0),
            namesize: None,
            chksum: 0,
            name: name.as_bytes().to_vec(),
            content: content.to_vec(),
            end_of_name: 0,
        }
    }

    pub fn file(name: &str, content: &[u8]) -> Self {
        Self::new(0o100_755, name, content)
    }

    pub fn directory(name: &str) -> Self {
        Self::new(0o040_755, name, b"")
    }

    pub fn link(name: &str, target: &str) -> Self {
        Self::new(0o120_777, name, target.as_bytes())
    }

    pub fn device(name: &str, mode: u32, rdev: (u32, u32)) -> Self {
        Self {
            rdev,
            ..Self::new(mode, name, b"")
        }
    }

    /// With the checksum of its content, as `cpio -H crc` writes it.
    pub fn summed(self) -> Self {
        let sum = self
            .content
            .iter()
            .fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        Self {
            magic: *b"070702",
            chksum: sum,
            ..self
        }
    }

    /// Header, name and content, each padded to a multiple of four.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.magic.to_vec();
        let fields = [
            self.ino,
            self.mode,
            self.uid,
            self.gid,
            self.nlink,
            self.mtime,
            self.filesize
                .unwrap_or(u32::try_from(self.content.len()).unwrap()),
            self.device.0,
            self.device.1,
            self.rdev.0,
            self.rdev.1,
            self.namesize
                .unwrap_or(u32::try_from(self.name.len() + 1).unwrap()),
            self.chksum,
        ];
        for field in fields {
            out.extend(format!("{field:08X}").bytes());
        }
        out.extend(&self.name);
        out.push(self.end_of_name);
        pad(&mut out);
        out.extend(&self.content);
        pad(&mut out);
        out
    }
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

/// The entries, without a trailer.
pub fn entries(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::bytes).collect()
}

/// The entries and a trailer.
pub fn archive(of: &[Entry]) -> Vec<u8> {
    let mut out = entries(of);
    out.extend(trailer());
    out
}

/// The end of an archive.
pub fn trailer() -> Vec<u8> {
    Entry {
        mode: 0,
        mtime: 0,
        ..Entry::file("TRAILER!!!", b"")
    }
    .bytes()
}
