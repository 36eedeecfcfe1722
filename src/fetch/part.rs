//! Which files of a source are a kernel and what belongs to it, by their names.
//!
//! Sources: Alpine's `linux-virt` (`boot/vmlinuz-virt`), Debian's `linux-image-*`
//! (`boot/vmlinuz-RELEASE`; since 6.x also `usr/lib/modules/RELEASE/vmlinuz`), Fedora's `kernel-core`
//! (`lib/modules/RELEASE/vmlinuz`), `kernel-install(8)`.

use crate::error::{Error, Result};

/// How the files are called, before their suffix.
const KERNELS: [&str; 4] = ["vmlinuz", "vmlinux", "bzImage", "Image"];
const ARCHIVES: [&str; 3] = ["initrd.img", "initramfs", "initrd"];
const CONFIG: &str = "config";
/// What is none of them, although it is named after one.
const BESIDE: [&str; 10] = [
    ".asc", ".sig", ".sha256", ".sha512", ".json", ".txt", ".hmac", ".map", ".old", ".config",
];
/// Where they lie, beside a folder of modules.
pub(super) const FOLDERS: [&str; 5] = ["", "boot", "netboot", "casper", "live"];
/// Where folders of modules lie.
pub(super) const MODULE_FOLDERS: [&str; 2] = ["lib/modules", "usr/lib/modules"];

/// What a file is in a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Kernel,
    Initramfs,
    Config,
}

/// A path that may be one of the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate<'a> {
    path: &'a str,
    part: Part,
    /// What tells it from others of its kind: a release, a flavour.
    suffix: String,
}

/// The files of one kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub kernel: String,
    pub initramfs: Option<String>,
    pub config: Option<String>,
}

/// What the file at `path` (without a slash in front) may be.
pub(super) fn of(path: &str) -> Option<Part> {
    candidate(path).map(|candidate| candidate.part)
}

/// Whether this is the file of a kernel module, in a folder of modules.
pub(super) fn is_module(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let inside = MODULE_FOLDERS.iter().any(|folder| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    inside && (file.ends_with(".ko") || file.contains(".ko."))
}

fn candidate(path: &str) -> Option<Candidate<'_>> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if BESIDE.iter().any(|ending| file.ends_with(ending)) {
        return None;
    }
    let release = MODULE_FOLDERS.iter().find_map(|modules| {
        let rest = folder.strip_prefix(modules)?.strip_prefix('/')?;
        (!rest.contains('/')).then_some(rest)
    });
    let known = FOLDERS.contains(&folder)
        || folder
            .strip_prefix("boot/")
            .is_some_and(|rest| !rest.contains('/'));
    if release.is_none() && !known {
        return None;
    }
    let named = |names: &[&str]| -> Option<String> {
        names.iter().find_map(|name| {
            let rest = file.strip_prefix(name)?;
            match rest.strip_prefix('-') {
                Some(suffix) => Some(suffix.trim_end_matches(".img").to_owned()),
                None => matches!(rest, "" | ".gz" | ".img").then(String::new),
            }
        })
    };
    let (part, suffix) = if let Some(suffix) = named(&KERNELS) {
        (Part::Kernel, suffix)
    } else if let Some(suffix) = named(&ARCHIVES) {
        (Part::Initramfs, suffix)
    } else {
        (Part::Config, named(&[CONFIG])?)
    };
    Some(Candidate {
        path,
        part,
        suffix: match release {
            Some(release) if suffix.is_empty() => release.to_owned(),
            _ => suffix,
        },
    })
}

