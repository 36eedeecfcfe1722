//! Kernels that nothing is wrong with: banner, configuration and every driver in them.

use super::arm64::Arm64;
use super::bzimage::Bzimage;
use super::elf::Elf;
use super::{BANNER, gzip, zstd};
use kelpie_check::kernel::options::OPTIONS;

/// What hurts when it is on.
const HARMFUL: [&str; 5] = [
    "ARM64_16K_PAGES",
    "ARM64_64K_PAGES",
    "CPU_BIG_ENDIAN",
    "CMDLINE_OVERRIDE",
    "CMDLINE_FORCE",
];

/// A whole configuration with everything built in but what `off` names.
pub fn config(off: &[&str]) -> String {
    let mut text = "# Automatically generated file; DO NOT EDIT.\n".to_owned();
    for option in &OPTIONS {
        if HARMFUL.contains(&option.name) || off.contains(&option.name) {
            text += &format!("# CONFIG_{} is not set\n", option.name);
        } else {
            text += &format!("CONFIG_{}=y\n", option.name);
        }
    }
    text
}

/// What a kernel with `CONFIG_IKCONFIG` has in its image.
pub fn content(off: &[&str]) -> Vec<u8> {
    let config = gzip(config(off).as_bytes());
    [
        &[0x55; 0x100],
        BANNER.as_bytes(),
        b"IKCFG_ST",
        &config,
        b"IKCFG_ED",
        &[0x55; 0x100],
    ]
    .concat()
}

/// A raw arm64 Image.
pub fn arm64(off: &[&str]) -> Vec<u8> {
    Arm64 {
        body: content(off),
        ..Arm64::default()
    }
    .build()
}

/// The ELF of an x86 kernel.
pub fn vmlinux(off: &[&str]) -> Vec<u8> {
    let mut elf = Elf::default();
    elf.loads[0].content = content(off);
    elf.build()
}

/// A bzImage with that ELF in zstd.
pub fn bzimage(off: &[&str]) -> Vec<u8> {
    let vmlinux = vmlinux(off);
    Bzimage {
        payload: zstd(&vmlinux),
        length_word: u32::try_from(vmlinux.len()).ok(),
        version_text: "6.1.0-forged (a@b) #1 SMP today",
        machine: Some(0x8664),
        ..Bzimage::default()
    }
    .build()
}
