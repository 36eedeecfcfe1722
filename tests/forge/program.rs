//! Programs and libraries in ELF, with what loaders read.

use super::put;

const BASE: u64 = 0x1_0000;

/// An ELF program.
#[derive(Clone)]
pub struct Program {
    pub is_64: bool,
    pub big_endian: bool,
    pub machine: u16,
    pub e_type: u16,
    /// `PT_INTERP` with its closing NUL.
    pub interpreter: Option<Vec<u8>>,
    /// The length that `PT_INTERP` claims.
    pub interpreter_bytes: Option<u64>,
    pub needed: Vec<&'static str>,
    pub soname: Option<&'static str>,
    pub rpath: Option<&'static str>,
    pub runpath: Option<&'static str>,
    pub flags_1: u64,
    /// Versions that it needs, each of a library; and whether a weak one.
    pub version_needs: Vec<(&'static str, &'static str, bool)>,
    /// In place of the table of those: its bytes, and the number of entries that it claims.
    pub raw_version_needs: Option<(Vec<u8>, u64)>,
    /// Versions that it defines.
    pub versions: Vec<&'static str>,
    pub isa_needed: Option<u32>,
    pub arm64_features: Option<u32>,
    pub phentsize: Option<u16>,
    pub phnum: Option<u16>,
    /// How many bytes more the segment claims than the file has.
    pub cut_bytes: u64,
}

impl Default for Program {
    /// A static program for x86_64.
    fn default() -> Self {
        Self {
            is_64: true,
            big_endian: false,
            machine: 62,
            e_type: 2,
            interpreter: None,
            interpreter_bytes: None,
            needed: Vec::new(),
            soname: None,
            rpath: None,
            runpath: None,
            flags_1: 0,
            version_needs: Vec::new(),
            raw_version_needs: None,
            versions: Vec::new(),
            isa_needed: None,
            arm64_features: None,
            phentsize: None,
            phnum: None,
            cut_bytes: 0,
        }
    }
}

/// A program that asks for a loader and for libraries.
pub fn dynamic(loader: &str, needed: &[&'static str]) -> Program {
    Program {
        e_type: 3,
        interpreter: Some([loader.as_bytes(), &[0]].concat()),
        needed: needed.to_vec(),
        ..Program::default()
    }
}

/// A library, or a loader.
pub fn library(soname: &'static str, needed: &[&'static str]) -> Program {
    Program {
        e_type: 3,
        soname: Some(soname),
        needed: needed.to_vec(),
        ..Program::default()
    }
}

impl Program {
    fn number(&self, bytes: usize, value: u64) -> Vec<u8> {
        if self.big_endian {
            value.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            value.to_le_bytes()[..bytes].to_vec()
        }
    }

    fn address(&self, value: u64) -> Vec<u8> {
        self.number(if self.is_64 { 8 } else { 4 }, value)
    }

    fn program_header(&self, kind: u32, offset: u64, filesz: u64) -> Vec<u8> {
        let kind = self.number(4, kind.into());
        let flags = self.number(4, 5);
        let [offset, address, size, align] =
            [offset, offset + BASE, filesz, 8].map(|value| self.address(value));
        let [vaddr, paddr] = [&address, &address];
        let [filesz, memsz] = [&size, &size];
        if self.is_64 {
            [&kind, &flags, &offset, vaddr, paddr, filesz, memsz, &align].map(Vec::clone)
        } else {
            [&kind, &offset, vaddr, paddr, filesz, memsz, &flags, &align].map(Vec::clone)
        }
        .concat()
    }

    fn properties(&self) -> Vec<u8> {
        let mut properties = Vec::new();
        for (kind, value) in [
            (0xc000_8002_u64, self.isa_needed),
            (0xc000_0000, self.arm64_features),
        ] {
            if let Some(value) = value {
                let parts = [kind, 4, value.into()].map(|part| self.number(4, part));
                properties.extend(parts.concat());
                let align = if self.is_64 { 8 } else { 4 };
                properties.resize(properties.len().next_multiple_of(align), 0);
            }
        }
        if properties.is_empty() {
            return properties;
        }
        let header = [4, properties.len() as u64, 5].map(|part| self.number(4, part));
        [header.concat(), b"GNU\0".to_vec(), properties].concat()
    }

    /// The strings, and the entries without `DT_STRTAB`.
    fn dynamic(&self) -> (Vec<u8>, Vec<(u64, u64)>) {
        let mut strings = vec![0];
        let mut entries = Vec::new();
        let named = [(14, self.soname), (15, self.rpath), (29, self.runpath)];
        let named = named.map(|(tag, text)| text.map(|text| (tag, text)));
        let needed = self.needed.iter().map(|name| (1, *name));
        for (tag, text) in needed.chain(named.into_iter().flatten()) {
            entries.push((tag, strings.len() as u64));
            strings.extend([text.as_bytes(), &[0]].concat());
        }
        if self.flags_1 != 0 {
            entries.push((0x6fff_fffb, self.flags_1));
        }
        (strings, entries)
    }

