//! A unified kernel image.

use super::pe::{Pe, Section};
use super::put;

/// The image: sections in order, each padded to 512 bytes in the file.
#[derive(Clone)]
pub struct Uki {
    pub machine: u16,
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// Bytes by which each section's `VirtualSize` is more than its content.
    pub virtual_excess: u32,
}

impl Default for Uki {
    fn default() -> Self {
        Self {
            machine: 0xaa64,
            sections: vec![
                (".text", vec![0xcc; 100]),
                (".osrel", b"ID=forged\n".to_vec()),
                (".uname", b"6.1.0-forged\n".to_vec()),
                (".cmdline", b"console=hvc0".to_vec()),
                (".initrd", b"070701".to_vec()),
                (".linux", super::arm64::Arm64::default().build()),
            ],
            virtual_excess: 0,
        }
    }
}

impl Uki {
    pub fn build(&self) -> Vec<u8> {
        let mut image = vec![0; 0x400];
        let mut sections = Vec::new();
        for (name, content) in &self.sections {
            let at = image.len();
            put(&mut image, at, content);
            image.resize(image.len().next_multiple_of(512), 0);
            sections.push(Section {
                name,
                virtual_size: u32::try_from(content.len()).unwrap() + self.virtual_excess,
                raw_size: u32::try_from(image.len() - at).unwrap(),
                raw_offset: u32::try_from(at).unwrap(),
            });
        }
        Pe {
            at: 0x80,
            machine: self.machine,
            sections,
            ..Pe::default()
        }
        .write(&mut image);
        image
    }
}
