//! Kconfig text, the copy of it in an image, and `modules.builtin`.

use kelpie_check::error::Kind;
use kelpie_check::kernel::config::{CONFIG_TEXT_BYTES, Config, ModulesBuiltin, Value};
use kelpie_check::limits::Limits;
use std::io::Write;

const WHOLE: &str = "# Automatically generated file; DO NOT EDIT.\n";

#[test]
fn settings_are_read_as_kconfig_writes_them() {
    let text = "CONFIG_EXT4_FS=y\nCONFIG_XFS_FS=m\n# CONFIG_BTRFS_FS is not set\n\
                CONFIG_NR_CPUS=64\nCONFIG_CMDLINE=\"quiet a=\\\"b\\\\c\\\"\"\r\nCONFIG_SMP=n\n";
    let config = Config::parse(text.as_bytes()).unwrap();
    assert_eq!(config.value("EXT4_FS"), Some(&Value::Yes));
    assert_eq!(config.value("XFS_FS"), Some(&Value::Module));
    assert_eq!(config.value("BTRFS_FS"), Some(&Value::No));
    assert_eq!(config.value("SMP"), Some(&Value::No));
    assert_eq!(config.text("NR_CPUS"), Some("64"));
    assert_eq!(config.text("CMDLINE"), Some("quiet a=\"b\\c\""));
}

#[test]
fn the_last_of_two_settings_counts() {
    let config = Config::parse(b"CONFIG_PCI=y\n# CONFIG_PCI is not set\n").unwrap();
    assert_eq!(config.value("PCI"), Some(&Value::No));
    let config = Config::parse(b"CONFIG_PCI=n\nCONFIG_PCI=y").unwrap();
    assert_eq!(config.value("PCI"), Some(&Value::Yes));
}

#[test]
fn what_a_whole_configuration_does_not_mention_is_off() {
    let fragment = Config::parse(b"CONFIG_PCI=y\n").unwrap();
    assert!(!fragment.is_whole());
    assert_eq!(fragment.value("ACPI"), None);
    let whole = Config::parse(format!("{WHOLE}CONFIG_PCI=y\n").as_bytes()).unwrap();
    assert_eq!(whole.value("ACPI"), Some(&Value::No));
    let stripped = Config::parse(b"CONFIG_CC_VERSION_TEXT=\"gcc\"\n").unwrap();
    assert!(stripped.is_whole());
}

#[test]
fn text_without_a_setting_is_no_configuration() {
    for text in [
        &b""[..],
        b"\n",
        b"<!DOCTYPE html>\n",
        b"CONFIG_\xff\xfe\n",
        b"# CONFIG_\n",
    ] {
        let error = Config::parse(text).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        assert_eq!(error.field(), "kernel configuration");
    }
}

#[test]
fn text_that_is_too_long_is_not_read() {
    let text = vec![b'\n'; usize::try_from(CONFIG_TEXT_BYTES).unwrap() + 1];
    assert_eq!(Config::parse(&text).unwrap_err().kind(), Kind::Limit);
    assert_eq!(
        ModulesBuiltin::parse(&text).unwrap_err().kind(),
        Kind::Limit
    );
}

fn image(text: &[u8], end: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    let mut image = b"IKCFG_ST is looked for by extract-ikconfig. IKCFG_ST".to_vec();
    image.extend(encoder.finish().unwrap());
    image.extend_from_slice(end);
    image
}

#[test]
fn embedded_text_is_found_behind_a_decoy() {
    let image = image(b"CONFIG_VIRTIO_BLK=y\n", b"IKCFG_ED and more");
    let text = Config::embedded(&image, &Limits::default()).unwrap();
    assert_eq!(text.as_deref(), Some(&b"CONFIG_VIRTIO_BLK=y\n"[..]));
}

#[test]
fn image_without_the_markers_has_no_embedded_text() {
    for image in [&b""[..], b"IKCFG_ST", b"IKCFG_ST, but no stream. IKCFG_ED"] {
        assert_eq!(Config::embedded(image, &Limits::default()), Ok(None));
    }
}

#[test]
fn embedded_text_without_its_end_marker_is_corrupt() {
    let image = image(b"CONFIG_SMP=y\n", b"IKCFG");
    let error = Config::embedded(&image, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    let end = u64::try_from(image.len()).unwrap() - 5;
    assert_eq!(error.offset(), Some(end));
}

#[test]
fn embedded_text_that_breaks_off_is_an_error_in_the_image() {
    let whole = image(b"CONFIG_SMP=y\n", b"IKCFG_ED");
    let start = whole.len() - 8 - 20;
    for end in start..whole.len() - 8 {
        assert!(Config::embedded(&whole[..end], &Limits::default()).is_err());
    }
}

#[test]
fn embedded_text_is_bounded() {
    let image = image(&vec![b'#'; 5 << 20], b"IKCFG_ED");
    let error = Config::embedded(&image, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Limit);
}

#[test]
fn builtin_modules_are_known_by_either_spelling() {
    let text = "kernel/drivers/virtio/virtio_mmio.ko\r\nkernel/crypto/sha256-generic.ko\n\n";
    let builtin = ModulesBuiltin::parse(text.as_bytes()).unwrap();
    assert!(builtin.contains("virtio_mmio"));
    assert!(builtin.contains("virtio-mmio"));
    assert!(builtin.contains("sha256_generic"));
    assert!(!builtin.contains("virtio"));
}

#[test]
fn a_list_without_modules_is_refused() {
    let error = ModulesBuiltin::parse(b"<html>").unwrap_err();
    assert_eq!(error.field(), "modules.builtin");
}
