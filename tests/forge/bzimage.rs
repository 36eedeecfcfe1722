//! An x86 boot image: setup code, protected-mode code, payload.

use super::pe::{Pe, Section};
use super::put;

pub const RELEASE: &str = "6.1.0-forged (somebody@somewhere) #1 SMP PREEMPT_DYNAMIC";

/// Where the payload stands in the protected-mode code.
pub const PAYLOAD_OFFSET: usize = 0x100;

/// The image. The default is a whole 64-bit bzImage of protocol 2.15 without EFI stub.
#[derive(Clone)]
pub struct Bzimage {
    pub protocol: (u8, u8),
    pub setup_sects: u8,
    pub boot_flag: u16,
    pub loaded_high: bool,
    pub xloadflags: u16,
    pub cmdline_size: u32,
    /// Bytes from 16 MiB on in which it unpacks itself.
    pub init_size: u32,
    pub version_text: &'static str,
    /// Place of the version string, from 0x200 on; where it is elsewhere than it should.
    pub kernel_version: Option<u16>,
    pub payload: Vec<u8>,
    /// The decoded size that the build appends behind every codec but gzip.
    pub length_word: Option<u32>,
    /// `payload_length`, where it lies.
    pub payload_length: Option<u32>,
    /// `syssize`, where it lies.
    pub syssize: Option<u32>,
    /// An EFI stub, of this machine.
    pub machine: Option<u16>,
    /// A certificate of so many bytes behind the image.
    pub certificate_bytes: u32,
    /// What follows the image and is not its own.
    pub trailing: Vec<u8>,
}

impl Default for Bzimage {
    fn default() -> Self {
        Self {
            protocol: (2, 15),
            setup_sects: 7,
            boot_flag: 0xaa55,
            loaded_high: true,
            xloadflags: 0x7f,
            cmdline_size: 2047,
            init_size: 0x200_0000,
            version_text: RELEASE,
            kernel_version: None,
            payload: super::zstd(b"\x7fELF and the rest"),
            length_word: Some(17),
            payload_length: None,
            syssize: None,
            machine: None,
            certificate_bytes: 0,
            trailing: Vec::new(),
        }
    }
}

impl Bzimage {
    /// Bytes of setup code, boot sector counted.
    pub fn setup_bytes(&self) -> usize {
        let sectors = if self.setup_sects == 0 {
            4
        } else {
            self.setup_sects
        };
        (usize::from(sectors) + 1) * 512
    }

    pub fn build(&self) -> Vec<u8> {
        let mut image = vec![0; self.setup_bytes()];
        put(&mut image, 0x1f1, &[self.setup_sects]);
        put(&mut image, 0x1fe, &self.boot_flag.to_le_bytes());
        put(&mut image, 0x200, &[0xeb, 0x6a]);
        put(&mut image, 0x202, b"HdrS");
        put(&mut image, 0x206, &[self.protocol.1, self.protocol.0]);
        let text_at = 0x300;
        put(&mut image, text_at, self.version_text.as_bytes());
        let pointer = self.kernel_version.unwrap_or(0x100);
        put(&mut image, 0x20e, &pointer.to_le_bytes());
        put(&mut image, 0x211, &[u8::from(self.loaded_high)]);
        put(&mut image, 0x214, &0x10_0000_u32.to_le_bytes());
        put(&mut image, 0x234, &[1]);
        put(&mut image, 0x236, &self.xloadflags.to_le_bytes());
        put(&mut image, 0x238, &self.cmdline_size.to_le_bytes());
        put(&mut image, 0x258, &0x100_0000_u64.to_le_bytes());
        put(&mut image, 0x260, &self.init_size.to_le_bytes());

        let mut payload = self.payload.clone();
        payload.extend(self.length_word.into_iter().flat_map(u32::to_le_bytes));
        let length = u32::try_from(payload.len()).unwrap();
        put(
            &mut image,
            0x248,
            &u32::try_from(PAYLOAD_OFFSET).unwrap().to_le_bytes(),
        );
        put(
            &mut image,
            0x24c,
            &self.payload_length.unwrap_or(length).to_le_bytes(),
        );
        put(&mut image, self.setup_bytes() + PAYLOAD_OFFSET, &payload);
        // The decompressor's data and the checksum.
        let end = (image.len() + 64).next_multiple_of(16);
        image.resize(end, 0xcc);
        let paragraphs = u32::try_from((end - self.setup_bytes()) / 16).unwrap();
        put(
            &mut image,
            0x1f4,
            &self.syssize.unwrap_or(paragraphs).to_le_bytes(),
        );
        if let Some(machine) = self.machine {
            let length = u32::try_from(end).unwrap();
            Pe {
                machine,
                magic: if machine == 0x14c { 0x10b } else { 0x20b },
                sections: vec![Section {
                    name: ".text",
                    virtual_size: length - 0x200,
                    raw_size: length - 0x200,
                    raw_offset: 0x200,
                }],
                certificates: (length, self.certificate_bytes),
                ..Pe::default()
            }
            .write(&mut image);
            put(&mut image, 0x38, &[0xcd, 0x23, 0x82, 0x81]);
            image.resize(end + usize::try_from(self.certificate_bytes).unwrap(), 0xee);
        }
        image.extend(&self.trailing);
        image
    }
}
