//! ELF files: tables in front, contents behind them.

use super::{BANNER, put};

/// One `PT_LOAD`.
#[derive(Clone)]
pub struct Load {
    pub vaddr: u64,
    pub paddr: u64,
    pub content: Vec<u8>,
    pub memsz: Option<u64>,
}

/// An ELF file.
#[derive(Clone)]
pub struct Elf {
    pub is_64: bool,
    pub big_endian: bool,
    pub machine: u16,
    pub kind: u16,
    pub entry: u64,
    pub loads: Vec<Load>,
    /// Notes: owner, type, content.
    pub notes: Vec<(&'static str, u32, Vec<u8>)>,
    pub interpreter: bool,
    /// Sections that are in no segment: name and content.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    pub shnum: Option<u16>,
    pub phnum: Option<u16>,
}

impl Default for Elf {
    /// An x86 vmlinux with a PVH note.
    fn default() -> Self {
        Self {
            is_64: true,
            big_endian: false,
            machine: 62,
            kind: 2,
            entry: 0x100_0000,
            loads: vec![
                Load {
                    vaddr: 0xffff_ffff_8100_0000,
                    paddr: 0x100_0000,
                    content: [&[0; 0x40], BANNER.as_bytes(), &[0; 0x40]].concat(),
                    memsz: None,
                },
                Load {
                    vaddr: 0xffff_ffff_8200_0000,
                    paddr: 0x200_0000,
                    content: vec![1; 0x100],
                    memsz: Some(0x10_0000),
                },
            ],
            notes: vec![
                ("GNU", 3, vec![7; 20]),
                ("Xen", 6, b"linux\0".to_vec()),
                ("Xen", 18, 0x100_0b20_u64.to_le_bytes().to_vec()),
            ],
            interpreter: false,
            sections: Vec::new(),
            shnum: None,
            phnum: None,
        }
    }
}

impl Elf {
    fn number(&self, bytes: usize, value: u64) -> Vec<u8> {
        if self.big_endian {
            value.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            value.to_le_bytes()[..bytes].to_vec()
        }
    }

    fn half(&self, value: u16) -> Vec<u8> {
        self.number(2, value.into())
    }

    fn word(&self, value: u32) -> Vec<u8> {
        self.number(4, value.into())
    }

    fn address(&self, value: u64) -> Vec<u8> {
        self.number(if self.is_64 { 8 } else { 4 }, value)
    }

    fn program_header(&self, kind: u32, at: [u64; 3], sizes: [u64; 2]) -> Vec<u8> {
        let [offset, vaddr, paddr] = at.map(|value| self.address(value));
        let [filesz, memsz] = sizes.map(|value| self.address(value));
        let (kind, flags, align) = (self.word(kind), self.word(7), self.address(4));
        if self.is_64 {
            [kind, flags, offset, vaddr, paddr, filesz, memsz, align].concat()
        } else {
            [kind, offset, vaddr, paddr, filesz, memsz, flags, align].concat()
        }
    }

    fn section_header(&self, name: usize, kind: u32, offset: usize, size: usize) -> Vec<u8> {
        let long = |value: usize| self.address(value as u64);
        [
            self.word(name as u32),
            self.word(kind),
            long(0),
            long(0),
            long(offset),
            long(size),
            self.word(0),
            self.word(0),
            long(1),
            long(0),
        ]
        .concat()
    }

    fn note_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (owner, kind, content) in &self.notes {
            bytes.extend(self.word(owner.len() as u32 + 1));
            bytes.extend(self.word(content.len() as u32));
            bytes.extend(self.word(*kind));
            for part in [[owner.as_bytes(), &[0]].concat(), content.clone()] {
                bytes.extend(part);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
        }
        bytes
    }

    pub fn build(&self) -> Vec<u8> {
        let (header_bytes, entry_bytes) = if self.is_64 { (64, 56) } else { (52, 32) };
        let extra = usize::from(!self.notes.is_empty()) + usize::from(self.interpreter);
        let count = self.loads.len() + extra;
        let mut image = vec![0; header_bytes + count * entry_bytes];
        let mut table = Vec::new();
        for load in &self.loads {
            let size = load.content.len() as u64;
            let at = [image.len() as u64, load.vaddr, load.paddr];
            table.extend(self.program_header(1, at, [size, load.memsz.unwrap_or(size)]));
            image.extend(&load.content);
        }
        for (wanted, kind, content) in [
            (!self.notes.is_empty(), 4, self.note_bytes()),
            (
                self.interpreter,
                3,
                b"/lib64/ld-linux-x86-64.so.2\0".to_vec(),
            ),
        ] {
            if wanted {
                image.resize(image.len().next_multiple_of(4), 0);
                let size = content.len() as u64;
                table.extend(self.program_header(kind, [image.len() as u64, 0, 0], [size, size]));
                image.extend(content);
            }
        }
        put(&mut image, header_bytes, &table);

        let mut names = b"\0.shstrtab\0".to_vec();
        let mut headers = self.section_header(0, 0, 0, 0);
        for (name, content) in &self.sections {
            headers.extend(self.section_header(names.len(), 1, image.len(), content.len()));
            names.extend([name.as_bytes(), &[0]].concat());
            image.extend(content);
        }
        headers.extend(self.section_header(1, 3, image.len(), names.len()));
        image.extend(names);
        let section_table = image.len() as u64;
        image.extend(headers);

        let sections = self.sections.len() as u16 + 2;
        let header = [
            vec![0x7f, b'E', b'L', b'F', 1 + u8::from(self.is_64)],
            vec![1 + u8::from(self.big_endian), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            self.half(self.kind),
            self.half(self.machine),
            self.word(1),
            self.address(self.entry),
            self.address(header_bytes as u64),
            self.address(section_table),
            self.word(0),
            self.half(header_bytes as u16),
            self.half(entry_bytes as u16),
            self.half(self.phnum.unwrap_or(count as u16)),
            self.half(if self.is_64 { 64 } else { 40 }),
            self.half(self.shnum.unwrap_or(sections)),
            self.half(sections - 1),
        ]
        .concat();
        put(&mut image, 0, &header);
        image
    }
}
