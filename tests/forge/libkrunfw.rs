//! libkrunfw: a shared object of Linux, or a library of macOS, that holds a kernel.

use super::{BANNER, put};

/// Where the code of the first getter begins, in the file and in memory.
pub const CODE_AT: usize = 0x400;
/// How far apart getters are.
const CODE_STEP: usize = 0x80;
/// Where the bundles begin in the file.
pub const BUNDLES_AT: usize = 0x2000;
/// How much further they are in memory.
pub const BUNDLES_MOVED: u64 = 0x1_0000;
/// What the getter of the kernel is called.
pub const GET_KERNEL: &str = "krunfw_get_kernel";

/// How a library tells its symbols.
#[derive(Clone, Copy, PartialEq)]
pub enum Symbols {
    /// `DT_GNU_HASH`.
    Gnu,
    /// `DT_HASH`.
    SystemV,
    /// Only in the table that `strip` removes.
    Hidden,
}

/// A library.
#[derive(Clone)]
pub struct Libkrunfw {
    /// ELF's number of the machine: 62 or 183.
    pub machine: u16,
    pub kernel: Vec<u8>,
    pub load_address: u64,
    pub entry: u64,
    /// What the getter states, if not the length of `kernel`.
    pub size: Option<u64>,
    /// What the symbol states, if not the length of `kernel` and a NUL.
    pub symbol_size: Option<u64>,
    pub version: Option<u32>,
    /// The kernel's getter takes the bundle's address from the GOT.
    pub by_slot: bool,
    /// Code in place of the kernel's getter.
    pub getter: Option<Vec<u8>>,
    pub initrd: Option<Vec<u8>>,
    /// A symbol that is left out.
    pub without: &'static str,
    pub symbols: Symbols,
    /// The bundle of the kernel is not on a page boundary.
    pub is_odd: bool,
}

impl Default for Libkrunfw {
    /// As Debian has it for amd64.
    fn default() -> Self {
        Self {
            machine: 62,
            kernel: memory_image(),
            load_address: 0x100_0000,
            entry: 0x100_0123,
            size: None,
            symbol_size: None,
            version: Some(5),
            by_slot: true,
            getter: None,
            initrd: None,
            without: "",
            symbols: Symbols::Gnu,
            is_odd: false,
        }
    }
}

/// A kernel of x86_64 as it lies in memory, with the note of its PVH entry.
pub fn memory_image() -> Vec<u8> {
    let mut image = vec![0x90; 0x400];
    // Not a note: no address in the image.
    put(&mut image, 0x100, &note(0x20));
    put(&mut image, 0x200, &note(0x100_0000));
    image.extend(BANNER.as_bytes());
    image.resize(0x1000, 0);
    image
}

fn note(entry: u64) -> Vec<u8> {
    let words = [4_u32, 8, 18].map(u32::to_le_bytes).concat();
    [&words[..], b"Xen\0", &entry.to_le_bytes()].concat()
}

