//! A PE header of 64 or 32 bits.

use super::put;

/// A row of the section table.
#[derive(Clone)]
pub struct Section {
    pub name: &'static str,
    pub virtual_size: u32,
    pub raw_size: u32,
    pub raw_offset: u32,
}

/// The header, for an image that has its bytes already.
#[derive(Clone)]
pub struct Pe {
    /// Where the signature goes.
    pub at: usize,
    pub signature: [u8; 4],
    pub machine: u16,
    /// 0x20b: 64 bits, 0x10b: 32 bits.
    pub magic: u16,
    pub subsystem: u16,
    pub sections: Vec<Section>,
    /// What the header says of the number of sections, where it lies.
    pub number_of_sections: Option<u16>,
    /// Offset and size of the certificate table.
    pub certificates: (u32, u32),
    pub number_of_directories: u32,
}

impl Default for Pe {
    fn default() -> Self {
        Self {
            at: 0x40,
            signature: *b"PE\0\0",
            machine: 0x8664,
            magic: 0x20b,
            subsystem: 10,
            sections: Vec::new(),
            number_of_sections: None,
            certificates: (0, 0),
            number_of_directories: 6,
        }
    }
}

impl Pe {
    /// Writes `MZ`, the pointer and the header into `image`.
    pub fn write(&self, image: &mut Vec<u8>) {
        let directories_at = if self.magic == 0x20b { 112 } else { 96 };
        let optional_bytes =
            directories_at + 8 * usize::try_from(self.number_of_directories).unwrap().min(16);
        let count = u16::try_from(self.sections.len()).unwrap();
        put(image, 0, b"MZ");
        put(image, 0x3c, &u32::try_from(self.at).unwrap().to_le_bytes());
        put(image, self.at, &self.signature);
        let coff = self.at + 4;
        put(image, coff, &self.machine.to_le_bytes());
        put(
            image,
            coff + 2,
            &self.number_of_sections.unwrap_or(count).to_le_bytes(),
        );
        put(
            image,
            coff + 16,
            &u16::try_from(optional_bytes).unwrap().to_le_bytes(),
        );
        let optional = coff + 20;
        put(image, optional, &self.magic.to_le_bytes());
        put(image, optional + 68, &self.subsystem.to_le_bytes());
        put(
            image,
            optional + directories_at - 4,
            &self.number_of_directories.to_le_bytes(),
        );
        if self.number_of_directories > 4 {
            let directory = optional + directories_at + 32;
            put(image, directory, &self.certificates.0.to_le_bytes());
            put(image, directory + 4, &self.certificates.1.to_le_bytes());
        }
        for (row, section) in self.sections.iter().enumerate() {
            let at = optional + optional_bytes + 40 * row;
            let mut name = section.name.as_bytes().to_vec();
            name.resize(8, 0);
            put(image, at, &name);
            put(image, at + 8, &section.virtual_size.to_le_bytes());
            put(image, at + 16, &section.raw_size.to_le_bytes());
            put(image, at + 20, &section.raw_offset.to_le_bytes());
            put(image, at + 36, &[0; 4]);
        }
    }
}
