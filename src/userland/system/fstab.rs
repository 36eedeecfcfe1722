//! `/etc/fstab`: what the system mounts once it runs.
//!
//! Source: `fstab(5)`: six fields between blanks, `\040` and its like for blanks inside of them.

use crate::bytes::escaped;
use crate::error::Result;
use crate::tree::Tree;

/// The lines of `/etc/fstab`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fstab {
    /// The mounts, in its own order. Lines of less than three fields are left out.
    pub mounts: Vec<Mount>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted: `/dev/vda`, `UUID=…`, `tmpfs`.
    pub device: String,
    /// Where.
    pub mount_point: String,
    /// The type: `ext4`, `auto`.
    pub file_system: String,
    /// The options, apart.
    pub options: Vec<String>,
}

impl Fstab {
    /// The line of the root file system; of two the last one counts.
    pub fn root(&self) -> Option<&Mount> {
        self.mounts
            .iter()
            .rev()
            .find(|mount| mount.mount_point == "/")
    }
}

/// `/etc/fstab`; `None` where there is none.
pub fn fstab(tree: &dyn Tree) -> Result<Option<Fstab>> {
    let text = super::text(tree, b"/etc/fstab")?;
    Ok(text.map(|(_, bytes)| Fstab {
        mounts: super::lines(&bytes).filter_map(mount).collect(),
    }))
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|field| !field.is_empty())
        .map(field);
    Some(Mount {
        device: fields.next()?,
        mount_point: fields.next()?,
        file_system: fields.next()?,
        options: fields
            .next()
            .map(|options| options.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
    })
}

fn field(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        let code = after
            .get(..3)
            .filter(|_| *byte == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.unwrap_or(*byte));
        rest = match code {
            Some(_) => after.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    escaped(&out)
}
