use crate::kernels::{damaged, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Read;

fn with(fields: &str) -> Case {
    Case::new(vmlinux()).metadata(&format!(r#"{{"kernel_file":"vmlinuz",{fields}}}"#))
}

#[test]
fn another_version_and_architecture_are_told_both() {
    let finding =
        with(r#""kernel_version":"6.6.1-virt","architecture":"arm64""#).fires(702, Fatal, Read);
    assert_eq!(
        finding.message,
        "kernel-metadata.json describes another kernel: the architecture is x86_64, not arm64, the \
         release is 6.1.0-forged, not 6.6.1-virt."
    );
    says(&finding.fix, &["again"]);
}

#[test]
fn an_architecture_goes_by_any_usual_name() {
    with(r#""kernel_version":"6.1.0-forged","architecture":"amd64""#).is_quiet(702);
}

#[test]
fn metadata_of_another_file_says_nothing() {
    Case::new(vmlinux())
        .metadata(r#"{"kernel_file":"other","kernel_version":"1.2.3"}"#)
        .is_quiet(702);
    Case::new(vmlinux()).is_quiet(702);
}

#[test]
fn metadata_that_is_none_is_a_warning() {
    let finding = Case::new(vmlinux()).metadata("[1").fires(702, Warn, Read);
    says(&finding.message, &["kernel-metadata.json is not"]);
}

#[test]
fn what_a_damaged_kernel_is_cannot_be_compared() {
    let architecture = r#"{"kernel_file":"vmlinuz","architecture":"x86_64"}"#;
    // The header tells the architecture of a bzImage, damaged or not.
    Case::new(damaged()).metadata(architecture).is_quiet(702);
    Case::new(page()).metadata(architecture).is_blocked(702, 1);
}

#[test]
fn an_initramfs_that_is_not_there_is_a_warning() {
    let finding = with(r#""initrd_file":"initramfs-virt""#).fires(702, Warn, Read);
    says(&finding.message, &["there is no initramfs-virt beside"]);
}
