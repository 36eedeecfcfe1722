//! The header of a cpio entry.
//!
//! Source: `init/initramfs.c` (`do_header`, `parse_header`);
//! `Documentation/driver-api/early-userspace/buffer-format.rst`.

use super::failure::Failure;
use crate::error::Error;
use crate::tree::FileType;

/// What a kernel says of a header with digits that are none.
pub const DAMAGED_HEADER: &str = "damaged header";
/// Six bytes of magic and thirteen fields of eight hexadecimal digits.
pub(super) const HEADER_BYTES: usize = 110;
const MAGIC_BYTES: usize = 6;
pub(super) const NEWC: &[u8] = b"070701";
const CRC: &[u8] = b"070702";
const ODC: &[u8] = b"070707";
/// The fields in their order, as the document spells them.
const FIELDS: [&str; 13] = [
    "cpio c_ino",
    "cpio c_mode",
    "cpio c_uid",
    "cpio c_gid",
    "cpio c_nlink",
    "cpio c_mtime",
    "cpio c_filesize",
    "cpio c_maj",
    "cpio c_min",
    "cpio c_rmaj",
    "cpio c_rmin",
    "cpio c_namesize",
    "cpio c_chksum",
];

/// The header of an entry, its digits read.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub ino: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u32,
    pub mtime: u32,
    pub filesize: u32,
    pub major: u32,
    pub minor: u32,
    pub rmajor: u32,
    pub rminor: u32,
    pub namesize: u32,
    pub chksum: u32,
    /// Whether `chksum` counts: magic 070702.
    pub has_checksum: bool,
}

impl Header {
    /// The fields in their order.
    pub fn fields(&self) -> [u32; FIELDS.len()] {
        [
            self.ino,
            self.mode,
            self.uid,
            self.gid,
            self.nlink,
            self.mtime,
            self.filesize,
            self.major,
            self.minor,
            self.rmajor,
            self.rminor,
            self.namesize,
            self.chksum,
        ]
    }

    pub fn read(bytes: &[u8], offset: u64) -> std::result::Result<Self, Failure> {
        let (magic, digits) = bytes.split_at_checked(MAGIC_BYTES).unwrap_or_default();
        let has_checksum = match magic {
            NEWC => false,
            CRC => true,
            _ => {
                let kernel_message = if magic == ODC {
                    "incorrect cpio method used: use -H newc option"
                } else {
                    "no cpio magic"
                };
                let error = Error::invalid(
                    "cpio c_magic",
                    offset,
                    "070701 or 070702",
                    crate::bytes::escaped(magic),
                );
                return Err(Failure::new(kernel_message, error));
            }
        };
        let mut values = [0_u32; FIELDS.len()];
        let fields = FIELDS.iter().zip(&mut values).zip(digits.chunks(8));
        for (index, ((field, value), digits)) in (0_u64..).zip(fields) {
            *value = hexadecimal(digits).ok_or_else(|| {
                let at = offset
                    .saturating_add(6)
                    .saturating_add(index.saturating_mul(8));
                let found = crate::bytes::escaped(digits);
                // Older kernels take what digits there are, and go wrong later.
                let error = Error::invalid(*field, at, "eight hexadecimal digits", found);
                Failure::new(DAMAGED_HEADER, error)
            })?;
        }
        let [
            ino,
            mode,
            uid,
            gid,
            nlink,
            mtime,
            filesize,
            major,
            minor,
            rmajor,
            rminor,
            namesize,
            chksum,
        ] = values;
        Ok(Self {
            ino,
            mode,
            uid,
            gid,
            nlink,
            mtime,
            filesize,
            major,
            minor,
            rmajor,
            rminor,
            namesize,
            chksum,
            has_checksum,
        })
    }

    /// How long the name is as it padded: header and name together end on a multiple of four.
    pub fn padded_name_bytes(&self) -> u64 {
        (u64::from(self.namesize).saturating_add(1) & !3).saturating_add(2)
    }

    /// What the entry is, if the kernel knows its type.
    pub fn file_type(&self) -> Option<FileType> {
        // The kernel's umode_t has sixteen bits.
        FileType::of_mode(self.mode & 0xffff)
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    // from_str_radix takes a sign.
    let all = digits.iter().all(u8::is_ascii_hexdigit);
    all.then(|| u32::from_str_radix(text, 16).ok())?
}
