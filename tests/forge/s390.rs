//! The boot image of s390x.

use super::{put, vmlinux_bin};

pub const PAYLOAD: usize = 0x12345;

pub struct S390 {
    /// What lies at [`PAYLOAD`].
    pub payload: Vec<u8>,
    /// Behind it, before the padding.
    pub length_word: Option<u32>,
    pub version_at: u64,
    pub version: &'static [u8],
    pub max_command_line_size: u64,
}

impl Default for S390 {
    fn default() -> Self {
        let kernel = vmlinux_bin();
        Self {
            payload: super::zstd(&kernel),
            length_word: Some(kernel.len() as u32),
            version_at: 0x11800,
            version: b"6.1.0-forged (a@b) #1 SMP today\0",
            max_command_line_size: 4096,
        }
    }
}

impl S390 {
    pub fn build(&self) -> Vec<u8> {
        let mut image = Vec::new();
        put(&mut image, 0x10008, b"S390EP\0\x01");
        put(&mut image, 0x10428, &self.version_at.to_be_bytes());
        put(
            &mut image,
            0x10430,
            &self.max_command_line_size.to_be_bytes(),
        );
        put(&mut image, 0x11800, self.version);
        put(
            &mut image,
            0x11900,
            b"\xfd7zXZ\0 and \x28\xb5\x2f\xfd, decoys",
        );
        put(&mut image, PAYLOAD, &self.payload);
        if let Some(length) = self.length_word {
            image.extend(length.to_le_bytes());
        }
        image.resize(image.len().next_multiple_of(4096), 0);
        image
    }
}
