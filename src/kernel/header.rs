//! What a container's header says, in one shape for all containers.

use super::Architecture;
use crate::bytes::Endianness;
use crate::codec::Codec;
use crate::error::Error;

/// The facts of one header. `None` is "this header does not say".
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// What the code inside runs on.
    pub architecture: Option<Architecture>,
    /// Byte order of that code.
    pub endianness: Option<Endianness>,
    /// Bits of a machine word.
    pub bits: Option<u8>,
    /// Size of a page, where the header fixes it.
    pub page_size_bytes: Option<u64>,
    /// Whether the kernel may be placed elsewhere than it was linked for.
    pub relocatable: Option<bool>,
    /// Physical address that it wants to be placed at, or its offset from a 2 MiB boundary
    /// (arm64, riscv).
    pub load_address: Option<u64>,
    /// Physical address of the first instruction.
    pub entry: Option<u64>,
    /// Bytes that the kernel occupies once it is loaded, with its BSS.
    pub image_size_bytes: Option<u64>,
    /// Bytes that it needs to decompress itself and start (x86 `init_size`).
    pub init_size_bytes: Option<u64>,
    /// The release that the header states (`6.1.0-21-amd64 (…) #1 SMP …` on x86).
    pub version_text: Option<String>,
    /// x86 boot protocol, major and minor.
    pub boot_protocol: Option<(u8, u8)>,
    /// x86 `cmdline_size`: longest command line, its NUL not counted.
    pub cmdline_max_bytes: Option<u64>,
    /// x86 `initrd_addr_max`: the highest address of the last byte of an initramfs.
    pub initrd_addr_max: Option<u64>,
    /// x86: an entry point for 64-bit mode exists (`XLF_KERNEL_64`).
    pub kernel_64: Option<bool>,
    /// x86: the EFI handover entry of 32 or 64 bit exists.
    pub efi_handover: Option<bool>,
    /// x86: it may be loaded above 4 GiB.
    pub above_4g: Option<bool>,
    /// It is a PE program too, for EFI firmware to start.
    pub efi_stub: Option<bool>,
    /// The PE carries a certificate table.
    pub signed: Option<bool>,
    /// ELF: the PVH entry note (`XEN_ELFNOTE_PHYS32_ENTRY`) and the entry in it.
    pub pvh_entry: Option<u64>,
    /// ELF: whether notes were read, so that no `pvh_entry` means that there is none.
    pub notes_read: bool,
    /// libkrunfw: the version of its interface (`krunfw_get_version`).
    pub abi_version: Option<u32>,
    /// libkrunfw: where its payload goes, which has no header and is entered as it lies there.
    pub memory_image: Option<Segment>,
    /// Loadable parts, with the physical address each goes to (ELF, memory images).
    pub segments: Vec<Segment>,
    /// Named parts (UKI: `.initrd`, `.cmdline`, …; libkrunfw: its bundles).
    pub sections: Vec<Section>,
    /// A checksum over the payload as it lies in this layer (uImage `ih_dcrc`), verified when the
    /// payload is read.
    pub payload_crc32: Option<PayloadCrc32>,
    /// The kernel inside, if this layer only wraps it.
    pub payload: Option<Payload>,
    /// Where the part of the file that this header describes ends; what follows is not its own.
    pub end: Option<u64>,
    /// What is wrong with the artefact as far as this header shows, in order of offset, where
    /// reading could go on regardless.
    pub problems: Vec<Error>,
}

/// A CRC-32 (the one of zlib) that a header states over a part of its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadCrc32 {
    /// The field, in its document's spelling.
    pub field: &'static str,
    /// Where the field stands.
    pub field_offset: u64,
    /// Where the part begins.
    pub offset: u64,
    /// Its length.
    pub length: u64,
    /// What the field says.
    pub stated: u32,
}

/// A named part of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The name, as the container spells it: `.initrd`.
    pub name: String,
    /// Where it begins in the layer.
    pub offset: u64,
    /// Its length.
    pub length: u64,
}

/// A part of a layer that a loader copies to memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in the layer.
    pub offset: u64,
    /// Bytes in the layer.
    pub file_bytes: u64,
    /// Bytes in memory; what the layer lacks is zero.
    pub memory_bytes: u64,
    /// Physical address.
    pub physical_address: u64,
    /// Virtual address.
    pub virtual_address: u64,
}

/// Where the next layer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// As it is.
    Stored {
        /// Where it begins in this layer.
        offset: u64,
        /// Its length.
        length: u64,
    },
    /// One compressed stream at a stated place.
    Compressed {
        /// Where the stream begins in this layer.
        offset: u64,
        /// Length of the stream, without a length word behind it.
        length: u64,
        /// Its codec, by its first bytes; `None` where no codec writes such.
        codec: Option<&'static Codec>,
        /// The decoded size that the container states.
        stated_decoded_bytes: Option<u64>,
    },
    /// A compressed stream somewhere in this part: the header has no field for its place. Found
    /// by trying; taken only where it decodes whole and its outcome is of a known container.
    Hidden {
        /// Where the part begins in this layer.
        offset: u64,
        /// Its length.
        length: u64,
        /// The offset in this layer just behind the stream's length word, where that is stated.
        end: Option<u64>,
    },
}

impl Payload {
    /// The codec, where it is known without decoding.
    pub fn codec(&self) -> Option<&'static Codec> {
        match self {
            Self::Compressed { codec, .. } => *codec,
            _ => None,
        }
    }
}
