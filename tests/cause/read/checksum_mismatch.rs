use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Read;
use sha2::{Digest, Sha256};

fn digest() -> String {
    let digest = Sha256::digest(vmlinux());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_digest(digest: &str) -> Case {
    let metadata = format!(r#"{{"kernel_file":"vmlinuz","sha256":{{"vmlinuz":"{digest}"}}}}"#);
    Case::new(vmlinux()).metadata(&metadata)
}

#[test]
fn another_digest_is_told_beside_the_files() {
    let finding = with_digest(&"0".repeat(64)).fires(4, Fatal, Read);
    says(&finding.message, &[&digest(), &"0".repeat(64)]);
    says(&finding.fix, &["metadata"]);
}

#[test]
fn the_right_digest_passes_in_either_case() {
    with_digest(&digest()).is_quiet(4);
    with_digest(&digest().to_uppercase()).is_quiet(4);
}

#[test]
fn without_metadata_there_is_nothing_to_compare() {
    Case::new(vmlinux()).is_quiet(4);
    Case::new(vmlinux())
        .metadata(r#"{"kernel_file":"vmlinuz"}"#)
        .is_quiet(4);
}

#[test]
fn broken_metadata_is_the_metadatas_fault() {
    Case::new(vmlinux()).metadata("{").is_blocked(4, 702);
}
