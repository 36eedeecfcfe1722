//! The legacy uImage of U-Boot.

use super::put;

pub struct Uimage {
    pub os: u8,
    pub arch: u8,
    pub kind: u8,
    pub comp: u8,
    pub load: u32,
    pub entry: u32,
    pub name: &'static str,
    /// What is behind the header: for a kernel one, for a multi-file image several.
    pub files: Vec<Vec<u8>>,
    pub header_crc_flip: u32,
    pub data_crc_flip: u32,
}

impl Default for Uimage {
    fn default() -> Self {
        Self {
            os: 5,
            arch: 2,
            kind: 2,
            comp: 1,
            load: 0x8000,
            entry: 0x8040,
            name: "Linux-6.1.0-forged",
            files: vec![super::gzip(&super::vmlinux_bin())],
            header_crc_flip: 0,
            data_crc_flip: 0,
        }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

impl Uimage {
    pub fn build(&self) -> Vec<u8> {
        let mut data = Vec::new();
        if self.kind == 4 {
            for file in &self.files {
                data.extend((file.len() as u32).to_be_bytes());
            }
            data.extend([0; 4]);
        }
        for file in &self.files {
            data.extend(file);
            if self.kind == 4 {
                data.resize(data.len().next_multiple_of(4), 0);
            }
        }
        let mut image = vec![0; 64];
        put(&mut image, 0x00, &0x2705_1956_u32.to_be_bytes());
        put(&mut image, 0x0c, &(data.len() as u32).to_be_bytes());
        put(&mut image, 0x10, &self.load.to_be_bytes());
        put(&mut image, 0x14, &self.entry.to_be_bytes());
        put(
            &mut image,
            0x18,
            &(crc32(&data) ^ self.data_crc_flip).to_be_bytes(),
        );
        put(
            &mut image,
            0x1c,
            &[self.os, self.arch, self.kind, self.comp],
        );
        put(&mut image, 0x20, self.name.as_bytes());
        let crc = crc32(&image) ^ self.header_crc_flip;
        put(&mut image, 0x04, &crc.to_be_bytes());
        image.extend(data);
        image
    }
}