/// A symbol: name, address, size.
type Symbol = (&'static str, u64, u64);

impl Libkrunfw {
    /// The one for arm64, with this Image.
    pub fn arm64(image: Vec<u8>) -> Self {
        Self {
            machine: 183,
            kernel: image,
            load_address: 0x8000_0000,
            entry: 0x8000_0000,
            ..Self::default()
        }
    }

    /// The file up to the end of the bundles, and its symbols.
    fn body(&self) -> (Vec<u8>, Vec<Symbol>) {
        let mut file = vec![0; BUNDLES_AT + usize::from(self.is_odd)];
        let mut symbols: Vec<Symbol> = Vec::new();
        let bundle = |file: &mut Vec<u8>, content: &[u8]| {
            let address = file.len() as u64 + BUNDLES_MOVED;
            file.extend(content);
            file.push(0);
            file.resize(file.len().next_multiple_of(0x1000), 0);
            (address, content.len() as u64)
        };
        let (kernel, size) = bundle(&mut file, &self.kernel);
        let stated = self.symbol_size.unwrap_or(size + 1);
        symbols.push(("KERNEL_BUNDLE", kernel, stated));
        let size = self.size.unwrap_or(size);
        let numbers = [self.load_address, self.entry, size];
        let getter = match &self.getter {
            Some(code) => code.clone(),
            None => self.code(&numbers, Some(kernel), CODE_AT as u64),
        };
        let mut at = CODE_AT;
        let mut function = |file: &mut Vec<u8>, name, code: Vec<u8>| {
            put(file, at, &code);
            symbols.push((name, at as u64, code.len() as u64));
            at += CODE_STEP;
            at as u64
        };
        let mut next = function(&mut file, GET_KERNEL, getter);
        if let Some(version) = self.version {
            let code = self.version_code(version);
            next = function(&mut file, "krunfw_get_version", code);
        }
        if let Some(initrd) = &self.initrd {
            let (address, size) = bundle(&mut file, initrd);
            let code = self.code(&[size], Some(address), next);
            function(&mut file, "krunfw_get_initrd", code);
            symbols.push(("INITRD_BUNDLE", address, size + 1));
        }
        symbols.retain(|(name, ..)| *name != self.without);
        (file, symbols)
    }

    /// A function that stores these numbers through its arguments, and returns that address.
    pub fn code(&self, numbers: &[u64], returned: Option<u64>, at: u64) -> Vec<u8> {
        match self.machine {
            62 => x86_64(numbers, returned, at, self.by_slot),
            _ => aarch64(numbers, returned, at, self.by_slot),
        }
    }

    fn version_code(&self, version: u32) -> Vec<u8> {
        let number = version.to_le_bytes();
        match self.machine {
            // push rbp; mov rbp, rsp; mov eax, imm32; pop rbp; ret
            62 => [&[0x55, 0x48, 0x89, 0xe5, 0xb8][..], &number, &[0x5d, 0xc3]].concat(),
            // mov w0, imm16; ret
            _ => words(&[0x5280_0000 | (version << 5), 0xd65f_03c0]),
        }
    }

    /// The shared object.
    pub fn build(&self) -> Vec<u8> {
        let (mut file, symbols) = self.body();
        let mut names = b"\0libkrunfw.so.5\0".to_vec();
        let mut table = vec![0; 24];
        for (name, value, size) in &symbols {
            table.extend((names.len() as u32).to_le_bytes());
            table.extend([0x11, 0, 1, 0]);
            table.extend(value.to_le_bytes());
            table.extend(size.to_le_bytes());
            names.extend(name.as_bytes());
            names.push(0);
        }
        let (table_at, names_at, hash_at, dynamic_at) = (0x1000, 0x1200, 0x1400, 0x1600);
        let mut dynamic = vec![(14, 1), (5, names_at)];
        match self.symbols {
            Symbols::Hidden => {}
            Symbols::Gnu => {
                put(&mut file, hash_at, &gnu_hash(&symbols));
                dynamic.extend([(6, table_at), (0x6fff_fef5, hash_at)]);
            }
            Symbols::SystemV => {
                put(&mut file, hash_at, &plain_hash(symbols.len() as u32));
                dynamic.extend([(6, table_at), (4, hash_at)]);
            }
        }
        dynamic.push((0, 0));
        put(&mut file, table_at, &table);
        put(&mut file, names_at, &names);
        let dynamic = dynamic.iter().flat_map(|(tag, value)| [*tag, *value]);
        let dynamic: Vec<u8> = dynamic
            .flat_map(|long: usize| (long as u64).to_le_bytes())
            .collect();
        put(&mut file, dynamic_at, &dynamic);
        let end = file.len();
        let header = |kind: u64, offset: usize, moved: u64, size: usize| {
            let (offset, size) = (offset as u64, size as u64);
            let address = offset + moved;
            [kind | 7 << 32, offset, address, address, size, size, 0x1000]
        };
        let headers = [
            header(1, 0, 0, BUNDLES_AT),
            header(1, BUNDLES_AT, BUNDLES_MOVED, end - BUNDLES_AT),
            header(2, dynamic_at, 0, dynamic.len()),
        ];
        let sections = match self.symbols {
            Symbols::Hidden => vec![
                [0; 8],
                // SHT_SYMTAB, whose strings are in the next section.
                [2 << 32, 0, 0, table_at, table.len(), 2, 0, 24].map(|long| long as u64),
                [3 << 32, 0, 0, names_at, names.len(), 0, 0, 0].map(|long| long as u64),
            ],
            _ => Vec::new(),
        };
        let mut start = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        start.extend(self.machine.to_le_bytes());
        start.extend(1_u32.to_le_bytes());
        let table = if sections.is_empty() { 0 } else { end as u64 };
        start.extend([0, 64, table].map(u64::to_le_bytes).concat());
        start.extend(0_u32.to_le_bytes());
        let count = sections.len() as u16;
        start.extend([64, 56, 3, 64, count, 0].map(u16::to_le_bytes).concat());
        start.extend(headers.iter().flatten().flat_map(|long| long.to_le_bytes()));
        put(&mut file, 0, &start);
        file.extend(
            sections
                .iter()
                .flatten()
                .flat_map(|long| long.to_le_bytes()),
        );
        file
    }

    /// The library of macOS.
    pub fn mach_o(&self) -> Vec<u8> {
        let (mut file, symbols) = self.body();
        let mut names = b" \0".to_vec();
        let mut table = Vec::new();
        for (name, value, _) in &symbols {
            table.extend((names.len() as u32).to_le_bytes());
            // N_SECT and N_EXT, in the first section.
            table.extend([0x0f, 1, 0, 0]);
            table.extend(value.to_le_bytes());
            names.extend([b"_", name.as_bytes(), b"\0"].concat());
        }
        let end = file.len();
        let segment = |name: &[u8], offset: usize, moved: u64, size: usize| {
            let mut command = [0x19_u32, 72].map(u32::to_le_bytes).concat();
            command.extend(name);
            command.resize(24, 0);
            let (offset, size) = (offset as u64, size as u64);
            command.extend(
                [offset + moved, size, offset, size]
                    .map(u64::to_le_bytes)
                    .concat(),
            );
            command.extend([7_u32, 7, 0, 0].map(u32::to_le_bytes).concat());
            command
        };
        let strings_at = end + table.len();
        let places = [end, symbols.len(), strings_at, names.len()].map(|long| long as u32);
        let mut symtab = [2_u32, 24].map(u32::to_le_bytes).concat();
        symtab.extend(places.map(u32::to_le_bytes).concat());
        let commands = [
            segment(b"__TEXT", 0, 0, BUNDLES_AT),
            segment(b"__DATA", BUNDLES_AT, BUNDLES_MOVED, end - BUNDLES_AT),
            symtab,
        ];
        let commands_bytes = commands.concat().len() as u32;
        let cpu = if self.machine == 62 {
            0x0100_0007
        } else {
            0x0100_000c
        };
        let header = [0xfeed_facf, cpu, 0, 6, 3, commands_bytes, 0, 0];
        put(&mut file, 0, &header.map(u32::to_le_bytes).concat());
        put(&mut file, 32, &commands.concat());
        file.extend(table);
        file.extend(names);
        file
    }
}

/// A fat file of these parts, each with the number of its CPU.
pub fn fat(parts: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = [0xcafe_babe, parts.len() as u32]
        .map(u32::to_be_bytes)
        .concat();
    let mut content = vec![0; 0x1000];
    for (cpu, part) in parts {
        let place = [content.len() as u32, part.len() as u32];
        file.extend(
            [*cpu, 0, place[0], place[1], 12]
                .map(u32::to_be_bytes)
                .concat(),
        );
        content.extend(part);
        content.resize(content.len().next_multiple_of(0x1000), 0);
    }
    put(&mut content, 0, &file);
    content
}

/// One bucket, and a filter that lets everything through.
fn gnu_hash(symbols: &[Symbol]) -> Vec<u8> {
    let mut words = vec![1, 1, 1, 0, u32::MAX, u32::MAX, 1];
    for (name, ..) in symbols {
        let step = |hash: u32, byte: u8| hash.wrapping_mul(33).wrapping_add(byte.into());
        words.push(name.bytes().fold(5381, step) & !1);
    }
    *words.last_mut().unwrap() |= 1;
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// One bucket, in which every symbol follows the one before it.
fn plain_hash(symbols: u32) -> Vec<u8> {
    let chain = (2..=symbols).chain([0]);
    let words = [1, symbols + 1, 1, 0].into_iter().chain(chain);
    words.flat_map(u32::to_le_bytes).collect()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// As GCC writes it without optimisation.
fn x86_64(numbers: &[u64], returned: Option<u64>, at: u64, by_slot: bool) -> Vec<u8> {
    // push rbp; mov rbp, rsp
    let mut code = vec![0x55, 0x48, 0x89, 0xe5];
    for (modrm, place) in [(0x7d, 0xf8), (0x75, 0xf0), (0x55, 0xe8)] {
        // mov [rbp - …], argument
        code.extend([0x48, 0x89, modrm, place]);
    }
    for (number, place) in numbers.iter().zip([0xf8, 0xf0, 0xe8]) {
        // mov rax, [rbp - …]
        code.extend([0x48, 0x8b, 0x45, place]);
        match i32::try_from(*number) {
            // mov qword ptr [rax], imm32
            Ok(number) => code.extend([&[0x48, 0xc7, 0x00][..], &number.to_le_bytes()].concat()),
            // mov rcx, imm64; mov [rax], rcx
            Err(_) => {
                code.extend([&[0x48, 0xb9][..], &number.to_le_bytes()].concat());
                code.extend([0x48, 0x89, 0x08]);
            }
        }
    }
    if let Some(address) = returned {
        // mov rax, [rip + …] or lea rax, [rip + …]
        code.extend([0x48, if by_slot { 0x8b } else { 0x8d }, 0x05]);
        let end = at + code.len() as u64 + 4;
        let distance = address.wrapping_sub(end) as u32;
        code.extend(distance.to_le_bytes());
    }
    // pop rbp; ret
    code.extend([0x5d, 0xc3]);
    code
}

/// The same, for A64.
fn aarch64(numbers: &[u64], returned: Option<u64>, at: u64, by_slot: bool) -> Vec<u8> {
    // sub sp, sp, #32; str x0, [sp, #24]; str x1, [sp, #16]; str x2, [sp, #8]
    let mut code = vec![0xd100_83ff, 0xf900_0fe0, 0xf900_0be1, 0xf900_07e2];
    for (number, place) in numbers.iter().zip([3, 2, 1]) {
        // ldr x0, [sp, …]
        code.push(0xf940_03e0 | place << 10);
        for part in 0..4_u32 {
            // movz x1 or movk x1
            let half = (number >> (16 * part)) as u32 & 0xffff;
            let opcode = if part == 0 { 0xd280_0001 } else { 0xf280_0001 };
            if part == 0 || half != 0 {
                code.push(opcode | part << 21 | half << 5);
            }
        }
        // str x1, [x0]
        code.push(0xf900_0001);
    }
    if let Some(address) = returned {
        let here = at + code.len() as u64 * 4;
        let pages = ((address >> 12) as u32).wrapping_sub((here >> 12) as u32);
        let low = address as u32 & 0xfff;
        // adrp x0
        code.push(0x9000_0000 | (pages & 3) << 29 | ((pages >> 2) & 0x7_ffff) << 5);
        // ldr x0, [x0, …] or add x0, x0, …
        code.push(match by_slot {
            true => 0xf940_0000 | (low / 8) << 10,
            false => 0x9100_0000 | low << 10,
        });
    }
    // add sp, sp, #32; ret
    code.extend([0x9100_83ff, 0xd65f_03c0]);
    words(&code)
}