    /// `Elfxx_Verneed`, one for each version, and `Elfxx_Verdef`; their names go to the strings.
    fn version_tables(&self, strings: &mut Vec<u8>) -> [Vec<u8>; 2] {
        let mut name = |text: &str| {
            let at = strings.len() as u64;
            strings.extend([text.as_bytes(), &[0]].concat());
            at
        };
        let mut needs = Vec::new();
        for (index, (library, version, is_weak)) in self.version_needs.iter().enumerate() {
            let is_last = index + 1 == self.version_needs.len();
            let (library, version) = (name(library), name(version));
            let head = [
                self.number(2, 1),
                self.number(2, 1),
                self.number(4, library),
            ];
            let next = if is_last { 0 } else { 32 };
            needs.extend([head.concat(), self.number(4, 16), self.number(4, next)].concat());
            let flags = if *is_weak { 2 } else { 0 };
            let aux = [self.number(4, 7), self.number(2, flags), self.number(2, 2)];
            needs.extend([aux.concat(), self.number(4, version), self.number(4, 0)].concat());
        }
        let mut defines = Vec::new();
        for (index, version) in self.versions.iter().enumerate() {
            let is_last = index + 1 == self.versions.len();
            let version = name(version);
            let next = if is_last { 0 } else { 28 };
            let head = [1, 0, index as u64 + 1, 1].map(|part| self.number(2, part));
            let rest = [7, 20, next, version, 0].map(|part| self.number(4, part));
            defines.extend([head.concat(), rest.concat()].concat());
        }
        [needs, defines]
    }

    pub fn build(&self) -> Vec<u8> {
        let (header_bytes, entry_bytes) = if self.is_64 { (64, 56) } else { (52, 32) };
        let mut image = vec![0; header_bytes + 4 * entry_bytes];
        let mut headers = Vec::new();
        if let Some(interpreter) = &self.interpreter {
            let claimed = self.interpreter_bytes;
            let length = claimed.unwrap_or(interpreter.len() as u64);
            headers.push((3, image.len() as u64, length));
            image.extend(interpreter);
            image.resize(image.len().next_multiple_of(8), 0);
        }
        let properties = self.properties();
        if !properties.is_empty() {
            headers.push((0x6474_e553, image.len() as u64, properties.len() as u64));
            image.extend(properties);
        }
        let (mut strings, mut entries) = self.dynamic();
        if !entries.is_empty() {
            let mut tables = self.version_tables(&mut strings);
            let mut counts = [self.version_needs.len() as u64, self.versions.len() as u64];
            if let Some((table, count)) = &self.raw_version_needs {
                (tables[0], counts[0]) = (table.clone(), *count);
            }
            entries.push((5, image.len() as u64 + BASE));
            if counts != [0, 0] {
                entries.push((10, strings.len() as u64));
            }
            image.extend(strings);
            image.resize(image.len().next_multiple_of(8), 0);
            for ((tag, table), count) in [0x6fff_fffe, 0x6fff_fffc]
                .into_iter()
                .zip(tables)
                .zip(counts)
            {
                if count > 0 {
                    entries.push((tag, image.len() as u64 + BASE));
                    entries.push((tag + 1, count));
                    image.extend(table);
                    image.resize(image.len().next_multiple_of(8), 0);
                }
            }
            entries.push((0, 0));
            let table: Vec<u8> = entries
                .iter()
                .flat_map(|(tag, value)| [self.address(*tag), self.address(*value)].concat())
                .collect();
            headers.push((2, image.len() as u64, table.len() as u64));
            image.extend(table);
        }
        image.resize(image.len().max(512), 0x90);
        headers.push((1, 0, image.len() as u64 + self.cut_bytes));
        let table: Vec<u8> = headers
            .iter()
            .flat_map(|(kind, offset, size)| self.program_header(*kind, *offset, *size))
            .collect();
        put(&mut image, header_bytes, &table);
        let header = [
            vec![0x7f, b'E', b'L', b'F', 1 + u8::from(self.is_64)],
            vec![1 + u8::from(self.big_endian), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            self.number(2, self.e_type.into()),
            self.number(2, self.machine.into()),
            self.number(4, 1),
            self.address(BASE),
            self.address(header_bytes as u64),
            self.address(0),
            self.number(4, 0),
            self.number(2, header_bytes as u64),
            self.number(2, self.phentsize.unwrap_or(entry_bytes as u16).into()),
            self.number(2, self.phnum.unwrap_or(headers.len() as u16).into()),
            self.number(2, 0),
            self.number(2, 0),
            self.number(2, 0),
        ]
        .concat();
        put(&mut image, 0, &header);
        image
    }
}
