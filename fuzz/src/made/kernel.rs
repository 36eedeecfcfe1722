//! Kernels of which everything is known: a release, options that are on, off or modules, and any
//! of the containers that targets take.

use super::Choices;
use super::forge::arm64::Arm64;
use super::forge::bzimage::Bzimage;
use super::forge::elf::Elf;
use super::forge::samples::compressed;
use super::forge::uki::Uki;
use super::forge::zboot::Zboot;
use super::forge::{BANNER, good, gzip, zstd};
use kelpie_check::kernel::options::OPTIONS;

/// Releases, as long as the forge's own. Between them lie the versions in which lines and behaviour
/// changed.
const RELEASES: [&str; 6] = [
    "6.1.0-forged",
    "5.4.0-forged",
    "6.9.0-forged",
    "4.9.0-forged",
    "5.9.0-forged",
    "7.0.0-forged",
];
/// What decides most causes.
const DECISIVE: [&str; 19] = [
    "EXT4_FS",
    "VIRTIO_BLK",
    "VIRTIO_PCI",
    "VIRTIO_MMIO",
    "VIRTIO_MMIO_CMDLINE_DEVICES",
    "VIRTIO_CONSOLE",
    "SERIAL_8250_CONSOLE",
    "SERIAL_AMBA_PL011_CONSOLE",
    "BLK_DEV_INITRD",
    "RD_GZIP",
    "RD_XZ",
    "DEVTMPFS",
    "DEVTMPFS_MOUNT",
    "BINFMT_ELF",
    "BINFMT_SCRIPT",
    "EFI_PARTITION",
    "ACPI",
    "OF",
    "RD_ZSTD",
];

pub fn image(mut choices: Choices<'_>, is_arm64: bool) -> Vec<u8> {
    let content = content(&mut choices);
    let image = if is_arm64 {
        arm64(&mut choices, content)
    } else {
        x86(&mut choices, content)
    };
    damaged(&mut choices, image)
}

fn content(choices: &mut Choices<'_>) -> Vec<u8> {
    let release = choices.one_of(&RELEASES);
    let has_config = !choices.rarely();
    let mut config = good::config(&[]);
    for _ in 0..choices.few(4) {
        let name = match choices.rarely() {
            true => OPTIONS[choices.below(OPTIONS.len())].name,
            false => choices.one_of(&DECISIVE),
        };
        let on = format!("CONFIG_{name}=y\n");
        let other = match choices.often() {
            true => format!("CONFIG_{name}=m\n"),
            false => format!("# CONFIG_{name} is not set\n"),
        };
        config = config.replace(&on, &other);
    }
    if choices.rarely() {
        let forced = choices.one_of(&["root=/dev/vda console=ttyS0", "root=/dev/sda", ""]);
        config += &format!("CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"{forced}\"\n");
        config += choices.one_of(&[
            "CONFIG_CMDLINE_OVERRIDE=y\n",
            "CONFIG_CMDLINE_FORCE=y\n",
            "",
        ]);
    }
    let mut content = BANNER.replace(RELEASES[0], release).into_bytes();
    if has_config {
        let config = gzip(config.as_bytes());
        content.extend([b"IKCFG_ST", &config[..], b"IKCFG_ED"].concat());
    }
    content
}

fn x86(choices: &mut Choices<'_>, content: Vec<u8>) -> Vec<u8> {
    let mut elf = Elf::default();
    elf.loads[0].content = content;
    if choices.rarely() {
        elf.notes.clear();
    }
    if choices.rarely() {
        elf.machine = choices.one_of(&[3, 183, 243]);
    }
    let vmlinux = elf.build();
    match choices.byte() % 4 {
        0 => vmlinux,
        1 => packed(choices, &vmlinux),
        _ => Bzimage {
            protocol: choices.rare(|of| (2, of.byte() % 20)).unwrap_or((2, 15)),
            xloadflags: choices.rare(|of| of.byte().into()).unwrap_or(0x7f),
            cmdline_size: choices.rare(|of| of.byte().into()).unwrap_or(2047),
            init_size: choices
                .rare(|of| u32::from(of.byte()) << 24)
                .unwrap_or(0x200_0000),
            payload: zstd(&vmlinux),
            length_word: u32::try_from(vmlinux.len()).ok(),
            version_text: "6.1.0-forged (a@b) #1 SMP today",
            machine: choices.often().then_some(0x8664),
            ..Bzimage::default()
        }
        .build(),
    }
}

fn arm64(choices: &mut Choices<'_>, body: Vec<u8>) -> Vec<u8> {
    let mut image = Arm64 {
        body,
        ..Arm64::default()
    };
    if choices.rarely() {
        // Page size, endianness and where it may lie.
        image.flags = choices.byte().into();
    }
    let image = image.build();
    match choices.byte() % 4 {
        0 | 1 => image,
        2 => packed(choices, &image),
        _ if choices.often() => {
            let mut uki = Uki::default();
            uki.sections.pop();
            uki.sections.push((".linux", image));
            uki.build()
        }
        _ => Zboot {
            payload: gzip(&image),
            linux_magic: choices.often(),
            ..Zboot::default()
        }
        .build(),
    }
}

fn packed(choices: &mut Choices<'_>, image: &[u8]) -> Vec<u8> {
    choices.one_of(&compressed(image)).1
}

/// Cut, or with bytes of the header changed.
fn damaged(choices: &mut Choices<'_>, mut image: Vec<u8>) -> Vec<u8> {
    if choices.rarely() {
        image.truncate(choices.below(image.len() + 1));
    }
    for _ in 0..choices.few(2) {
        let at = choices.below(image.len().clamp(1, 0x400));
        let byte = choices.byte();
        if let Some(place) = image.get_mut(at) {
            *place = byte;
        }
    }
    image
}
