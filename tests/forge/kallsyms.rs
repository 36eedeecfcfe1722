//! Builds the tables of kallsyms as each version of `scripts/kallsyms.c` lays them out.

use kelpie_check::bytes::Endianness;

/// The first kernel with a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `unsigned long` numbers and markers, addresses first.
    V3_0,
    /// 32-bit numbers and markers.
    V4_20,
    /// Two-byte lengths.
    V6_1,
    /// Sequence numbers between markers and token table.
    V6_2,
    /// Addresses and sequence numbers behind the token index.
    V6_4,
    /// No base, everything aligned to four bytes.
    V7_0,
}

/// How addresses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    Words,
    Relative,
    /// The base is left to relocation, so it is zero in the image.
    RelativeUnrelocated,
    RelativeOrAbsolute,
    PlaceRelative,
    Halves,
    None,
}

/// A kernel image that holds nothing but kallsyms.
#[derive(Debug, Clone)]
pub struct Kallsyms {
    pub version: Version,
    pub endianness: Endianness,
    pub bits: u8,
    pub addresses: Addresses,
    /// What each table is aligned to.
    pub alignment: usize,
    /// Address, kind and name, in order of address.
    pub symbols: Vec<(u64, char, String)>,
    /// The virtual address of the image's first byte.
    pub image_address: u64,
    /// Bytes before the tables.
    pub before: Vec<u8>,
    /// Bytes behind the tables.
    pub after: Vec<u8>,
    /// `kallsyms_num_syms`, where it is not the number of symbols.
    pub num_syms: Option<u32>,
    /// Strings that bytes which no name uses stand for.
    pub tokens: Vec<&'static str>,
}

impl Default for Kallsyms {
    fn default() -> Self {
        Self {
            version: Version::V6_4,
            endianness: Endianness::Little,
            bits: 64,
            addresses: Addresses::Relative,
            alignment: 8,
            symbols: symbols(600),
            image_address: 0xffff_8000_8000_0000,
            before: vec![0xcc; 512],
            after: vec![0xcc; 512],
            num_syms: None,
            tokens: vec![
                "t", "_init", "driver_", "_probe", "virt", "ext4_", "_0", "12", "function", "re",
            ],
        }
    }
}

/// `count` symbols, with all letters that a search for the table leans on; three at one address.
pub fn symbols(count: u64) -> Vec<(u64, char, String)> {
    const STEMS: [&str; 7] = [
        "virtblk_probe",
        "ext4_fill_super",
        "quick_jumping_zebra_hid",
        "driver_function",
        "_x86.lock",
        "re_init",
        "k",
    ];
    (0..count)
        .map(|number| {
            let stem = STEMS[usize::try_from(number % 7).unwrap()];
            let kind = ['T', 't', 'W', 'r'][usize::try_from(number % 4).unwrap()];
            let address = 0xffff_8000_8001_0000 + number / 3 * 24;
            (address, kind, format!("{stem}_{}", number * 7_919))
        })
        .collect()
}

impl Kallsyms {
    /// The image.
    pub fn build(&self) -> Vec<u8> {
        let mut image = self.before.clone();
        let count = u64::try_from(self.symbols.len()).unwrap();
        let behind = self.version >= Version::V6_4;
        let long = self.version < Version::V4_20;
        let tokens = self.tokens();
        if !behind {
            self.write_addresses(&mut image);
        }

        self.align(&mut image);
        let num_syms = self.num_syms.map_or(count, u64::from);
        self.number(
            &mut image,
            num_syms,
            if long { self.word_bytes() } else { 4 },
        );

        self.align(&mut image);
        let names = image.len();
        let mut markers = Vec::new();
        for (number, (_, kind, name)) in self.symbols.iter().enumerate() {
            if number % 256 == 0 {
                markers.push(image.len() - names);
            }
            let compressed = compress(&tokens, format!("{kind}{name}").as_bytes());
            if compressed.len() < 0x80 || self.version < Version::V6_1 {
                image.push(u8::try_from(compressed.len()).unwrap());
            } else {
                image.push(u8::try_from(compressed.len() & 0x7f).unwrap() | 0x80);
                image.push(u8::try_from(compressed.len() >> 7).unwrap());
            }
            image.extend(compressed);
        }

        self.align(&mut image);
        for marker in markers {
            let marker = u64::try_from(marker).unwrap();
            self.number(&mut image, marker, if long { self.word_bytes() } else { 4 });
        }
        if self.version == Version::V6_2 {
            self.write_sequence(&mut image);
        }

        self.align(&mut image);
        let table = image.len();
        let mut index = Vec::new();
        for token in &tokens {
            index.push(image.len() - table);
            image.extend(token);
            image.push(0);
        }
        self.align(&mut image);
        for place in index {
            self.number(&mut image, u64::try_from(place).unwrap(), 2);
        }
        if behind {
            self.write_addresses(&mut image);
            self.write_sequence(&mut image);
        }
        image.extend(&self.after);
        image
    }

