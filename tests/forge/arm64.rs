//! A raw arm64 Image.

use super::pe::{Pe, Section};
use super::put;

/// The image. The default is a little-endian 4 KiB kernel with an EFI stub.
#[derive(Clone)]
pub struct Arm64 {
    pub text_offset: u64,
    pub image_size: u64,
    pub flags: u64,
    /// An EFI stub, of this machine.
    pub machine: Option<u16>,
    pub certificate_bytes: u32,
    /// What stands behind the header.
    pub body: Vec<u8>,
}

impl Default for Arm64 {
    fn default() -> Self {
        Self {
            text_offset: 0,
            image_size: 0x20_0000,
            flags: 0b1010,
            machine: Some(0xaa64),
            certificate_bytes: 0,
            body: vec![0x1f; 0x1000],
        }
    }
}

impl Arm64 {
    pub fn build(&self) -> Vec<u8> {
        let mut image = vec![0; 0x200];
        put(&mut image, 8, &self.text_offset.to_le_bytes());
        put(&mut image, 16, &self.image_size.to_le_bytes());
        put(&mut image, 24, &self.flags.to_le_bytes());
        put(&mut image, 56, b"ARM\x64");
        image.extend(&self.body);
        if let Some(machine) = self.machine {
            raw_stub(&mut image, machine, self.certificate_bytes);
        }
        image
    }
}

/// The EFI stub's header over a raw image, with a certificate behind it.
pub fn raw_stub(image: &mut Vec<u8>, machine: u16, certificate_bytes: u32) {
    let end = u32::try_from(image.len()).unwrap();
    Pe {
        machine,
        sections: vec![Section {
            name: ".text",
            virtual_size: end - 0x200,
            raw_size: end - 0x200,
            raw_offset: 0x200,
        }],
        certificates: (end, certificate_bytes),
        ..Pe::default()
    }
    .write(image);
    image.resize(
        image.len() + usize::try_from(certificate_bytes).unwrap(),
        0xee,
    );
}
