//! A program as the kernel starts it: a static ELF file with one segment.
//!
//! Sources: the System V ABI, "Object Files" (`Elf64_Ehdr`, `Elf64_Phdr`); `fs/binfmt_elf.c`.

use super::assembler::Assembled;
use crate::architecture::Architecture;

/// Where the file is mapped: above every `vm.mmap_min_addr`, and on a boundary of 64 KiB, the
/// largest page of these architectures.
const ADDRESS: u64 = 0x40_0000;
const PAGE_BYTES: u64 = 0x1_0000;
const EHDR_BYTES: u16 = 64;
const PHDR_BYTES: u16 = 56;
/// Both headers, and the code after them.
const HEADERS_BYTES: u64 = 120;

const ET_EXEC: u16 = 2;
const PT_LOAD: u32 = 1;
/// Readable, writable and executable: one segment holds code, data and space.
const PF_RWX: u32 = 7;

/// The program as a file that the kernel executes.
pub fn executable(program: &Assembled) -> Vec<u8> {
    let file_bytes =
        HEADERS_BYTES.saturating_add(u64::try_from(program.bytes.len()).unwrap_or(u64::MAX));
    let e_machine: u16 = match program.architecture {
        Architecture::Aarch64 => 183,
        Architecture::Riscv64 => 243,
        _ => 62,
    };
    let mut file = Vec::new();
    // e_ident: magic, 64 bits, little-endian, version 1, System V
    file.extend(b"\x7fELF\x02\x01\x01\x00\0\0\0\0\0\0\0\0");
    file.extend(ET_EXEC.to_le_bytes()); // e_type
    file.extend(e_machine.to_le_bytes()); // e_machine
    file.extend(1_u32.to_le_bytes()); // e_version
    file.extend(ADDRESS.saturating_add(HEADERS_BYTES).to_le_bytes()); // e_entry
    file.extend(u64::from(EHDR_BYTES).to_le_bytes()); // e_phoff
    file.extend(0_u64.to_le_bytes()); // e_shoff
    file.extend(0_u32.to_le_bytes()); // e_flags
    file.extend(EHDR_BYTES.to_le_bytes()); // e_ehsize
    file.extend(PHDR_BYTES.to_le_bytes()); // e_phentsize
    file.extend(1_u16.to_le_bytes()); // e_phnum
    file.extend(0_u16.to_le_bytes()); // e_shentsize
    file.extend(0_u16.to_le_bytes()); // e_shnum
    file.extend(0_u16.to_le_bytes()); // e_shstrndx

    file.extend(PT_LOAD.to_le_bytes()); // p_type
    file.extend(PF_RWX.to_le_bytes()); // p_flags
    file.extend(0_u64.to_le_bytes()); // p_offset
    file.extend(ADDRESS.to_le_bytes()); // p_vaddr
    file.extend(ADDRESS.to_le_bytes()); // p_paddr
    file.extend(file_bytes.to_le_bytes()); // p_filesz
    let memory_bytes = file_bytes.saturating_add(program.space_bytes);
    file.extend(memory_bytes.to_le_bytes()); // p_memsz
    file.extend(PAGE_BYTES.to_le_bytes()); // p_align

    file.extend(&program.bytes);
    file
}
