//! KC102: the target does not take kernels in this form.

use super::super::{Cause, Check, Says, Tell, before_banner};
use super::{UKI, any_of, extract_command, with_article};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::kernel::Payload;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::{Finds, Platform};
use memchr::memmem;

/// No magic that a target scans for is longer.
const CODEC_MAGIC_BYTES: u64 = 8;

/// The cause.
pub static CONTAINER_NOT_ACCEPTED: Cause = Cause {
    code: Code(102),
    name: "container-not-accepted",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The target does not unwrap the container or the codec of this kernel.",
    explanation: "Distributions ship kernels for boot loaders and firmware: x86 bzImage, arm64 EFI \
        zboot, compressed with any of seven codecs. A VMM that starts kernels directly accepts \
        fewer forms: Firecracker, Cloud Hypervisor and Virtualization.framework need a raw Image \
        on arm64, and most need an ELF on x86. libkrun reads no header: its caller states the \
        form, and libkrun trusts it. Alpine's arm64 kernels are EFI zboot images; a VMM that does \
        not unwrap them runs a firmware program without firmware. libkrunfw is a shared library that \
        only libkrun loads.",
    fix: "Convert it once: kelpie-check extract KERNEL --to vmlinux (x86) or --to image (arm64, riscv64).",
    tells: &[
        Tell {
            text: "Kernel Loader: Invalid Elf magic number",
            by: "VMMs on the linux-loader crate, x86 (0.13.2)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "PE Kernel Loader: invalid Image magic number",
            by: "VMMs on the linux-loader crate, arm64 (0.13.2)",
            says: Says::When(before_banner),
        },
        Tell {
            text: "The supplied kernel format is not supported.",
            by: "libkrun 1.19.7, a format that the architecture does not have",
            says: Says::It,
        },
        Tell {
            text: "Cannot find compressed kernel in file.",
            by: "libkrun 1.19.7, x86",
            says: Says::It,
        },
        Tell {
            text: "UEFI image too big",
            by: "Cloud Hypervisor, arm64, which treats other files as firmware",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "kelpie-check src/vmm/, a file a target with its own sources",
        "Linux drivers/firmware/efi/libstub/zboot-header.S",
        "linux-loader 0.13.2 src/loader/elf/mod.rs and src/loader/pe/mod.rs",
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel and StartMicrovmError",
        "libkrun 1.19.7 src/lib.rs, load_krunfw_payload",
        "cocoonstack/cocoon pull request 134",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let container = bundle.kernel()?.container()?;
    if container.name == UKI {
        return Ok(Vec::new());
    }
    let platform = bundle.platform()?;
    let target = bundle.target.title;
    let command = extract_command(bundle, platform);
    let payload = bundle.kernel()?.header()?.payload.as_ref();
    let codec = payload
        .and_then(|payload| payload.codec())
        .filter(|codec| codec.name != container.name)
        .map(|codec| format!(" with {} payload", with_article(codec.name)))
        .unwrap_or_default();
    let file = format!("{}{codec}", with_article(container.title));
    match bundle.accepted_form()? {
        Some(form) if form.finds == Finds::Library => Ok(initramfs_left_behind(bundle, &command)
            .into_iter()
            .collect()),
        Some(form) => Ok(form
            .since
            .map(|since| {
                CONTAINER_NOT_ACCEPTED
                    .finding(
                        format!("The file is {file}, which {target} accepts since {since}."),
                        format!("Before that, {}.", platform.refusal),
                        format!("For older versions, convert it: {command}."),
                    )
                    .with_severity(Severity::Warn)
            })
            .into_iter()
            .collect()),
        None => {
            // Several containers may go by one form. Nothing is made into a library.
            let mut forms: Vec<&str> = Vec::new();
            let files = platform.accepts.iter();
            for form in files.filter(|form| form.finds != Finds::Library) {
                if !forms.contains(&form.form) {
                    forms.push(form.form);
                }
            }
            Ok(vec![CONTAINER_NOT_ACCEPTED.finding(
                format!(
                    "The file is {file}; on {} {target} accepts {}.",
                    platform.architecture,
                    any_of(&forms)
                ),
                format!("With this file, {}.", platform.refusal),
                match found_by_scan(bundle, platform)? {
                    Some(form) => format!(
                        "Convert it: {command}; or start it as {form}, because the first such \
                            stream in it is the kernel."
                    ),
                    None => format!("Convert it: {command}."),
                },
            )])
        }
    }
}

/// A VMM that loads the kernel as a shared library has no parameter for an initramfs.
fn initramfs_left_behind(bundle: &Bundle, command: &str) -> Option<Finding> {
    let target = bundle.target.title;
    // Where it is not known, nothing is left behind.
    bundle.initramfs().ok().flatten()?;
    let finding = CONTAINER_NOT_ACCEPTED.finding(
        format!("{target} passes no initramfs to the kernel of a libkrunfw."),
        "The kernel starts without the initramfs.",
        format!("Convert it, and give the result to krun_set_kernel: {command}."),
    );
    Some(finding.with_severity(Severity::Warn))
}

/// The form as which a target that scans for a codec's magic would start this file nevertheless.
fn found_by_scan(bundle: &Bundle, platform: &Platform) -> Result<Option<&'static str>> {
    let Some(Payload::Compressed {
        offset,
        codec: Some(codec),
        ..
    }) = bundle.kernel()?.header()?.payload
    else {
        return Ok(None);
    };
    for form in platform.accepts {
        let Finds::FirstMagic(magic) = form.finds else {
            continue;
        };
        if !form
            .codecs
            .is_some_and(|codecs| codecs.contains(&codec.name))
        {
            continue;
        }
        let length = offset.saturating_add(CODEC_MAGIC_BYTES);
        let source = bundle.kernel()?.source();
        let head = source.read_bounded("payload", 0, length.min(source.len()), &bundle.limits)?;
        let first = memmem::find(&head, magic).and_then(|at| u64::try_from(at).ok());
        if first == Some(offset) {
            return Ok(Some(form.form));
        }
    }
    Ok(None)
}