/// The kernel of that flavour among these paths, and what belongs to it. Without a flavour there has
/// to be one kernel only, whatever its names.
pub(super) fn choose(paths: &[String], flavor: Option<&str>) -> Result<Choice> {
    let all: Vec<Candidate<'_>> = paths.iter().filter_map(|path| candidate(path)).collect();
    let of_part = |part: Part| all.iter().filter(move |one| one.part == part);
    let is_of_flavor = |suffix: &str| {
        flavor.is_none_or(|flavor| {
            suffix == flavor
                || suffix
                    .strip_suffix(flavor)
                    .is_some_and(|rest| rest.ends_with('-'))
        })
    };
    let mut kernels: Vec<&Candidate<'_>> = of_part(Part::Kernel)
        .filter(|kernel| is_of_flavor(&kernel.suffix))
        .collect();
    // One without a suffix is a second name of one that has one.
    if kernels.iter().any(|kernel| !kernel.suffix.is_empty()) {
        kernels.retain(|kernel| !kernel.suffix.is_empty());
    }
    let Some(kernel) = kernels.first() else {
        let found = names(of_part(Part::Kernel));
        return Err(Error::absent(
            "kernel",
            match flavor {
                Some(flavor) => format!("no kernel of flavour {flavor} among {found}"),
                None => "no file is called vmlinuz, in boot or elsewhere".to_owned(),
            },
        ));
    };
    // vmlinuz-virt in boot and the one in lib/modules/6.12.31-0-virt are the same.
    let is_same = |other: &str| {
        let is_end = |long: &str, short: &str| {
            long.strip_suffix(short)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
        };
        is_end(other, &kernel.suffix) || is_end(&kernel.suffix, other)
    };
    if !kernels.iter().all(|other| is_same(&other.suffix)) {
        return Err(
            Error::invalid_setting("kernel", "one", names(kernels.iter().copied()))
                .hinted("Choose one with --flavor."),
        );
    }
    let belongs = |part: Part| {
        of_part(part)
            .find(|one| one.suffix == kernel.suffix)
            .or_else(|| {
                let mut others = of_part(part);
                match (others.next(), others.next()) {
                    (Some(only), None) if only.suffix.is_empty() || kernel.suffix.is_empty() => {
                        Some(only)
                    }
                    _ => None,
                }
            })
            .or_else(|| {
                // Alpine: vmlinuz-virt, and config-6.12.31-0-virt.
                let mut others = of_part(part).filter(|one| {
                    !kernel.suffix.is_empty()
                        && one
                            .suffix
                            .strip_suffix(&kernel.suffix)
                            .is_some_and(|rest| rest.ends_with('-'))
                });
                match (others.next(), others.next()) {
                    (Some(only), None) => Some(only),
                    _ => None,
                }
            })
            .map(|one| one.path.to_owned())
    };
    Ok(Choice {
        kernel: kernel.path.to_owned(),
        initramfs: belongs(Part::Initramfs),
        config: belongs(Part::Config),
    })
}

/// So many names are shown in a message.
const NAMES_SHOWN: usize = 16;

fn names<'a>(candidates: impl Iterator<Item = &'a Candidate<'a>>) -> String {
    let mut candidates = candidates.map(|one| one.path);
    let names: Vec<&str> = candidates.by_ref().take(NAMES_SHOWN).collect();
    match (names.is_empty(), candidates.count()) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn files_are_told_by_their_names_and_folders() {
        for (path, part) in [
            ("boot/vmlinuz-virt", Some(Part::Kernel)),
            ("boot/vmlinuz-6.1.0-21-amd64", Some(Part::Kernel)),
            ("usr/lib/modules/6.12.1/vmlinuz", Some(Part::Kernel)),
            ("boot/initrd.img-6.1.0-21-amd64", Some(Part::Initramfs)),
            ("vmlinuz", Some(Part::Kernel)),
            ("boot/config-6.12.31-0-virt", Some(Part::Config)),
            ("boot/vmlinuz-virt.sig", None),
            ("usr/share/doc/vmlinuz", None),
            ("boot/vmlinuzes", None),
            ("boot/a/b/vmlinuz", None),
        ] {
            assert_eq!(of(path), part, "{path}");
        }
        assert!(is_module("lib/modules/6.1/kernel/fs/ext4/ext4.ko.gz"));
        assert!(!is_module("lib/modules/6.1/modules.dep"));
        assert!(!is_module("usr/share/ext4.ko"));
    }

    #[test]
    fn what_belongs_to_the_kernel_of_a_flavour_goes_with_it() {
        let all = paths(&[
            "boot/config-6.12.31-0-lts",
            "boot/config-6.12.31-0-virt",
            "boot/initramfs-lts",
            "boot/initramfs-virt",
            "boot/vmlinuz-lts",
            "boot/vmlinuz-virt",
        ]);
        let choice = choose(&all, Some("virt")).unwrap();
        assert_eq!(choice.kernel, "boot/vmlinuz-virt");
        assert_eq!(choice.initramfs.as_deref(), Some("boot/initramfs-virt"));
        assert_eq!(choice.config.as_deref(), Some("boot/config-6.12.31-0-virt"));
        let error = choose(&all, None).unwrap_err().to_string();
        assert!(
            error.contains("boot/vmlinuz-lts, boot/vmlinuz-virt"),
            "{error}"
        );
        assert!(choose(&all, Some("rpi")).is_err());
    }

    #[test]
    fn a_second_name_is_no_second_kernel() {
        let all = paths(&["boot/vmlinuz-6.1", "lib/modules/6.1/vmlinuz", "vmlinuz"]);
        assert_eq!(choose(&all, None).unwrap().kernel, "boot/vmlinuz-6.1");
        let all = paths(&["boot/vmlinuz-virt", "lib/modules/6.1-0-virt/vmlinuz"]);
        assert_eq!(choose(&all, None).unwrap().kernel, "boot/vmlinuz-virt");
        let all = paths(&["boot/vmlinuz-virt", "lib/modules/6.1-0-lts/vmlinuz"]);
        assert!(choose(&all, None).is_err());
    }
}
