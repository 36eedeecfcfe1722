//! A raw RISC-V Image.

use super::arm64::raw_stub;
use super::put;

/// The image. The default is a 64-bit kernel with an EFI stub.
#[derive(Clone)]
pub struct Riscv {
    pub text_offset: u64,
    pub image_size: u64,
    pub flags: u64,
    pub magic: [u8; 8],
    pub magic2: [u8; 4],
    /// An EFI stub, of this machine.
    pub machine: Option<u16>,
}

impl Default for Riscv {
    fn default() -> Self {
        Self {
            text_offset: 0x20_0000,
            image_size: 0x20_0000,
            flags: 0,
            magic: *b"RISCV\0\0\0",
            magic2: *b"RSC\x05",
            machine: Some(0x5064),
        }
    }
}

impl Riscv {
    pub fn build(&self) -> Vec<u8> {
        let mut image = vec![0; 0x1000];
        put(&mut image, 0x08, &self.text_offset.to_le_bytes());
        put(&mut image, 0x10, &self.image_size.to_le_bytes());
        put(&mut image, 0x18, &self.flags.to_le_bytes());
        put(&mut image, 0x20, &2_u32.to_le_bytes());
        put(&mut image, 0x30, &self.magic);
        put(&mut image, 0x38, &self.magic2);
        if let Some(machine) = self.machine {
            raw_stub(&mut image, machine, 0);
        }
        image
    }
}