    fn write_addresses(&self, image: &mut Vec<u8>) {
        self.align(image);
        let relative = |address: &u64| *address >= 0x1_0000_0000 || self.bits == 32;
        let base = self
            .symbols
            .iter()
            .map(|(address, ..)| *address)
            .find(|address| self.addresses != Addresses::RelativeOrAbsolute || relative(address))
            .unwrap_or_default();
        for (address, ..) in &self.symbols {
            let place = self.image_address + u64::try_from(image.len()).unwrap();
            let (value, bytes) = match self.addresses {
                Addresses::Words => (*address, self.word_bytes()),
                Addresses::Relative | Addresses::RelativeUnrelocated => (address - base, 4),
                Addresses::RelativeOrAbsolute if !relative(address) => (*address, 4),
                Addresses::RelativeOrAbsolute => (base.wrapping_sub(*address).wrapping_sub(1), 4),
                Addresses::PlaceRelative => (address.wrapping_sub(place), 4),
                Addresses::Halves => (*address, 4),
                Addresses::None => (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20, 4),
            };
            self.number(image, value, bytes);
        }
        self.align(image);
        match self.addresses {
            Addresses::Relative | Addresses::RelativeOrAbsolute => {
                self.number(image, base, self.word_bytes());
            }
            Addresses::RelativeUnrelocated => self.number(image, 0, self.word_bytes()),
            _ => {}
        }
    }

    fn write_sequence(&self, image: &mut Vec<u8>) {
        self.align(image);
        let mut order: Vec<usize> = (0..self.symbols.len()).collect();
        order.sort_by_key(|number| &self.symbols[*number].2);
        for number in order {
            let number = u32::try_from(number).unwrap().to_be_bytes();
            image.extend(&number[1..]);
        }
    }

    /// Bytes that names use stand for themselves, others for strings, those left for nothing.
    fn tokens(&self) -> Vec<Vec<u8>> {
        let mut used = [false; 256];
        for (_, kind, name) in &self.symbols {
            for byte in format!("{kind}{name}").bytes() {
                used[usize::from(byte)] = true;
            }
        }
        let mut strings = self.tokens.iter();
        (0..=255_u8)
            .map(|byte| match used[usize::from(byte)] {
                true => vec![byte],
                false => strings
                    .next()
                    .map(|string| string.as_bytes().to_vec())
                    .unwrap_or_default(),
            })
            .collect()
    }

    fn word_bytes(&self) -> usize {
        usize::from(self.bits / 8)
    }

    fn align(&self, image: &mut Vec<u8>) {
        image.resize(image.len().next_multiple_of(self.alignment), 0);
    }

    fn number(&self, image: &mut Vec<u8>, value: u64, bytes: usize) {
        match self.endianness {
            Endianness::Little => image.extend(&value.to_le_bytes()[..bytes]),
            Endianness::Big => image.extend(&value.to_be_bytes()[8 - bytes..]),
        }
    }
}

fn compress(tokens: &[Vec<u8>], name: &[u8]) -> Vec<u8> {
    let strings: Vec<(usize, &Vec<u8>)> = tokens
        .iter()
        .enumerate()
        .filter(|(byte, token)| !token.is_empty() && token[..] != [u8::try_from(*byte).unwrap()])
        .collect();
    let mut compressed = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.first() {
        let string = strings
            .iter()
            .filter(|(_, token)| rest.starts_with(token))
            .max_by_key(|(_, token)| token.len());
        let (byte, length) = match string {
            Some((byte, token)) => (u8::try_from(*byte).unwrap(), token.len()),
            None => (*first, 1),
        };
        compressed.push(byte);
        rest = &rest[length..];
    }
    compressed
}
