//! A tar archive, header by header.

/// One entry.
#[derive(Clone)]
pub struct Entry {
    pub path: String,
    pub typeflag: u8,
    pub link: String,
    pub content: Vec<u8>,
    /// The size in the header, where it lies.
    pub size: Option<String>,
}

pub fn file(path: &str, content: impl Into<Vec<u8>>) -> Entry {
    Entry {
        path: path.to_owned(),
        typeflag: b'0',
        link: String::new(),
        content: content.into(),
        size: None,
    }
}

pub fn directory(path: &str) -> Entry {
    Entry {
        typeflag: b'5',
        ..file(path, "")
    }
}

pub fn symlink(path: &str, target: &str) -> Entry {
    Entry {
        typeflag: b'2',
        link: target.to_owned(),
        ..file(path, "")
    }
}

pub fn hard_link(path: &str, target: &str) -> Entry {
    Entry {
        typeflag: b'1',
        link: target.to_owned(),
        ..file(path, "")
    }
}

impl Entry {
    fn build(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.path.len() > 100 {
            bytes.extend(
                Entry {
                    typeflag: b'L',
                    ..file("././@LongLink", format!("{}\0", self.path))
                }
                .build(),
            );
        }
        let mut header = [0_u8; 512];
        let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
        put(0, &self.path.as_bytes()[..self.path.len().min(100)]);
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        let size = format!("{:011o}\0", self.content.len());
        put(124, self.size.as_ref().unwrap_or(&size).as_bytes());
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[self.typeflag]);
        put(157, self.link.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend(header);
        bytes.extend(&self.content);
        bytes.resize(bytes.len().div_ceil(512) * 512, 0);
        bytes
    }
}

/// Entries without an end, as the segments of packages are.
pub fn segment(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::build).collect()
}

/// A whole archive.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = segment(entries);
    bytes.extend([0; 1024]);
    bytes
}

/// A record of a pax header, its own length in front.
pub fn pax(key: &str, value: &str) -> Entry {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while format!("{length}{rest}").len() != length {
        length = format!("{length}{rest}").len();
    }
    Entry {
        typeflag: b'x',
        ..file("pax", format!("{length}{rest}"))
    }
}
