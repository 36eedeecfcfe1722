//! KC103: the target would decode from the wrong place.

use super::super::{Cause, Check, Says, Tell};
use super::extract_command;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::kernel::Payload;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Finds;
use memchr::memmem;

/// The cause.
pub static MAGIC_DECOY: Cause = Cause {
    code: Code(103),
    name: "magic-decoy",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The target decodes from the first codec magic in the file, but the payload is \
        elsewhere.",
    explanation: "libkrun does not use the boot header to find the payload: it searches for the \
        first bytes that look like gzip, bzip2 or zstd. Three bytes occur by chance in one of \
        sixteen million places, and code before the payload may contain the magic on purpose. The \
        decoded data is then not the kernel.",
    fix: "Convert first: kelpie-check extract KERNEL --to vmlinux (x86) or --to image (arm64).",
    tells: &[Tell {
        text: "Building the microVM failed",
        by: "libkrun 1.19.7, with the error of the decoder",
        says: Says::Perhaps,
    }],
    sources: &["krun-vmm 1.19.7 src/builder.rs, load_external_kernel"],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(form) = bundle.accepted_form()? else {
        return Ok(Vec::new());
    };
    let Finds::FirstMagic(magic) = form.finds else {
        return Ok(Vec::new());
    };
    let Some(Payload::Compressed { offset, codec, .. }) = bundle.kernel()?.header()?.payload else {
        return Ok(Vec::new());
    };
    let codec = codec.map_or("its codec", |codec| codec.name);
    let before = bundle
        .kernel()?
        .source()
        .read_bounded("setup code", 0, offset, &bundle.limits)?;
    let Some(decoy) = memmem::find(&before, magic) else {
        return Ok(Vec::new());
    };
    let target = bundle.target.title;
    Ok(vec![
        MAGIC_DECOY
            .finding(
                format!(
                    "The first bytes that look like {codec} are at {decoy:#x}; the payload is at \
                     {offset:#x}."
                ),
                format!(
                    "{target}, which accepts it as {}, decodes from the wrong place and fails.",
                    form.form
                ),
                format!(
                    "Convert it first: {}.",
                    extract_command(bundle, bundle.platform()?)
                ),
            )
            .at(Place {
                offset: u64::try_from(decoy).ok(),
                member: None,
            }),
    ])
}
