//! An EFI zboot image.

use super::pe::{Pe, Section};
use super::put;

/// The image. The default carries a forged arm64 Image in gzip.
#[derive(Clone)]
pub struct Zboot {
    pub machine: u16,
    pub comp_type: &'static str,
    pub payload: Vec<u8>,
    /// The decoded size behind the payload, for every codec but gzip.
    pub length_word: Option<u32>,
    /// `payload_size`, where it lies.
    pub payload_size: Option<u32>,
    /// `LINUX_PE_MAGIC`, which Linux 6.1 left out.
    pub linux_magic: bool,
    /// The stub's own code behind the payload.
    pub stub_bytes: usize,
}

impl Default for Zboot {
    fn default() -> Self {
        Self {
            machine: 0xaa64,
            comp_type: "gzip",
            payload: super::gzip(&super::arm64::Arm64::default().build()),
            length_word: None,
            payload_size: None,
            linux_magic: true,
            stub_bytes: 0x400,
        }
    }
}

impl Zboot {
    pub fn build(&self) -> Vec<u8> {
        let mut image = vec![0; 0x200];
        put(&mut image, 4, b"zimg");
        put(&mut image, 8, &0x200_u32.to_le_bytes());
        let size = u32::try_from(self.payload.len()).unwrap();
        put(
            &mut image,
            12,
            &self.payload_size.unwrap_or(size).to_le_bytes(),
        );
        put(&mut image, 0x18, self.comp_type.as_bytes());
        if self.linux_magic {
            put(&mut image, 0x38, &[0xcd, 0x23, 0x82, 0x81]);
        }
        image.extend(&self.payload);
        image.extend(self.length_word.into_iter().flat_map(u32::to_le_bytes));
        image.resize(image.len() + self.stub_bytes, 0x90);
        let end = u32::try_from(image.len()).unwrap();
        Pe {
            machine: self.machine,
            sections: vec![Section {
                name: ".text",
                virtual_size: end - 0x200,
                raw_size: end - 0x200,
                raw_offset: 0x200,
            }],
            ..Pe::default()
        }
        .write(&mut image);
        image
    }
}
