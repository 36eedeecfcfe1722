//! The zImage of 32-bit ARM.

use super::{put, vmlinux_bin};

/// Where the table, a decoy and the payload stand.
pub const TABLE: usize = 0x100;
pub const DECOY: usize = 0x180;
pub const PAYLOAD: usize = 0x200;

pub struct ArmZimage {
    pub big_endian: bool,
    pub start: u32,
    /// The compressed kernel, without the length word.
    pub payload: Vec<u8>,
    /// The length word; gzip has its own.
    pub length_word: Option<u32>,
    pub table: bool,
    /// Bytes behind the payload, still in the image.
    pub behind: usize,
}

impl Default for ArmZimage {
    fn default() -> Self {
        let kernel = vmlinux_bin();
        Self {
            big_endian: false,
            start: 0,
            payload: super::zstd(&kernel),
            length_word: Some(kernel.len() as u32),
            table: true,
            behind: 64,
        }
    }
}

impl ArmZimage {
    pub fn build(&self) -> Vec<u8> {
        let word = |value: u32| {
            if self.big_endian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        let mut image = Vec::new();
        put(
            &mut image,
            DECOY,
            b"\x1f\x8b\x08\0\xfd7zXZ\0\x28\xb5\x2f\xfd",
        );
        put(&mut image, PAYLOAD, &self.payload);
        if let Some(length) = self.length_word {
            image.extend(length.to_le_bytes());
        }
        let size_at = image.len() as u32 - 4;
        image.resize(image.len() + self.behind, 0xa5);
        put(&mut image, 0x24, &word(0x016f_2818));
        put(&mut image, 0x28, &word(self.start));
        let end = self.start + image.len() as u32;
        put(&mut image, 0x2c, &word(end));
        put(&mut image, 0x30, &word(0x0403_0201));
        if self.table {
            put(&mut image, 0x34, &word(0x4545_4545));
            put(&mut image, 0x38, &word(TABLE as u32));
            // An entry that is none of ours, then the one about the payload.
            let entries = [
                2,
                0x1234_5678,
                6,
                0x5a53_4c4b,
                size_at,
                0x1000,
                0x8000,
                0,
                0,
            ];
            for (number, value) in entries.into_iter().enumerate() {
                put(&mut image, TABLE + number * 4, &word(value));
            }
        }
        image
    }
}
