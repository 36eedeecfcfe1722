//! The ladder of one kernel: for each stage, what is known so far and what decides it.

use super::{Rung, Standing, settle};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::check::{Check, KernelFacts};
use crate::finding::Finding;
use crate::stage::Stage;
use crate::vmm::Platform;

/// The ladder, from the bottom.
pub(in crate::check) fn climb(
    bundle: &Bundle,
    facts: &KernelFacts,
    findings: &[Finding],
    checks: &[Check],
) -> Vec<Rung> {
    let platform = bundle.platform().ok();
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let (standing, text) = match stage {
                Stage::Read => read(facts),
                Stage::Load => load(bundle),
                Stage::Start => start(facts, platform),
                Stage::Console => console(facts, platform),
                Stage::Initramfs => initramfs(facts),
                Stage::RootDevice => root_device(facts, platform),
                Stage::RootMount => root_mount(facts),
                Stage::Init => init(facts),
                Stage::Userspace => (Standing::Open, "what init does once it runs".to_owned()),
            };
            Rung {
                stage,
                standing: settle(stage, standing, findings, checks),
                text,
                options: Vec::new(),
            }
        })
        .collect()
}

fn read(facts: &KernelFacts) -> (Standing, String) {
    match (facts.container, facts.layers_whole, facts.decoded_bytes) {
        (None, ..) => (Standing::Unknown, "not recognised".to_owned()),
        (Some(_), true, Some(_)) => (
            Standing::Passed,
            "decodes whole, lengths and checksums agree".to_owned(),
        ),
        (Some(_), true, None) => (
            Standing::Passed,
            "stored as it is, nothing missing".to_owned(),
        ),
        (Some(_), false, _) => (
            Standing::Unknown,
            "headers read, payload not decoded".to_owned(),
        ),
    }
}

fn load(bundle: &Bundle) -> (Standing, String) {
    let Ok(platform) = bundle.platform() else {
        return (
            Standing::Unknown,
            format!("{}: no machine for it", bundle.target.title),
        );
    };
    let target = bundle.target.title;
    match bundle.accepted_form() {
        Ok(Some(form)) => (
            Standing::Passed,
            format!(
                "{target} takes it as {}, {} MiB of RAM suffice",
                form.form, platform.ram_mib
            ),
        ),
        Ok(None) => (Standing::Unknown, format!("{target} wants another form")),
        Err(error) => (Standing::Unknown, error.to_string()),
    }
}

fn start(facts: &KernelFacts, platform: Option<&Platform>) -> (Standing, String) {
    let Some(platform) = platform else {
        return nothing_known();
    };
    match platform.architecture {
        Architecture::Aarch64 => all_of(facts, &["ARM_GIC_V3", "ARM_PSCI_FW", "ARM_ARCH_TIMER"]),
        Architecture::X86_64 => {
            let tables = platform.tables.options();
            let read = tables.iter().find(|name| facts.option(name) == Some("y"));
            let wanted: Vec<&str> = read.or(tables.first()).copied().into_iter().collect();
            all_of(facts, &[wanted.as_slice(), &["KVM_GUEST"]].concat())
        }
        _ => (
            Standing::Open,
            "what the kernel needs here is not looked at".to_owned(),
        ),
    }
}

fn console(facts: &KernelFacts, platform: Option<&Platform>) -> (Standing, String) {
    let Some(platform) = platform else {
        return nothing_known();
    };
    let mut standing = Standing::Unknown;
    let words: Vec<String> = platform
        .consoles
        .iter()
        .map(|console| {
            let options: Vec<&str> = platform.console_options(console).collect();
            let (one, _) = all_of(facts, &options);
            if one == Standing::Passed {
                standing = Standing::Passed;
            }
            let state = match one {
                Standing::Passed => "driver built in",
                Standing::Open => "driver not built in",
                _ => "driver unknown",
            };
            format!("{}: {state}", console.device)
        })
        .collect();
    (standing, words.join(", "))
}

fn initramfs(facts: &KernelFacts) -> (Standing, String) {
    let codecs: Vec<String> = facts
        .options
        .iter()
        .filter(|option| option.state == "y")
        .filter_map(|option| option.name.strip_prefix("RD_"))
        .map(str::to_lowercase)
        .collect();
    match facts.option("BLK_DEV_INITRD") {
        Some("y") if codecs.is_empty() => (Standing::Open, "supported; none given".to_owned()),
        Some("y") => (
            Standing::Open,
            format!("supported ({}); none given", codecs.join(" ")),
        ),
        Some("n" | "not-y") => (Standing::Open, "not supported by this kernel".to_owned()),
        _ => (Standing::Open, "none given".to_owned()),
    }
}

fn root_device(facts: &KernelFacts, platform: Option<&Platform>) -> (Standing, String) {
    let transport = platform.map_or(&[][..], |platform| platform.transport.options());
    needs_initramfs(facts, &[&["VIRTIO_BLK"], transport].concat())
}

fn root_mount(facts: &KernelFacts) -> (Standing, String) {
    needs_initramfs(facts, &["EXT4_FS"])
}

fn init(facts: &KernelFacts) -> (Standing, String) {
    let (_, text) = all_of(facts, &["BINFMT_ELF", "BINFMT_SCRIPT", "DEVTMPFS_MOUNT"]);
    (Standing::Open, text)
}

/// Stages behind the kernel stay open, and say what an initramfs would have to bring.
fn needs_initramfs(facts: &KernelFacts, options: &[&str]) -> (Standing, String) {
    let (standing, text) = all_of(facts, options);
    let text = match standing {
        Standing::Open => format!("{text}: an initramfs has to bring what is missing"),
        _ => text,
    };
    (Standing::Open, text)
}

/// Passed where all are built in, open where one is not, unknown otherwise; and the words.
fn all_of(facts: &KernelFacts, options: &[&str]) -> (Standing, String) {
    let mut standing = Standing::Passed;
    let words: Vec<String> = options
        .iter()
        .map(|name| {
            let (state, word) = match facts.option(name) {
                Some("y") => (Standing::Passed, "y"),
                Some("m") => (Standing::Open, "m"),
                Some("n") => (Standing::Open, "n"),
                Some("not-y") => (Standing::Open, "not built in"),
                _ => (Standing::Unknown, "unknown"),
            };
            standing = match (standing, state) {
                (Standing::Open, _) | (_, Standing::Open) => Standing::Open,
                (Standing::Unknown, _) | (_, Standing::Unknown) => Standing::Unknown,
                _ => Standing::Passed,
            };
            format!("{name} {word}")
        })
        .collect();
    (standing, words.join(", "))
}

fn nothing_known() -> (Standing, String) {
    (Standing::Unknown, "no machine to look at".to_owned())
}
